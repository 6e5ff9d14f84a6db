"""GitHub's stand-in over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import request

from tests.fakes.exchange import Answer, Handler
from tests.fakes.github.exchange import Call
from tests.fakes.github.routes import apps, checks, conversation, git, people, pulls
from tests.fakes.github.routes.table import ROUTES
from tests.fakes.github.world import World
from tests.fakes.serving import StandIn

MODULES = (apps, checks, conversation, git, people, pulls)


class GitHubServer(StandIn):
    """A served `World`."""

    def __init__(self, world: World, *, port: int = 0) -> None:
        super().__init__(world, ROUTES, port=port)
        self.world = world
        world.api = self.url

    def stop(self) -> None:
        super().stop()
        self.world.deliveries.close()

    def handle(self, handler: Handler, parts: dict[str, Any]) -> Answer:
        call = Call(self.world, request)
        body, status, headers = handler(call, **parts)
        return body, status, {**call.headers, **headers, "X-GitHub-Request-Id": "0000"}

    def refusal(self, message: Any) -> dict[str, Any]:
        return {"message": message, "documentation_url": "https://docs.github.com/rest"}


@contextmanager
def serve(world: World | None = None, *, port: int = 0) -> Iterator[GitHubServer]:
    """Serve a world for the length of a ``with`` block."""
    server = GitHubServer(world or World(), port=port).start()
    try:
        yield server
    finally:
        server.stop()
