"""What the forge showed of each release, and since when."""

from collections.abc import Iterable

from bot.forges.base import Repository
from bot.publications import Publication, PublicationKind, Publications
from bot.store.base import Connected


class PublicationStore(Connected):
    """The publications of pull requests; rows are only ever added."""

    def add_publications(
        self, repository: Repository, number: int, publications: Iterable[Publication]
    ) -> None:
        """Remember publications; one of the same release, kind, fingerprint and time stays as it is."""
        with self.transaction() as connection:
            for one in publications:
                connection.execute(
                    "INSERT INTO publications"
                    " (forge, repository_id, number, release_key, kind, fingerprint, head_sha, published_at)"
                    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                    (
                        repository.forge,
                        repository.id,
                        number,
                        one.release_key,
                        one.kind.value,
                        one.fingerprint,
                        one.head_sha,
                        one.at,
                    ),
                )

    def publications(self, repository: Repository, number: int) -> Publications:
        """Every publication of a pull request."""
        with self.connection() as connection:
            rows = connection.execute(
                "SELECT release_key, kind, fingerprint, published_at, head_sha FROM publications"
                " WHERE forge = %s AND repository_id = %s AND number = %s ORDER BY published_at, fingerprint",
                (repository.forge, repository.id, number),
            )
            return Publications(
                tuple(
                    Publication(
                        release_key=key,
                        kind=PublicationKind(kind),
                        fingerprint=fingerprint,
                        at=at,
                        head_sha=head_sha,
                    )
                    for key, kind, fingerprint, at, head_sha in rows
                )
            )
