"""Connections to PostgreSQL: which database, and the pool every part of one process shares."""

from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool

from bot import embedded

POOL_SIZE = 8
WAIT_SECONDS = 4.0
"""How long a request may wait for a connection: well under the forge's delivery timeout of ten."""

Connection = psycopg.Connection[tuple[Any, ...]]
Pool = ConnectionPool[Connection]


class DatabaseUnknownError(Exception):
    """No database is named, or what is named cannot be a connection string."""


def find_url(database_url: str | None, var: Path) -> str:
    """Connection string of `DATABASE_URL`, or of the embedded server that runs over `var`.

    Raises:
        DatabaseUnknownError: neither is there.
    """
    if database_url is not None:
        return checked(database_url)
    if (url := embedded.running_url(var)) is not None:
        return url
    raise DatabaseUnknownError(
        f"DATABASE_URL is not set and no embedded PostgreSQL runs over {var}; "
        "set DATABASE_URL, or start `python -m bot serve` first"
    )


def checked(database_url: str) -> str:
    """`database_url` itself, when libpq can read it (URI or keyword form).

    Raises:
        DatabaseUnknownError: it cannot; the text does not repeat it, since it may hold a password.
    """
    try:
        conninfo_to_dict(database_url)
    except psycopg.ProgrammingError:
        raise DatabaseUnknownError(
            "DATABASE_URL is no PostgreSQL connection string; "
            "write it as postgresql://user:password@host:5432/database"
        ) from None
    return database_url


def open_pool(url: str, *, size: int = POOL_SIZE) -> Pool:
    """A pool of autocommit connections in UTC; it opens in the background and heals by itself."""
    return ConnectionPool(
        url,
        min_size=1,
        max_size=size,
        timeout=WAIT_SECONDS,
        kwargs={"autocommit": True, "connect_timeout": 5},
        configure=_configure,
        check=ConnectionPool.check_connection,
        name="sevengates",
        open=True,
    )


def _configure(connection: Connection) -> None:
    connection.execute("SET TIME ZONE 'UTC'")
