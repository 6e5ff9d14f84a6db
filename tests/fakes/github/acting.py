"""What people do on a site of GitHub: accounts, branches, pull requests, comments."""

from collections.abc import Sequence
from datetime import datetime

from tests.fakes.acts import Files
from tests.fakes.git_objects import Signature
from tests.fakes.github.model import Comment, Pull, Repo, User
from tests.fakes.github.world import World


class Acting:
    """One repository and the people who act on it, over the acts of a `World`."""

    refusal = "Required status check"
    every_check_closes = False

    def __init__(self, world: World, full_name: str) -> None:
        self.world = world
        self.clock = world.clock
        self.repo: Repo = world.repository(full_name)

    # Accounts.

    def user(self, login: str) -> User:
        return self.world.user(login)

    def person(self, login: str, *, role: str | None = "write") -> int:
        user = self.user(login)
        if role:
            self.world.grant(self.repo, role, user)
        return user.id

    def revoke(self, login: str) -> None:
        self.world.revoke(self.repo, self.user(login))

    def team(self, name: str, members: Sequence[str]) -> str:
        organization = self.repo.owner.login
        self.world.team(organization, name, [self.user(login) for login in members])
        return f"@{organization}/{name}"

    def mail(self, login: str) -> str:
        return self.user(login).email

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
            self.repo, branch, files, by=self.user(by), author=signed, message=message, onto=onto
        )

    def move(self, branch: str, sha: str, *, by: str) -> None:
        self.world.move(self.repo, branch, sha, by=self.user(by))

    def tip(self, branch: str) -> str:
        return self.repo.branches[branch]

    def tag(self, name: str, sha: str) -> None:
        self.repo.tags[name] = sha

    # Pull requests.

    def pull(self, number: int) -> Pull:
        return self.repo.pulls[number]

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
        owner = self.user(fork) if fork else None
        pull = self.world.open_pull_request(
            self.repo, branch, by=self.user(by), base=base, draft=draft, title=title, fork=owner
        )
        return pull.number

    def head(self, number: int) -> str:
        return self.pull(number).head_sha

    def close(self, number: int, *, by: str) -> None:
        self.world.close(self.repo, self.pull(number), by=self.user(by))

    def reopen(self, number: int, *, by: str) -> None:
        self.world.close(self.repo, self.pull(number), by=self.user(by), reopen=True)

    def retarget(self, number: int, base: str, *, by: str) -> None:
        self.world.retarget(self.repo, self.pull(number), base, by=self.user(by))

    def merge(self, number: int, *, by: str = "ben") -> None:
        self.world.merge(self.repo, self.pull(number), by=self.user(by))

    def review(self, number: int, *, by: str, state: str = "APPROVED", on: str | None = None) -> None:
        self.world.review(self.repo, self.pull(number), by=self.user(by), state=state, commit=on)

    def approve(self, number: int, *, by: str, on: str | None = None) -> None:
        """`on`: from a page that was opened when this commit was the head."""
        self.review(number, by=by, on=on)

    def request_changes(self, number: int, *, by: str) -> None:
        self.review(number, by=by, state="CHANGES_REQUESTED")

    def withdraw(self, number: int, *, of: str) -> None:
        """An administrator dismisses the newest approval."""
        pull = self.pull(number)
        given = [one for one in pull.reviews if (one.author.login, one.state) == (of, "APPROVED")]
        self.world.dismiss(self.repo, pull, given[-1], by=self.user("admin"))

    def date_approval(self, number: int, *, by: str, at: datetime) -> None:
        given = [one for one in self.pull(number).reviews if one.author is self.user(by)]
        given[-1].submitted_at = at

    # Comments.

    def say(self, number: int, body: str, *, by: str) -> int:
        return self.world.comment(self.repo, self.pull(number), body, by=self.user(by)).id

    def edit(self, number: int, comment: int, body: str, *, by: str) -> None:
        found = self._comment(number, comment)
        self.world.edit_comment(self.repo, self.pull(number), found, body, by=self.user(by))

    def comments(self, number: int) -> list[tuple[str, str]]:
        return [(one.author.login, one.body) for one in self.pull(number).comments]

    def reactions(self, number: int, comment: int) -> list[str]:
        return [one.content for one in self._comment(number, comment).reactions]

    def _comment(self, number: int, comment: int) -> Comment:
        return next(one for one in self.pull(number).comments if one.id == comment)
