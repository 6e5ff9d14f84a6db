"""The small files of a snapshot directory, kept together: of a thousand label files one changes."""

from bot.evidence.shelf import Shelf, pack_key
from bot.forges.base import TreeEntry

SMALL = 64 << 10
"""Bytes of the largest file that is packed; larger ones are few."""
MOST = 256 << 20
"""Bytes of all packed files of one directory; what is beyond them is read again."""


class Pack:
    """The small files of the directory at `path`: those known from before, and those of now."""

    def __init__(self, shelf: Shelf, path: str) -> None:
        self._shelf = shelf
        self._key = pack_key(path)
        self._known = shelf.pack(self._key)
        self._now: dict[str, bytes] = {}
        self._left = MOST

    def known(self, entry: TreeEntry | None, *, max_bytes: int) -> bytes | None:
        """The bytes of a file that was read before; None when it was not, or is too large."""
        data = self._known.get(entry.oid) if entry is not None else None
        return None if data is None or len(data) > max_bytes else data

    def add(self, entry: TreeEntry | None, data: bytes) -> None:
        """Take a file that was read."""
        if entry is not None and len(data) <= min(SMALL, self._left) and entry.oid not in self._now:
            self._now[entry.oid] = data
            self._left -= len(data)

    def keep(self) -> None:
        """Keep what was taken, where it is not what was known."""
        if self._now.keys() != self._known.keys():
            self._shelf.keep_pack(self._key, self._now)
