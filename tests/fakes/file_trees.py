"""The files of one tree in memory (`bot.evidence.sources.Files`)."""

import hashlib
from dataclasses import dataclass

from bot.forges.base import ObjectKind, TreeEntry
from bot.forges.errors import NotFoundError, TooLargeError

EMPTY = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
"""Git's id of no bytes."""


@dataclass(frozen=True)
class MemoryFiles:
    """Files by path; whatever a path lies below is a directory."""

    files: dict[str, bytes]

    def entry(self, path: str) -> TreeEntry | None:
        if path in self.files:
            data = self.files[path]
            return TreeEntry(hashlib.sha1(data).hexdigest() if data else EMPTY, ObjectKind.FILE)
        return TreeEntry("ab" * 20, ObjectKind.DIRECTORY) if self.below(path) else None

    def read(self, path: str, *, max_bytes: int) -> bytes:
        if path not in self.files:
            raise NotFoundError(path)
        if len(self.files[path]) > max_bytes:
            raise TooLargeError(path)
        return self.files[path]

    def below(self, directory: str) -> tuple[str, ...]:
        return tuple(sorted(name for name in self.files if name.startswith(f"{directory}/")))
