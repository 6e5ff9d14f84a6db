"""The commands as an operator runs them: real processes, an embedded database, SIGKILL and SIGTERM."""

import contextlib
import http.client
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psutil
import psycopg
import pytest

from bot.embedded import running_url
from tests.fakes.forgeries import BODY, sign
from tests.fakes.postgres import TestServer
from tests.fakes.reconciler import eventually
from tests.fakes.web_process import free_port
from tests.fakes.webhook_edges import EDGES, GITHUB, Edge

pytestmark = pytest.mark.slow

NOWHERE = "http://127.0.0.1:9"
Run = Callable[..., "subprocess.Popen[str]"]


every_edge = pytest.mark.parametrize("edge", EDGES, indirect=True, ids=lambda edge: edge.name)


@pytest.fixture
def edge(request: pytest.FixtureRequest) -> Edge:
    """How deliveries come; GitHub's, where a test does not ask for every way."""
    chosen = getattr(request, "param", GITHUB)
    assert isinstance(chosen, Edge)
    return chosen


@pytest.fixture
def environment(var: Path, edge: Edge) -> dict[str, str]:
    known = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return known | {
        "PORT": str(free_port()),
        "SEVENGATES_VAR": str(var),
        **edge.settings,
        "GITHUB_API_URL": NOWHERE,
        "GITLAB_URL": NOWHERE,
    }


@pytest.fixture
def run(environment: dict[str, str]) -> Iterator[Run]:
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **changes: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "bot", *arguments]
        started.append(
            subprocess.Popen(
                command,
                env=environment | changes,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.wait(30)
        assert process.stdout is not None
        process.stdout.close()


def request(
    port: str, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=10)
    try:
        connection.request(method, path, body, dict(headers or {}))
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def deliver(port: str, edge: Edge, delivery: str) -> int:
    body = edge.payloads[edge.opened]
    return request(port, "POST", edge.path, body, edge.headers(body, event=edge.event, delivery=delivery))


def ready(port: str) -> bool:
    return request(port, "GET", "/readyz") == 200


@every_edge
def test_every_delivery_answered_202_is_stored_when_the_web_process_is_killed(
    run: Run, environment: dict[str, str], edge: Edge, database_url: str
) -> None:
    port, answered = environment["PORT"], []
    for round_ in range(2):
        web = run("web", "--host", "127.0.0.1", DATABASE_URL=database_url)
        eventually(lambda: ready(port), what="the web process")
        processes = [web, *psutil.Process(web.pid).children(recursive=True)]
        for number in range(25):
            delivery = f"{round_}-{number}"
            assert deliver(port, edge, delivery) == 202
            answered.append(delivery)
        for process in processes:
            process.kill()
        web.wait()
        eventually(lambda: request(port, "GET", "/healthz") == 0, what="the port to be free")
    with psycopg.connect(database_url) as connection:
        stored = [row[0] for row in connection.execute("SELECT id FROM deliveries")]
        jobs = connection.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'").fetchone()
    assert sorted(stored) == sorted(answered)
    assert jobs == (1,)


@pytest.mark.parametrize("framing", [f"Content-Length: {400 << 20}", "Transfer-Encoding: chunked"])
def test_a_real_server_refuses_a_body_of_400_megabytes_early(
    run: Run, environment: dict[str, str], database_url: str, framing: str
) -> None:
    port = environment["PORT"]
    web = run("web", "--host", "127.0.0.1", DATABASE_URL=database_url)
    eventually(lambda: ready(port), what="the web process")
    family = [psutil.Process(web.pid), *psutil.Process(web.pid).children(recursive=True)]
    before = sum(process.memory_info().rss for process in family)
    chunk = b"x" * (1 << 20)
    frame = b"%x\r\n%s\r\n" % (len(chunk), chunk) if "chunked" in framing else chunk
    sent = 0
    with socket.create_connection(("127.0.0.1", int(port)), timeout=30) as connection:
        head = f"POST /webhooks/github HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: {sign(BODY)}\r\n"
        connection.sendall(f"{head}{framing}\r\n\r\n".encode())
        with contextlib.suppress(OSError):  # the server hangs up on us
            while sent < 400 and not select.select([connection], [], [], 0)[0]:
                connection.sendall(frame)
                sent += 1
        with contextlib.suppress(ConnectionResetError):
            assert b" 413 " in connection.recv(64)
    assert sent < 400
    assert sum(process.memory_info().rss for process in family) - before < 150 << 20


def test_serve_runs_everything_and_stops_everything(
    run: Run, environment: dict[str, str], edge: Edge, var: Path
) -> None:
    port = environment["PORT"]
    serve = run("serve", "--host", "127.0.0.1")
    eventually(lambda: ready(port), what="the service")
    assert deliver(port, edge, "a") == 202
    migrate = run("migrate")
    assert migrate.communicate(timeout=30)[0].strip() == "the database is up to date"
    family = psutil.Process(serve.pid).children(recursive=True)
    assert len(family) >= 3
    serve.send_signal(signal.SIGINT)
    output = serve.communicate(timeout=60)[0]
    assert serve.returncode == 0, output
    assert f"sevengates listens on http://127.0.0.1:{port}" in output
    assert not [process for process in family if process.is_running()]
    assert running_url(var) is None


@every_edge
def test_serve_killed_with_sigkill_takes_its_children_along_and_starts_again(
    run: Run, environment: dict[str, str], edge: Edge
) -> None:
    port = environment["PORT"]
    serve = run("serve", "--host", "127.0.0.1")
    eventually(lambda: ready(port), what="the service")
    assert deliver(port, edge, "a") == 202
    family = psutil.Process(serve.pid).children(recursive=True)
    serve.kill()
    serve.wait()
    eventually(lambda: not [p for p in family if p.is_running()], what="the children to notice")
    run("serve", "--host", "127.0.0.1")
    eventually(lambda: ready(port), what="the service to be back")
    assert deliver(port, edge, "b") == 202


@pytest.mark.parametrize("command", ["web", "work", "serve"])
def test_a_half_configured_service_refuses_to_start_naming_what_is_missing(run: Run, command: str) -> None:
    process = run(command, GITHUB_WEBHOOK_SECRET="short", GITHUB_TOKEN="")
    output = process.communicate(timeout=30)[0]
    assert process.returncode == 2
    assert "GITHUB_WEBHOOK_SECRET: has only 5 bytes" in output
    assert "GITHUB_TOKEN: is empty" in output
    assert "Traceback" not in output


@pytest.mark.parametrize("command", ["web", "work"])
def test_an_unmigrated_database_is_refused_naming_the_command(
    run: Run, postgres: TestServer, command: str
) -> None:
    process = run(command, DATABASE_URL=postgres.create_database(migrated=False))
    output = process.communicate(timeout=30)[0]
    assert process.returncode == 2
    assert "python -m bot migrate" in output
    assert "Traceback" not in output


def test_without_a_database_the_commands_say_so(run: Run) -> None:
    process = run("migrate")
    assert "no embedded PostgreSQL runs over" in process.communicate(timeout=30)[0]
    assert process.returncode == 2
