"""Routes of webhooks: their state, what was sent, sending again (https://docs.gitlab.com/api/project_webhooks/)."""

from tests.fakes.exchange import Answer, RefusedError
from tests.fakes.gitlab.deliveries import Delivery, alert_status
from tests.fakes.gitlab.exchange import Call
from tests.fakes.gitlab.model import HOOK_EVENTS, Hook, Level, Project
from tests.fakes.gitlab.routes.table import route
from tests.fakes.gitlab.shapes.people import Json, when

HOOKS = "/projects/<ident>/hooks"


@route("GET", HOOKS)
def list_hooks(call: Call, ident: str) -> Answer:
    project = call.project(ident, Level.MAINTAINER)
    return [_hook(call, project, one) for one in call.page(project.hooks)], 200, {}


@route("GET", f"{HOOKS}/<int:number>")
def get_hook(call: Call, ident: str, number: int) -> Answer:
    project = call.project(ident, Level.MAINTAINER)
    return _hook(call, project, _find(project, number)), 200, {}


@route("GET", f"{HOOKS}/<int:number>/events")
def list_events(call: Call, ident: str, number: int) -> Answer:
    """Newest first, 20 a page."""
    hook = _find(call.project(ident, Level.MAINTAINER), number)
    sent = [one for one in reversed(call.world.deliveries.log) if one.hook is hook]
    return [_event(one) for one in call.page(sent)], 200, {}


@route("POST", f"{HOOKS}/<int:number>/events/<int:delivery>/resend")
def resend(call: Call, ident: str, number: int, delivery: int) -> Answer:
    hook = _find(call.project(ident, Level.MAINTAINER), number)
    known = {one.id for one in call.world.deliveries.log if one.hook is hook}
    if delivery not in known or call.world.deliveries.resend(delivery) is None:
        raise RefusedError(404, "404 Not found")
    return {"response_status": 200}, 201, {}


def _find(project: Project, number: int) -> Hook:
    for hook in project.hooks:
        if hook.id == number:
            return hook
    raise RefusedError(404, "404 Not found")


def _hook(call: Call, project: Project, one: Hook) -> Json:
    """Neither token is ever shown."""
    return {
        "id": one.id,
        "url": one.url,
        "name": None,
        "description": None,
        "project_id": project.id,
        "created_at": when(one.created_at),
        "enable_ssl_verification": True,
        "alert_status": alert_status(one, call.world.clock.at),
        "disabled_until": when(one.disabled_until),
        "url_variables": [],
        "custom_headers": [],
        "repository_update_events": False,
        **{f"{kind}_events": kind in one.events for kind in HOOK_EVENTS},
    }


def _event(one: Delivery) -> Json:
    return {
        "id": one.id,
        "url": one.hook.url,
        "trigger": one.event.removesuffix(" Hook").lower().replace(" ", "_") + "_hooks",
        "request_headers": {name: value for name, value in one.headers.items() if name != "X-Gitlab-Token"},
        "request_data": one.body.decode(),
        "response_headers": {},
        "response_body": "",
        "execution_duration": 0.05,
        "response_status": str(one.status_code or "internal error"),
    }
