"""GitLab's stand-in over HTTP: REST below ``/api/v4`` and a little of ``/api/graphql``."""

import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any
from urllib.parse import unquote

from flask import request

from tests.fakes.exchange import Answer, Handler
from tests.fakes.gitlab import routes
from tests.fakes.gitlab.exchange import Call
from tests.fakes.gitlab.graphql import GRAPHQL
from tests.fakes.gitlab.routes.table import ROUTES
from tests.fakes.gitlab.world import World
from tests.fakes.serving import StandIn

for module in pkgutil.iter_modules(routes.__path__):
    import_module(f"{routes.__name__}.{module.name}")


class GitLabServer(StandIn):
    """A served `World`. `url` is the site; its REST API is below ``/api/v4``."""

    def __init__(self, world: World, *, port: int = 0) -> None:
        super().__init__(world, [*ROUTES, GRAPHQL], port=port)
        self.world = world
        world.url = self.url
        application = self._server.app

        def undecoded(environ: dict[str, Any], start_response: Any) -> Any:
            """Keep encoded slashes of ids, branches and file names apart from those of the path."""
            raw = str(environ["RAW_URI"]).partition("?")[0]
            environ["PATH_INFO"] = unquote(raw.replace("%2F", "%252F").replace("%2f", "%252F"))
            return application(environ, start_response)

        self._server.app = undecoded

    def handle(self, handler: Handler, parts: dict[str, Any]) -> Answer:
        call = Call(self.world, request)
        body, status, headers = handler(call, **parts)
        return body, status, {**call.headers, **headers}

    def refusal(self, message: str | dict[str, list[str]]) -> dict[str, Any]:
        """Parameters that are wrong in themselves are an ``error``, anything else is a ``message``."""
        wrong = isinstance(message, str) and message.endswith((" is missing", "a valid value"))
        return {"error" if wrong else "message": message}

    def stop(self) -> None:
        super().stop()
        self.world.close()


@contextmanager
def serve(world: World | None = None, *, port: int = 0) -> Iterator[GitLabServer]:
    """Serve a world for the length of a ``with`` block."""
    server = GitLabServer(world or World(), port=port).start()
    try:
        yield server
    finally:
        server.stop()
