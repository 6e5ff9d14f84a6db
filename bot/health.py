"""An HTTP answer from a process that serves nothing else, for platforms that ask every process.

App Engine standard sends ``/_ah/start`` to an instance of a manually scaled service, and takes it for
started once that is answered
(https://cloud.google.com/appengine/docs/standard/how-instances-are-managed#startup).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANSWERED = frozenset({"/healthz", "/_ah/start", "/_ah/stop"})


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """200 for what a platform asks, 404 for anything else; no body either way."""
        self.send_response(200 if self.path.partition("?")[0] in ANSWERED else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: probes come every few seconds."""


@contextmanager
def answering(port: int, *, host: str = "") -> Iterator[int]:
    """Answer on `port` (0: a free one) for the length of a ``with`` block; the port. Raises OSError."""
    server = ThreadingHTTPServer((host, port), _Answer)
    thread = threading.Thread(target=server.serve_forever, name="health", daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
