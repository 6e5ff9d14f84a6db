"""The stage: a GitHub stand-in, the service as an operator would run it, and the people of the story."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from demo.seed import Files
from tests.fakes.github.model import App, CheckRun, Comment, Pull, Repo, User
from tests.fakes.github.registry import app_key
from tests.fakes.github.server import serve
from tests.fakes.github.world import World

VAR = Path("var/demo")
PATIENCE = 60.0
"""Seconds to wait for the service before the demo gives up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One repository with a release pull request, and everybody who has a part in it."""

    world: World
    repo: Repo
    app: App
    engineer: User
    lead: User
    colleague: User

    def check(self, pull: Pull) -> CheckRun | None:
        """The newest check run of ours on the head."""
        runs = [r for r in self.repo.check_runs if r.app is self.app and r.head_sha == pull.head_sha]
        return next((run for run in reversed(runs) if run.name == "sevengates"), None)

    def comment(self, pull: Pull) -> Comment | None:
        """Our one comment."""
        return next((comment for comment in pull.comments if comment.author is self.app.bot), None)


@contextmanager
def staged(released: Files) -> Iterator[Stage]:
    """Start stand-in and service; stop both at the end.

    Raises:
        TimeoutError: the service does not come up.
    """
    shutil.rmtree(VAR, ignore_errors=True)
    VAR.mkdir(parents=True)
    with serve() as server:
        stage = _people(server.world)
        port = _free_port()
        with _service(server.url, stage.app, port):
            server.world.push(stage.repo, "main", dict(released), by=stage.lead, message="Release v1")
            server.world.deliveries.url = f"http://127.0.0.1:{port}/webhooks/github"
            yield stage
        server.world.deliveries.close()


def _people(world: World) -> Stage:
    app = world.app(webhook_secret=secrets.token_hex(32))
    repo = world.repository("acme/street-scenes")
    engineer, lead, deputy, colleague = (world.user(login) for login in ("dana", "ana", "bea", "bob"))
    world.grant(repo, "write", engineer, deputy, colleague)
    world.grant(repo, "maintain", lead)
    world.install(app, repo)
    world.require(repo, "sevengates", app=app)
    return Stage(world=world, repo=repo, app=app, engineer=engineer, lead=lead, colleague=colleague)


@contextmanager
def _service(api_url: str, app: App, port: int) -> Iterator[None]:
    """`python -m bot serve`, configured by its environment alone."""
    environment = {
        **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
        "PORT": str(port),
        "SEVENGATES_VAR": str(VAR),
        "GITHUB_API_URL": api_url,
        "GITHUB_APP_ID": str(app.id),
        "GITHUB_PRIVATE_KEY": app_key()[0],
        "GITHUB_WEBHOOK_SECRET": app.webhook_secret,
    }
    command = [sys.executable, "-m", "bot", "serve", "--host", "127.0.0.1"]
    with (
        (VAR / "service.log").open("wb") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT) as process,
    ):
        try:
            _wait_until_ready(port, process)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def _wait_until_ready(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise TimeoutError(f"the service did not come up; see {VAR / 'service.log'}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
