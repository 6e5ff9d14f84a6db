"""What people do on a site of GitLab: accounts, branches, merge requests, notes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from tests.fakes.acts import Files
from tests.fakes.git_objects import Signature
from tests.fakes.gitlab.model import Level, MergeRequest, Note, Project, User
from tests.fakes.gitlab.world import World

LEVELS = {
    "admin": Level.OWNER,
    "maintain": Level.MAINTAINER,
    "write": Level.DEVELOPER,
    "triage": Level.REPORTER,
    "read": Level.REPORTER,
}
REACTIONS = {"thumbsup": "+1", "thumbsdown": "-1"}


class Acting:
    """One project and the people who act on it, over the acts of a `World`.

    A branch that was opened from a fork is the fork's from then on.
    """

    refusal = "ci_must_pass|ci_still_running"
    every_check_closes = True

    def __init__(self, world: World, full_name: str) -> None:
        self.world = world
        self.clock = world.clock
        self.project: Project = world.project(full_name, only_allow_merge_if_pipeline_succeeds=True)
        self._homes: dict[str, Project] = {}

    # Accounts.

    def user(self, login: str) -> User:
        return self.world.user(login)

    def person(self, login: str, *, role: str | None = "write") -> int:
        user = self.user(login)
        if role:
            self.world.grant(self.project, LEVELS[role], user)
        return user.id

    def revoke(self, login: str) -> None:
        """Who stays in a group that was invited is a guest there."""
        user = self.user(login)
        self.world.revoke(self.project, user)
        for group, _ in self.project.invited:
            if user.id in group.members:
                self.world.grant(group, Level.GUEST, user)

    def team(self, name: str, members: Sequence[str]) -> str:
        """A group below that of the project, invited to it; it gives nobody more than he has."""
        group = self.world.group(f"{self.project.namespace.full_path}/{name}")
        for login in members:
            user = self.user(login)
            self.world.grant(group, self.project.level(user) or Level.GUEST, user)
        self.world.invite(self.project, group)
        return f"@{group.full_path}"

    def mail(self, login: str) -> str:
        return self.world.commit_mail(self.user(login))

    # Branches.

    def push(
        self,
        branch: str,
        files: Files,
        *,
        by: str = "ben",
        author: str | None = None,
        stranger: str | None = None,
        message: str = "Change files",
        onto: str | None = None,
    ) -> str:
        signed: User | Signature | None = self.user(author) if author else None
        if stranger:
            signed = Signature("Stranger", stranger, self.clock.tick())
        return self.world.push(
            self._home(branch), branch, files, by=self.user(by), author=signed, message=message, onto=onto
        )

    def move(self, branch: str, sha: str, *, by: str) -> None:
        self.world.move(self._home(branch), branch, sha, by=self.user(by))

    def tip(self, branch: str) -> str:
        return self._home(branch).branches[branch]

    def tag(self, name: str, sha: str) -> None:
        self.project.tags[name] = sha

    def _home(self, branch: str) -> Project:
        return self._homes.get(branch, self.project)

    # Merge requests.

    def merge_request(self, number: int) -> MergeRequest:
        return self.project.merge_requests[number]

    def open(
        self,
        branch: str,
        *,
        by: str = "ben",
        base: str = "main",
        draft: bool = False,
        title: str = "Release",
        fork: str | None = None,
    ) -> int:
        home = None
        if fork is not None:
            home = self._homes[branch] = self.world.fork(self.project, fork)
            self.world.grant(home, Level.OWNER, self.user(fork))
            del self.project.branches[branch]
        mr = self.world.open_merge_request(
            self.project, branch, by=self.user(by), target=base, draft=draft, title=title, fork=home
        )
        return mr.iid

    def head(self, number: int) -> str:
        return self.merge_request(number).sha

    def close(self, number: int, *, by: str) -> None:
        self.world.close_merge_request(self.merge_request(number), by=self.user(by))

    def reopen(self, number: int, *, by: str) -> None:
        self.world.close_merge_request(self.merge_request(number), by=self.user(by), reopen=True)

    def retarget(self, number: int, base: str, *, by: str) -> None:
        self.world.retarget(self.merge_request(number), base, by=self.user(by))

    def merge(self, number: int, *, by: str = "ben") -> None:
        self.world.merge(self.merge_request(number), by=self.user(by))

    def approve(self, number: int, *, by: str) -> None:
        """Who approved already must take that back first."""
        mr, user = self.merge_request(number), self.user(by)
        if any(one.user is user for one in mr.approvals):
            self.world.unapprove(mr, by=user)
        self.world.approve(mr, by=user)

    def request_changes(self, number: int, *, by: str) -> None:
        self.world.request_changes(self.merge_request(number), by=self.user(by))

    def withdraw(self, number: int, *, of: str) -> None:
        """Only the approver himself can."""
        self.world.unapprove(self.merge_request(number), by=self.user(of))

    def date_approval(self, number: int, *, by: str, at: datetime) -> None:
        mr, user = self.merge_request(number), self.user(by)
        mr.approvals = [replace(one, at=at) if one.user is user else one for one in mr.approvals]

    # Notes.

    def say(self, number: int, body: str, *, by: str) -> int:
        note = self.world.comment(self.merge_request(number), body, by=self.user(by))
        assert note is not None, "nothing but quick actions"
        return note.id

    def edit(self, number: int, comment: int, body: str, *, by: str) -> None:
        self.world.edit_note(self.merge_request(number), self._note(number, comment), body, by=self.user(by))

    def comments(self, number: int) -> list[tuple[str, str]]:
        return [(one.author.username, one.body) for one in self.merge_request(number).notes if not one.system]

    def reactions(self, number: int, comment: int) -> list[str]:
        return [REACTIONS.get(one.name, one.name) for one in self._note(number, comment).awards]

    def _note(self, number: int, comment: int) -> Note:
        return next(one for one in self.merge_request(number).notes if one.id == comment)
