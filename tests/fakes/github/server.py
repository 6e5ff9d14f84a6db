"""The stand-in over HTTP on 127.0.0.1, in a thread of the calling process."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from tests.fakes.faults import Fault
from tests.fakes.github.access import Answer, Handler, RefusedError
from tests.fakes.github.exchange import Call, Exchange
from tests.fakes.github.routes import apps, checks, conversation, git, people, pulls
from tests.fakes.github.routes.table import ROUTES
from tests.fakes.github.world import World

MODULES = (apps, checks, conversation, git, people, pulls)


class _QuietHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def send_response(self, code: int, message: str | None = None) -> None:
        """Without the Date of the real clock: the world has its own."""
        self.send_response_only(code, message)

    def log(self, *_: Any) -> None:
        pass


class GitHubServer:
    """A served `World`. `exchanges` lists every request with its answer, oldest first."""

    def __init__(self, world: World, *, port: int = 0) -> None:
        self.world = world
        self.exchanges: list[Exchange] = []
        self._server: BaseWSGIServer = make_server(
            "127.0.0.1", port, self._app(), threaded=True, request_handler=_QuietHandler
        )
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, name="github", daemon=True
        )
        world.api = self.url

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> "GitHubServer":
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.world.deliveries.close()

    def calls(self, method: str, path: str = ".*") -> list[Exchange]:
        """The exchanges of one method whose path matches."""
        return [one for one in self.exchanges if one.method == method and re.fullmatch(path, one.path)]

    def _app(self) -> Flask:
        app = Flask(__name__)
        for method, path, handler in ROUTES:
            app.add_url_rule(path, f"{method} {path}", self._view(handler), methods=[method])
        app.register_error_handler(404, self._unknown)
        app.register_error_handler(405, self._unknown)
        return app

    def _view(self, handler: Handler) -> Any:
        def view(**parts: Any) -> Response:
            fault = self.world.faults.strike(request.method, request.path)
            if fault is not None:
                if fault.delay:
                    time.sleep(fault.delay)
                if fault.meeting is not None:
                    fault.meeting.wait(timeout=30)
                if fault.status:
                    return self._finish(dict(fault.body), fault.status, dict(fault.headers), fault)
                if fault.reset and not fault.applied:
                    _hang_up()
            response = self._finish(*self._answer(handler, parts), fault)
            if fault is not None and fault.reset:
                _hang_up()
            return response

        return view

    def _answer(self, handler: Handler, parts: dict[str, Any]) -> Answer:
        call = Call(self.world, request)
        with self.world.lock:
            try:
                body, status, headers = handler(call, **parts)
            except RefusedError as error:
                return _refusal(error), error.status, {}
        return body, status, {**call.headers, **headers}

    def _unknown(self, _: Exception) -> Response:
        """A route the stand-in does not have; the contract suite rejects undocumented ones."""
        return self._finish({"message": "Not Found", "documentation_url": ""}, 404, {}, None)

    def _finish(self, body: Any, status: int, headers: dict[str, str], fault: Fault | None) -> Response:
        response = Response(body) if isinstance(body, bytes) else jsonify(body)
        if status == 204:
            response = Response()
        response.status_code = status
        response.date = self.world.clock.at
        response.headers["X-GitHub-Request-Id"] = "0000"
        for name, value in headers.items():
            response.headers[name] = value
        record = Exchange(
            method=request.method,
            path=request.path,
            query=request.args.to_dict(),
            headers=dict(request.headers),
            sent=request.get_json(silent=True),
            status=status,
            answered=body,
            answer_headers=dict(response.headers),
            faulty=fault is not None and bool(fault.status),
        )
        self.exchanges.append(record)
        return response


def _refusal(error: RefusedError) -> dict[str, Any]:
    return {"message": error.message, "documentation_url": "https://docs.github.com/rest"}


def _hang_up() -> None:
    """Close the connection under the client, as a reset does."""
    connection: socket.socket = request.environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def serve(world: World | None = None, *, port: int = 0) -> Iterator[GitHubServer]:
    """Serve a world for the length of a ``with`` block."""
    server = GitHubServer(world or World(), port=port).start()
    try:
        yield server
    finally:
        server.stop()
