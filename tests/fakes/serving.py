"""A stand-in over HTTP on 127.0.0.1, in a thread of the calling process."""

import re
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, Protocol, Self

from flask import Flask, Response, jsonify, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from tests.fakes.clock import Clock
from tests.fakes.exchange import Answer, Exchange, Handler, RefusedError, Route
from tests.fakes.faults import Fault, Faults


class Served(Protocol):
    """What a world has that can be served."""

    clock: Clock
    faults: Faults
    lock: Any


class _QuietHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def send_response(self, code: int, message: str | None = None) -> None:
        """Without the Date of the real clock: the world has its own."""
        self.send_response_only(code, message)

    def log(self, *_: Any) -> None:
        pass


class StandIn(ABC):
    """A served world. `exchanges` lists every request with its answer, oldest first."""

    def __init__(self, world: Served, routes: Iterable[Route], *, port: int = 0) -> None:
        self.exchanges: list[Exchange] = []
        self._world = world
        self._server: BaseWSGIServer = make_server(
            "127.0.0.1", port, self._app(routes), threaded=True, request_handler=_QuietHandler
        )
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    @abstractmethod
    def handle(self, handler: Handler, parts: dict[str, Any]) -> Answer:
        """Carry the request out. Raises RefusedError."""

    @abstractmethod
    def refusal(self, message: str | dict[str, list[str]]) -> dict[str, Any]:
        """The body of an error answer."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def calls(self, method: str, path: str = ".*") -> list[Exchange]:
        """The exchanges of one method whose path matches."""
        return [one for one in self.exchanges if one.method == method and re.fullmatch(path, one.path)]

    def _app(self, routes: Iterable[Route]) -> Flask:
        app = Flask(__name__)
        for method, path, handler in routes:
            app.add_url_rule(path, f"{method} {path}", self._view(handler), methods=[method])
        app.register_error_handler(404, self._unknown)
        app.register_error_handler(405, self._unknown)
        return app

    def _view(self, handler: Handler) -> Any:
        def view(**parts: Any) -> Response:
            fault = self._world.faults.strike(request.method, request.path)
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
        with self._world.lock:
            try:
                return self.handle(handler, parts)
            except RefusedError as error:
                return self.refusal(error.message), error.status, {}

    def _unknown(self, _: Exception) -> Response:
        """A route the stand-in does not have; the contract suite rejects undocumented ones."""
        return self._finish(self.refusal("Not Found"), 404, {}, None)

    def _finish(self, body: Any, status: int, headers: dict[str, str], fault: Fault | None) -> Response:
        response = Response(body) if isinstance(body, bytes) else jsonify(body)
        if status == 204:
            response = Response()
        response.status_code = status
        response.date = self._world.clock.at
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


def _hang_up() -> None:
    """Close the connection under the client, as a reset does."""
    connection: socket.socket = request.environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
