"""The paths of one project, and accounts as our values."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from bot.forges.base import Account
from bot.forges.gitlab import wire
from bot.forges.gitlab.client import Query, Session

T = TypeVar("T")

NOBODY = Account(id=0, login="ghost", human=False)
"""Nobody GitLab can name."""

_BOT = re.compile(r"(project|group)_\d+_bot\w*|service_account_\w+")
"""Users behind access tokens and service accounts
(https://docs.gitlab.com/user/project/settings/project_access_tokens/#bot-users-for-projects)."""


@dataclass(frozen=True, slots=True)
class View:
    """`Session` with paths relative to the project, which every error then names."""

    session: Session
    project_id: int
    full_name: str

    def get(self, what: str, path: str, kind: type[T], query: Query | None = None) -> T:
        """One object below the project."""
        return self.session.get(self._of(what), self._path(path), kind, query)

    def pages(self, what: str, path: str, kind: type[T], query: Query | None = None) -> Iterator[T]:
        """Every element of a list below the project."""
        return self.session.pages(self._of(what), self._path(path), kind, query)

    def send(self, what: str, verb: str, path: str, kind: type[T], body: object = None) -> T:
        """A write below the project."""
        return self.session.send(self._of(what), verb, self._path(path), kind, body)

    def download(self, what: str, path: str, *, max_bytes: int) -> bytes:
        """Raw bytes below the project."""
        return self.session.download(self._of(what), self._path(path), max_bytes=max_bytes)

    def ask(self, what: str, question: str, variables: Mapping[str, object], kind: type[T]) -> T:
        """A GraphQL query about the project."""
        return self.session.ask(self._of(what), question, variables, kind)

    def of(self, project_id: int) -> "View":
        """The same for another project, such as the fork in which a pipeline runs."""
        return self if project_id == self.project_id else replace(self, project_id=project_id)

    def _of(self, what: str) -> str:
        return f"{what} of {self.full_name}"

    def _path(self, path: str) -> str:
        return f"/projects/{self.project_id}{path}"


def account(user: wire.User | None, *, can_write: bool = False) -> Account | None:
    """The account; None when GitLab names none."""
    if user is None or not user.id:
        return None
    return Account(id=user.id, login=user.username, human=is_human(user), can_write=can_write)


def is_human(user: wire.User) -> bool:
    """Whether a person is behind it, as far as the answer and the name tell."""
    return not user.bot and not _BOT.fullmatch(user.username)
