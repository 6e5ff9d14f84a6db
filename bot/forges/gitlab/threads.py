"""The thread that keeps a merge closed where "All threads must be resolved" is on."""

from bot.forges.base import Check, CheckState
from bot.forges.gitlab import wire
from bot.forges.gitlab.notes import delete
from bot.forges.gitlab.pipelines import is_interim
from bot.forges.gitlab.view import View

MARKER = "<!-- the lock of sevengates -->"
"""Unlike that of our note: the notes of threads are listed among the others."""
BODY = (
    f"{MARKER}\n\nThis thread keeps the merge request closed until its dataset release is approved. "
    "The bot resolves it then, and opens it again when the approval no longer holds."
)


def keep_thread(view: View, number: int, check: Check, our_user_id: int) -> None:
    """Make our thread unresolved unless `check` is a success; a success needs none.

    An interim check begins no thread: most merge requests release nothing.
    """
    resolved = check.state is CheckState.SUCCESS
    path = f"/merge_requests/{number}/discussions"
    ours = _ours(view, number, our_user_id)
    if not ours and not resolved and not is_interim(check):
        what = f"beginning a thread on merge request {number}"
        view.send(what, "POST", path, wire.Discussion, {"body": BODY})
        ours = _ours(view, number, our_user_id)
    for oldest in ours[:1]:
        if _is_resolved(oldest) != resolved:
            what = f"{'resolving' if resolved else 'opening'} our thread on merge request {number}"
            view.send(what, "PUT", f"{path}/{oldest.id}", wire.Discussion, {"resolved": resolved})
    for duplicate in ours[1:]:
        delete(view, number, duplicate.notes[0].id)


def _ours(view: View, number: int, our_user_id: int) -> list[wire.Discussion]:
    """By marker and author id of its first note, oldest first."""
    what, path = f"listing the threads of merge request {number}", f"/merge_requests/{number}/discussions"
    found = [one for one in view.pages(what, path, wire.Discussion) if _is_ours(one, our_user_id)]
    return sorted(found, key=lambda one: one.notes[0].id)


def _is_ours(discussion: wire.Discussion, our_user_id: int) -> bool:
    first = discussion.notes[0] if discussion.notes else None
    return (
        first is not None
        and first.author is not None
        and first.author.id == our_user_id
        and first.resolvable
        and MARKER in first.body
    )


def _is_resolved(discussion: wire.Discussion) -> bool:
    return all(note.resolved for note in discussion.notes if note.resolvable)
