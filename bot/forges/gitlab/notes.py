"""Our one note on a merge request, and reactions."""

from datetime import datetime

from bot.forges.errors import NotFoundError
from bot.forges.gitlab import wire
from bot.forges.gitlab.view import View

MARKER = "<!-- sevengates"
MAX_CHARACTERS = 1_000_000
"""https://docs.gitlab.com/administration/instance_limits/#size-of-comments-and-descriptions-of-issues-merge-requests-and-epics"""

_EMOJI = {"+1": "thumbsup", "-1": "thumbsdown"}


def comment(view: View, number: int, body: str, our_user_id: int) -> datetime:
    """Make `body` our one note: edited in place, written only when it differs.

    The forge's time at which it was known to stand.

    Two workers may both find none and write one each. Each looks again after writing; the oldest
    note wins, is given the body, and then the others are deleted, so that one is left.

    Raises:
        ValueError: `body` lacks the marker, is too long, or holds a quick action.
    """
    if MARKER not in body:
        raise ValueError("our comment must carry its marker")
    if len(body) > MAX_CHARACTERS:
        raise ValueError(f"a comment holds {MAX_CHARACTERS} characters")
    refuse_quick_actions(body)
    path = f"/merge_requests/{number}/notes"
    ours = _ours(view, number, our_user_id)
    if not ours:
        view.send(f"commenting on merge request {number}", "POST", path, wire.Note, {"body": body})
        ours = _ours(view, number, our_user_id)
    for oldest in ours[:1]:
        if not _is_same(oldest.body, body):
            view.send(f"editing note {oldest.id}", "PUT", f"{path}/{oldest.id}", wire.Note, {"body": body})
    for duplicate in ours[1:]:
        delete(view, number, duplicate.id)
    return view.session.forge_time


def react(view: View, number: int, note_id: int, reaction: str) -> None:
    """https://docs.gitlab.com/api/emoji_reactions/#add-a-new-emoji-reaction-to-a-comment"""
    path = f"/merge_requests/{number}/notes/{note_id}/award_emoji"
    name = _EMOJI.get(reaction, reaction)
    try:
        view.send(f"reacting to note {note_id}", "POST", path, wire.Award, {"name": name})
    except NotFoundError:
        return  # GitLab's answer when we have reacted so already; or the note is gone


def refuse_quick_actions(body: str) -> None:
    """Whatever begins a line with a slash is carried out with our rights, even inside an HTML comment.

    https://docs.gitlab.com/user/project/quick_actions/

    Raises:
        ValueError: a line of `body` does.
    """
    if any(line.lstrip().startswith("/") for line in body.splitlines()):
        raise ValueError("no line of a comment may begin with a slash")


def delete(view: View, number: int, note_id: int) -> None:
    """Delete a note of ours, unless another worker was faster."""
    try:
        path = f"/merge_requests/{number}/notes/{note_id}"
        view.send(f"deleting duplicate note {note_id}", "DELETE", path, object)
    except NotFoundError:
        return


def _ours(view: View, number: int, our_user_id: int) -> list[wire.Note]:
    """By marker and author id: the marker alone can be copied by anybody."""
    what, path = f"listing the notes of merge request {number}", f"/merge_requests/{number}/notes"
    notes = view.pages(what, path, wire.Note, {"sort": "asc", "order_by": "created_at"})
    found = [
        note
        for note in notes
        if note.author is not None and note.author.id == our_user_id and MARKER in note.body
    ]
    return sorted(found, key=lambda note: note.id)


def _is_same(one: str, other: str) -> bool:
    """GitLab may store other line ends and drop trailing space."""
    return one.replace("\r\n", "\n").rstrip() == other.replace("\r\n", "\n").rstrip()
