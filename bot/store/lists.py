"""The long lists of items of each pull request's latest evaluation, for whoever has their link."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from bot.database import Connection
from bot.forges.base import Repository
from bot.list_links import hash_of, new_seed
from bot.store.base import Connected

_RENEWED = timedelta(days=1)
"""A link that ends sooner is not given again: the comment is not looked at every minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFile:
    """One list: its path in the link, and its bytes in gzip."""

    path: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLists:
    """What is kept of one evaluation; `digest` changes exactly when a path or a list does."""

    digest: str
    files: tuple[ListFile, ...]


class ListStore(Connected):
    """One set of lists for each pull request; a new one takes the place and the link of the old."""

    def keep_lists(
        self,
        repository: Repository,
        number: int,
        lists: ItemLists,
        *,
        token_of: Callable[[bytes], str],
        lifetime: timedelta,
    ) -> str:
        """Keep `lists` in place of what was there; their token, the same one while they are the same."""
        place = (repository.forge, repository.id, number)
        with self.transaction() as connection:
            known = connection.execute(
                "SELECT seed, token_hash FROM item_lists WHERE (forge, repository_id, number) = (%s, %s, %s)"
                " AND digest = %s AND expires_at > now() + %s",
                (*place, lists.digest, _RENEWED),
            ).fetchone()
            if known is not None and hash_of(token := token_of(bytes(known[0]))) == bytes(known[1]):
                return token
            seed = new_seed()
            token = token_of(seed)
            connection.execute(
                "INSERT INTO item_lists (forge, repository_id, number, installation, digest, seed,"
                " token_hash, expires_at) VALUES (%s, %s, %s, %s, %s, %s, %s, now() + %s)"
                " ON CONFLICT (forge, repository_id, number) DO UPDATE SET"
                " installation = excluded.installation, digest = excluded.digest, seed = excluded.seed,"
                " token_hash = excluded.token_hash, expires_at = excluded.expires_at",
                (*place, repository.installation, lists.digest, seed, hash_of(token), lifetime),
            )
            _replace_files(connection, place, lists.files)
        return token

    def drop_lists(self, repository: Repository, number: int) -> None:
        """Forget the lists of a pull request; its link opens nothing any more."""
        with self.connection() as connection:
            connection.execute(
                "DELETE FROM item_lists WHERE forge = %s AND repository_id = %s AND number = %s",
                (repository.forge, repository.id, number),
            )

    def list_file(self, token: str, path: str) -> bytes | None:
        """The list at `path` behind `token`, in gzip; None when there is none, or no longer.

        The hash is looked up, not the token: how long that takes says nothing about a token.
        """
        wanted = hash_of(token)
        with self.connection() as connection:
            row = connection.execute(
                "SELECT token_hash, content FROM item_lists"
                " JOIN item_list_files USING (forge, repository_id, number)"
                " WHERE token_hash = %s AND path = %s AND expires_at > now()",
                (wanted, path),
            ).fetchone()
        if row is None or not hmac.compare_digest(bytes(row[0]), wanted):
            return None
        return bytes(row[1])

    def delete_old_lists(self, *, all_of_them: bool) -> int:
        """Forget the lists whose link has ended, or every list; of how many pull requests."""
        with self.connection() as connection:
            return connection.execute(
                "DELETE FROM item_lists WHERE %s OR expires_at <= now()", (all_of_them,)
            ).rowcount


def _replace_files(connection: Connection, place: tuple[str, int, int], files: tuple[ListFile, ...]) -> None:
    connection.execute(
        "DELETE FROM item_list_files WHERE forge = %s AND repository_id = %s AND number = %s", place
    )
    for file in files:
        connection.execute(
            "INSERT INTO item_list_files (forge, repository_id, number, path, content)"
            " VALUES (%s, %s, %s, %s, %s)",
            (*place, file.path, file.content),
        )
