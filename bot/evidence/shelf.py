"""Where snapshots that were read once are kept, so that a known baseline is never parsed again.

Of a directory of which some files changed, the others are not read again: large files are kept as
snapshots of their own, the small ones of a directory together as a pack of bytes by Git's ids.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.evidence.frames import Frame
from bot.forges.base import TreeEntry

READERS = 4
"""Raised whenever a reader gives another normal form for the same bytes; what is kept then is void."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A snapshot without problems, and the digest of the bytes it was read from.

    `about` is what else its reader said, as JSON: of exported files, what their consumer trips over.
    """

    frame: Frame
    digest: str
    about: Mapping[str, Any] = field(default_factory=dict)


class Shelf(Protocol):
    """Keeps snapshots by a key that names their bytes and how they were read."""

    def find(self, key: str) -> Kept | None:
        """What was kept under `key`, or None."""

    def keep(self, key: str, kept: Kept) -> Kept:
        """Keep a snapshot; returns it, perhaps in another place."""

    def pack(self, key: str) -> Mapping[str, bytes]:
        """The small files that were last kept under `key`, by Git's ids of them."""

    def keep_pack(self, key: str, pack: Mapping[str, bytes]) -> None:
        """Keep small files in place of those kept before."""


@dataclass(frozen=True, slots=True)
class MemoryShelf:
    """Keeps snapshots for as long as it is held: one evaluation."""

    kept: dict[str, Kept] = field(default_factory=dict)
    packs: dict[str, Mapping[str, bytes]] = field(default_factory=dict)

    def find(self, key: str) -> Kept | None:
        """What was kept under `key`, or None."""
        return self.kept.get(key)

    def keep(self, key: str, kept: Kept) -> Kept:
        """Keep a snapshot."""
        return self.kept.setdefault(key, kept)

    def pack(self, key: str) -> Mapping[str, bytes]:
        """The small files that were last kept under `key`."""
        return self.packs.get(key, {})

    def keep_pack(self, key: str, pack: Mapping[str, bytes]) -> None:
        """Keep small files."""
        self.packs[key] = pack


def key_of(path: str, entry: TreeEntry, form: str | None) -> str:
    """The key of a snapshot: Git's id of its bytes, and what else decides how they are read.

    The path is part of it because readers tell a split by it.
    """
    document = "\0".join((str(READERS), path, entry.kind, entry.oid, form or ""))
    return hashlib.sha256(document.encode("utf-8", "surrogateescape")).hexdigest()


def pack_key(path: str) -> str:
    """The key of the small files of a directory, whatever is in it."""
    return hashlib.sha256(f"{READERS}\0pack\0{path}".encode("utf-8", "surrogateescape")).hexdigest()
