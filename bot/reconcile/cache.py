"""Blobs are read once: a Git object id names its bytes for ever."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.forges.base import Forge, Tree
from bot.forges.errors import TooLargeError
from bot.store import Store


@dataclass(frozen=True, slots=True)
class CachedReader:
    """A forge whose blobs are kept in the store."""

    forge: Forge
    store: Store

    def tree(self, sha: str) -> Tree:
        """The recursive tree of a commit."""
        return self.forge.tree(sha)

    def blob(self, oid: str, *, max_bytes: int) -> bytes:
        """The bytes of a blob. Raises TooLargeError."""
        known = self.store.blob(self.forge.repository, oid)
        if known is None:
            known = self.forge.blob(oid, max_bytes=max_bytes)
            self.store.add_blob(self.forge.repository, oid, known)
        if len(known) > max_bytes:
            raise TooLargeError(f"reading blob {oid[:7]}: {len(known)} bytes, at most {max_bytes} are read")
        return known

    def history(self, path: str, sha: str) -> Iterator[str]:
        """Commits at or before `sha` that touched `path`, newest first."""
        return self.forge.history(path, sha)
