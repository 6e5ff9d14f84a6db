"""The files of one tree in memory (`bot.evidence.sources.Files`)."""

import hashlib
from dataclasses import dataclass

from bot.forges.base import ObjectKind, TreeEntry
from bot.forges.errors import NotFoundError, TooLargeError


@dataclass(frozen=True)
class MemoryFiles:
    """Files by path; whatever a path lies below is a directory."""

    files: dict[str, bytes]

    def entry(self, path: str) -> TreeEntry | None:
        if path in self.files:
            return TreeEntry(hashlib.sha1(self.files[path]).hexdigest(), ObjectKind.FILE)
        return TreeEntry("ab" * 20, ObjectKind.DIRECTORY) if self.below(path) else None

    def read(self, path: str, *, max_bytes: int) -> bytes:
        if path not in self.files:
            raise NotFoundError(path)
        if len(self.files[path]) > max_bytes:
            raise TooLargeError(path)
        return self.files[path]

    def below(self, directory: str) -> tuple[str, ...]:
        return tuple(sorted(name for name in self.files if name.startswith(f"{directory}/")))
