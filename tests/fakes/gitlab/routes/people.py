"""Routes of accounts, groups, and members of both."""

from urllib.parse import unquote

from tests.fakes.exchange import Answer, RefusedError
from tests.fakes.gitlab.exchange import Call
from tests.fakes.gitlab.model import Group, Level, User
from tests.fakes.gitlab.routes.table import route
from tests.fakes.gitlab.shapes import people


@route("GET", "/user")
def me(call: Call) -> Answer:
    return people.myself(call.world, call.user), 200, {}


@route("GET", "/version")
def version(call: Call) -> Answer:
    _ = call.user
    return {"version": "18.6.0-ee", "revision": "0000000"}, 200, {}


@route("GET", "/users")
def find_users(call: Call) -> Answer:
    """``username`` is the whole name; ``search`` is part of a name or all of a public address."""
    _ = call.user
    known = sorted(call.world.users.values(), key=lambda one: -one.id)
    username, search = call.flag("username"), call.flag("search")
    if username is not None:
        known = [one for one in known if one.username.lower() == username.lower()]
    if search is not None:
        known = [one for one in known if _matches(one, search.lower())]
    return [people.user(call.world, one) for one in call.page(known)], 200, {}


def _matches(user: User, text: str) -> bool:
    return text in user.username.lower() or text in user.name.lower() or text == user.public_email.lower()


@route("GET", "/users/<int:number>")
def get_user(call: Call, number: int) -> Answer:
    _ = call.user
    found = call.world.user_by_id(number)
    if found is None:
        raise RefusedError(404, "404 User Not Found")
    return people.full_user(call.world, found), 200, {}


def _group(call: Call, ident: str) -> Group:
    """A private group is seen by its members and by those of a project it holds or was invited to."""
    user, name = call.user, unquote(ident).lower()
    groups = call.world.groups
    found = (
        next((one for one in groups.values() if one.id == int(name)), None)
        if name.isdigit()
        else groups.get(name)
    )
    if found is None or not _sees(call, found, user):
        raise RefusedError(404, "404 Group Not Found")
    return found


def _sees(call: Call, group: Group, user: User) -> bool:
    if any(user.id in one.members for one in group.lineage()):
        return True
    return any(
        group in project.namespace.lineage() or group in [one for one, _ in project.invited]
        for project in call.world.projects.values()
        if project.can(user, Level.GUEST)
    )


@route("GET", "/groups/<ident>")
def get_group(call: Call, ident: str) -> Answer:
    return people.group(call.world, _group(call, ident)), 200, {}


@route("GET", "/groups/<ident>/members")
def group_members(call: Call, ident: str) -> Answer:
    """Direct members only."""
    return _listed(call, _group(call, ident).members)


@route("GET", "/groups/<ident>/members/all")
def all_group_members(call: Call, ident: str) -> Answer:
    levels: dict[int, Level] = {}
    for group in _group(call, ident).lineage():
        for number, level in group.members.items():
            levels[number] = max(level, levels.get(number, level))
    return _listed(call, levels)


@route("GET", "/projects/<ident>/members")
def project_members(call: Call, ident: str) -> Answer:
    """Direct members only."""
    return _listed(call, call.project(ident).members)


@route("GET", "/projects/<ident>/members/all")
def all_project_members(call: Call, ident: str) -> Answer:
    project = call.project(ident)
    levels = {user.id: project.level(user) for user in call.world.users.values()}
    return _listed(call, {number: level for number, level in levels.items() if level is not None})


@route("GET", "/projects/<ident>/members/<int:number>")
def project_member(call: Call, ident: str, number: int) -> Answer:
    return _member(call, number, call.project(ident).members.get(number))


@route("GET", "/projects/<ident>/members/all/<int:number>")
def effective_member(call: Call, ident: str, number: int) -> Answer:
    """The highest of the direct, inherited and invited levels."""
    project, found = call.project(ident), call.world.user_by_id(number)
    return _member(call, number, project.level(found) if found else None)


def _member(call: Call, number: int, level: Level | None) -> Answer:
    found = call.world.user_by_id(number)
    if found is None or level is None:
        raise RefusedError(404, "404 Not found")
    return people.member(call.world, found, level), 200, {}


def _listed(call: Call, levels: dict[int, Level]) -> Answer:
    accounts = {one.id: one for one in call.world.users.values()}
    query = (call.flag("query") or "").lower()
    shown = [(accounts[number], level) for number, level in levels.items()]
    shown = [one for one in shown if query in one[0].username.lower() or query in one[0].name.lower()]
    return [people.member(call.world, user, level) for user, level in call.page(shown)], 200, {}
