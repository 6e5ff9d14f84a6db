"""The paths of one repository, and accounts as our values."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from bot.forges.base import Account
from bot.forges.github import wire
from bot.forges.github.client import Query, Session

T = TypeVar("T")

NOBODY = Account(id=0, login="ghost", human=False)
"""A deleted account: GitHub gives null for it."""


@dataclass(frozen=True, slots=True)
class View:
    """`Session` with paths relative to the repository, which every error then names."""

    session: Session
    full_name: str

    def get(self, what: str, path: str, kind: type[T], query: Query | None = None) -> T:
        """One object below the repository."""
        return self.session.get(self._of(what), self._path(path), kind, query)

    def pages(
        self, what: str, path: str, kind: type[T], query: Query | None = None, *, item: str = ""
    ) -> Iterator[T]:
        """Every element of a list below the repository."""
        return self.session.pages(self._of(what), self._path(path), kind, query, item=item)

    def send(self, what: str, verb: str, path: str, kind: type[T], body: object = None) -> T:
        """A write below the repository."""
        return self.session.send(self._of(what), verb, self._path(path), kind, body)

    def download(self, what: str, path: str, *, max_bytes: int) -> bytes:
        """Raw bytes below the repository."""
        return self.session.download(self._of(what), self._path(path), max_bytes=max_bytes)

    @property
    def owner(self) -> str:
        """Login of the account or organisation that owns the repository."""
        return self.full_name.partition("/")[0]

    def _of(self, what: str) -> str:
        return f"{what} of {self.full_name}"

    def _path(self, path: str) -> str:
        return f"/repos/{self.full_name}{path}"


def account(user: wire.User | None, *, can_write: bool = False) -> Account | None:
    """The account; None when GitHub knows none (null, or an empty object)."""
    if user is None or not user.id:
        return None
    return Account(id=user.id, login=user.login, human=user.type == "User", can_write=can_write)
