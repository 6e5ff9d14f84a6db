"""Routes of accounts: users, team members, collaborators and their permissions."""

from tests.fakes.exchange import Answer, RefusedError
from tests.fakes.github.exchange import Call
from tests.fakes.github.model import ROLES, User
from tests.fakes.github.routes.table import route
from tests.fakes.github.shapes import people, repositories

LEVELS = {"pull": "read", "triage": "triage", "push": "write", "maintain": "maintain", "admin": "admin"}


def _user(call: Call, login: str) -> User:
    found = call.world.users.get(login.lower())
    if found is None:
        raise RefusedError(404, "Not Found")
    return found


@route("GET", "/user")
def me(call: Call) -> Answer:
    token = call.token
    if token.installation is not None:
        raise RefusedError(403, "Resource not accessible by integration")
    return people.public_user(call.world, token.user), 200, {}


@route("GET", "/user/repos")
def my_repositories(call: Call) -> Answer:
    token = call.token
    mine = [repo for repo in call.world.repositories.values() if repo.can(token.user, "read")]
    return [repositories.repository(call.world, repo) for repo in call.page(mine)], 200, {}


@route("GET", "/users/<login>")
def get_user(call: Call, login: str) -> Answer:
    _ = call.token
    return people.public_user(call.world, _user(call, login)), 200, {}


@route("GET", "/orgs/<organization>/teams/<slug>/members")
def team_members(call: Call, organization: str, slug: str) -> Answer:
    call.demand(members="read")
    team = call.world.teams.get((organization.lower(), slug.lower()))
    if team is None:
        raise RefusedError(404, "Not Found")
    return [people.user(call.world, one) for one in call.page(team.members)], 200, {}


@route("GET", "/repos/<owner>/<name>/collaborators")
def collaborators(call: Call, owner: str, name: str) -> Answer:
    repo = call.repo(owner, name, metadata="read")
    least = LEVELS[call.flag("permission") or "pull"]
    people_here = {user.id: user for user in call.world.users.values()}
    ranked = [people_here[number] for number in repo.roles if repo.can(people_here[number], least)]
    shown = [people.collaborator(call.world, repo, one) for one in call.page(ranked)]
    return shown, 200, {}


@route("GET", "/repos/<owner>/<name>/collaborators/<login>/permission")
def permission(call: Call, owner: str, name: str, login: str) -> Answer:
    repo = call.repo(owner, name, metadata="read")
    return people.permission(call.world, repo, _user(call, login)), 200, {}


assert set(LEVELS.values()) == set(ROLES)
