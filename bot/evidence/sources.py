"""From a manifest's `path`, `url` and `digest` to bytes, or to the finding that says why not."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bot.answers import EvidenceUsed, Finding
from bot.documents import resolve
from bot.evidence.pointer_targets import read_pointer
from bot.evidence.problems import shown
from bot.forges.base import ObjectKind, TreeEntry
from bot.forges.errors import NotFoundError, TooLargeError
from bot.manifest import Source

MAX_EVIDENCE = 25 << 20
"""Bytes of one file of evidence."""
MAX_SNAPSHOT = 2 << 30
"""Bytes of one snapshot, over all files of a directory."""

KeyPath = tuple[str | int, ...]


class Files(Protocol):
    """The files of one tree, by repository path."""

    def entry(self, path: str) -> TreeEntry | None:
        """The entry at `path`, directories included, or None."""

    def read(self, path: str, *, max_bytes: int) -> bytes:
        """The bytes of the file at `path`. Raises TooLargeError, NotFoundError."""

    def below(self, directory: str) -> tuple[str, ...]:
        """The paths of all files below `directory`, sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """Where the manifest names a source: findings about it point there.

    `key` is the path of the source in the manifest, `what` how a sentence calls it.
    """

    file: str
    key: KeyPath
    what: str
    line: Callable[[KeyPath], int | None]

    def finding(self, code: str, text: str, fix: str, *, field: str = "path") -> Finding:
        """A finding at the source's `field`."""
        return Finding(code=code, text=text, fix=fix, file=self.file, line=self.line((*self.key, field)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A file's bytes and what they are."""

    data: bytes
    used: EvidenceUsed


class RefusedSourceError(Exception):
    """A source that cannot be read, with its finding."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.text)
        self.finding = finding


def locate(files: Files, source: Source, naming: Naming, *, manifest_path: str) -> tuple[str, TreeEntry]:
    """Where a source is in the repository: its path, and its entry (a file or a directory).

    Raises:
        RefusedSourceError: it is a URL, outside the repository, missing, a link or a submodule.
    """
    if source.path is None:
        raise RefusedSourceError(_elsewhere(source, naming))
    path = resolve(manifest_path, source.path)
    if path is None:
        text = f"{naming.what} at {shown(source.path)} would lie outside the repository."
        fix = "Name a path inside the repository."
        raise RefusedSourceError(naming.finding("evidence.outside-repository", text, fix))
    entry = files.entry(path)
    if entry is None:
        raise RefusedSourceError(_missing(files, path, naming))
    if entry.kind in {ObjectKind.SYMLINK, ObjectKind.SUBMODULE}:
        text = f"{naming.what} `{path}` is a {entry.kind}, whose target is not read."
        raise RefusedSourceError(naming.finding(f"evidence.{entry.kind}", text, "Commit the file itself."))
    return path, entry


def fetch(
    files: Files, source: Source, naming: Naming, *, manifest_path: str, max_bytes: int = MAX_EVIDENCE
) -> Fetched:
    """The bytes of a source that is one file, with the digest that the manifest declares.

    Raises:
        RefusedSourceError: as `locate`; or it is a directory, too large, a pointer to bytes
            elsewhere, or other bytes than declared.
    """
    path, entry = locate(files, source, naming, manifest_path=manifest_path)
    if entry.kind is ObjectKind.DIRECTORY:
        text = f"{naming.what} `{path}` is a directory; a file is expected."
        raise RefusedSourceError(naming.finding("evidence.directory", text, "Name the file itself."))
    data = read_file(files, path, naming, max_bytes=max_bytes)
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    check_digest(source, digest, path, naming)
    return Fetched(data=data, used=EvidenceUsed(source=path, digest=digest))


def read_file(files: Files, path: str, naming: Naming, *, max_bytes: int) -> bytes:
    """The bytes of one file.

    Raises:
        RefusedSourceError: it is missing, too large, or stands for bytes elsewhere.
    """
    entry = files.entry(path)
    size = entry.size if entry else None
    if size is not None and size > max_bytes:
        raise _too_large(path, f"{size:,}", naming, max_bytes)
    try:
        data = files.read(path, max_bytes=max_bytes)
    except TooLargeError:
        raise _too_large(path, "more", naming, max_bytes) from None
    except NotFoundError:
        raise RefusedSourceError(_missing(files, path, naming)) from None
    pointer = read_pointer(data, file=path)
    if pointer is not None:
        text = f"{naming.what} `{path}` is a {pointer}: its bytes are not in the repository."
        fix = "Commit the file itself; evidence and snapshots must be readable at the head commit."
        raise RefusedSourceError(naming.finding("evidence.bytes-not-available", text, fix))
    return data


def check_digest(source: Source, found: str, path: str, naming: Naming) -> None:
    """Compare with what the manifest declares, if it declares anything.

    Raises:
        RefusedSourceError: the digests differ.
    """
    if source.digest is not None and source.digest != found:
        text = f"{naming.what} `{path}` is declared as {source.digest}, but is {found}."
        fix = f"If `{path}` is meant, write `digest: {found}`."
        raise RefusedSourceError(naming.finding("evidence.digest-mismatch", text, fix, field="digest"))


def _too_large(path: str, held: str, naming: Naming, max_bytes: int) -> RefusedSourceError:
    text = f"{naming.what} `{path}` holds {held} bytes; at most {max_bytes:,} are read."
    fix = "Commit it as Parquet, or split the data set."
    return RefusedSourceError(naming.finding("evidence.too-large", text, fix))


def _elsewhere(source: Source, naming: Naming) -> Finding:
    return naming.finding(
        "evidence.url-not-fetched",
        f"{naming.what} is at {shown(source.url)}; only snapshots are fetched from URLs.",
        "Commit the file and name it by `path`.",
        field="url",
    )


def _missing(files: Files, path: str, naming: Naming) -> Finding:
    if files.entry(f"{path}.dvc") is not None:
        text = f"{naming.what} `{path}` is kept in DVC: its bytes are not in the repository."
        return naming.finding("evidence.bytes-not-available", text, f"Commit `{path}` itself.")
    text = f"{naming.what} `{path}` does not exist."
    return naming.finding("evidence.missing", text, "Commit the file, or correct the path.")
