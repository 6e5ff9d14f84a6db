"""JSONL and Parquet: our own records, and Hugging Face's ``metadata.jsonl``.

https://huggingface.co/docs/datasets/image_dataset#object-detection: a record holds ``file_name``
and ``objects`` with a list of boxes (x, y, width, height in pixels) beside a list of
categories (names, or their numbers). Fields that are not known are somebody else's.
"""

from collections.abc import Mapping, Sequence
from math import isfinite

from bot.evidence.coco import split_of_path
from bot.evidence.exports.found import Found, unknown_class
from bot.evidence.exports.model import BoxForm, ClassEntry
from bot.evidence.model import Item
from bot.evidence.problems import Problems, shown
from bot.evidence.tables import Row, TableFormat, read_rows
from bot.evidence.values import MOST_PIXELS

_AGAIN = "Correct the exporter, and export again."
_LABELS = ("categories", "category", "label")
_Fields = Mapping[str, object]


def read_records(
    data: bytes,
    *,
    file: str,
    form: TableFormat,
    classes: Sequence[ClassEntry],
    found: Found,
    problems: Problems,
) -> None:
    """Take one file; `classes` name the numbers of Hugging Face's categories."""
    reading = _Reading(file, {entry.id: entry.name for entry in classes}, found)
    rows = read_rows(data, form=form, problems=problems)
    for row in rows:
        reading.take_item(row)
    for row in rows:
        reading.take_annotations(row)


class _Reading:
    """Taking one file: items first, because records may stand in any order."""

    def __init__(self, file: str, names: Mapping[str, str], found: Found) -> None:
        self._file = file
        self._names = names
        self._found = found
        self._places: dict[str, int] = {}

    def take_item(self, row: Row) -> None:
        """Take what a record says of an item or of classes."""
        match row.fields:
            case {"classes": dict(classes)}:
                self._found.classes.update({str(id_): str(name) for id_, name in classes.items()})
            case {"item": dict(item)}:
                self._add_item(str(item.get("id", "")), item, row)
            case {"file_name": item, "objects": dict()} if str(item) not in self._places:
                self._found.read_as(BoxForm.SIZES)
                self._add_item(str(item), row.fields, row)
            case {"item": item} | {"file_name": item}:
                if str(item) not in self._places:
                    self._add_item(str(item), row.fields, row)

    def take_annotations(self, row: Row) -> None:
        """Take what a record says of annotations."""
        match row.fields:
            case {"annotation": dict(one)}:
                self._add(str(one.get("item", "")), one.get("id"), one.get("label"), one.get("box"), row)
            case {"item": item, "annotation": id_}:
                self._add(str(item), id_, row.fields.get("label"), row.fields.get("box"), row)
            case {"file_name": name, "objects": dict(objects)}:
                boxes = objects.get("bbox")
                labels = next((objects[key] for key in _LABELS if key in objects), None)
                self._add_objects(str(name), boxes, labels, row)

    def _add_objects(self, name: str, boxes: object, labels: object, row: Row) -> None:
        if not isinstance(boxes, list) or not isinstance(labels, list) or len(boxes) != len(labels):
            text = f"{row.place} has not as many categories as boxes"
            self._fault("objects-unlike", text, row, name)
            return
        for number, (box, label) in enumerate(zip(boxes, labels, strict=True)):
            known = label if isinstance(label, str) else self._names.get(str(label))
            if known is None:
                self._fault(
                    "class-unknown", f"{row.place} has category {shown(label)}, which has no name", row, name
                )
            self._add(name, f"{name}#{number}", known or unknown_class(str(label)), box, row)

    def _add_item(self, id_: str, fields: _Fields, row: Row) -> None:
        if id_ in self._places:
            self._fault("duplicate-id", f"item {shown(id_)} occurs twice", row, id_)
            return
        width, height = _side(fields.get("width")), _side(fields.get("height"))
        split = fields.get("split")
        self._places[id_] = self._found.add_item(
            Item(
                id=id_,
                file=str(fields.get("file") or id_),
                split=split if isinstance(split, str) else split_of_path(self._file),
                width=width,
                height=height,
                line=row.line,
            )
        )

    def _add(self, item: str, id_: object, label: object, box: object, row: Row) -> None:
        place = self._places.get(item)
        if place is None:
            self._fault(
                "image-unknown", f"{row.place} is on item {shown(item)}, which the file lacks", row, item
            )
            return
        numbers = _numbers(box)
        if box is not None and len(numbers) != 4:
            self._fault("box-unreadable", f"the box of {row.place} is not four finite numbers", row, item)
            numbers = []
        self._found.add_annotation(place, str(id_), str(label), numbers, line=row.line)

    def _fault(self, code: str, text: str, row: Row, item: str) -> None:
        self._found.fault(code, text, _AGAIN, file=self._file, line=row.line, item=item)


def _numbers(box: object) -> list[float]:
    """The numbers of a box; none when one of them is not a finite number."""
    sides = box if isinstance(box, list) else []
    if any(not isinstance(side, (int, float)) or isinstance(side, bool) for side in sides):
        return []
    try:
        numbers = [float(side) for side in sides]
    except OverflowError:
        return []
    return numbers if all(map(isfinite, numbers)) else []


def _side(value: object) -> int | None:
    """A side of a picture in pixels, where it is one."""
    return int(value) if isinstance(value, (int, float)) and 1 <= value <= MOST_PIXELS else None
