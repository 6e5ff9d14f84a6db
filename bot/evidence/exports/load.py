"""Loading exported files: which reader, and within which limits."""

import posixpath

from bot.answers import EvidenceUsed, Finding
from bot.evidence.detect import snapshot_format
from bot.evidence.exports.coco import read_coco
from bot.evidence.exports.found import Found
from bot.evidence.exports.model import BoxForm, ExportConfig, ExportedFiles
from bot.evidence.exports.records import read_records
from bot.evidence.exports.voc import read_voc
from bot.evidence.exports.yolo import Place, read_yolo
from bot.evidence.model import Loaded
from bot.evidence.problems import Problems
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
from bot.forges.base import ObjectKind
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
_SUFFIXES = {
    "coco": (".json",),
    "yolo": (".txt", ".yaml", ".yml"),
    "voc": (".xml", ".txt"),
    "jsonl": (".jsonl",),
    "parquet": (".parquet",),
}


def load_exported(
    files: Files, source: Source, naming: Naming, *, manifest_path: str, config: ExportConfig | None
) -> Loaded[ExportedFiles]:
    """The exported files that `source` names, as their consumer takes them.

    The format is the one that `source` or else `config` states, else that of the bytes.
    """
    stated = source.format or (config.format if config else "")
    form = next((known for word, known in _FORMATS.items() if stated.lower().startswith(word)), None)
    try:
        path, entry = locate(files, source, naming, manifest_path=manifest_path)
        if entry.kind is ObjectKind.DIRECTORY:
            used = EvidenceUsed(source=path, digest=f"gittree:{entry.oid}")
            check_digest(source, used.digest, path, naming)
            paths = files.below(path)
            form = form or _of_directory(paths)
            texts = _texts(files, paths, form, naming)
        else:
            fetched = fetch(files, source, naming, manifest_path=manifest_path, max_bytes=MAX_SNAPSHOT)
            used, paths, texts = fetched.used, (path,), {path: fetched.data}
            form = form or snapshot_format(fetched.data)
    except RefusedSourceError as error:
        return Loaded(problems=(error.finding,))
    if form is None or (form in {"yolo", "voc"} and entry.kind is not ObjectKind.DIRECTORY):
        return Loaded(problems=(_unknown(naming, path, stated),), used=used)
    read = _read(form, texts, path, paths, config)
    return Loaded(value=read.value, problems=read.problems, used=used)


def _read(
    form: str, texts: dict[str, bytes], root: str, paths: tuple[str, ...], config: ExportConfig | None
) -> Loaded[ExportedFiles]:
    problems = Problems(root)
    found = Found(_BOXES.get(form))
    classes = config.classes if config else ()
    match form:
        case "coco":
            for path, data in texts.items():
                read_coco(data, file=path, found=found, problems=problems)
        case "yolo":
            read_yolo(texts, at=Place(root, paths, classes), found=found, problems=problems)
        case "voc":
            read_voc(texts, root=root, found=found, problems=problems)
        case _:
            table: TableFormat = "parquet" if form == "parquet" else "jsonl"
            for path, data in texts.items():
                read_records(data, file=path, form=table, classes=classes, found=found, problems=problems)
    return problems.loaded(found.files())


def _texts(files: Files, paths: tuple[str, ...], form: str | None, naming: Naming) -> dict[str, bytes]:
    """The files that the format reads, together as large as one snapshot. Raises RefusedSourceError."""
    left = MAX_SNAPSHOT
    texts: dict[str, bytes] = {}
    for path in paths:
        if not path.lower().endswith(_SUFFIXES.get(form or "", ())):
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


def _of_directory(paths: tuple[str, ...]) -> str | None:
    suffixes = {posixpath.splitext(path)[1].lower() for path in paths}
    order = {".xml": "voc", ".parquet": "parquet", ".jsonl": "jsonl", ".txt": "yolo", ".json": "coco"}
    return next((form for suffix, form in order.items() if suffix in suffixes), None)


def _unknown(naming: Naming, path: str, stated: str) -> Finding:
    what = f"are stated as `{stated}`, which does not fit" if stated else "have a format that is not known"
    return naming.finding(
        "export.unknown-format",
        f"The exported files `{path}` {what}; they are not read.",
        "Write `format` as one of coco, yolo, voc, jsonl, parquet; YOLO and VOC are directories.",
        field="format",
    )
