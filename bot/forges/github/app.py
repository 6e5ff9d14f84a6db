"""A GitHub App: its installations, their repositories, and its delivery log."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import takewhile
from urllib.parse import quote

from bot.forges.base import Repository
from bot.forges.errors import UnauthorizedError
from bot.forges.github import wire
from bot.forges.github.client import Connection, Session
from bot.forges.github.credentials import AppCredentials, NarrowAuth
from bot.forges.github.repository import GitHubRepository

CLIENTS_PER_THREAD = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedDelivery:
    """A delivery no attempt of which succeeded; `id` is its newest attempt."""

    id: int
    guid: str
    event: str
    delivered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AppIdentity:
    """The App, and the account (``slug[bot]``) that its comments carry."""

    app_id: int
    slug: str
    user_id: int


class GitHubApp:
    """A GitHub App at `api_url`; safe to share between threads.

    `private_keys` are PEM texts, the current one first; more than one during rotation.

    Raises:
        ValueError: no key, or a key that is not a PEM private key.
    """

    def __init__(self, *, api_url: str, app_id: int, private_keys: Sequence[str]) -> None:
        self._app_id = app_id
        self._credentials = AppCredentials(api_url=api_url, app_id=app_id, private_keys=private_keys)
        self._of_thread = threading.local()

    def installation(self, repository: Repository) -> GitHubRepository:
        """The repository through its installation: one client per thread and repository."""
        clients: OrderedDict[Repository, GitHubRepository]
        clients = self._of_thread.__dict__.setdefault("clients", OrderedDict())
        if repository not in clients:
            clients[repository] = self._open(repository)
        clients.move_to_end(repository)
        if len(clients) > CLIENTS_PER_THREAD:
            clients.popitem(last=False)
        return clients[repository]

    def _open(self, repository: Repository) -> GitHubRepository:
        credentials = self._credentials
        connection = Connection(
            api_url=credentials.api_url,
            auth=NarrowAuth(credentials, repository),
            forget=lambda: credentials.forget(repository),
        )
        return GitHubRepository(
            repository,
            Session(connection),
            self,
            reads_teams=lambda: credentials.token(repository).reads_teams,
        )

    def installations(self) -> tuple[int, ...]:
        """Ids of every installation that is not suspended."""
        what, path = "listing the installations of the GitHub App", "/app/installations"
        listed = self._credentials.as_app(lambda session: list(session.pages(what, path, wire.Installation)))
        return tuple(one.id for one in listed if one.suspended_at is None)

    def repositories(self, installation: int) -> Iterator[Repository]:
        """Every repository of an installation."""
        session = self._credentials.listing(installation)
        what = f"listing the repositories of installation {installation}"
        for one in session.pages(what, "/installation/repositories", wire.Repository, item="repositories"):
            yield Repository(forge="github", id=one.id, full_name=one.full_name, installation=installation)

    def failed_deliveries(self, since: datetime) -> tuple[FailedDelivery, ...]:
        """Deliveries at or after `since` of which no attempt succeeded, oldest first.

        GitHub keeps and redelivers three days
        (https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks).
        """
        what, path = "reading the delivery log of the GitHub App", "/app/hook/deliveries"
        attempts = self._credentials.as_app(
            lambda session: _until(since, session.pages(what, path, wire.Delivery))
        )
        return _failed(attempts)

    def redeliver(self, delivery_id: int) -> None:
        """Ask GitHub to send a delivery again, with the same GUID."""
        what = f"asking GitHub to redeliver {delivery_id}"
        path = f"/app/hook/deliveries/{delivery_id}/attempts"
        self._credentials.as_app(lambda session: session.send(what, "POST", path, object))

    @property
    def app_id(self) -> int:
        """Id of the App; our check runs are those it owns."""
        return self._app_id

    @property
    def user_id(self) -> int:
        """Numeric id of the App's bot account."""
        return self.identity.user_id

    @cached_property
    def identity(self) -> AppIdentity:
        """App and bot account, read once.

        Raises:
            UnauthorizedError: the App is installed nowhere, so that nothing can be asked.
        """
        app = self._credentials.as_app(
            lambda session: session.get("reading the GitHub App", "/app", wire.App)
        )
        installations = self.installations()
        if not installations:
            raise UnauthorizedError("reading the App's bot account: the App is installed nowhere")
        session = self._credentials.listing(installations[0])
        path = f"/users/{quote(f'{app.slug}[bot]')}"
        bot = session.get("reading the App's bot account", path, wire.User)
        return AppIdentity(app_id=app.id, slug=app.slug, user_id=bot.id)


def _until(since: datetime, newest_first: Iterable[wire.Delivery]) -> list[wire.Delivery]:
    return list(takewhile(lambda one: one.delivered_at >= since, newest_first))


def _failed(newest_first: Sequence[wire.Delivery]) -> tuple[FailedDelivery, ...]:
    delivered = {one.guid for one in newest_first if one.status == "OK"}
    newest: dict[str, wire.Delivery] = {}
    for one in newest_first:
        if one.guid not in delivered:
            newest.setdefault(one.guid, one)
    return tuple(
        FailedDelivery(id=one.id, guid=one.guid, event=one.event, delivered_at=one.delivered_at)
        for one in sorted(newest.values(), key=lambda one: (one.delivered_at, one.id))
    )
