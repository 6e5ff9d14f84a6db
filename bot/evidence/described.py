"""Snapshot directories that say themselves which of their files hold the data, and of which split.

- Hugging Face: ``configs`` of the card's front matter, with ``data_files``
  (https://huggingface.co/docs/hub/datasets-manual-configuration).
- Croissant: ``contentUrl`` of every file of the ``distribution``, with its digest
  (https://docs.mlcommons.org/croissant/docs/croissant-spec.html). Sets of files are not looked at.

Only files below the directory count: its Git id binds them, and a change of one changes the release.
"""

import hashlib
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.documents import read_yaml
from bot.evidence.pointer_targets import read_pointer
from bot.evidence.pointers import PointerKind, pointer_kind
from bot.evidence.problems import shown
from bot.evidence.sources import Naming, RefusedSourceError
from bot.evidence.values import BadValueError
from bot.globs import GlobError, compile_glob

CARDS = ("croissant.json", "README.md")
"""Names of descriptions, in order of preference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file of a snapshot: its repository path, its split and its digest where they are stated."""

    path: str
    split: str = ""
    digest: str = ""


def described(data: bytes, *, file: str, below: Sequence[str]) -> tuple[Part, ...]:
    """The data files that a description names; none when it is no description, or names none.

    `below` are the paths of all files of the directory.

    Raises:
        BadValueError: it names a file that is not there, or more than one data set.
    """
    match pointer_kind(data):
        case PointerKind.CROISSANT:
            return tuple(_croissant(data, file, below))
        case PointerKind.HUGGING_FACE:
            return tuple(_card(data, file, below))
        case _:
            return ()


def _croissant(data: bytes, file: str, below: Sequence[str]) -> Iterator[Part]:
    pointer = read_pointer(data, file=file)
    for target in pointer.targets if pointer else ():
        path = posixpath.normpath(posixpath.join(posixpath.dirname(file), target.name))
        if "://" in target.name or path not in below:
            raise _elsewhere(target.name)
        yield Part(path=path, digest=target.digest)


def _card(data: bytes, file: str, below: Sequence[str]) -> Iterator[Part]:
    front = data.replace(b"\r\n", b"\n").split(b"\n---", 1)[0].removeprefix(b"---")
    card = read_yaml(front, file=file).data
    configs = card.get("configs") if isinstance(card, Mapping) else None
    named = [one for one in configs if isinstance(one, Mapping)] if isinstance(configs, list) else []
    chosen = [one for one in named if "data_files" in one]
    if len(chosen) > 1:
        raise BadValueError(
            "snapshot.several-configs",
            f"the card describes {len(chosen)} data sets, and nothing says which of them is released",
            "Release a directory whose card has one configuration.",
        )
    home = posixpath.dirname(file)
    for split, pattern in _patterns(chosen[0]["data_files"]) if chosen else ():
        found = [path for path in below if _matches(pattern, posixpath.relpath(path, home))]
        if not found:
            raise _elsewhere(pattern)
        yield from (Part(path=path, split=split) for path in found)


def _patterns(files: object) -> Iterator[tuple[str, str]]:
    """Split and pattern of all data files; files without a split are those of ``train``."""
    match files:
        case str():
            yield "train", files
        case {"split": str(split), "path": path}:
            yield from ((split, pattern) for _, pattern in _patterns(path))
        case Mapping():
            for split, path in files.items():
                yield from ((str(split), pattern) for _, pattern in _patterns(path))
        case list():
            for one in files:
                yield from _patterns(one)


def _matches(pattern: str, path: str) -> bool:
    try:
        return compile_glob(pattern.removeprefix("./")).matches(path)
    except GlobError:
        return False


def _elsewhere(name: str) -> BadValueError:
    return BadValueError(
        "evidence.bytes-not-available",
        f"the description names {shown(name)}, which is not in the directory",
        "Commit the file beside the description, or correct the name.",
    )


def check_stated(part: Part, data: bytes, naming: Naming) -> None:
    """Hold a file to the digest that its description states.

    Raises:
        RefusedSourceError: it has another one.
    """
    kind, _, digest = part.digest.partition(":")
    if kind in {"md5", "sha256"} and hashlib.new(kind, data, usedforsecurity=False).hexdigest() != digest:
        text = f"{naming.what}: `{part.path}` is described as {part.digest}, which it is not."
        raise RefusedSourceError(
            naming.finding("evidence.digest-mismatch", text, "Write the description again for these files.")
        )
