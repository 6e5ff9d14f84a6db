"""The App's keys and the tokens they buy, each narrowed to one repository."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from github import Auth

from bot.forges.base import Repository
from bot.forges.errors import UnauthorizedError
from bot.forges.github import wire
from bot.forges.github.client import Connection, Session
from bot.forges.github.errors import BadCredentialsError, RefusedError

PERMISSIONS = {
    "checks": "write",
    "contents": "read",
    "members": "read",
    "metadata": "read",
    "pull_requests": "write",
}
"""All a repository's token is ever asked to hold."""

RENEW_BEFORE = timedelta(minutes=5)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class NarrowToken:
    """A token for one repository. `reads_teams`: the installation granted ``members``."""

    value: str
    expires_at: datetime
    reads_teams: bool


class AppCredentials:
    """Keys and tokens of one App; safe to share between threads.

    Raises:
        ValueError: no key, or a key that is not a PEM private key.
    """

    def __init__(self, *, api_url: str, app_id: int, private_keys: Sequence[str]) -> None:
        if not private_keys:
            raise ValueError("a GitHub App needs a private key")
        for key in private_keys:
            load_pem_private_key(key.encode(), password=None)
        self.api_url = api_url
        self._lock = threading.RLock()
        self._sessions = [
            Session(Connection(api_url=api_url, auth=Auth.AppAuth(app_id, key))) for key in private_keys
        ]
        self._tokens: dict[int, NarrowToken] = {}

    def as_app(self, use: Callable[[Session], T]) -> T:
        """Talk as the App itself, with the first key that GitHub accepts.

        During rotation the newer key may not be known yet, or the older one no longer.
        """
        with self._lock:
            for _ in self._sessions[1:]:
                try:
                    return use(self._sessions[0])
                except BadCredentialsError:
                    self._sessions.append(self._sessions.pop(0))
            return use(self._sessions[0])

    def token(self, repository: Repository) -> NarrowToken:
        """The token of one repository, renewed shortly before it expires.

        An installation may not grant ``members`` (a personal account has no teams): then the
        token goes without, and `reads_teams` says so.
        """
        with self._lock:
            known = self._tokens.get(repository.id)
            if known is None or known.expires_at - RENEW_BEFORE <= datetime.now(UTC):
                known = self._tokens[repository.id] = self._narrow(repository)
            return known

    def forget(self, repository: Repository) -> None:
        """Drop a token that GitHub no longer accepts."""
        with self._lock:
            self._tokens.pop(repository.id, None)

    def listing(self, installation: int) -> Session:
        """A session that sees every repository of an installation, and nothing in them."""
        made = self._mint(installation, {"permissions": {"metadata": "read"}})
        return Session(Connection(api_url=self.api_url, auth=Auth.Token(made.token)))

    def _narrow(self, repository: Repository) -> NarrowToken:
        ids = [repository.id]
        try:
            made = self._mint(repository.installation, {"repository_ids": ids, "permissions": PERMISSIONS})
        except (RefusedError, UnauthorizedError):
            fewer = {name: level for name, level in PERMISSIONS.items() if name != "members"}
            made = self._mint(repository.installation, {"repository_ids": ids, "permissions": fewer})
            return NarrowToken(value=made.token, expires_at=made.expires_at, reads_teams=False)
        return NarrowToken(value=made.token, expires_at=made.expires_at, reads_teams=True)

    def _mint(self, installation: int, body: object) -> wire.Token:
        """PyGithub's own call cannot narrow a token to repositories."""
        what = f"getting a token for installation {installation}"
        path = f"/app/installations/{installation}/access_tokens"
        return self.as_app(lambda session: session.send(what, "POST", path, wire.Token, body))


class NarrowAuth(Auth.Auth):
    """The token of one repository, asked for with every request, so that it is always fresh."""

    def __init__(self, credentials: AppCredentials, repository: Repository) -> None:
        self._credentials = credentials
        self._repository = repository

    @property
    def token_type(self) -> str:
        """The scheme of the Authorization header."""
        return "token"

    @property
    def token(self) -> str:
        """The current token."""
        return self._credentials.token(self._repository).value
