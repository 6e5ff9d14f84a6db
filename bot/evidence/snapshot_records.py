"""Snapshots in our own forms: JSONL, and Parquet.

JSONL holds one item or annotation per line, in any order::

    {"classes": {"1": "car", "2": "person"}}
    {"item": {"id": "a.jpg", "file": "images/a.jpg", "split": "train", "width": 640, "height": 480,
              "digest": "sha256:…", "empty": false, "url": "https://…", "group": "scene 7"}}
    {"annotation": {"id": "7", "item": "a.jpg", "label": "car", "box": [1, 2, 30, 40], "shape": [],
                    "changed_at": "2026-03-27T14:05:00Z", "annotator": "ann"}}

Only ``id`` of an item (its ``file`` is then the same) and ``id, item, label`` of an annotation
are needed; ``classes`` gives the class ids and may be left out.

Parquet is one table of annotations with their items:
``item, file, split, width, height, digest, empty, url, group, annotation, label, class_id, box, shape,
changed_at, annotator``, where ``box`` is a list of four numbers. A row without ``annotation`` is an item
without annotations; rows of one item must agree about it. ``class_id`` is the id of ``label`` and may
be left out. A table without mistakes is read as columns (`parquet_columns`), one with mistakes row by
row, to say which rows they are in.
"""

import msgspec

from bot.evidence import parquet_columns
from bot.evidence.assembly import Assembly, Box, checked_box, checked_shape
from bot.evidence.frame_rows import snapshot_of
from bot.evidence.model import Annotation, Item, Loaded, Snapshot
from bot.evidence.parquet_file import TooManyRecordsError
from bot.evidence.problems import Problems, shown
from bot.evidence.tables import BOM, Row, note_unknown_fields, parquet_rows
from bot.evidence.values import (
    DECODE_ERRORS,
    BadValueError,
    Id,
    Pixels,
    explained,
    plain_text,
    text_id,
    utc_or_none,
)


class _Item(msgspec.Struct, forbid_unknown_fields=True):
    id: Id
    file: str = ""
    split: str = ""
    width: Pixels | None = None
    height: Pixels | None = None
    digest: str = ""
    empty: bool = False
    url: str = ""
    group: Id = ""


class _Annotation(msgspec.Struct, forbid_unknown_fields=True):
    id: Id
    item: Id
    label: str
    box: Box | None = None
    shape: tuple[float, ...] = ()
    changed_at: object = None
    annotator: Id = ""


class _Class(msgspec.Struct):
    class_id: Id
    label: str


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    item: _Item | None = None
    annotation: _Annotation | None = None
    classes: dict[str, str] | None = None


_ITEM_COLUMNS = ("file", "split", "width", "height", "digest", "empty", "url", "group")
_ANNOTATION_COLUMNS = ("label", "box", "shape", "changed_at", "annotator")
_COLUMNS = ("item", *_ITEM_COLUMNS, "annotation", *_ANNOTATION_COLUMNS, "class_id")


def read_jsonl(data: bytes, *, file: str) -> Loaded[Snapshot]:
    """Read a snapshot of one JSON object per line."""
    problems = Problems(file)
    assembly = Assembly(problems)
    classes: dict[str, str] = {}
    decode = msgspec.json.Decoder(_Line).decode
    for number, text in enumerate(data.removeprefix(BOM).split(b"\n"), 1):
        if not text.strip():
            continue
        try:
            _take(decode(text), number, assembly, classes)
        except DECODE_ERRORS as error:
            _note_bad(f"line {number}", error, number, problems)
        except BadValueError as error:
            problems.add(error.code, f"line {number}: {error.text}", error.fix, line=number)
    assembly.note_strays()
    return problems.loaded(assembly.snapshot(classes))


def read_parquet(data: bytes, *, file: str) -> Loaded[Snapshot]:
    """Read a snapshot of one table of annotations with their items."""
    try:
        if (frame := parquet_columns.read(data, _COLUMNS)) is not None:
            return Loaded(value=snapshot_of(frame))
    except TooManyRecordsError as error:
        problems = Problems(file)
        problems.add("evidence.too-many-records", str(error), "Split the data set into releases of its own.")
        return Loaded(problems=problems.all())
    return read_by_row(data, file=file)


def read_by_row(data: bytes, *, file: str) -> Loaded[Snapshot]:
    """Read the same slowly, and say of every row what is wrong with it."""
    problems = Problems(file)
    assembly = Assembly(problems)
    items: dict[str, Item] = {}
    classes: dict[str, str] = {}
    unknown: set[str] = set()
    for row in parquet_rows(data, problems, max_rows=None):
        note_unknown_fields(row, _COLUMNS, unknown, problems)
        try:
            _take_class(row, classes)
            _take_row(row, assembly, items)
        except msgspec.ValidationError as error:
            _note_bad(row.place, error, None, problems)
        except BadValueError as error:
            problems.add(error.code, f"{row.place}: {error.text}", error.fix)
    return problems.loaded(assembly.snapshot(classes))


def _take(line: _Line, number: int, assembly: Assembly, classes: dict[str, str]) -> None:
    if sum(part is not None for part in (line.item, line.annotation, line.classes)) != 1:
        raise BadValueError(
            "snapshot.bad-record",
            "a line holds one of `item`, `annotation` and `classes`",
            "Write every record on a line of its own.",
        )
    if line.item is not None:
        assembly.add_item(_item(line.item, number))
    elif line.annotation is not None:
        assembly.add_annotation(_annotation(line.annotation, number))
    else:
        classes.update(line.classes or {})


def _take_class(row: Row, classes: dict[str, str]) -> None:
    if "class_id" not in row.fields:
        return
    found = msgspec.convert({name: row.fields.get(name) for name in ("class_id", "label")}, _Class)
    name, id_ = text_id(found.label), text_id(found.class_id)
    if classes.setdefault(id_, name) != name:
        raise BadValueError(
            "snapshot.class-contradicts",
            f"class {shown(id_)} is {shown(name)} here and {shown(classes[id_])} in an earlier row",
            "Write the same label for a class id in all rows.",
        )


def _take_row(row: Row, assembly: Assembly, items: dict[str, Item]) -> None:
    fields = row.fields
    described = {"id": fields.get("item"), **{name: fields[name] for name in _ITEM_COLUMNS if name in fields}}
    item = _item(msgspec.convert(described, _Item), None)
    known = items.setdefault(item.id, item)
    if known != item:
        raise BadValueError(
            "snapshot.item-contradicts",
            "the item is described otherwise than in an earlier row",
            "Write the same item columns in all rows of an item.",
        )
    if known is item:
        assembly.add_item(item)
    if "annotation" in fields:
        found = {name: fields[name] for name in _ANNOTATION_COLUMNS if name in fields}
        raw = msgspec.convert({"id": fields["annotation"], "item": item.id, **found}, _Annotation)
        assembly.add_annotation(_annotation(raw, None))


def _item(raw: _Item, line: int | None) -> Item:
    id_ = text_id(raw.id)
    return Item(
        id=id_,
        file=plain_text(raw.file) or id_,
        split=plain_text(raw.split),
        width=raw.width or None,
        height=raw.height or None,
        digest=plain_text(raw.digest),
        marked_empty=raw.empty,
        url=plain_text(raw.url),
        group=plain_text(raw.group),
        line=line,
    )


def _annotation(raw: _Annotation, line: int | None) -> Annotation:
    return Annotation(
        id=text_id(raw.id),
        item=text_id(raw.item),
        label=text_id(raw.label),
        box=None if raw.box is None else checked_box(raw.box),
        shape=checked_shape(raw.shape),
        changed_at=utc_or_none(raw.changed_at, "changed_at"),
        annotator=plain_text(raw.annotator),
        line=line,
    )


def _note_bad(place: str, error: Exception, line: int | None, problems: Problems) -> None:
    problems.add(
        "snapshot.bad-record",
        f"{place}: {explained(error)}",
        "Write the record with the fields of an item or an annotation.",
        line=line,
    )
