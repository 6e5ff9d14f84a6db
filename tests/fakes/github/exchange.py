"""One request in the hands of GitHub's routes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import Request

from tests.fakes.exchange import RefusedError
from tests.fakes.github.access import Permissions, as_token, caller, demand, repository
from tests.fakes.github.model import Pull, Repo, Token
from tests.fakes.github.world import World

T = TypeVar("T")


@dataclass(slots=True)
class Call:
    """The request in a route's hands."""

    world: World
    request: Request
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def token(self) -> Token:
        return as_token(caller(self.world, self.request))

    @property
    def sent(self) -> dict[str, Any]:
        body = self.request.get_json(silent=True)
        return body if isinstance(body, dict) else {}

    def flag(self, name: str) -> str | None:
        return self.request.args.get(name)

    def repo(self, owner: str, name: str, **needs: str) -> Repo:
        """The repository of the path; `needs` are permissions (``contents="read"``)."""
        return repository(self.world, self.token, f"{owner}/{name}", _alternatives(needs))

    def demand(self, **needs: str) -> Token:
        token = self.token
        demand(token, _alternatives(needs))
        return token

    def pull(self, repo: Repo, number: int) -> Pull:
        if number not in repo.pulls:
            raise RefusedError(404, "Not Found")
        return repo.pulls[number]

    def page(self, items: Sequence[T]) -> Sequence[T]:
        """The asked page of a list; sets the Link header (https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api)."""
        chosen = self.window
        size = chosen.stop - chosen.start
        page, last = chosen.start // size + 1, max(1, math.ceil(len(items) / size))
        links = {"prev": page - 1, "next": page + 1, "first": 1, "last": last}
        if page == 1:
            links = {"next": page + 1, "last": last}
        if page >= last:
            links = {name: number for name, number in links.items() if name in {"prev", "first"}}
        if links:
            self.headers["Link"] = ", ".join(
                f'<{self._url(page=number)}>; rel="{name}"' for name, number in links.items()
            )
        return items[chosen]

    @property
    def window(self) -> slice:
        size = min(int(self.flag("per_page") or 30), 100)
        start = (int(self.flag("page") or 1) - 1) * size
        return slice(start, start + size)

    def _url(self, **changed: object) -> str:
        query = {**self.request.args.to_dict(), **{name: str(value) for name, value in changed.items()}}
        tail = "&".join(f"{name}={value}" for name, value in query.items())
        return f"{self.world.api}{self.request.path}?{tail}"

    def cursor(self, **changed: object) -> None:
        """Set a Link header with a ``next`` only, for cursor pagination."""
        self.headers["Link"] = f'<{self._url(**changed)}>; rel="next"'


def _alternatives(needs: dict[str, str]) -> Permissions:
    return {name.replace("_or_", "|"): level for name, level in needs.items()}
