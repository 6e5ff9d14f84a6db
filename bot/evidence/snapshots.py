"""Loading one snapshot: a file, or a directory of them, in the format it is in."""

import posixpath
from collections.abc import Sequence
from dataclasses import replace

from bot.answers import EvidenceUsed, Finding
from bot.evidence.assembly import merged
from bot.evidence.described import CARDS, Part, check_stated, described
from bot.evidence.detect import YOLO_CONFIGS, directory_format, snapshot_format, yolo_config
from bot.evidence.frame_builder import frame_of, in_split
from bot.evidence.frame_rows import snapshot_of
from bot.evidence.model import Loaded, Snapshot
from bot.evidence.own_splits import own_splits
from bot.evidence.packs import Pack
from bot.evidence.problems import Problems
from bot.evidence.remote import NOWHERE, Remote, admit, at_the_manifest, fetched, plain, url_key
from bot.evidence.shelf import Kept, Shelf, key_of
from bot.evidence.snapshot_file import READERS, read_one, unknown_format
from bot.evidence.sources import (
    MAX_SNAPSHOT,
    Files,
    Naming,
    RefusedSourceError,
    check_digest,
    fetch,
    locate,
    read_file,
)
from bot.evidence.values import BadValueError
from bot.evidence.voc import read_voc
from bot.evidence.voc_sets import SETS
from bot.evidence.yolo import read_yolo
from bot.evidence.yolo_config import read_config
from bot.evidence.yolo_layout import is_image
from bot.forges.base import ObjectKind, TreeEntry
from bot.forges.errors import TooLargeError
from bot.manifest import Source

MAX_CARD = 1 << 20
"""Bytes of the description of a directory."""


def load_snapshot(
    files: Files,
    source: Source,
    naming: Naming,
    *,
    manifest_path: str,
    shelf: Shelf,
    remote: Remote = NOWHERE,
) -> Loaded[Snapshot]:
    """The snapshot that `source` names; `Snapshot.digest` and `used` are set.

    `used` is set even when the bytes cannot be understood: other evidence is bound to them. A
    snapshot on the shelf is neither fetched nor read again.
    """
    try:
        if source.url is not None:
            return _at_a_url(source, naming, shelf, remote)
        path, entry = locate(files, source, naming, manifest_path=manifest_path)
        key = key_of(path, entry, source.format)
        if (kept := shelf.find(key)) is not None:
            check_digest(source, kept.digest, path, naming)
            used = EvidenceUsed(source=path, digest=kept.digest)
            return Loaded(value=snapshot_of(kept.frame, kept.digest), used=used)
        if entry.kind is ObjectKind.DIRECTORY:
            used = EvidenceUsed(source=path, digest=f"gittree:{entry.oid}")
            check_digest(source, used.digest, path, naming)
            loaded = _Directory(files, path, naming, shelf).load(source.format)
        else:
            fetched = fetch(files, source, naming, manifest_path=manifest_path, max_bytes=MAX_SNAPSHOT)
            used = fetched.used
            loaded = read_one(fetched.data, path, source.format, naming)
    except RefusedSourceError as error:
        return Loaded(problems=(error.finding,))
    return _kept(loaded, key, used, shelf)


def _at_a_url(source: Source, naming: Naming, shelf: Shelf, remote: Remote) -> Loaded[Snapshot]:
    """A snapshot that is one file elsewhere, bound by its digest. Raises RefusedSourceError."""
    url, digest = admit(source, naming, remote)
    key = url_key(url, digest, source.format)
    if (kept := shelf.find(key)) is not None:
        used = EvidenceUsed(source=plain(url), digest=kept.digest)
        return Loaded(value=snapshot_of(kept.frame, kept.digest), used=used)
    found = fetched(url, source, naming, remote, max_bytes=MAX_SNAPSHOT)
    loaded = read_one(found.data, found.used.source, source.format, naming)
    problems = at_the_manifest(loaded.problems, naming)
    return _kept(replace(loaded, problems=problems), key, found.used, shelf)


def _kept(loaded: Loaded[Snapshot], key: str, used: EvidenceUsed, shelf: Shelf) -> Loaded[Snapshot]:
    """What was read, bound to its bytes; without problems it is kept."""
    if loaded.value is None or loaded.problems:
        value = None if loaded.value is None else replace(loaded.value, digest=used.digest)
        return replace(loaded, value=value, used=used)
    kept = shelf.keep(key, Kept(frame=frame_of(loaded.value), digest=used.digest))
    return Loaded(value=snapshot_of(kept.frame, kept.digest), used=used)


class _Directory:
    """A snapshot directory, whose files together may be as large as one snapshot."""

    def __init__(self, files: Files, path: str, naming: Naming, shelf: Shelf) -> None:
        self._files = files
        self._path = path
        self._naming = naming
        self._shelf = shelf
        self._left = MAX_SNAPSHOT
        self._below = files.below(path)
        self._pack = Pack(shelf, path)

    def load(self, form: str | None) -> Loaded[Snapshot]:
        """Read it as `form`, or as what its files look like. Raises RefusedSourceError."""
        loaded = self._as(form)
        self._pack.keep()
        return loaded

    def _as(self, form: str | None) -> Loaded[Snapshot]:
        names = tuple(posixpath.relpath(path, self._path) for path in self._below)
        if form is None and not any(name in YOLO_CONFIGS for name in names):
            doubts = Problems(self._path)
            parts = self._described(names, doubts)
            if parts or doubts:
                return self._together(parts, None) if parts else Loaded(problems=doubts.all())
        match form or directory_format(names):
            case "yolo":
                return self._yolo(names)
            case "voc":
                return self._voc()
            case "coco" | "label-studio" as found:
                return self._json(found if form else None)
            case _:
                return Loaded(problems=(unknown_format(self._naming, f"the layout of `{self._path}`"),))

    def _read(self, path: str) -> bytes:
        entry = self._files.entry(path)
        if entry is not None and entry.kind is not ObjectKind.FILE:
            text = f"`{path}` is a {entry.kind}, whose target is not read."
            raise RefusedSourceError(
                self._naming.finding(f"evidence.{entry.kind}", text, "Commit the file itself.")
            )
        data = self._pack.known(entry, max_bytes=self._left)
        if data is None:
            data = read_file(self._files, path, self._naming, max_bytes=self._left)
        self._pack.add(entry, data)
        self._left -= len(data)
        return data

    def _yolo(self, names: tuple[str, ...]) -> Loaded[Snapshot]:
        name = yolo_config(names)
        if name is None:
            text = f"`{self._path}` holds no {YOLO_CONFIGS[0]}, so its classes have no names."
            fix = f"Commit {YOLO_CONFIGS[0]} beside the images and labels."
            return Loaded(problems=(self._naming.finding("yolo.no-config", text, fix),))
        path = posixpath.join(self._path, name)
        config = read_config(self._read(path), file=path)
        if config.value is None:
            return Loaded(problems=config.problems)
        texts = {path: self._read(path) for path in self._below if path.endswith(".txt")}
        return read_yolo(config.value, texts=texts, images=self._images())

    def _images(self) -> dict[str, str]:
        """The committed images and Git's ids of them; of a link, nothing is known of what it shows."""
        entries = ((path, self._files.entry(path)) for path in filter(is_image, self._below))
        return {
            path: f"gitblob:{entry.oid}" if entry and entry.kind is ObjectKind.FILE else ""
            for path, entry in entries
        }

    def _voc(self) -> Loaded[Snapshot]:
        files = {path: self._read(path) for path in self._below if path.lower().endswith(".xml")}
        if not files:
            return Loaded(problems=(unknown_format(self._naming, f"the layout of `{self._path}`"),))
        listed = (path for path in self._below if posixpath.dirname(path).endswith(SETS))
        lists = {path: self._read(path) for path in listed if path.endswith(".txt")}
        return read_voc(files, lists=lists, images=self._images(), root=self._path)

    def _described(self, names: tuple[str, ...], problems: Problems) -> tuple[Part, ...]:
        """The files that a description of the directory names; none where it names none."""
        for path in (posixpath.join(self._path, name) for name in CARDS if name in names):
            entry = self._files.entry(path)
            if entry is None or entry.kind is not ObjectKind.FILE:
                continue
            try:
                data = self._files.read(path, max_bytes=MAX_CARD)
                if parts := described(data, file=path, below=self._below):
                    return parts
            except TooLargeError:
                continue
            except BadValueError as error:
                problems.add(error.code, error.text, error.fix, file=path, line=1)
                return ()
        return ()

    def _json(self, form: str | None) -> Loaded[Snapshot]:
        paths = [path for path in self._below if path.lower().endswith(".json")]
        splits = own_splits(paths, self._path)
        return self._together([Part(path=path, split=splits[path]) for path in paths], form)

    def _together(self, named: Sequence[Part], form: str | None) -> Loaded[Snapshot]:
        """One snapshot of several files."""
        problems: list[Finding] = []
        parts: list[tuple[str, Snapshot]] = []
        for part in named:
            loaded = self._part(part, form)
            problems += loaded.problems
            parts += [(part.path, loaded.value)] if loaded.value is not None else []
        if problems:
            return Loaded(problems=tuple(problems))
        if not parts:
            return Loaded(problems=(unknown_format(self._naming, f"the layout of `{self._path}`"),))
        doubts = Problems(self._path)
        return doubts.loaded(merged(parts, doubts))

    def _part(self, part: Part, form: str | None) -> Loaded[Snapshot]:
        """One of several files, which is not read again while the others change."""
        path = part.path
        entry = self._files.entry(path) or TreeEntry("", ObjectKind.FILE)
        key = key_of(path, entry, f"part:{form}:{part.split}:{part.digest}")
        if (kept := self._shelf.find(key)) is not None:
            return Loaded(value=snapshot_of(kept.frame))
        data = self._read(path)
        check_stated(part, data, self._naming)
        loaded = READERS[form or snapshot_format(data) or "coco"](data, file=path)
        if loaded.value is None or loaded.problems:
            return loaded
        frame = in_split(frame_of(loaded.value), part.split)
        kept = self._shelf.keep(key, Kept(frame=frame, digest=""))
        return Loaded(value=snapshot_of(kept.frame))
