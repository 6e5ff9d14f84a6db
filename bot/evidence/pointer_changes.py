"""What a pull request changes behind a pointer, file by file, though the bytes are out of reach.

DVC names a directory by the digest of its listing. Where the listing itself is committed, at its
place in DVC's cache (``.dvc/cache/files/md5/ab/cdef….dir``), the files of two versions can be
compared: https://dvc.org/doc/user-guide/project-structure/internal-files#structure-of-the-cache-directory
"""

from dataclasses import replace
from typing import TypeVar

from bot.answers import Finding
from bot.evidence.model import Loaded
from bot.evidence.pointer_targets import MAX_BYTES, Pointer, Target, changed_targets, read_pointer
from bot.evidence.sources import Files
from bot.forges.base import ObjectKind
from bot.forges.errors import NotFoundError, TooLargeError

T = TypeVar("T")

_CACHES = (".dvc/cache/files/md5", ".dvc/cache")
"""Where DVC 3 and DVC 2 keep listings."""


def pointer_change(candidate: Files, base: Files, path: str) -> Finding | None:
    """The files that differ behind the pointer at `path` (or `path`.dvc); None when one has no pointer."""
    after, before = _pointer(candidate, path), _pointer(base, path)
    if after is None or before is None:
        return None
    changed = changed_targets(before, after)
    count = len(after.targets)
    total = f"{count:,} {'file' if count == 1 else 'files'}"
    same = f"`{path}` stands for the same {total} as on the base branch."
    differ = f"Behind `{path}`, {len(changed):,} of {total} came, went or changed since the base branch."
    return Finding(
        code="evidence.pointer-changed" if changed else "evidence.pointer-unchanged",
        text=differ if changed else same,
        fix="Commit the file itself; evidence and snapshots must be readable at the head commit.",
        file=path,
        items=changed,
    )


def with_pointer_change(loaded: Loaded[T], candidate: Files, base: Files, path: str | None) -> Loaded[T]:
    """What was loaded; where its bytes are out of reach, also what is known to have changed of them."""
    far = any(problem.code == "evidence.bytes-not-available" for problem in loaded.problems)
    change = pointer_change(candidate, base, path) if far and path else None
    return loaded if change is None else replace(loaded, problems=(*loaded.problems, change))


def _pointer(files: Files, path: str) -> Pointer | None:
    data = _read(files, path) or _read(files, f"{path}.dvc")
    found = None if data is None else read_pointer(data, file=path)
    if found is None:
        return None
    targets = tuple(inner for target in found.targets for inner in _listed(files, target))
    return Pointer(kind=found.kind, targets=targets)


def _listed(files: Files, target: Target) -> tuple[Target, ...]:
    """The files of a DVC directory, where its listing is committed; else the target itself."""
    digest = target.digest.removeprefix("md5:")
    if not digest.endswith(".dir"):
        return (target,)
    for cache in _CACHES:
        data = _read(files, f"{cache}/{digest[:2]}/{digest[2:]}")
        listing = None if data is None else read_pointer(data, file=target.name)
        if listing is not None and listing.targets:
            return listing.targets
    return (target,)


def _read(files: Files, path: str) -> bytes | None:
    entry = files.entry(path)
    if entry is None or entry.kind is not ObjectKind.FILE:
        return None
    try:
        return files.read(path, max_bytes=MAX_BYTES)
    except (NotFoundError, TooLargeError):
        return None
