"""Engines for the tests of `bot.warehouse`: URLs as Ibis writes them."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from psycopg.conninfo import conninfo_to_dict

from tests.fakes.postgres import TestServer

ENGINES = ("duckdb", "postgres")


def url_of(engine: str, folder: Path, postgres: Callable[[], TestServer]) -> str:
    """A fresh, empty warehouse; the server is asked for only when it is needed."""
    if engine == "duckdb":
        return f"duckdb://{folder / 'warehouse.duckdb'}"
    parts = conninfo_to_dict(postgres().create_database(migrated=False))
    options = urlencode({"host": parts["host"], "user": parts["user"]})
    return f"postgres:///{parts['dbname']}?{options}"
