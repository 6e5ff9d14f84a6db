"""What we last saw of each pull request, and when to look at it again without an event."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from bot.database import Connection
from bot.forges.base import Repository
from bot.store.base import Connected


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequestState:
    """The last evaluation's inputs and result. A cache: a head is never "done".

    `inputs_key` is the caller's hash over everything it read. `next_look_at` is when the sweep
    must evaluate again (evidence or freeze expires, rate limit resets, approval may be revoked);
    None: only on an event.
    """

    head_sha: str = ""
    inputs_key: str = ""
    decision: str = ""
    next_look_at: datetime | None = None


class StateStore(Connected):
    """States of pull requests, and the due list of the sweep."""

    def save_state(self, repository: Repository, number: int, state: PullRequestState) -> None:
        """Insert or replace."""
        with self.connection() as connection:
            connection.execute(
                "INSERT INTO pull_requests (forge, repository_id, number, repository, installation,"
                " head_sha, inputs_key, decision, next_look_at)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
                " ON CONFLICT (forge, repository_id, number) DO UPDATE SET"
                " repository = excluded.repository, installation = excluded.installation,"
                " head_sha = excluded.head_sha, inputs_key = excluded.inputs_key,"
                " decision = excluded.decision, next_look_at = excluded.next_look_at",
                (
                    repository.forge,
                    repository.id,
                    number,
                    repository.full_name,
                    repository.installation,
                    state.head_sha,
                    state.inputs_key,
                    state.decision,
                    state.next_look_at,
                ),
            )

    def state(self, repository: Repository, number: int) -> PullRequestState | None:
        """What was saved last, or None."""
        with (
            self.connection() as connection,
            connection.cursor(row_factory=class_row(PullRequestState)) as cursor,
        ):
            return cursor.execute(
                "SELECT head_sha, inputs_key, decision, next_look_at FROM pull_requests"
                " WHERE forge = %s AND repository_id = %s AND number = %s",
                (repository.forge, repository.id, number),
            ).fetchone()

    def numbers_at_head(self, repository: Repository, head_sha: str) -> tuple[int, ...]:
        """Pull requests last seen with this head: a check on it speaks for all of them."""
        with self.connection() as connection:
            rows = connection.execute(
                "SELECT number FROM pull_requests"
                " WHERE forge = %s AND repository_id = %s AND head_sha = %s ORDER BY number",
                (repository.forge, repository.id, head_sha),
            )
            return tuple(number for (number,) in rows)

    def look_again_at(self, repository: Repository, number: int, at: datetime) -> None:
        """Let the sweep evaluate at `at`, keeping everything else that is known."""
        with self.connection() as connection:
            connection.execute(
                "INSERT INTO pull_requests"
                " (forge, repository_id, number, repository, installation, next_look_at)"
                " VALUES (%s, %s, %s, %s, %s, %s)"
                " ON CONFLICT (forge, repository_id, number) DO UPDATE"
                " SET next_look_at = excluded.next_look_at",
                (repository.forge, repository.id, number, repository.full_name, repository.installation, at),
            )

    def forget_state(self, repository: Repository, number: int) -> None:
        """Stop looking at a pull request that was closed or merged, and close its links."""
        with self.transaction() as connection:
            connection.execute(
                "DELETE FROM pull_requests WHERE forge = %s AND repository_id = %s AND number = %s",
                (repository.forge, repository.id, number),
            )
            connection.execute(
                "DELETE FROM item_lists WHERE forge = %s AND repository_id = %s AND number = %s",
                (repository.forge, repository.id, number),
            )

    def claim_due(
        self, *, now: datetime, limit: int, lease: timedelta, connection: Connection
    ) -> tuple[tuple[Repository, int], ...]:
        """Pull requests whose time has come, the longest waiting first, inside the caller's transaction.

        They come up again after `lease` unless their evaluation sets another time, so one that
        cannot be evaluated never starves the others.
        """
        rows = connection.execute(
            "UPDATE pull_requests SET next_look_at = %(again)s WHERE (forge, repository_id, number) IN ("
            " SELECT forge, repository_id, number FROM pull_requests WHERE next_look_at <= %(now)s"
            " ORDER BY next_look_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)"
            " RETURNING forge, repository_id, repository, installation, number",
            {"again": now + lease, "now": now, "limit": limit},
        )
        return tuple(
            (Repository(forge=forge, id=id_, full_name=name, installation=installation), number)
            for forge, id_, name, installation, number in rows
        )
