"""A real PostgreSQL for the tests: one server per test process, one fresh database per test."""

import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from bot.embedded import EmbeddedServer
from bot.migrations import migrate

_numbers = itertools.count(1)


class TestServer:
    """A server with a migrated template database."""

    __test__ = False

    def __init__(self, url: str) -> None:
        self._admin_url = make_conninfo(url, dbname="postgres")
        self._template = self._create("template0")
        migrate(self._url(self._template))

    def create_database(self, *, migrated: bool = True) -> str:
        """Connection string of a new database."""
        return self._url(self._create(self._template if migrated else "template0"))

    def drop_database(self, url: str) -> None:
        name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
        with psycopg.connect(self._admin_url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')  # type: ignore[arg-type]

    def rename(self, url: str, *, away: bool) -> None:
        """Take a database away from those who use it, or give it back."""
        name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
        old, new = (name, f"{name}_away") if away else (f"{name}_away", name)
        with psycopg.connect(self._admin_url, autocommit=True) as connection:
            # Or a pool is back before the name has changed.
            connection.execute(f'ALTER DATABASE "{old}" ALLOW_CONNECTIONS false')  # type: ignore[arg-type]
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (old,)
            )
            connection.execute(f'ALTER DATABASE "{old}" RENAME TO "{new}"')  # type: ignore[arg-type]
            connection.execute(f'ALTER DATABASE "{new}" ALLOW_CONNECTIONS true')  # type: ignore[arg-type]

    def _create(self, template: str) -> str:
        name = f"test_{os.getpid()}_{next(_numbers)}"
        with psycopg.connect(self._admin_url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')  # type: ignore[arg-type]
        return name

    def _url(self, name: str) -> str:
        return make_conninfo(self._admin_url, dbname=name)


@contextmanager
def temporary_directory() -> Iterator[Path]:
    """Not below pytest's own: every new session of pytest closes that one to other accounts again."""
    with tempfile.TemporaryDirectory(prefix="sevengates-test-") as directory:
        yield Path(directory)


@contextmanager
def running_server(var: Path) -> Iterator[TestServer]:
    """An embedded server without fsync over `var`."""
    server = EmbeddedServer(var, durable=False)
    url = server.start()
    try:
        yield TestServer(url)
    finally:
        server.stop()
