"""One request in the hands of GitLab's routes: who calls, what he may do, and pages of lists."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote, unquote

from flask import Request

from tests.fakes.exchange import RefusedError
from tests.fakes.gitlab.model import Level, MergeRequest, Note, Project, User
from tests.fakes.gitlab.world import World

T = TypeVar("T")
DEFAULT_PAGE, MAX_PAGE = 20, 100
"""https://docs.gitlab.com/api/rest/#pagination"""


@dataclass(slots=True)
class Call:
    """The request in a route's hands."""

    world: World
    request: Request
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def user(self) -> User:
        """Who calls. Raises RefusedError (401)."""
        value = self.request.headers.get("PRIVATE-TOKEN", "")
        scheme, _, bearer = self.request.headers.get("Authorization", "").partition(" ")
        token = self.world.tokens.get(value or (bearer if scheme.lower() == "bearer" else ""))
        if token is None or token.revoked:
            raise RefusedError(401, "401 Unauthorized")
        if token.user.state != "active":
            raise RefusedError(403, "403 Forbidden - Your account has been blocked.")
        if "api" not in token.scopes and self.request.method != "GET":
            raise RefusedError(403, "403 Forbidden - insufficient_scope")
        return token.user

    @property
    def sent(self) -> dict[str, Any]:
        """The body, JSON or form."""
        body = self.request.get_json(silent=True)
        return body if isinstance(body, dict) else self.request.form.to_dict()

    def flag(self, name: str) -> str | None:
        return self.request.args.get(name)

    def project(self, ident: str, needs: Level = Level.GUEST) -> Project:
        """The project of the path, by id or encoded path.

        Raises RefusedError: 404 for a project the caller does not see, 403 below the level needed.
        """
        user, name = self.user, unquote(ident)
        found = self.world.projects.get(int(name)) if name.isdigit() else self.world.project_by_path(name)
        if found is None or not (found.visibility == "public" or found.can(user, Level.GUEST)):
            raise RefusedError(404, "404 Project Not Found")
        writes = self.request.method != "GET"
        if not found.can(user, needs) and (writes or found.visibility != "public" or needs > Level.REPORTER):
            raise RefusedError(403, "403 Forbidden")
        return found

    def merge_request(self, ident: str, iid: int, needs: Level = Level.REPORTER) -> MergeRequest:
        project = self.project(ident, needs)
        if iid not in project.merge_requests:
            raise RefusedError(404, "404 Not found")
        return project.merge_requests[iid]

    def note(self, mr: MergeRequest, number: int) -> Note:
        for note in mr.notes:
            if note.id == number:
                return note
        raise RefusedError(404, "404 Note Not Found")

    def required(self, name: str) -> Any:
        """A parameter of the body that GitLab wants. Raises RefusedError (400)."""
        value = self.sent.get(name)
        if value in (None, ""):
            raise RefusedError(400, f"{name} is missing")
        return value

    def page(self, items: Sequence[T], *, counted: bool = True) -> Sequence[T]:
        """The asked page of a list; sets the headers of offset pagination.

        Not `counted`: without the totals, as for commits and lists of more than 10,000.
        """
        size = min(max(int(self.flag("per_page") or DEFAULT_PAGE), 1), MAX_PAGE)
        page = max(int(self.flag("page") or 1), 1)
        last = max(1, math.ceil(len(items) / size))
        around = {"prev": page - 1 if page > 1 else None, "next": page + 1 if page < last else None}
        known = {**around, "first": 1, **({"last": last} if counted else {})}
        self._link({rel: self._url(page=number) for rel, number in known.items() if number})
        self.headers |= {"X-Page": str(page), "X-Per-Page": str(size)}
        self.headers |= {f"X-{rel}-Page".title(): str(number or "") for rel, number in around.items()}
        if counted:
            self.headers |= {"X-Total": str(len(items)), "X-Total-Pages": str(last)}
        return items[(page - 1) * size : page * size]

    def cursor(self, **changed: object) -> None:
        """Set a Link header with a ``next`` only, for keyset pagination."""
        self._link({"next": self._url(**changed)})

    def _link(self, links: dict[str, str]) -> None:
        self.headers["Link"] = ", ".join(f'<{url}>; rel="{rel}"' for rel, url in links.items())

    def _url(self, **changed: object) -> str:
        query = {**self.request.args.to_dict(), **{name: str(value) for name, value in changed.items()}}
        tail = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
        return f"{self.world.url}{self.request.path}?{tail}"
