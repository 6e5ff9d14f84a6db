"""The database schema: our versioned SQL files and the job engine's own, applied by one command.

Ours are applied by yoyo (https://ollycope.com/software/yoyo/). Procrastinate's are applied from
the files it ships, in one transaction with their record in `engine_schema`, because yoyo would
split their function bodies into statements
(https://procrastinate.readthedocs.io/en/stable/howto/production/migrations.html).
"""

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import LiteralString

import psycopg
from procrastinate.schema import SchemaManager
from psycopg.conninfo import conninfo_to_dict
from yoyo import read_migrations
from yoyo.backends import DatabaseBackend
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import DatabaseURI
from yoyo.migrations import default_migration_table

SQL_DIRECTORY = Path(__file__).parent / "sql"
COMMAND = "python -m bot migrate"

_ADVISORY_LOCK = 0x7365_7665_6E67_6174  # "sevengat"


class SchemaError(Exception):
    """The database does not have the schema this code needs; the text says what to do."""


def migrate(url: str) -> tuple[str, ...]:
    """Bring the database up to date and return the names of what was applied; safe to repeat.

    Raises:
        SchemaError: the database is newer than this code.
    """
    with psycopg.connect(url, autocommit=True) as connection, _alone(connection):
        _refuse_newer(connection)
        ours = _pending_ours(connection)
        if ours:
            _apply_ours(url)
        engine = _pending_engine(connection)
        if engine:
            _apply_engine(connection, engine)
    return (*ours, *engine)


def require_current(url: str) -> None:
    """Return when the schema is exactly what this code needs.

    Raises:
        SchemaError: it is older (run the migrations) or newer (deploy newer code).
    """
    with psycopg.connect(url, autocommit=True) as connection:
        _refuse_newer(connection)
        pending = (*_pending_ours(connection), *_pending_engine(connection))
    if pending:
        raise SchemaError(f"the database lacks {len(pending)} migrations; run `{COMMAND}`")


@contextmanager
def _alone(connection: psycopg.Connection) -> Iterator[None]:
    # yoyo's own lock is a row that survives kill -9; this one ends with the connection.
    connection.execute("SELECT pg_advisory_lock(%s)", (_ADVISORY_LOCK,))
    yield
    connection.execute("SELECT pg_advisory_unlock(%s)", (_ADVISORY_LOCK,))


def _refuse_newer(connection: psycopg.Connection) -> None:
    known = {*_our_names(), *_engine_names()}
    unknown = sorted({*_applied_ours(connection), *_applied_engine(connection)} - known)
    if unknown:
        raise SchemaError(
            f"the database is newer than this code (it has {unknown[-1]}); deploy the newer version again"
        )


def _our_names() -> list[str]:
    return sorted(file.stem for file in SQL_DIRECTORY.glob("*.sql"))


def _engine_files() -> list[Path]:
    return sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))


def _engine_names() -> list[str]:
    return [file.stem for file in _engine_files()]


def _applied_ours(connection: psycopg.Connection) -> set[str]:
    return _column(connection, default_migration_table, "SELECT migration_id FROM _yoyo_migration")


def _applied_engine(connection: psycopg.Connection) -> set[str]:
    return _column(connection, "engine_schema", "SELECT migration FROM engine_schema")


def _column(connection: psycopg.Connection, table: str, query: LiteralString) -> set[str]:
    found = connection.execute("SELECT to_regclass(%s)", (table,)).fetchone()
    if found is None or found[0] is None:
        return set()
    return {row[0] for row in connection.execute(query)}


def _pending_ours(connection: psycopg.Connection) -> tuple[str, ...]:
    applied = _applied_ours(connection)
    return tuple(name for name in _our_names() if name not in applied)


def _pending_engine(connection: psycopg.Connection) -> tuple[str, ...]:
    applied = _applied_engine(connection)
    return tuple(name for name in _engine_names() if name not in applied)


def _apply_ours(url: str) -> None:
    # yoyo notes who migrated; an account without a passwd entry (some container platforms) has no name.
    os.environ.setdefault("LOGNAME", "sevengates")
    arguments = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    uri = DatabaseURI("postgresql+psycopg", None, None, None, None, arguments.get("dbname"), arguments)
    backend: DatabaseBackend = PostgresqlPsycopgBackend(uri, default_migration_table)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Nested transaction requested")
        backend.init_database()
        backend.apply_migrations(backend.to_apply(read_migrations(str(SQL_DIRECTORY))))
    backend.connection.close()


def _apply_engine(connection: psycopg.Connection, pending: Sequence[str]) -> None:
    fresh = len(pending) == len(_engine_names())
    with connection.transaction():
        if fresh:
            # The packaged schema is the sum of all migrations.
            connection.execute(SchemaManager.get_schema())
        else:
            for file in _engine_files():
                if file.stem in pending:
                    connection.execute(file.read_bytes())
        for name in pending:
            connection.execute("INSERT INTO engine_schema (migration) VALUES (%s)", (name,))
