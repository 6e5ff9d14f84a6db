"""What people can do on any forge: the part of `tests.fakes.site.Site` that is about their acts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from tests.fakes.git_objects import Content

Files = Mapping[str, Content]
"""Path to content; None deletes."""


class People(Protocol):
    """Accounts and what they may do.

    Roles are ``admin``, ``maintain``, ``write``, ``triage`` and ``read``, or the forge's nearest
    to them: who has ``write`` may push and merge, who has ``triage`` or ``read`` may comment only.
    """

    login: str
    """The login of our own account."""

    def person(self, login: str, *, role: str | None = "write") -> int:
        """Make an account with a role in the repository (None: none); its id. Repeated: the same."""

    def revoke(self, login: str) -> None:
        """Take every role away."""

    def team(self, name: str, members: Sequence[str]) -> str:
        """Make a team (group); the owner that CODEOWNERS would write."""

    def mail(self, login: str) -> str:
        """The private commit address that the forge gives to an account."""


class Branches(Protocol):
    """Commits, branches and tags."""

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
        """Commit on top of `branch` (a new one grows from ``main``) and push; the SHA.

        `onto` rebuilds the branch on that commit: a force push. The author is the pusher, or the
        account `author`, or `stranger`: an address that belongs to no account.
        """

    def move(self, branch: str, sha: str, *, by: str) -> None:
        """Point a branch at a commit there is (a force push)."""

    def tip(self, branch: str) -> str:
        """The SHA of a branch."""

    def tag(self, name: str, sha: str) -> None:
        """Make a tag."""


class Pulls(Protocol):
    """Pull (merge) requests and opinions on them."""

    refusal: str
    """A regular expression: what a merge is refused with while our check does not stand green."""
    every_check_closes: bool
    """Whether any failed check keeps the merge closed, or only the required one, which is ours."""

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
        """Open a pull request; its number. `fork`: the branch is shown as one of this login's fork."""

    def head(self, number: int) -> str:
        """The SHA of its head."""

    def close(self, number: int, *, by: str) -> None: ...

    def reopen(self, number: int, *, by: str) -> None: ...

    def retarget(self, number: int, base: str, *, by: str) -> None:
        """Change the base branch."""

    def merge(self, number: int, *, by: str = "ben") -> None:
        """Press the merge button. Raises MergeRefusedError."""

    def approve(self, number: int, *, by: str) -> None: ...

    def request_changes(self, number: int, *, by: str) -> None: ...

    def withdraw(self, number: int, *, of: str) -> None:
        """Take the approval of `of` back, as the forge lets people do (dismiss, unapprove)."""

    def date_approval(self, number: int, *, by: str, at: datetime) -> None:
        """Let the newest approval of `by` have been given at this time."""


class Conversation(Protocol):
    """Comments (notes) of people, and ours. What the forge itself notes down is none."""

    def say(self, number: int, body: str, *, by: str) -> int:
        """Write a comment; its id."""

    def edit(self, number: int, comment: int, body: str, *, by: str) -> None: ...

    def comments(self, number: int) -> list[tuple[str, str]]:
        """Login and body of every comment there is, oldest first."""

    def reactions(self, number: int, comment: int) -> list[str]:
        """Reactions to a comment, oldest first, as ``+1``, ``-1``, ``eyes``, ``confused``."""
