"""The table that the route modules fill and the server serves."""

from collections.abc import Callable

from tests.fakes.exchange import Handler

ROUTES: list[tuple[str, str, Handler]] = []
"""Method, Flask path and handler of every route there is."""


def route(method: str, path: str) -> Callable[[Handler], Handler]:
    """Register a handler ``(call, **path parts) -> (body, status, headers)``."""

    def register(handler: Handler) -> Handler:
        ROUTES.append((method, path, handler))
        return handler

    return register
