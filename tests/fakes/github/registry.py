"""Who and what exists: people, organisations, teams, repositories, Apps, installations, tokens."""

import secrets
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fakes.clock import Clock
from tests.fakes.faults import Faults
from tests.fakes.github.deliveries import Deliveries
from tests.fakes.github.model import App, Installation, Repo, Team, Token, User

APP_PERMISSIONS: Mapping[str, str] = {
    "checks": "write",
    "contents": "read",
    "members": "read",
    "merge_queues": "read",
    "metadata": "read",
    "pull_requests": "write",
}


@cache
def app_key() -> tuple[str, str]:
    """A private key and its public half, PEM; one for the whole process, because they are slow."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


class Registry:
    """The state of one GitHub, and how tests put things into it. Logins are case-insensitive."""

    def __init__(self, *, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.lock = threading.RLock()
        self.faults = Faults()
        self.deliveries = Deliveries(self.clock)
        self.api = "http://127.0.0.1"
        self.html = "https://github.example"
        self.users: dict[str, User] = {}
        self.teams: dict[tuple[str, str], Team] = {}
        self.repositories: dict[str, Repo] = {}
        self.apps: dict[int, App] = {}
        self.installations: dict[int, Installation] = {}
        self.tokens: dict[str, Token] = {}
        self.token_life = timedelta(hours=1)
        self._ids = count(1001)

    def new_id(self) -> int:
        return next(self._ids)

    def user(self, login: str, *, kind: str = "User") -> User:
        """The account of that login, made when it does not exist yet."""
        known = self.users.get(login.lower())
        if known is None:
            known = self.users[login.lower()] = User(self.new_id(), login, kind)
        return known

    def organization(self, login: str) -> User:
        return self.user(login, kind="Organization")

    def team(self, organization: str, slug: str, members: Sequence[User] = ()) -> Team:
        owner = self.organization(organization)
        team = Team(self.new_id(), slug, owner, list(members))
        self.teams[organization.lower(), slug.lower()] = team
        return team

    def repository(self, full_name: str, *, organization: bool = True, private: bool = True) -> Repo:
        owner, name = full_name.split("/")
        account = self.user(owner, kind="Organization" if organization else "User")
        repo = Repo(id=self.new_id(), name=name, owner=account, private=private, created_at=self.clock.tick())
        self.repositories[full_name.lower()] = repo
        return repo

    def grant(self, repo: Repo, role: str, *users: User) -> None:
        """Give people a role (read, triage, write, maintain, admin)."""
        repo.roles.update({user.id: role for user in users})

    def revoke(self, repo: Repo, *users: User) -> None:
        for user in users:
            repo.roles.pop(user.id, None)

    def app(self, slug: str = "sevengates", *, webhook_secret: str = "", public_key: str = "") -> App:
        """Register an App; its private key is `app_key()` unless `public_key` says otherwise."""
        app = App(
            id=self.new_id(),
            slug=slug,
            owner=self.user("app-maker"),
            bot=self.user(f"{slug}[bot]", kind="Bot"),
            public_key=public_key or app_key()[1],
            webhook_secret=webhook_secret,
            permissions=APP_PERMISSIONS,
            created_at=self.clock.tick(),
        )
        self.apps[app.id] = app
        return app

    def install(
        self, app: App, *repositories: Repo, permissions: Mapping[str, str] = APP_PERMISSIONS
    ) -> Installation:
        """Install `app` on repositories of one owner."""
        installation = Installation(
            id=self.new_id(),
            app=app,
            account=repositories[0].owner,
            permissions=dict(permissions),
            created_at=self.clock.tick(),
            repositories=list(repositories),
        )
        self.installations[installation.id] = installation
        return installation

    def installation_of(self, repo: Repo, app: App | None = None) -> Installation | None:
        """The active installation that covers a repository."""
        return next(
            (
                one
                for one in self.installations.values()
                if repo in one.repositories and one.suspended_at is None and app in (None, one.app)
            ),
            None,
        )

    def user_token(self, user: User, *, prefix: str = "ghp_") -> str:
        """A personal access token of `user`."""
        token = Token(value=prefix + secrets.token_hex(20), user=user, expires_at=_soon(timedelta(days=365)))
        self.tokens[token.value] = token
        return token.value

    def installation_token(
        self,
        installation: Installation,
        *,
        repositories: Sequence[Repo] | None,
        permissions: Mapping[str, str],
    ) -> Token:
        ids = None if repositories is None else frozenset(repo.id for repo in repositories)
        token = Token(
            value="ghs_" + secrets.token_hex(20),
            user=installation.app.bot,
            expires_at=_soon(self.token_life),
            installation=installation,
            repository_ids=ids,
            permissions=dict(permissions),
        )
        self.tokens[token.value] = token
        return token


def _soon(life: timedelta) -> datetime:
    """Expiry is judged by the client's clock, so it follows the real one."""
    return (datetime.now(UTC) + life).replace(microsecond=0)
