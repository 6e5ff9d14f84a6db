"""Routes of threads and of the emoji on notes."""

from tests.fakes.exchange import Answer, RefusedError
from tests.fakes.gitlab.exchange import Call
from tests.fakes.gitlab.model import Award, Discussion, MergeRequest, Note
from tests.fakes.gitlab.registry import Registry
from tests.fakes.gitlab.routes.merge_requests import MR
from tests.fakes.gitlab.routes.notes import MAX_BODY
from tests.fakes.gitlab.routes.table import route
from tests.fakes.gitlab.shapes import merge_requests as shapes
from tests.fakes.gitlab.shapes.people import Json, user, when
from tests.fakes.gitlab.threads import may_resolve, threads_of

THREADS = f"{MR}/discussions"
AWARDS = f"{MR}/notes/<int:number>/award_emoji"
EMOJI = frozenset({"thumbsup", "thumbsdown", "eyes", "confused", "rocket", "tada", "heart", "lock"})
"""Those of GitLab's names that anybody here uses."""
ALIASES = {"+1": "thumbsup", "-1": "thumbsdown"}
COMMANDS_ONLY: Answer = ({"commands_changes": {}, "summary": ["Commands applied"]}, 202, {})


@route("GET", THREADS)
def list_threads(call: Call, ident: str, iid: int) -> Answer:
    mr = call.merge_request(ident, iid)
    return [_thread(call.world, mr, one) for one in call.page(threads_of(mr))], 200, {}


@route("GET", f"{THREADS}/<name>")
def get_thread(call: Call, ident: str, iid: int, name: str) -> Answer:
    mr = call.merge_request(ident, iid)
    return _thread(call.world, mr, _find(mr, name)), 200, {}


@route("POST", THREADS)
def start_thread(call: Call, ident: str, iid: int) -> Answer:
    mr = call.merge_request(ident, iid)
    made = call.world.discuss(mr, _body(call), by=call.user)
    return (_thread(call.world, mr, made), 201, {}) if made else COMMANDS_ONLY


@route("POST", f"{THREADS}/<name>/notes")
def reply(call: Call, ident: str, iid: int, name: str) -> Answer:
    mr = call.merge_request(ident, iid)
    thread = _find(mr, name)
    if thread.notes[0].system:
        raise RefusedError(400, "400 Bad request - Discussion can not be replied to.")
    made = call.world.reply(mr, thread, _body(call), by=call.user)
    return (shapes.note(call.world, mr, made), 201, {}) if made else COMMANDS_ONLY


@route("PUT", f"{THREADS}/<name>")
def resolve(call: Call, ident: str, iid: int, name: str) -> Answer:
    mr = call.merge_request(ident, iid)
    thread, resolved = _find(mr, name), call.sent.get("resolved", call.flag("resolved"))
    if resolved is None:
        raise RefusedError(400, "resolved is missing")
    if not may_resolve(mr, thread, call.user):
        raise RefusedError(403, "403 Forbidden")
    call.world.resolve(mr, thread, by=call.user, resolved=resolved in (True, "true"))
    return _thread(call.world, mr, thread), 200, {}


@route("PUT", f"{THREADS}/<name>/notes/<int:number>")
def edit_reply(call: Call, ident: str, iid: int, name: str, number: int) -> Answer:
    mr = call.merge_request(ident, iid)
    _find(mr, name)
    note = call.note(mr, number)
    if note.author is not call.user:
        raise RefusedError(403, "403 Forbidden")
    call.world.edit_note(mr, note, _body(call), by=call.user)
    return shapes.note(call.world, mr, note), 200, {}


def _find(mr: MergeRequest, name: str) -> Discussion:
    for one in threads_of(mr):
        if one.id == name:
            return one
    raise RefusedError(404, "404 Discussion Not Found")


def _body(call: Call) -> str:
    body = str(call.required("body"))
    if len(body) > MAX_BODY:
        raise RefusedError(400, "400 Bad request - Note is too long")
    return body


def _thread(world: Registry, mr: MergeRequest, one: Discussion) -> Json:
    notes = [shapes.note(world, mr, note) for note in one.notes]
    return {"id": one.id, "individual_note": one.notes[0].individual, "notes": notes}


@route("GET", AWARDS)
def list_awards(call: Call, ident: str, iid: int, number: int) -> Answer:
    note = call.note(call.merge_request(ident, iid), number)
    return [_award(call.world, note, one) for one in call.page(note.awards)], 200, {}


@route("POST", AWARDS)
def create_award(call: Call, ident: str, iid: int, number: int) -> Answer:
    """The same emoji again is 404, not 409 (https://gitlab.com/gitlab-org/gitlab/-/blob/master/lib/api/award_emoji.rb)."""
    note = call.note(call.merge_request(ident, iid), number)
    name = call.sent.get("name") or call.flag("name")
    if not name:
        raise RefusedError(400, "name is missing")
    name = ALIASES.get(name, name)
    if note.system:
        raise RefusedError(404, "404 Award Emoji Not Found")
    if name not in EMOJI:
        raise RefusedError(404, "404 Award Emoji Name is not a valid emoji name Not Found")
    made = call.world.award(note, name, by=call.user)
    if made is None:
        raise RefusedError(404, "404 Award Emoji Name has already been taken Not Found")
    return _award(call.world, note, made), 201, {}


@route("DELETE", f"{AWARDS}/<int:award>")
def delete_award(call: Call, ident: str, iid: int, number: int, award: int) -> Answer:
    note = call.note(call.merge_request(ident, iid), number)
    found = next((one for one in note.awards if one.id == award), None)
    if found is None:
        raise RefusedError(404, "404 Not found")
    if found.user is not call.user:
        raise RefusedError(401, "401 Unauthorized")
    note.awards.remove(found)
    return None, 204, {}


def _award(world: Registry, note: Note, one: Award) -> Json:
    return {
        "id": one.id,
        "name": one.name,
        "user": user(world, one.user),
        "created_at": when(one.created_at),
        "updated_at": when(one.created_at),
        "awardable_id": note.id,
        "awardable_type": "Note",
        "url": None,
    }
