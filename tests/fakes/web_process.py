"""The web process as an operator runs it, served by granian on a port of 127.0.0.1."""

import http.client
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.reconciler import eventually


@dataclass(frozen=True)
class Page:
    status: int
    headers: Mapping[str, str]
    body: bytes


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(port: int, path: str, method: str = "GET") -> Page | None:
    """What the server answers to somebody who unpacks gzip; None where none does."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        return Page(
            answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        )
    except OSError:
        return None
    finally:
        connection.close()


@contextmanager
def web_process(environment: Mapping[str, str], port: int, log: Path) -> Iterator[None]:
    """Serve `environment`; everything the process says goes to `log`."""
    known = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "web", "--host", "127.0.0.1"],
            env={**known, **environment, "PORT": str(port)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            eventually(lambda: get(port, "/readyz") is not None, what="the web process")
            yield
        finally:
            process.terminate()
            process.wait(30)
