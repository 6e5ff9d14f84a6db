"""Routes of notes on merge requests."""

from tests.fakes.exchange import Answer, RefusedError
from tests.fakes.gitlab.exchange import Call
from tests.fakes.gitlab.model import Level, MergeRequest, Note
from tests.fakes.gitlab.routes.merge_requests import MR
from tests.fakes.gitlab.routes.table import route
from tests.fakes.gitlab.shapes import merge_requests as shapes

MAX_BODY = 1_000_000


@route("GET", f"{MR}/notes")
def list_notes(call: Call, ident: str, iid: int) -> Answer:
    """Newest first unless ``sort=asc``; system notes are among them."""
    mr = call.merge_request(ident, iid)
    kept = [one for one in mr.notes if call.flag("activity_filter") != "only_comments" or not one.system]
    key = "updated_at" if call.flag("order_by") == "updated_at" else "created_at"
    kept.sort(key=lambda one: (getattr(one, key), one.id), reverse=call.flag("sort") != "asc")
    return [shapes.note(call.world, mr, one) for one in call.page(kept)], 200, {}


@route("GET", f"{MR}/notes/<int:number>")
def get_note(call: Call, ident: str, iid: int, number: int) -> Answer:
    mr = call.merge_request(ident, iid)
    return shapes.note(call.world, mr, call.note(mr, number)), 200, {}


@route("POST", f"{MR}/notes")
def create_note(call: Call, ident: str, iid: int) -> Answer:
    """A note of nothing but quick actions is none: 202 says what they did."""
    mr = call.merge_request(ident, iid)
    made = call.world.comment(mr, _body(call), by=call.user)
    if made is None:
        return {"commands_changes": {}, "summary": ["Commands applied"]}, 202, {}
    return shapes.note(call.world, mr, made), 201, {}


@route("PUT", f"{MR}/notes/<int:number>")
def edit_note(call: Call, ident: str, iid: int, number: int) -> Answer:
    mr = call.merge_request(ident, iid)
    note = _own(call, mr, number)
    call.world.edit_note(mr, note, _body(call), by=call.user)
    return shapes.note(call.world, mr, note), 200, {}


@route("DELETE", f"{MR}/notes/<int:number>")
def delete_note(call: Call, ident: str, iid: int, number: int) -> Answer:
    mr = call.merge_request(ident, iid)
    call.world.delete_note(mr, _own(call, mr, number))
    return None, 204, {}


def _own(call: Call, mr: MergeRequest, number: int) -> Note:
    """A note the caller may change: his own, or any as a maintainer; never a system note."""
    note = call.note(mr, number)
    own = note.author is call.user or mr.project.can(call.user, Level.MAINTAINER)
    if note.system or not own:
        raise RefusedError(403, "403 Forbidden")
    return note


def _body(call: Call) -> str:
    body = str(call.required("body"))
    if len(body) > MAX_BODY:
        raise RefusedError(400, "400 Bad request - Note is too long")
    return body
