"""The embedded server survives what happens to processes and directories."""

import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bot.database import DatabaseUnknownError, find_url
from bot.embedded import EmbeddedServer, EmbeddedServerError, _socket_directory, running_url
from tests.fakes.postgres import temporary_directory

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    """One directory for all of them: creating a data directory takes the time."""
    with temporary_directory() as directory:
        yield directory


@pytest.fixture
def server(var: Path) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(var, durable=False)
    yield server
    server.stop()


def postmaster(var: Path) -> int:
    return int((var / "postgres" / "postmaster.pid").read_text().split()[0])


def remember(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
        connection.execute("CREATE TABLE kept (at timestamptz DEFAULT now())")
        connection.execute("INSERT INTO kept DEFAULT VALUES")
        connection.execute("CHECKPOINT")


def remembered(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
    return int(row[0]) if row else 0


def test_data_outlives_a_stop_and_commands_find_the_running_server(server: EmbeddedServer, var: Path) -> None:
    url = server.start()
    remember(url)
    assert find_url(None, var) == running_url(var) == url
    server.stop()
    with pytest.raises(DatabaseUnknownError, match="no embedded PostgreSQL runs"):
        find_url(None, var)
    assert remembered(server.start()) == 1


def test_a_killed_server_starts_again_despite_its_stale_pid_file(server: EmbeddedServer, var: Path) -> None:
    remember(server.start())
    os.kill(postmaster(var), signal.SIGKILL)
    server.stop()
    assert (var / "postgres" / "postmaster.pid").exists()
    assert remembered(server.start()) == 1


def test_a_pid_that_now_belongs_to_a_stranger_does_not_prevent_the_start(
    server: EmbeddedServer, var: Path
) -> None:
    server.start()
    server.stop()
    (var / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    assert server.start() == running_url(var)


def test_a_server_whose_owner_was_killed_is_adopted_and_stopped(server: EmbeddedServer, var: Path) -> None:
    server.start()
    assert server._lock is not None
    server._lock.close()  # what the kernel does when the owner dies
    number = postmaster(var)
    heir = EmbeddedServer(var, durable=False)
    heir.start()
    assert postmaster(var) == number
    heir.stop()
    assert running_url(var) is None


def test_one_directory_has_one_owner(server: EmbeddedServer, var: Path) -> None:
    server.start()
    with pytest.raises(EmbeddedServerError, match="another process runs the database"):
        EmbeddedServer(var).start()


def test_a_path_too_long_for_a_socket_works(var: Path) -> None:
    deep = var / ("d" * 90) / "it's a path"
    deep.mkdir(parents=True)
    server = EmbeddedServer(deep, durable=False)
    url = server.start()
    remember(url)
    assert remembered(url) == 1
    server.stop()


def test_nobody_else_reaches_data_or_socket(server: EmbeddedServer, var: Path) -> None:
    server.start()
    assert stat.S_IMODE((var / "postgres").stat().st_mode) & 0o077 == 0
    with psycopg.connect(running_url(var) or "") as connection:
        row = connection.execute("SHOW listen_addresses").fetchone()
    assert row == ("",)


def test_a_server_that_cannot_start_says_why(server: EmbeddedServer, var: Path) -> None:
    server.start()
    server.stop()
    settings = var / "postgres" / "postgresql.conf"
    before = settings.read_text()
    settings.write_text(before + "no_such_setting = 1\n")
    with pytest.raises(EmbeddedServerError, match="no_such_setting"):
        server.start()
    settings.write_text(before)


def test_what_is_no_connection_string_is_refused_without_being_repeated(var: Path) -> None:
    with pytest.raises(DatabaseUnknownError) as refused:
        find_url("mysql://root:hunter2@db", var)
    assert "hunter2" not in str(refused.value)


def test_a_socket_directory_of_somebody_else_is_refused(var: Path) -> None:
    deep = var / ("e" * 100)
    deep.mkdir()
    server = EmbeddedServer(deep, durable=False)
    squatted = _socket_directory((deep / "postgres").resolve())
    squatted.write_text("not a directory")
    with pytest.raises((EmbeddedServerError, FileExistsError)):
        server.start()
    squatted.unlink()
    server.stop()
