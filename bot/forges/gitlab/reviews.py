"""Approvals and requested changes, as reviews: GitLab's approvals name no commit, and may name no time."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime

from bot.forges.base import Review, ReviewState
from bot.forges.gitlab import wire
from bot.forges.gitlab import wire_reading as read
from bot.forges.gitlab.accounts import Accounts
from bot.forges.gitlab.view import View

APPROVED = "approved this merge request"
REQUESTED_CHANGES = "requested changes"
"""What GitLab's own notes say."""

UNKNOWN = datetime.fromtimestamp(0, UTC)
"""When nobody says: before anything was shown, so that such an approval never counts."""


def reviews(
    view: View,
    number: int,
    notes: Sequence[wire.Note],
    made: Sequence[read.Version],
    accounts: Accounts,
) -> tuple[Review, ...]:
    """The standing opinion of each person. All `notes` and versions `made`, like them, are oldest first.

    A review has its author's id: nobody has two. Requested changes take the place of an approval.
    """
    path, words = f"/merge_requests/{number}", f"of merge request {number}"
    approved = view.get(f"reading the approvals {words}", f"{path}/approvals", read.Approvals).approved_by
    listed = list(view.pages(f"listing the reviewers {words}", f"{path}/reviewers", read.Reviewer))
    standing = {one.user.id: _approval(one, notes, made, accounts) for one in approved}
    for one in listed:
        if one.state == "requested_changes":
            at = _said(notes, one.user, REQUESTED_CHANGES) or one.created_at
            standing[one.user.id] = _objection(one.user, at, accounts)
    for user, at in _unlisted_objections(notes, {one.user.id for one in listed}):
        approval = standing.get(user.id)
        if approval is None or approval.submitted_at <= at:
            standing[user.id] = _objection(user, at, accounts)
    return tuple(sorted(standing.values(), key=lambda review: (review.submitted_at, review.id)))


def _unlisted_objections(
    notes: Sequence[wire.Note], reviewers: AbstractSet[int]
) -> Iterator[tuple[wire.User, datetime]]:
    """Of somebody who is no reviewer only a note tells; his words hold until he approves after them."""
    last: dict[int, wire.Note] = {}
    for note in notes:
        if note.author is not None and (_says(note, REQUESTED_CHANGES) or _says(note, APPROVED)):
            last[note.author.id] = note
    for note in last.values():
        if note.author is not None and note.author.id not in reviewers and _says(note, REQUESTED_CHANGES):
            yield note.author, note.created_at


def _approval(
    approval: read.Approval,
    notes: Sequence[wire.Note],
    versions: Sequence[read.Version],
    accounts: Accounts,
) -> Review:
    at = approval.approved_at or _said(notes, approval.user, APPROVED) or UNKNOWN
    seen = [version for version in versions if version.created_at <= at]
    return Review(
        id=approval.user.id,
        author=accounts.of(approval.user),
        state=ReviewState.APPROVED,
        submitted_at=at,
        commit_sha=seen[-1].head_commit_sha if seen else None,
    )


def _objection(user: wire.User, at: datetime, accounts: Accounts) -> Review:
    return Review(
        id=user.id,
        author=accounts.of(user),
        state=ReviewState.CHANGES_REQUESTED,
        submitted_at=at,
        commit_sha=None,
    )


def _said(notes: Sequence[wire.Note], user: wire.User, words: str) -> datetime | None:
    """When GitLab last noted that the user did it."""
    times = [
        note.created_at
        for note in notes
        if note.author is not None and note.author.id == user.id and _says(note, words)
    ]
    return times[-1] if times else None


def _says(note: wire.Note, words: str) -> bool:
    return note.system and note.body.strip() == words


def versions(view: View, number: int) -> list[read.Version]:
    """Oldest first (https://docs.gitlab.com/api/merge_requests/#get-merge-request-diff-versions)."""
    what, path = f"listing the versions of merge request {number}", f"/merge_requests/{number}/versions"
    return sorted(view.pages(what, path, read.Version), key=lambda version: version.created_at)
