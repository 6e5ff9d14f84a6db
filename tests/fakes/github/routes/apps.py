"""Routes of the App itself: installations, tokens, the delivery log."""

from typing import Any

from tests.fakes.exchange import Answer, RefusedError
from tests.fakes.github.access import as_app, caller
from tests.fakes.github.deliveries import Delivery
from tests.fakes.github.exchange import Call
from tests.fakes.github.model import App, Repo
from tests.fakes.github.routes.table import route
from tests.fakes.github.shapes import people, repositories

RANK = {"read": 1, "write": 2, "admin": 3}


def _app(call: Call) -> App:
    return as_app(caller(call.world, call.request))


@route("GET", "/app")
def get_app(call: Call) -> Answer:
    return people.app(call.world, _app(call)), 200, {}


@route("GET", "/app/installations")
def list_installations(call: Call) -> Answer:
    app = _app(call)
    mine = [one for one in call.world.installations.values() if one.app is app]
    return [people.installation(call.world, one) for one in call.page(mine)], 200, {}


@route("GET", "/repos/<owner>/<name>/installation")
def repository_installation(call: Call, owner: str, name: str) -> Answer:
    app = _app(call)
    repo = call.world.repositories.get(f"{owner}/{name}".lower())
    found = call.world.installation_of(repo, app) if repo else None
    if found is None:
        raise RefusedError(404, "Not Found")
    return people.installation(call.world, found), 200, {}


@route("POST", "/app/installations/<int:number>/access_tokens")
def create_token(call: Call, number: int) -> Answer:
    app, world = _app(call), call.world
    installation = world.installations.get(number)
    if installation is None or installation.app is not app:
        raise RefusedError(404, "Not Found")
    if installation.suspended_at is not None:
        raise RefusedError(403, "This installation has been suspended")
    asked = call.sent.get("permissions", installation.permissions)
    for name, level in asked.items():
        if RANK[level] > RANK.get(installation.permissions.get(name, ""), 0):
            raise RefusedError(422, "The permissions requested are not granted to this installation.")
    chosen: list[Repo] | None = None
    if "repository_ids" in call.sent:
        ids = call.sent["repository_ids"]
        chosen = [repo for repo in installation.repositories if repo.id in ids]
        if len(chosen) != len(ids):
            raise RefusedError(
                422, "There is at least one repository that does not exist or is not accessible"
            )
    token = world.installation_token(installation, repositories=chosen, permissions=asked)
    body = people.token(token)
    if chosen is not None:
        body["repositories"] = [repositories.repository(world, repo) for repo in chosen]
    return body, 201, {}


@route("GET", "/installation/repositories")
def installation_repositories(call: Call) -> Answer:
    token = call.token
    if token.installation is None:
        raise RefusedError(403, "You must authenticate with an installation access token")
    listed = [
        repo
        for repo in token.installation.repositories
        if token.repository_ids is None or repo.id in token.repository_ids
    ]
    shown = [repositories.repository(call.world, repo) for repo in call.page(listed)]
    return {"total_count": len(listed), "repositories": shown}, 200, {}


@route("GET", "/app/hook/deliveries")
def list_deliveries(call: Call) -> Answer:
    """Newest first, by cursor (https://docs.github.com/en/rest/apps/webhooks)."""
    _app(call)
    wanted = call.flag("status")
    log = [
        one
        for one in reversed(call.world.deliveries.log)
        if wanted is None or one.ok == (wanted == "success")
    ]
    start = int((call.flag("cursor") or "v1_0").removeprefix("v1_"))
    size = int(call.flag("per_page") or 30)
    if len(log) > start + size:
        call.cursor(cursor=f"v1_{start + size}")
    return [_delivery(one) for one in log[start : start + size]], 200, {}


@route("POST", "/app/hook/deliveries/<int:number>/attempts")
def redeliver(call: Call, number: int) -> Answer:
    _app(call)
    if call.world.deliveries.redeliver(number) is None:
        raise RefusedError(404, "Not Found")
    return {}, 202, {}


def _delivery(one: Delivery) -> dict[str, Any]:
    return {
        "id": one.id,
        "guid": one.guid,
        "delivered_at": people.when(one.delivered_at),
        "redelivery": one.redelivery,
        "duration": 0.05,
        "status": one.status or "pending",
        "status_code": one.status_code,
        "event": one.event,
        "action": one.action,
        "installation_id": one.installation_id,
        "repository_id": one.repository_id,
        "throttled_at": None,
    }
