"""The table that the route modules fill and the server serves."""

from collections.abc import Callable

from tests.fakes.exchange import Handler, Route

ROUTES: list[Route] = []
"""Method, Flask path and handler of every route there is."""


def route(method: str, path: str) -> Callable[[Handler], Handler]:
    """Register a handler ``(call, **path parts) -> (body, status, headers)`` below ``/api/v4``."""

    def register(handler: Handler) -> Handler:
        ROUTES.append((method, f"/api/v4{path}", handler))
        return handler

    return register
