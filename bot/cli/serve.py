"""`python -m bot serve`: database (when none is given), migrations, web and worker, in one go."""

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from bot.settings import Settings

DRAIN_SECONDS = 25
RESTART_SECONDS = 2.0
"""Shortest life of a child that is restarted at once; platforms wait longer, a laptop need not."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command and its options."""
    parser = subparsers.add_parser("serve", help="run database, web and worker together")
    parser.add_argument("--host", default="0.0.0.0", help="address to listen on (default: all)")  # noqa: S104
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C, then stop everything that was started."""
    from bot.cli.starting import with_settings

    return with_settings(lambda settings: _serve(settings, args.host))


def _serve(settings: Settings, host: str) -> int:
    from bot.migrations import migrate
    from bot.settings import require_forge

    require_forge(settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with _database(settings) as url:
        migrate(url)
        children = {
            "web": _Child(["web", "--host", host], url),
            "work": _Child(["work"], url),
        }
        try:
            _announce(settings, stop)
            while not stop.wait(0.5):
                for child in children.values():
                    child.keep_alive()
        finally:
            for child in children.values():
                child.terminate()
            deadline = time.monotonic() + DRAIN_SECONDS
            for child in children.values():
                child.wait_until(deadline)
    print("stopped", flush=True)
    return 0


@contextmanager
def _database(settings: Settings) -> Iterator[str]:
    from bot.database import checked
    from bot.embedded import EmbeddedServer

    if settings.database_url is not None:
        yield checked(settings.database_url)
        return
    server = EmbeddedServer(settings.sevengates_var)
    try:
        url = server.start()
        print(f"database: embedded PostgreSQL, data under {settings.sevengates_var.resolve()}", flush=True)
        yield url
    finally:
        server.stop()


class _Child:
    """One process of the service, restarted when it ends by itself."""

    def __init__(self, arguments: list[str], url: str) -> None:
        self._command = [sys.executable, "-m", "bot", *arguments, "--stop-with-parent"]
        self._environment = {**os.environ, "DATABASE_URL": url}
        self._start()

    def _start(self) -> None:
        self._started = time.monotonic()
        # Its own session: Ctrl-C reaches us alone, and we stop the children in order. The pipe
        # tells it when we are gone.
        self._process = subprocess.Popen(  # noqa: S603
            self._command, env=self._environment, stdin=subprocess.PIPE, start_new_session=True
        )

    def keep_alive(self) -> None:
        """Start it again if it ended."""
        status = self._process.poll()
        if status is not None and time.monotonic() - self._started > RESTART_SECONDS:
            print(f"{self._command[3]} ended with status {status}; starting it again", file=sys.stderr)
            self._start()

    def terminate(self) -> None:
        """Ask it to stop."""
        self._process.terminate()

    def wait_until(self, deadline: float) -> None:
        """Wait for its end, and make one at `deadline`; jobs cut off are recovered at the next start."""
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _announce(settings: Settings, stop: threading.Event) -> None:
    address = f"http://127.0.0.1:{settings.port}"
    while not stop.wait(0.1):
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=2):  # noqa: S310
                forges = [f"{address}/webhooks/{name}" for name, on in _forges(settings) if on]
                print(f"sevengates listens on {address} (deliveries: {', '.join(forges)})", flush=True)
                return
        except (urllib.error.URLError, OSError):
            continue


def _forges(settings: Settings) -> tuple[tuple[str, bool], ...]:
    return ("github", settings.has_github), ("gitlab", settings.has_gitlab)
