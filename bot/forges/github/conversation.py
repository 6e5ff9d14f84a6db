"""Our one comment on a pull request, and reactions."""

from datetime import datetime

from bot.forges.base import Comment
from bot.forges.errors import NotFoundError
from bot.forges.github import wire
from bot.forges.github.people import comments
from bot.forges.github.view import View

MARKER = "<!-- sevengates"
MAX_CHARACTERS = 65_536


def comment(view: View, number: int, body: str, our_user_id: int, *, alone: bool = False) -> datetime:
    """Make `body` our one comment: edited in place, written only when it differs.

    The forge's time at which it was known to stand.

    `alone`: nobody else writes as this account, as with an App's. Then all it wrote is ours, so that
    somebody with write access cannot take the marker out and leave other words under our name.

    Two workers may both find none and write one each. Each looks again after writing; the oldest
    comment wins, is given the body, and then the others are deleted, so that one is left.

    Raises:
        ValueError: `body` lacks the marker or is too long; the caller cuts.
    """
    if MARKER not in body:
        raise ValueError("our comment must carry its marker")
    if len(body) > MAX_CHARACTERS:
        raise ValueError(f"a comment holds {MAX_CHARACTERS} characters")
    ours = _ours(view, number, our_user_id, alone=alone)
    if not ours:
        path = f"/issues/{number}/comments"
        view.send(f"commenting on pull request {number}", "POST", path, wire.Comment, {"body": body})
        ours = _ours(view, number, our_user_id, alone=alone)
    for oldest in ours[:1]:
        if not _is_same(oldest.body, body):
            path = f"/issues/comments/{oldest.id}"
            view.send(f"editing comment {oldest.id}", "PATCH", path, wire.Comment, {"body": body})
    for duplicate in ours[1:]:
        _delete(view, duplicate.id)
    return view.session.forge_time


def react(view: View, comment_id: int, reaction: str) -> None:
    """https://docs.github.com/en/rest/reactions/reactions#create-reaction-for-an-issue-comment"""
    path = f"/issues/comments/{comment_id}/reactions"
    view.send(f"reacting to comment {comment_id}", "POST", path, object, {"content": reaction})


def _ours(view: View, number: int, our_user_id: int, *, alone: bool) -> list[Comment]:
    """By author id, and by marker where the account is shared: anybody can copy the marker alone."""
    written = (one for one in comments(view, number, our_user_id) if one.ours)
    found = [one for one in written if alone or MARKER in one.body]
    return sorted(found, key=lambda one: one.id)


def _delete(view: View, comment_id: int) -> None:
    try:
        view.send(
            f"deleting duplicate comment {comment_id}", "DELETE", f"/issues/comments/{comment_id}", object
        )
    except NotFoundError:
        return  # the other worker was faster


def _is_same(one: str, other: str) -> bool:
    """GitHub may store other line ends and drop trailing space."""
    return one.replace("\r\n", "\n").rstrip() == other.replace("\r\n", "\n").rstrip()
