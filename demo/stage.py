"""The stage: a forge stand-in, the service as an operator would run it, and the people of the story."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from demo.seed import Files
from tests.fakes.site import MakeSite, Shown, Site
from tests.fakes.sites import SITES

VAR = Path("var/demo")
PATIENCE = 60.0
"""Seconds to wait for the service before the demo gives up."""
CONFIGURED = ("DATABASE_URL", "GITHUB_", "GITLAB_")
"""What the environment may already say of a service, and the demo's own must not hear."""
ROLES: Mapping[str, str] = {"ana": "maintain", "bea": "write", "bob": "write", "dana": "write"}
"""@ana leads, @bea is her deputy, @bob a colleague, @dana the engineer."""


class UnknownForgeError(Exception):
    """There is no stand-in of that forge; the text says which there are."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One repository with a release pull request, on the forge of the evening."""

    site: Site

    def check(self, pull: int) -> Shown:
        """The newest check on the pull request's head, an empty one while there is none."""
        shown = self.site.all_shown(pull)
        return shown[-1] if shown else Shown(state="", title="", text="")

    def comment(self, pull: int) -> str:
        """Our one comment, "" while there is none."""
        ours = (body for login, body in self.site.comments(pull) if login == self.site.login)
        return next(ours, "")


def stand_in(forge: str) -> MakeSite:
    """The stand-in of a forge. Raises UnknownForgeError."""
    if forge not in SITES:
        raise UnknownForgeError(f"there is no stand-in of {forge!r}, only of {' and '.join(sorted(SITES))}")
    return SITES[forge]


@contextmanager
def staged(make: MakeSite, released: Files) -> Iterator[Stage]:
    """Start stand-in and service; stop both at the end.

    Raises:
        TimeoutError: the service does not come up.
    """
    shutil.rmtree(VAR, ignore_errors=True)
    VAR.mkdir(parents=True)
    with make("acme/street-scenes") as site:
        for login, role in ROLES.items():
            site.person(login, role=role)
        port = _free_port()
        with _service(site, port):
            site.push("main", released, by="ana", message="Release v1")
            site.deliver_to(f"http://127.0.0.1:{port}")
            yield Stage(site)


@contextmanager
def _service(site: Site, port: int) -> Iterator[None]:
    """`python -m bot serve`, configured by its environment alone."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(CONFIGURED)},
        "PORT": str(port),
        "SEVENGATES_VAR": str(VAR),
        **site.environment,
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
