"""The files of a checkout as they lie on the disk: also those that Git ignores, or keeps in LFS.

Ids are those Git has or would have: of a file in LFS that of its pointer, once the bytes on the
disk are the ones it stands for (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md). No link
is followed, and nothing below ``.git`` is read.
"""

import hashlib
import os
import posixpath
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.checkout import Checkout
from bot.evidence.sources import MAX_SNAPSHOT
from bot.forges.base import ObjectKind, TreeEntry
from bot.forges.errors import NotFoundError, TooLargeError
from bot.git_ids import KINDS, GitFile, new_hash, tree_id

_DEEP = 200
"""Directories within one another that are followed."""
_CHUNK = 1 << 20
_OWN = ".git"
_LINK, _PLAIN, _PROGRAM = "120000", "100644", "100755"


@dataclass(frozen=True)
class DiskFiles:
    """The files below `root` (`bot.evidence.sources.Files`), of which Git knows `staged`.

    Of a directory that Git knows, its own files are listed, and with `untracked` all others too.
    """

    root: Path
    staged: Mapping[str, GitFile]
    untracked: bool = False
    _known: dict[str, GitFile] = field(default_factory=dict)
    _directories: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, checkout: Checkout) -> "DiskFiles":
        """The files of a checkout. Raises NotARepositoryError: it has no work tree."""
        return cls(root=checkout.root(), staged=checkout.staged())

    def with_untracked(self) -> "DiskFiles":
        """The same files, and those that Git does not know."""
        return replace(self, untracked=True)

    def entry(self, path: str) -> TreeEntry | None:
        """What lies at `path`, with the id Git has or would have for it; None: nothing that is read.

        The id of a file that is too large to be read is "", and so is that of a directory with one.
        """
        found = self._stat(path)
        if found is None:
            return None
        if stat.S_ISLNK(found.st_mode):
            return TreeEntry("", ObjectKind.SYMLINK)
        if self._is_module(path):
            return TreeEntry(self.staged[path].oid, ObjectKind.SUBMODULE)
        if stat.S_ISDIR(found.st_mode):
            return TreeEntry(self._tree(path), ObjectKind.DIRECTORY)
        return TreeEntry(self._git_file(path).oid, ObjectKind.FILE, found.st_size)

    def read(self, path: str, *, max_bytes: int) -> bytes:
        """The bytes of the file at `path`. Raises NotFoundError, TooLargeError (before reading it)."""
        found = self._stat(path)
        if found is None or not stat.S_ISREG(found.st_mode):
            raise NotFoundError(f"reading {path}: no file there")
        if found.st_size > max_bytes:
            raise TooLargeError(f"reading {path}: {found.st_size} bytes, at most {max_bytes} are read")
        with (self.root / path).open("rb") as file:
            return file.read(found.st_size)

    def below(self, directory: str) -> tuple[str, ...]:
        """The paths of all files below `directory`, sorted."""
        known = self._known_below(directory)
        if known and not self.untracked:
            return tuple(sorted(known))
        return tuple(sorted({*known, *self._walked(directory)}))

    def _stat(self, path: str) -> os.stat_result | None:
        """What is known of `path` itself, or of the first link on the way to it."""
        parent, name = posixpath.split(path)
        if name.lower() == _OWN:
            return None
        if path and parent not in self._directories:
            above = self._stat(parent) if parent.count("/") < _DEEP else None
            if above is None or not stat.S_ISDIR(above.st_mode) or self._is_module(parent):
                return above if above is not None and stat.S_ISLNK(above.st_mode) else None
            self._directories.add(parent)
        try:
            found = os.lstat(f"{self.root}/{path}")
        except (OSError, ValueError):
            return None
        plain = stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode) or stat.S_ISLNK(found.st_mode)
        return found if plain else None

    def _is_module(self, path: str) -> bool:
        return path in self.staged and KINDS.get(self.staged[path].mode) is ObjectKind.SUBMODULE

    def _known_below(self, directory: str) -> list[str]:
        prefix = f"{directory}/" if directory else ""
        return [path for path in self.staged if path.startswith(prefix) and self._is_file(path)]

    def _is_file(self, path: str) -> bool:
        """Whether a file, a link or a submodule is there."""
        found = self._stat(path)
        return found is not None and (self._is_module(path) or not stat.S_ISDIR(found.st_mode))

    def _walked(self, directory: str) -> Iterator[str]:
        """Every file and link below a directory; submodules are left out."""
        for above, names, files in os.walk(self.root / directory):
            here = Path(above).relative_to(self.root)
            for path in ((here / name).as_posix() for name in (*names, *files)):
                if self._is_file(path):
                    yield path
            names[:] = [name for name in names if self._is_entered((here / name).as_posix())]

    def _is_entered(self, path: str) -> bool:
        is_own = posixpath.basename(path).lower() == _OWN or self._is_module(path)
        return not is_own and path.count("/") < _DEEP

    def _tree(self, directory: str) -> str:
        """The id of a directory: of the files that Git knows there, or of all when it knows none."""
        paths = self._known_below(directory) or list(self._walked(directory))
        skip = len(directory) + 1 if directory else 0
        if any(found is not None and found.st_size > MAX_SNAPSHOT for found in map(self._stat, paths)):
            return ""
        return tree_id({path[skip:]: self._git_file(path) for path in paths}, length=self._length)

    @property
    def _length(self) -> int:
        """How long object ids are, in hex digits."""
        return len(next(iter(self.staged.values())).oid) if self.staged else 40

    def _git_file(self, path: str) -> GitFile:
        """Mode and id that Git has or would have for the file or link at `path`."""
        if path not in self._known:
            self._known[path] = self._hashed(path)
        return self._known[path]

    def _hashed(self, path: str) -> GitFile:
        staged = self.staged.get(path)
        if staged is not None and KINDS.get(staged.mode) is ObjectKind.SUBMODULE:
            return staged
        place = self.root / path
        found = place.lstat()
        if stat.S_ISLNK(found.st_mode):
            return GitFile(_LINK, self._id_of(os.fsencode(place.readlink())))
        oid = self._id_of_file(place, found.st_size) if found.st_size <= MAX_SNAPSHOT else ""
        if staged is None or not oid:
            return GitFile(_PROGRAM if found.st_mode & stat.S_IXUSR else _PLAIN, oid)
        if oid != staged.oid and staged.oid == self._id_of(_pointer(place, found.st_size)):
            return staged
        return GitFile(staged.mode, oid)

    def _id_of(self, data: bytes) -> str:
        made = new_hash("blob", len(data), length=self._length)
        made.update(data)
        return made.hexdigest()

    def _id_of_file(self, place: Path, size: int) -> str:
        made = new_hash("blob", size, length=self._length)
        for piece in _pieces(place):
            made.update(piece)
        return made.hexdigest()


def _pointer(place: Path, size: int) -> bytes:
    """What Git LFS would keep in Git of a file."""
    made = hashlib.sha256()
    for piece in _pieces(place):
        made.update(piece)
    return (
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{made.hexdigest()}\nsize {size}\n".encode()
    )


def _pieces(place: Path) -> Iterator[bytes]:
    with place.open("rb") as file:
        while piece := file.read(_CHUNK):
            yield piece
