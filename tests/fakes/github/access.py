"""Who is calling, what they may do, and the answers GitHub gives to those who may not."""

from collections.abc import Mapping
from datetime import UTC, datetime

import jwt
from flask import Request

from tests.fakes.exchange import RefusedError
from tests.fakes.github.model import App, Repo, Token
from tests.fakes.github.registry import Registry

Permissions = Mapping[str, str]


def caller(world: Registry, request: Request) -> App | Token:
    """The App (JWT) or token behind the Authorization header. Raises RefusedError (401)."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if not value or scheme.lower() not in {"bearer", "token"}:
        raise RefusedError(401, "Requires authentication")
    token = world.tokens.get(value)
    if token is not None:
        suspended = token.installation is not None and token.installation.suspended_at is not None
        if token.expires_at <= datetime.now(UTC) or suspended:
            raise RefusedError(401, "Bad credentials")
        return token
    return _app(world, value)


def _app(world: Registry, value: str) -> App:
    try:
        claimed = jwt.decode(value, options={"verify_signature": False})["iss"]
        app = world.apps[int(claimed)]
        claims = jwt.decode(value, app.public_key, algorithms=["RS256"])
    except (jwt.PyJWTError, KeyError, ValueError) as error:
        raise RefusedError(401, "Bad credentials") from error
    if claims["exp"] - claims["iat"] > 11 * 60:
        raise RefusedError(401, "'Expiration time' claim ('exp') is too far in the future")
    return app


def as_app(who: App | Token) -> App:
    """The caller of an ``/app`` route. Raises RefusedError."""
    if not isinstance(who, App):
        raise RefusedError(401, "A JSON web token could not be decoded")
    return who


def as_token(who: App | Token) -> Token:
    """The caller of any other route: a JWT opens only ``/app``. Raises RefusedError."""
    if isinstance(who, App):
        raise RefusedError(403, "Resource not accessible by integration")
    return who


def repository(world: Registry, token: Token, full_name: str, needs: Permissions) -> Repo:
    """The repository, when the token sees it and holds what the route `needs`. Raises RefusedError."""
    repo = world.repositories.get(full_name.lower())
    if repo is None or not _sees(token, repo):
        raise RefusedError(404, "Not Found")
    demand(token, needs, repo)
    return repo


def _sees(token: Token, repo: Repo) -> bool:
    if token.installation is None:
        return not repo.private or repo.can(token.user, "read")
    chosen = token.repository_ids is None or repo.id in token.repository_ids
    return chosen and repo in token.installation.repositories


def demand(token: Token, needs: Permissions, repo: Repo | None = None) -> None:
    """Refuse (403) unless the token has every permission; `needs` may name alternatives ``a|b``."""
    for names, level in needs.items():
        if token.installation is None:
            role = "write" if level == "write" else "read"
            if repo is not None and not repo.can(token.user, role) and (repo.private or level == "write"):
                raise RefusedError(403, "Resource not accessible by personal access token")
            continue
        held = {token.permissions.get(name) for name in names.split("|")}
        if "write" not in held and (level == "write" or "read" not in held):
            raise RefusedError(403, "Resource not accessible by integration")
