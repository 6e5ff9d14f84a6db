"""GitHub with a personal token: commit statuses instead of check runs, no App, no delivery log."""

import threading
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property

from github import Auth

from bot.forges.base import Repository
from bot.forges.errors import ForgeError
from bot.forges.github import wire
from bot.forges.github.app import FailedDelivery
from bot.forges.github.client import Connection, Session
from bot.forges.github.repository import GitHubRepository


class GitHubToken:
    """GitHub at `api_url` as the account a token belongs to; safe to share between threads."""

    def __init__(self, *, api_url: str, token: str) -> None:
        self._connection = Connection(api_url=api_url, auth=Auth.Token(token))
        self._of_thread = threading.local()

    def installation(self, repository: Repository) -> GitHubRepository:
        """The repository; one connection per thread."""
        return GitHubRepository(repository, self._session, self, reads_teams=lambda: True)

    def installations(self) -> tuple[int, ...]:
        """The one stand-in for an installation that a token has."""
        return (0,)

    def repositories(self, installation: int) -> Iterator[Repository]:
        """Every repository the token's account can see."""
        what = "listing the repositories of the token's account"
        for one in self._session.pages(what, "/user/repos", wire.Repository):
            yield Repository(forge="github", id=one.id, full_name=one.full_name, installation=installation)

    def failed_deliveries(self, since: datetime) -> tuple[FailedDelivery, ...]:  # noqa: ARG002
        """Always empty: only an App has a delivery log."""
        return ()

    def redeliver(self, delivery_id: int) -> None:
        """Raises ForgeError: only an App can ask."""
        raise ForgeError(f"asking GitHub to redeliver {delivery_id}: only a GitHub App can")

    @property
    def app_id(self) -> None:
        """None: a token is no App."""
        return

    @cached_property
    def user_id(self) -> int:
        """Numeric id of the token's account."""
        return self._session.get("reading the token's account", "/user", wire.User).id

    @property
    def _session(self) -> Session:
        session: Session | None = getattr(self._of_thread, "session", None)
        if session is None:
            session = self._of_thread.session = Session(self._connection)
        return session
