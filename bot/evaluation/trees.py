"""Trees of commits: what changed between two, and their files as evidence readers see them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from bot.forges.base import ObjectKind, Tree, TreeEntry
from bot.forges.errors import NotFoundError, TooLargeError


class Reader(Protocol):
    """Read access to the commits of one repository; a `Forge` and a local checkout both are one."""

    def tree(self, sha: str) -> Tree:
        """The recursive tree of a commit."""

    def blob(self, oid: str, *, max_bytes: int) -> bytes:
        """The bytes of a blob. Raises TooLargeError."""

    def history(self, path: str, sha: str) -> Iterator[str]:
        """Commits at or before `sha` that touched `path`, newest first."""


def changed_paths(before: Tree, after: Tree) -> tuple[str, ...]:
    """Paths of files (links, submodules) that differ between two trees, sorted.

    Both names of a rename are in it, as one path that went and one that came: there is no rename
    detection to be fooled. A change of mode alone (file to symlink) counts.
    """
    old = _files(before)
    new = _files(after)
    return tuple(sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path)))


def _files(tree: Tree) -> Mapping[str, tuple[str, ObjectKind]]:
    return {
        path: (entry.oid, entry.kind)
        for path, entry in tree.entries.items()
        if entry.kind is not ObjectKind.DIRECTORY
    }


@dataclass(frozen=True)
class TreeFiles:
    """One tree's files by path, as `bot.evidence.load` reads them."""

    tree: Tree
    read_blob: Callable[..., bytes]

    def entry(self, path: str) -> TreeEntry | None:
        """The entry at `path`, or None."""
        return self.tree.entries.get(path)

    def read(self, path: str, *, max_bytes: int) -> bytes:
        """The bytes of the file at `path`. Raises NotFoundError, TooLargeError."""
        entry = self.entry(path)
        if entry is None or entry.kind is not ObjectKind.FILE:
            raise NotFoundError(f"reading {path}: no file there")
        if entry.size is not None and entry.size > max_bytes:
            raise TooLargeError(f"reading {path}: {entry.size} bytes, at most {max_bytes} are read")
        return self.read_blob(entry.oid, max_bytes=max_bytes)

    def below(self, directory: str) -> tuple[str, ...]:
        """All file paths below `directory`, sorted."""
        prefix = f"{directory.rstrip('/')}/" if directory else ""
        return tuple(path for path in self._paths if path.startswith(prefix))

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        return tuple(
            sorted(
                path for path, entry in self.tree.entries.items() if entry.kind is not ObjectKind.DIRECTORY
            )
        )
