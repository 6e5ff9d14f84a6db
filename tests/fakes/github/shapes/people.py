"""JSON of accounts, teams, Apps and installations, with every field GitHub's OpenAPI requires."""

from datetime import datetime
from typing import Any

from tests.fakes.github.model import App, Installation, Repo, Token, User
from tests.fakes.github.registry import Registry

Json = dict[str, Any]

EVENTS = [
    "check_run",
    "check_suite",
    "issue_comment",
    "merge_group",
    "pull_request",
    "pull_request_review",
    "push",
]


def when(moment: datetime | None) -> str | None:
    """A time as GitHub writes it, or null."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def node(kind: str, number: int | str) -> str:
    return f"{kind}_{number}"


def user(world: Registry, account: User) -> Json:
    url = f"{world.api}/users/{account.login.replace('[', '%5B').replace(']', '%5D')}"
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node("U", account.id),
        "avatar_url": f"{world.html}/avatars/{account.id}",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{world.html}/{account.login.removesuffix('[bot]')}",
        "followers_url": f"{url}/followers",
        "following_url": f"{url}/following{{/other_user}}",
        "gists_url": f"{url}/gists{{/gist_id}}",
        "starred_url": f"{url}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{url}/subscriptions",
        "organizations_url": f"{url}/orgs",
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events{{/privacy}}",
        "received_events_url": f"{url}/received_events",
        "type": account.type,
        "site_admin": False,
    }


def public_user(world: Registry, account: User) -> Json:
    moment = when(world.clock.at)
    empty = dict.fromkeys(("bio", "blog", "company", "email", "hireable", "location"))
    counts = dict.fromkeys(("followers", "following", "public_gists", "public_repos"), 0)
    dates = {"created_at": moment, "updated_at": moment}
    return {**user(world, account), **empty, **counts, **dates, "name": None, "user_view_type": "public"}


def organization(world: Registry, account: User) -> Json:
    """The short form that webhooks carry."""
    url = f"{world.api}/orgs/{account.login}"
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node("O", account.id),
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": f"{world.html}/avatars/{account.id}",
        "description": None,
    }


def collaborator(world: Registry, repo: Repo, account: User) -> Json:
    role = repo.roles.get(account.id, "none")
    names = ("pull", "triage", "push", "maintain", "admin")
    rights = {name: role != "none" and repo.can(account, _role(name)) for name in names}
    return {**user(world, account), "permissions": rights, "role_name": role}


def permission(world: Registry, repo: Repo, account: User) -> Json:
    """Answer of ``collaborators/{username}/permission``: maintain counts as write, triage as read."""
    role = repo.roles.get(account.id, "none")
    legacy = {"maintain": "write", "triage": "read"}.get(role, role)
    return {"permission": legacy, "role_name": role, "user": collaborator(world, repo, account)}


def app(world: Registry, one: App) -> Json:
    return {
        "id": one.id,
        "slug": one.slug,
        "node_id": node("A", one.id),
        "owner": user(world, one.owner),
        "name": one.slug,
        "description": None,
        "external_url": "https://sevengates.example",
        "html_url": f"{world.html}/apps/{one.slug}",
        "created_at": when(one.created_at),
        "updated_at": when(one.created_at),
        "permissions": dict(one.permissions),
        "events": EVENTS,
    }


def installation(world: Registry, one: Installation) -> Json:
    url = f"{world.api}/app/installations/{one.id}"
    return {
        "id": one.id,
        "account": user(world, one.account),
        "repository_selection": "selected",
        "access_tokens_url": f"{url}/access_tokens",
        "repositories_url": f"{world.api}/installation/repositories",
        "html_url": f"{world.html}/settings/installations/{one.id}",
        "app_id": one.app.id,
        "app_slug": one.app.slug,
        "target_id": one.account.id,
        "target_type": one.account.type,
        "permissions": one.permissions,
        "events": EVENTS,
        "created_at": when(one.created_at),
        "updated_at": when(one.created_at),
        "single_file_name": None,
        "suspended_by": user(world, one.account) if one.suspended_at else None,
        "suspended_at": when(one.suspended_at),
    }


def token(one: Token) -> Json:
    return {
        "token": one.value,
        "expires_at": when(one.expires_at),
        "permissions": dict(one.permissions),
        "repository_selection": "all" if one.repository_ids is None else "selected",
    }


def _role(name: str) -> str:
    return {"pull": "read", "push": "write"}.get(name, name)
