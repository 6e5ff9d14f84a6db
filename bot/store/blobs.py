"""Blobs by object id: what a Git object id names never changes, so it is fetched once."""

from bot.forges.base import Repository
from bot.store.base import Connected

LARGEST_BLOB = 16 * 1024 * 1024
"""Larger blobs are read again each time rather than pushing everything else out."""

CACHE_BYTES = 2 * 1024 * 1024 * 1024


class BlobStore(Connected):
    """A cache; kept per repository because who may read the one may not read the other."""

    def blob(self, repository: Repository, oid: str) -> bytes | None:
        """The bytes, or None when they are not cached."""
        with self.connection() as connection:
            row = connection.execute(
                "SELECT content, used_at < now() - interval '1 hour' FROM blobs"
                " WHERE forge = %s AND repository_id = %s AND oid = %s",
                (repository.forge, repository.id, oid),
            ).fetchone()
            if row is None:
                return None
            if row[1]:
                connection.execute(
                    "UPDATE blobs SET used_at = now() WHERE forge = %s AND repository_id = %s AND oid = %s",
                    (repository.forge, repository.id, oid),
                )
        return bytes(row[0])

    def add_blob(self, repository: Repository, oid: str, content: bytes) -> None:
        """Cache `content` unless it is larger than `LARGEST_BLOB`."""
        if len(content) > LARGEST_BLOB:
            return
        with self.connection() as connection:
            connection.execute(
                "INSERT INTO blobs (forge, repository_id, oid, content, size) VALUES (%s, %s, %s, %s, %s)"
                " ON CONFLICT DO NOTHING",
                (repository.forge, repository.id, oid, content, len(content)),
            )

    def evict_blobs(self, *, keep_bytes: int = CACHE_BYTES) -> int:
        """Delete the blobs unused for longest until at most `keep_bytes` remain; returns how many."""
        with self.connection() as connection:
            return connection.execute(
                "DELETE FROM blobs WHERE (forge, repository_id, oid) IN ("
                " SELECT forge, repository_id, oid FROM (SELECT forge, repository_id, oid,"
                "  sum(size) OVER (ORDER BY used_at DESC, forge, repository_id, oid) AS kept"
                "  FROM blobs) AS aged"
                " WHERE kept > %s)",
                (keep_bytes,),
            ).rowcount
