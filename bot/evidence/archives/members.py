"""What an archive may hold: names, kinds, counts and sizes of its members."""

import posixpath
import re
from dataclasses import dataclass, field

from bot.evidence.problems import shown

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
"""Endings of archives that are read."""
_OTHERS = (".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".7z", ".rar")
_NESTED = (*ARCHIVES, *_OTHERS, ".gz", ".bz2", ".xz", ".zst")
TEXTS = (".json", ".jsonl", ".txt", ".yaml", ".yml", ".xml", ".parquet")
"""Endings of the members that any format reads; of all others only the names matter."""
_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How large an archive may be. Bytes are those of its members, unpacked."""

    members: int = 300_000
    """COCO's train2017 with its label files has 240,000."""
    member: int = 2 << 30
    unpacked: int = 4 << 30
    ratio: int = 200
    """How many times larger than packed; label files compress 20 times, bombs 1,000 times."""
    ratio_from: int = 16 << 20
    """Bytes up to which nothing is a bomb, however well it compresses."""


LIMITS = Limits()


class RefusedArchiveError(Exception):
    """An archive that is not read: the code after ``export.archive-``, and what is the matter, in words."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(slots=True)
class Contents:
    """The members of one archive as they are found; each is checked when it is taken.

    `packed` is the size of the archive in bytes. `sizes` maps the names of files to theirs.
    """

    packed: int
    limits: Limits = LIMITS
    sizes: dict[str, int] = field(default_factory=dict)
    _directories: set[str] = field(default_factory=set)
    _count: int = 0
    _unpacked: int = 0

    def take_directory(self, written: str) -> None:
        """Take a directory.

        Raises:
            RefusedArchiveError: its name leads elsewhere, is taken, or there are too many members.
        """
        name = self._counted(written)
        if name in self.sizes:
            raise RefusedArchiveError("duplicate", f"{shown(name)} is a file and a directory")
        self._note_parents(f"{name}/x")

    def take_file(self, written: str, size: int, packed: int | None = None) -> str:
        """Take a file of `size` bytes, `packed` into so many where that is known; its name below the root.

        Raises:
            RefusedArchiveError: as for directories; or it is an archive, or too large.
        """
        name = self._counted(written)
        if name in self.sizes or name in self._directories:
            raise RefusedArchiveError("duplicate", f"{shown(name)} occurs more than once")
        if name.lower().endswith(_NESTED):
            raise RefusedArchiveError("nested", f"{shown(name)} is an archive within the archive")
        if size < 0:
            raise RefusedArchiveError("unreadable", f"{shown(name)} has a negative size")
        self._unpacked += size
        if size > self.limits.member:
            raise RefusedArchiveError("too-large", f"{shown(name)} has {size:,} bytes unpacked")
        if self._unpacked > self.limits.unpacked:
            raise RefusedArchiveError(
                "too-large", f"its members have more than {self.limits.unpacked:,} bytes"
            )
        if packed is not None:
            self._check_ratio(name, size, packed)
            self._check_ratio("", self._unpacked, self.packed)
        self._note_parents(name)
        self.sizes[name] = size
        return name

    def _counted(self, written: str) -> str:
        self._count += 1
        if self._count > self.limits.members:
            raise RefusedArchiveError("too-large", f"it has more than {self.limits.members:,} members")
        return safe_name(written)

    def _check_ratio(self, name: str, size: int, packed: int) -> None:
        if size > self.limits.ratio_from and size > self.limits.ratio * max(packed, 1):
            what = shown(name) if name else "it"
            times = f"{size // max(packed, 1):,} times as much as packed"
            raise RefusedArchiveError("bomb", f"{what} becomes {size:,} bytes, {times}")

    def _note_parents(self, name: str) -> None:
        parent = posixpath.dirname(name)
        while parent and parent not in self._directories:
            if parent in self.sizes:
                raise RefusedArchiveError("duplicate", f"{shown(parent)} is a file and a directory")
            self._directories.add(parent)
            parent = posixpath.dirname(parent)


def safe_name(written: str) -> str:
    """The name of a member below the archive's root, without ``.`` and doubled slashes.

    Raises:
        RefusedArchiveError: unpacked, it would lie elsewhere, on this system or another.
    """
    parts = [part for part in written.split("/") if part not in {"", "."}]
    why = (
        "has a NUL in its name"
        if "\0" in written
        else "has a backslash in its name"
        if "\\" in written
        else "has an absolute path"
        if written.startswith("/")
        else "begins with a drive letter"
        if _DRIVE.match(written)
        else "leads out of its directory"
        if ".." in parts
        else ""
    )
    if why:
        raise RefusedArchiveError("path", f"the member {shown(written)} {why}")
    return "/".join(parts)


def is_archive(path: str) -> bool:
    """Whether a path ends like an archive, one that is read or not."""
    return path.lower().endswith((*ARCHIVES, *_OTHERS))
