"""What people did on a merge request: commits, pushes, approvals, comments."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from itertools import islice

from bot.forges.base import Account, Activity, Comment, PullRequest
from bot.forges.errors import NotFoundError, NotReadyError, UnauthorizedError
from bot.forges.gitlab import graphql, wire
from bot.forges.gitlab import wire_reading as read
from bot.forges.gitlab.accounts import Accounts
from bot.forges.gitlab.commits import commits
from bot.forges.gitlab.history import read_merge_request
from bot.forges.gitlab.reviews import reviews, versions
from bot.forges.gitlab.view import NOBODY, View, account

MAX_PUSHES = 2_000
"""Pushes to a project that are looked through for those of one merge request."""

_PUSHED = re.compile(r"added \d+ commits?\b")
"""How GitLab's own note of a push begins; its author pushed."""


def activity(view: View, pull: PullRequest, accounts: Accounts, *, our_user_id: int) -> Activity:
    """Commits, approvals, comments and pushers, all pages of each.

    Raises:
        NotReadyError: a push resets the approvals, and GitLab has not done it yet.
    """
    live = read_merge_request(view, pull.number)
    if live.detailed_merge_status == "approvals_syncing":
        raise NotReadyError(
            f"reading the approvals of {pull.number} of {view.full_name}: GitLab is resetting them"
        )
    made = commits(view, pull.number, accounts)
    shas = {commit.sha for commit in made}
    notes = all_notes(view, pull.number)
    pushed = versions(view, pull.number)
    return Activity(
        commits=made,
        reviews=reviews(view, pull.number, notes, pushed, accounts),
        comments=tuple(_comments(view, pull.number, notes, our_user_id)),
        pushers=_distinct((*_pushers_noted(notes), *_pushers_logged(view, live, shas))),
        heads=tuple(dict.fromkeys(one.head_commit_sha for one in pushed if one.head_commit_sha)),
        commits_complete=pull.head_sha in shas,
    )


def all_notes(view: View, number: int) -> list[wire.Note]:
    """Every note of a merge request, GitLab's own and those of threads too, oldest first.

    https://docs.gitlab.com/api/notes/#list-all-merge-request-notes
    """
    what, path = f"listing the comments of merge request {number}", f"/merge_requests/{number}/notes"
    listed = {note.id: note for note in view.pages(what, path, wire.Note)}
    return sorted(listed.values(), key=lambda note: (note.created_at, note.id))


def _comments(view: View, number: int, notes: Sequence[wire.Note], our_user_id: int) -> Iterator[Comment]:
    written = [note for note in notes if not note.system]
    theirs = [note for note in written if note.author is None or note.author.id != our_user_id]
    edited = _edits(view, number, theirs)
    for note in written:
        author = account(note.author) or NOBODY
        yield Comment(
            id=note.id,
            author=author,
            body=note.body,
            created_at=note.created_at,
            updated_at=edited.get(note.id, note.updated_at),
            ours=author.id == our_user_id,
        )


def _edits(view: View, number: int, notes: Iterable[wire.Note]) -> Mapping[int, datetime]:
    """When each note got the text it has, where GitLab says.

    A note's own ``updated_at`` also moves when somebody reacts to it or resolves its thread
    (app/models/award_emoji.rb of https://gitlab.com/gitlab-org/gitlab-foss); REST knows nothing else.
    """
    moved = {note.id: note.created_at for note in notes if note.updated_at != note.created_at}
    if not moved:
        return {}
    told = graphql.edits(view, number)
    return {number: told[number] or created for number, created in moved.items() if number in told}


def _pushers_noted(notes: Iterable[wire.Note]) -> Iterator[Account | None]:
    return (account(note.author) for note in notes if note.system and _PUSHED.match(note.body))


def _pushers_logged(view: View, live: wire.MergeRequest, shas: AbstractSet[str]) -> Iterator[Account | None]:
    """Who pushed one of the commits, from the events of the project that holds the branch.

    The log is read back to the making of the branch, or `MAX_PUSHES`; pushes after the opening are in
    GitLab's notes too. The log of a fork may not be ours to read: then the notes are all there is.
    (https://docs.gitlab.com/api/events/#list-all-visible-events-for-a-project)
    """
    if live.source_project_id is None:
        return
    source = view.of(live.source_project_id)
    what = f"reading who pushed to {live.source_branch}"
    try:
        pushes = source.pages(what, "/events", read.PushEvent, {"action": "pushed"})
        for event in islice(pushes, MAX_PUSHES):
            push = event.push_data
            if push.commit_to in shas:
                yield account(event.author)
            if (push.action, push.ref_type, push.ref) == ("created", "branch", live.source_branch):
                return
    except (NotFoundError, UnauthorizedError):
        if source is view:
            raise


def _distinct(found: Iterable[Account | None]) -> tuple[Account, ...]:
    return tuple({one.id: one for one in found if one is not None}.values())
