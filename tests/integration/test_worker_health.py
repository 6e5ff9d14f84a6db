"""What a platform hears of a worker: App Engine asks every instance before it takes it for started."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from tests.fakes.reconciler import eventually

pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def status(port: int, path: str) -> int:
    """0 while nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def test_a_worker_answers_what_a_platform_asks(database_url: str) -> None:
    port = free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "PORT": str(port),
        "GITHUB_TOKEN": "t" * 20,
        "GITHUB_WEBHOOK_SECRET": "s" * 20,
        "GITHUB_API_URL": "http://127.0.0.1:9",
    }
    command = [sys.executable, "-m", "bot", "work", "--answer-health"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            eventually(lambda: status(port, "/_ah/start") == 200, what="an answer")
            assert (status(port, "/healthz"), status(port, "/webhooks/github")) == (200, 404)
        finally:
            process.terminate()
        assert process.wait(timeout=60) in {0, -signal.SIGTERM}  # it answers before it works
