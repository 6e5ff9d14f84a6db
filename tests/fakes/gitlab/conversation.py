"""What people say about a merge request: notes with their quick actions, approvals, reviews."""

import re
from collections.abc import Iterator
from typing import Any

from tests.fakes.git_objects import CommitObject
from tests.fakes.gitlab.announcing import Announcing
from tests.fakes.gitlab.merging import satisfied
from tests.fakes.gitlab.model import Approval, Award, Level, MergeRequest, Note, Reviewer, Tier, User

QUICK_ACTION = re.compile(
    r"\s*/(approve|assign|assign_reviewer|close|copy_metadata|done|draft|estimate|label|lock|merge|milestone"
    r"|ready|rebase|relabel|reopen|request_changes|request_review|reviewer|shrug|spend|submit_review|subscribe"
    r"|tableflip|target_branch|title|todo|unapprove|unassign|unlabel|unlock|unsubscribe)\b(.*)"
)
"""Lines that are commands (https://docs.gitlab.com/user/project/quick_actions/), whatever is around them."""


class Conversation(Announcing):
    """Notes, approvals and reviews."""

    def open_merge_requests(self) -> Iterator[MergeRequest]:
        """Of every project."""
        for project in list(self.projects.values()):
            yield from [mr for mr in project.merge_requests.values() if mr.is_open]

    def commits_of(self, mr: MergeRequest) -> list[CommitObject]:
        """The commits of the newest version, newest first; a new target does not change them."""
        if not mr.versions:
            return []
        newest = mr.versions[-1]
        return mr.project.store.between(newest.start_commit_sha, newest.head_commit_sha)[::-1]

    def comment(self, mr: MergeRequest, body: str, *, by: User) -> Note | None:
        """Write a note and carry out its quick actions; None when nothing else was in it."""
        with self.lock:
            text = self._obey(mr, body, by)
            if not text:
                return None
            note = self._add_note(mr, text, by, system=False)
            self.announce_note(mr.project, mr, note, by)
            return note

    def edit_note(self, mr: MergeRequest, note: Note, body: str, *, by: User) -> None:
        with self.lock:
            note.body = self._obey(mr, body, by)
            note.updated_at = note.last_edited_at = self.clock.tick()
            self.announce_note(mr.project, mr, note, by)

    def delete_note(self, mr: MergeRequest, note: Note) -> None:
        """GitLab announces no deletion."""
        with self.lock:
            mr.notes.remove(note)
            self.clock.tick()

    def _obey(self, mr: MergeRequest, body: str, by: User) -> str:
        """Carry out the quick actions with the rights of `by`; the text without their lines."""
        kept, fenced = [], False
        for line in body.splitlines():
            fenced ^= line.startswith("```")
            found = None if fenced else QUICK_ACTION.fullmatch(line)
            if found is None:
                kept.append(line)
                continue
            self.quick_actions.append((by.username, found[1]))
            if found[1] == "approve" and self.may_approve(mr, by):
                self.approve(mr, by=by)
        return "\n".join(kept).strip() if len(kept) < len(body.splitlines()) else body

    def system_note(self, mr: MergeRequest, body: str, *, by: User) -> Note:
        return self._add_note(mr, body, by, system=True)

    def _add_note(self, mr: MergeRequest, body: str, by: User, *, system: bool) -> Note:
        now, number = self.clock.tick(), self.new_id()
        note = Note(
            id=number,
            author=by,
            body=body,
            created_at=now,
            updated_at=now,
            system=system,
            discussion_id=f"{number:040x}",
        )
        mr.notes.append(note)
        return note

    def award(self, note: Note, name: str, *, by: User) -> Award | None:
        """The emoji, or None: the same one again by the same user is refused.

        The note counts as changed by it
        (https://gitlab.com/gitlab-org/gitlab-foss/-/blob/master/app/models/award_emoji.rb).
        """
        if any(one.user is by and one.name == name for one in note.awards):
            return None
        made = Award(id=self.new_id(), name=name, user=by, created_at=self.clock.tick())
        note.awards.append(made)
        note.updated_at = made.created_at
        return made

    def may_approve(self, mr: MergeRequest, by: User) -> bool:
        """Developers may, once; the author only on Free or where a setting allows it."""
        own = mr.author is by and not (
            mr.project.tier is Tier.FREE or mr.project.merge_requests_author_approval
        )
        once = all(one.user is not by for one in mr.approvals)
        return mr.project.can(by, Level.DEVELOPER) and once and not own

    def approve(self, mr: MergeRequest, *, by: User) -> None:
        """Approve; GitLab keeps who and when, and nothing about what."""
        with self.lock:
            mr.approvals.append(Approval(by, self.clock.tick()))
            mr.changes_requested_by = [one for one in mr.changes_requested_by if one is not by]
            self._reviewed(mr, by, "approved")
            self.system_note(mr, "approved this merge request", by=by)
            self._announce_approval("approv", mr, by)

    def unapprove(self, mr: MergeRequest, *, by: User) -> None:
        with self.lock:
            mr.approvals = [one for one in mr.approvals if one.user is not by]
            self._reviewed(mr, by, "unapproved")
            self.system_note(mr, "unapproved this merge request", by=by)
            self._announce_approval("unapprov", mr, by)

    def sync_approvals(self, mr: MergeRequest, *, by: User) -> None:
        """Finish the reset of approvals that a push by `by` began (Premium)."""
        with self.lock:
            mr.approvals_syncing = False
            gone, mr.approvals = mr.approvals, []
            mr.updated_at = self.clock.tick()
            for one in gone:
                self._reviewed(mr, one.user, "unapproved")
            names = ", ".join(f"@{one.user.username}" for one in gone)
            self.system_note(mr, f"reset approvals from {names} by pushing to the branch", by=by)
            self._announce_approval("unapprov", mr, by, system_action="approvals_reset_on_push")

    def _announce_approval(self, stem: str, mr: MergeRequest, by: User, **more: Any) -> None:
        """``approved`` when that completes the approvals, ``approval`` else; so for the undoing."""
        complete = all(satisfied(rule, mr) for rule in mr.rules)
        changed = complete if stem == "approv" else not complete or not mr.rules
        self.announce_merge_request(stem + ("ed" if changed else "al"), mr.project, mr, by, **more)

    def request_review(self, mr: MergeRequest, *users: User) -> None:
        for user in users:
            self._reviewed(mr, user, "unreviewed")

    def request_changes(self, mr: MergeRequest, *, by: User, listed: bool = True) -> None:
        """Not `listed`: by somebody who is no reviewer; then only a system note tells, and an approval stays."""
        with self.lock:
            if listed:
                mr.approvals = [one for one in mr.approvals if one.user is not by]
                self._reviewed(mr, by, "requested_changes", join=True)
            if by not in mr.changes_requested_by:
                mr.changes_requested_by.append(by)
            self.system_note(mr, "requested changes", by=by)
            self.announce_merge_request("update", mr.project, mr, by)

    def _reviewed(self, mr: MergeRequest, user: User, state: str, *, join: bool = False) -> None:
        """Set a reviewer's state; who is none becomes one only by `join` or a request."""
        mine = next((one for one in mr.reviewers if one.user is user), None)
        if mine is not None:
            mine.state = state
        elif join or state == "unreviewed":
            mr.reviewers.append(Reviewer(user=user, state=state, created_at=self.clock.tick()))
