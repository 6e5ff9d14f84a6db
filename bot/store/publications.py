"""When which fingerprint was first shown to the people who approve it."""

from datetime import datetime
from enum import StrEnum

from bot.forges.base import Repository
from bot.store.base import Connected


class PublicationKind(StrEnum):
    """Approvals are bound to the final fingerprint, waivers to the one without waivers."""

    FINAL = "final"
    UNWAIVED = "unwaived"


class PublicationStore(Connected):
    """Publication times per pull request and release."""

    def record_publication(
        self,
        *,
        repository: Repository,
        number: int,
        release_key: str,
        kind: PublicationKind,
        fingerprint: str,
        head_sha: str,
        published_at: datetime,
    ) -> datetime:
        """Remember a publication and return the time of the first one of this fingerprint.

        The earliest time wins, whatever the order of the calls: times read back from the forge
        after a loss of the database are older than what we record now.
        """
        with self.connection() as connection:
            row = connection.execute(
                "INSERT INTO publications"
                " (forge, repository_id, number, release_key, kind, fingerprint, head_sha, published_at)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
                " ON CONFLICT (forge, repository_id, number, release_key, kind, fingerprint) DO UPDATE"
                " SET published_at = least(publications.published_at, excluded.published_at)"
                " RETURNING published_at",
                (
                    repository.forge,
                    repository.id,
                    number,
                    release_key,
                    kind.value,
                    fingerprint,
                    head_sha,
                    published_at,
                ),
            ).fetchone()
        return published_at if row is None else row[0]

    def publications(
        self, *, repository: Repository, number: int, release_key: str, kind: PublicationKind
    ) -> dict[str, datetime]:
        """First publication time of every fingerprint this release ever had."""
        with self.connection() as connection:
            rows = connection.execute(
                "SELECT fingerprint, published_at FROM publications WHERE forge = %s AND repository_id = %s"
                " AND number = %s AND release_key = %s AND kind = %s",
                (repository.forge, repository.id, number, release_key, kind.value),
            )
            return dict(rows.fetchall())

    def first_publications(self, repository: Repository, number: int) -> dict[str, datetime]:
        """First publication time of every fingerprint of a pull request, of all its releases and kinds."""
        with self.connection() as connection:
            rows = connection.execute(
                "SELECT fingerprint, min(published_at) FROM publications"
                " WHERE forge = %s AND repository_id = %s AND number = %s GROUP BY fingerprint",
                (repository.forge, repository.id, number),
            )
            return dict(rows.fetchall())
