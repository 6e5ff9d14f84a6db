"""Approvals and requested changes, as reviews: GitLab's approvals name no commit, and may name no time."""

from collections.abc import Sequence
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


def reviews(view: View, number: int, notes: Sequence[wire.Note], accounts: Accounts) -> tuple[Review, ...]:
    """The standing opinion of each person, oldest first. `notes` are all of them, oldest first.

    A review has its author's id: nobody has two. Requested changes take the place of an approval.
    """
    path = f"/merge_requests/{number}"
    approvals = view.get(f"reading the approvals of {number}", f"{path}/approvals", read.Approvals)
    listed = view.pages(f"listing the reviewers of {number}", f"{path}/reviewers", read.Reviewer)
    against = [one for one in listed if one.state == "requested_changes"]
    objectors = {one.user.id for one in against}
    standing = [one for one in approvals.approved_by if one.user.id not in objectors]
    versions = _versions(view, number) if standing else []
    found = [_approval(one, notes, versions, accounts) for one in standing]
    for one in against:
        at = _said(notes, one.user, REQUESTED_CHANGES) or one.created_at
        found.append(_review(one.user, ReviewState.CHANGES_REQUESTED, at, None, accounts))
    return tuple(sorted(found, key=lambda review: (review.submitted_at, review.id)))


def _approval(
    approval: read.Approval,
    notes: Sequence[wire.Note],
    versions: Sequence[read.Version],
    accounts: Accounts,
) -> Review:
    at = approval.approved_at or _said(notes, approval.user, APPROVED) or UNKNOWN
    seen = [version for version in versions if version.created_at <= at]
    sha = seen[-1].head_commit_sha if seen else None
    return _review(approval.user, ReviewState.APPROVED, at, sha, accounts)


def _review(user: wire.User, state: ReviewState, at: datetime, sha: str | None, accounts: Accounts) -> Review:
    return Review(id=user.id, author=accounts.of(user), state=state, submitted_at=at, commit_sha=sha)


def _said(notes: Sequence[wire.Note], user: wire.User, words: str) -> datetime | None:
    """When GitLab last noted that the user did it."""
    times = [
        note.created_at
        for note in notes
        if note.system and note.author is not None and note.author.id == user.id and note.body == words
    ]
    return times[-1] if times else None


def _versions(view: View, number: int) -> list[read.Version]:
    """Oldest first (https://docs.gitlab.com/api/merge_requests/#get-merge-request-diff-versions)."""
    what, path = f"listing the versions of merge request {number}", f"/merge_requests/{number}/versions"
    return sorted(view.pages(what, path, read.Version), key=lambda version: version.created_at)
