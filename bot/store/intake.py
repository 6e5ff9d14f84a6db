"""What came in: deliveries (never their payload) and the installations of the App."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from bot.database import Connection
from bot.store.base import Connected


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One verified delivery of a forge; `id` is unique per forge and makes a redelivery harmless.

    `outcome` says what we did with it: ``queued`` (a job was enqueued), ``coalesced`` (an equal
    job was already waiting), ``noted`` (kept without a job) or ``ignored``.
    """

    forge: str
    id: str
    event: str
    outcome: str
    action: str = ""
    repository_id: int | None = None
    repository: str = ""
    installation: int = 0
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """One installation of the App on an account (user or organisation)."""

    forge: str
    id: int
    account: str
    suspended: bool = False


class IntakeStore(Connected):
    """Deliveries and installations."""

    def add_delivery(self, delivery: Delivery, *, connection: Connection) -> bool:
        """Record a delivery inside the caller's transaction; False when it was already known.

        The jobs it causes belong into the same transaction, so that neither exists alone.
        """
        added = connection.execute(
            "INSERT INTO deliveries"
            " (forge, id, event, action, repository_id, repository, installation, number, outcome)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (
                delivery.forge,
                delivery.id,
                delivery.event,
                delivery.action,
                delivery.repository_id,
                delivery.repository,
                delivery.installation,
                delivery.number,
                delivery.outcome,
            ),
        )
        return added.rowcount == 1

    def settle_delivery(self, forge: str, delivery_id: str, outcome: str, *, connection: Connection) -> None:
        """Set the outcome of a delivery recorded in the same transaction."""
        connection.execute(
            "UPDATE deliveries SET outcome = %s WHERE forge = %s AND id = %s", (outcome, forge, delivery_id)
        )

    def last_delivery_at(self, forge: str) -> datetime | None:
        """When the newest valid delivery of `forge` came in."""
        with self.connection() as connection:
            row = connection.execute(
                "SELECT received_at FROM deliveries WHERE forge = %s ORDER BY received_at DESC LIMIT 1",
                (forge,),
            ).fetchone()
        return row[0] if row else None

    def delete_old_deliveries(self, older_than: timedelta) -> int:
        """Forget deliveries no forge repeats any more; returns how many."""
        with self.connection() as connection:
            return connection.execute(
                "DELETE FROM deliveries WHERE received_at < now() - %s", (older_than,)
            ).rowcount

    def save_installation(self, installation: Installation, *, connection: Connection) -> None:
        """Insert or update, inside the caller's transaction."""
        connection.execute(
            "INSERT INTO installations (forge, id, account, suspended) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (forge, id) DO UPDATE"
            " SET account = excluded.account, suspended = excluded.suspended",
            (installation.forge, installation.id, installation.account, installation.suspended),
        )

    def delete_installation(self, forge: str, installation_id: int, *, connection: Connection) -> None:
        """Forget an installation, stop looking at its pull requests, and close their links."""
        connection.execute("DELETE FROM installations WHERE forge = %s AND id = %s", (forge, installation_id))
        connection.execute(
            "DELETE FROM pull_requests WHERE forge = %s AND installation = %s", (forge, installation_id)
        )
        connection.execute(
            "DELETE FROM item_lists WHERE forge = %s AND installation = %s", (forge, installation_id)
        )

    def installations(self, forge: str) -> tuple[Installation, ...]:
        """Every installation that is not suspended."""
        with (
            self.connection() as connection,
            connection.cursor(row_factory=class_row(Installation)) as cursor,
        ):
            cursor.execute(
                "SELECT forge, id, account, suspended FROM installations"
                " WHERE forge = %s AND NOT suspended ORDER BY id",
                (forge,),
            )
            return tuple(cursor)
