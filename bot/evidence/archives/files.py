"""An archive as a directory of files, in the place of the archive itself."""

import posixpath
from collections.abc import Callable, Mapping
from typing import Protocol

from bot.evidence.archives.members import RefusedArchiveError, is_archive
from bot.evidence.archives.tar_archive import TarArchive
from bot.evidence.archives.zip_archive import ZipArchive
from bot.evidence.problems import sentence
from bot.evidence.sources import Naming, RefusedSourceError
from bot.forges.base import ObjectKind, TreeEntry
from bot.forges.errors import NotFoundError, TooLargeError

__all__ = ["ArchiveFiles", "is_archive", "open_archive"]

_IGNORED = ("__MACOSX/", ".DS_Store")
"""What file managers add to archives."""


class _Archive(Protocol):
    @property
    def sizes(self) -> Mapping[str, int]: ...

    def read(self, name: str) -> bytes: ...


_READERS: Mapping[str, Callable[[bytes], _Archive]] = {
    ".zip": ZipArchive,
    ".tar": TarArchive,
    ".tar.gz": TarArchive,
    ".tgz": TarArchive,
}


def open_archive(data: bytes, path: str, naming: Naming) -> "ArchiveFiles":
    """The files of the archive at `path`. Raises RefusedSourceError: it is not one that is read."""
    reader = next((reader for end, reader in _READERS.items() if path.lower().endswith(end)), None)
    if reader is None:
        unknown = RefusedArchiveError("unreadable", "ZIP archives and tar archives, plain or gzipped, are")
        raise _refused(unknown, path, naming)
    try:
        return ArchiveFiles(path, reader(data), naming)
    except RefusedArchiveError as error:
        raise _refused(error, path, naming) from error


class ArchiveFiles:
    """The files of one archive below its own path (`bot.evidence.sources.Files`)."""

    def __init__(self, path: str, archive: _Archive, naming: Naming) -> None:
        self._path = path
        self._archive = archive
        self._naming = naming
        names = (name for name in archive.sizes if not name.startswith(_IGNORED))
        self._paths = sorted(f"{path}/{name}" for name in names if not name.endswith(_IGNORED))

    def root(self, configs: tuple[str, ...]) -> str:
        """The one directory nearest to the top that holds a file of these names; else the archive itself."""
        found = [path for path in self._paths if posixpath.basename(path) in configs]
        homes = {posixpath.dirname(path) for path in found}
        least = min((home.count("/") for home in homes), default=0)
        nearest = [home for home in homes if home.count("/") == least]
        return nearest[0] if len(nearest) == 1 else self._path

    def entry(self, path: str) -> TreeEntry | None:
        """The file or directory at `path`, or None; members have no Git id."""
        size = self._archive.sizes.get(path.removeprefix(f"{self._path}/"))
        if size is not None:
            return TreeEntry("", ObjectKind.FILE, size)
        return TreeEntry("", ObjectKind.DIRECTORY) if self.below(path) else None

    def read(self, path: str, *, max_bytes: int) -> bytes:
        """The bytes of one file. Raises NotFoundError, TooLargeError, RefusedSourceError."""
        entry = self.entry(path)
        if entry is None or entry.kind is not ObjectKind.FILE:
            raise NotFoundError(f"reading {path}: no file there")
        if entry.size is not None and entry.size > max_bytes:
            raise TooLargeError(f"reading {path}: {entry.size} bytes, at most {max_bytes} are read")
        try:
            return self._archive.read(path.removeprefix(f"{self._path}/"))
        except RefusedArchiveError as error:
            raise _refused(error, self._path, self._naming) from error

    def below(self, directory: str) -> tuple[str, ...]:
        """The paths of all files below `directory`, sorted."""
        return tuple(path for path in self._paths if path.startswith(f"{directory}/"))


def _refused(error: RefusedArchiveError, path: str, naming: Naming) -> RefusedSourceError:
    text = f"{naming.what} `{path}` are not read: {error.text}"
    fix = "Export again into a ZIP archive of plain files, or commit the files themselves."
    return RefusedSourceError(naming.finding(f"export.archive-{error.code}", sentence(text), fix))
