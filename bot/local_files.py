"""A folder of this machine as the tree of a commit, for snapshots that are in no repository."""

import hashlib
import stat
from dataclasses import dataclass, field
from pathlib import Path

from bot.forges.base import ObjectKind, TreeEntry
from bot.forges.errors import NotFoundError, TooLargeError

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class LocalFiles:
    """The `bot.evidence.sources.Files` below `root`. Symbolic links are shown as such, and not followed."""

    root: Path
    _known: dict[str, TreeEntry] = field(default_factory=dict)

    def entry(self, path: str) -> TreeEntry | None:
        """The entry at `path`, with the id that Git would give a file; None: there is none."""
        if path not in self._known:
            place = self.root / path
            try:
                found = place.lstat()
            except OSError:
                return None
            if stat.S_ISDIR(found.st_mode):
                self._known[path] = TreeEntry("", ObjectKind.DIRECTORY)
            elif stat.S_ISREG(found.st_mode):
                self._known[path] = TreeEntry(_blob_id(place, found.st_size), ObjectKind.FILE, found.st_size)
            else:
                self._known[path] = TreeEntry("", ObjectKind.SYMLINK)
        return self._known[path]

    def read(self, path: str, *, max_bytes: int) -> bytes:
        """The bytes of the file at `path`. Raises TooLargeError, NotFoundError."""
        entry = self.entry(path)
        if entry is None or entry.kind is not ObjectKind.FILE:
            raise NotFoundError(f"reading {path}: no file there")
        if (entry.size or 0) > max_bytes:
            raise TooLargeError(f"reading {path}: {entry.size} bytes, at most {max_bytes} are read")
        return (self.root / path).read_bytes()

    def below(self, directory: str) -> tuple[str, ...]:
        """The paths of all files below `directory`, sorted."""
        places = (self.root / directory).rglob("*")
        return tuple(
            sorted(place.relative_to(self.root).as_posix() for place in places if not place.is_dir())
        )


def _blob_id(place: Path, size: int) -> str:
    """https://git-scm.com/book/en/v2/Git-Internals-Git-Objects"""
    digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    with place.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
