"""The pool, and transactions as something one can see in the code."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from bot.database import Connection, Pool


class Connected:
    """Owner of a pool. Single statements commit by themselves; more need `transaction`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection in autocommit mode.

        Raises:
            psycopg.OperationalError: the database cannot be reached.
        """
        with self._pool.connection() as connection:
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection inside one transaction: committed at the end, rolled back on an exception."""
        with self._pool.connection() as connection, connection.transaction():
            yield connection

    @contextmanager
    def holding(self, name: str) -> Iterator[None]:
        """Do something that only one process and thread may do to `name` at a time; others wait.

        Raises:
            psycopg.errors.LockNotAvailable: it is held for more than a minute.
        """
        with self.transaction() as connection:
            connection.execute("SET LOCAL lock_timeout = '60s'")
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (name,))
            yield

    def is_reachable(self) -> bool:
        """Whether the database answers within a second."""
        try:
            with self._pool.connection(timeout=1.0) as connection:
                connection.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()
