"""Loading exported files: which reader, and within which limits."""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.answers import EvidenceUsed, Finding
from bot.evidence.archives.files import is_archive, open_archive
from bot.evidence.detect import YOLO_CONFIGS, snapshot_format
from bot.evidence.exports.coco import read_coco
from bot.evidence.exports.found import Found
from bot.evidence.exports.keeping import export_key, exported_of, kept_of
from bot.evidence.exports.model import BoxForm, ExportConfig, ExportedFiles
from bot.evidence.exports.pictures import check_pictures
from bot.evidence.exports.records import read_records
from bot.evidence.exports.voc import read_voc
from bot.evidence.exports.yolo import Place, read_yolo
from bot.evidence.model import Loaded
from bot.evidence.problems import Problems
from bot.evidence.shelf import MemoryShelf, Shelf
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
from bot.evidence.tables import TableFormat
from bot.evidence.yolo_layout import is_image
from bot.forges.base import ObjectKind, TreeEntry
from bot.manifest import Source

_FORMATS = {
    "coco": "coco",
    "yolo": "yolo",
    "ultralytics": "yolo",
    "voc": "voc",
    "pascal": "voc",
    "jsonl": "jsonl",
    "parquet": "parquet",
    "huggingface": "jsonl",
}
_BOXES = {"coco": BoxForm.SIZES, "yolo": BoxForm.CENTRE, "voc": BoxForm.CORNERS}
_DIRECTORIES = {"yolo", "voc"}
"""Formats of several files."""
_SUFFIXES = {
    "coco": (".json",),
    "yolo": (".txt", ".yaml", ".yml"),
    "voc": (".xml", ".txt"),
    "jsonl": (".jsonl",),
    "parquet": (".parquet",),
}


def load_exported(
    files: Files,
    source: Source,
    naming: Naming,
    *,
    manifest_path: str,
    config: ExportConfig | None,
    shelf: Shelf | None = None,
) -> Loaded[ExportedFiles]:
    """The exported files that `source` names, as their consumer takes them.

    The format is the stated one, else that of the bytes. Files on the `shelf` are not read again.
    """
    shelf, used = shelf or MemoryShelf(), None
    stated = source.format or (config.format if config else "")
    form = next((known for word, known in _FORMATS.items() if stated.lower().startswith(word)), None)
    foreign = form is None and stated != ""
    try:
        path, entry = locate(files, source, naming, manifest_path=manifest_path)
        key = export_key(path, entry, f"{form} {(meant := means_outlines(stated, form))}", config)
        if not foreign and (kept := shelf.find(key)) is not None:
            check_digest(source, kept.digest, path, naming)
            used = EvidenceUsed(source=path, digest=kept.digest)
            return Loaded(value=exported_of(kept), used=used)
        if entry.kind is ObjectKind.DIRECTORY:
            used = EvidenceUsed(source=path, digest=f"gittree:{entry.oid}")
            check_digest(source, used.digest, path, naming)
            found = None if foreign else _of_directory(files, path, form, naming)
        else:
            fetched = fetch(files, source, naming, manifest_path=manifest_path, max_bytes=MAX_SNAPSHOT)
            used = fetched.used
            found = None if foreign else _of_file(fetched.data, path, form, naming)
    except RefusedSourceError as error:
        return Loaded(problems=(error.finding,), used=used)
    if found is None:
        return Loaded(problems=(_unknown(naming, path, stated),), used=used)
    read = _read(found, config, meant)
    if read.value is None or (made := kept_of(read.value, used.digest)) is None:
        return Loaded(value=read.value, problems=read.problems, used=used)
    return Loaded(value=exported_of(shelf.keep(key, made)), used=used)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What lies in one place: its format, its texts, and the paths of all files."""

    form: str
    root: str
    paths: tuple[str, ...]
    texts: dict[str, bytes]
    pictures: Mapping[str, TreeEntry | None] = field(default_factory=dict)


def _of_file(data: bytes, path: str, form: str | None, naming: Naming) -> _Found | None:
    """One file, or an archive of several; None: of no format that is read. Raises RefusedSourceError."""
    if is_archive(path):
        archive = open_archive(data, path, naming)
        return _of_directory(archive, archive.root(YOLO_CONFIGS), form, naming)
    form = form or snapshot_format(data)
    if form is None or form in _DIRECTORIES:
        return None
    return _Found(form=form, root=path, paths=(path,), texts={path: data})


def _of_directory(files: Files, path: str, form: str | None, naming: Naming) -> _Found | None:
    """The files below a directory. Raises RefusedSourceError."""
    paths = files.below(path)
    form = form or _told_by_suffixes(paths)
    if form is None:
        return None
    pictures = {one: files.entry(one) for one in filter(is_image, paths)}
    texts = _texts(files, paths, form, naming)
    return _Found(form=form, root=path, paths=paths, texts=texts, pictures=pictures)


def means_outlines(stated: str, form: str | None) -> bool:
    """Whether the exported files are to hold the outlines of the snapshot."""
    word = stated.lower()
    return (form == "yolo" and "seg" in word) or (form == "coco" and "detect" not in word)


def _read(there: _Found, config: ExportConfig | None, outlines: bool) -> Loaded[ExportedFiles]:
    problems = Problems(there.root)
    found = Found(_BOXES.get(there.form))
    classes = config.classes if config else ()
    match there.form:
        case "coco":
            for path, data in there.texts.items():
                read_coco(data, file=path, found=found, problems=problems)
        case "yolo":
            place = Place(there.root, there.paths, classes, outlines)
            read_yolo(there.texts, at=place, found=found, problems=problems)
        case "voc":
            read_voc(there.texts, root=there.root, found=found, problems=problems)
        case _:
            table: TableFormat = "parquet" if there.form == "parquet" else "jsonl"
            for path, data in there.texts.items():
                read_records(data, file=path, form=table, classes=classes, found=found, problems=problems)
    check_pictures(found.items, there.pictures, found)
    return problems.loaded(replace(found.files(), outlines=outlines))


def _texts(files: Files, paths: tuple[str, ...], form: str, naming: Naming) -> dict[str, bytes]:
    """The files that the format reads, together as large as one snapshot. Raises RefusedSourceError."""
    left = MAX_SNAPSHOT
    texts: dict[str, bytes] = {}
    for path in paths:
        if not path.lower().endswith(_SUFFIXES[form]):
            continue
        entry = files.entry(path)
        if entry is not None and entry.kind is not ObjectKind.FILE:
            text = f"`{path}` is a {entry.kind}, whose target is not read."
            raise RefusedSourceError(
                naming.finding(f"evidence.{entry.kind}", text, "Commit the file itself.")
            )
        texts[path] = read_file(files, path, naming, max_bytes=left)
        left -= len(texts[path])
    return texts


def _told_by_suffixes(paths: tuple[str, ...]) -> str | None:
    suffixes = {posixpath.splitext(path)[1].lower() for path in paths}
    order = {".xml": "voc", ".parquet": "parquet", ".jsonl": "jsonl", ".txt": "yolo", ".json": "coco"}
    return next((form for suffix, form in order.items() if suffix in suffixes), None)


def _unknown(naming: Naming, path: str, stated: str) -> Finding:
    what = f"are stated as `{stated}`, which does not fit" if stated else "have a format that is not known"
    return naming.finding(
        "export.unknown-format",
        f"The exported files `{path}` {what}; they are not read.",
        "Write `format` as one of coco, yolo, voc, jsonl, parquet; YOLO and VOC are directories or archives.",
        field="format",
    )
