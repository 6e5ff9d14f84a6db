"""COCO files as pycocotools takes them.

https://github.com/cocodataset/cocoapi/blob/master/PythonAPI/pycocotools/coco.py: images,
annotations and categories go into mappings by id, so that of two records with one id the later
one stays; nothing is checked. A box is x, y, width, height in pixels, whatever it holds.
"""

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import TypeVar

import msgspec

from bot.evidence.coco import split_of_path
from bot.evidence.coco_records import Annotation, shape
from bot.evidence.exports.found import Found, unknown_class
from bot.evidence.model import Item
from bot.evidence.problems import Problems, shown
from bot.evidence.tables import BOM
from bot.evidence.values import DECODE_ERRORS, MOST_PIXELS, BadValueError, Id, explained


class _Image(msgspec.Struct, gc=False):
    id: Id
    file_name: str
    width: float = 0
    height: float = 0
    split: str | None = None


class _Category(msgspec.Struct, gc=False):
    id: Id
    name: str


class _Annotation(msgspec.Struct, gc=False):
    id: Id
    image_id: Id
    category_id: Id
    bbox: list[float] | None = None
    segmentation: msgspec.Raw = msgspec.Raw()
    keypoints: msgspec.Raw = msgspec.Raw()
    iscrowd: msgspec.Raw = msgspec.Raw()


class _File(msgspec.Struct, gc=False):
    images: list[_Image]
    annotations: list[_Annotation]
    categories: list[_Category]


_decode = msgspec.json.Decoder(_File).decode

R = TypeVar("R", _Image, _Category, _Annotation)


def read_coco(data: bytes, *, file: str, found: Found, problems: Problems) -> None:
    """Take one COCO file; what no reader of JSON understands is a problem."""
    try:
        content = _decode(data.removeprefix(BOM))
    except DECODE_ERRORS as error:
        problems.add(
            "export.unreadable",
            f"no consumer of COCO can read the file: {explained(error)}",
            "Export it again as COCO.",
        )
        return
    _Reading(file, found).take(content)


class _Reading:
    """Taking one file: what its ids stand for."""

    def __init__(self, file: str, found: Found) -> None:
        self._file = file
        self._found = found
        self._places: dict[Id, int] = {}
        self._names: dict[Id, str] = {}

    def take(self, content: _File) -> None:
        """Take categories, images and annotations, in this order."""
        for category in self._later(content.categories, "category"):
            self._names[category.id] = category.name
            known = self._found.classes.setdefault(str(category.id), category.name)
            if known != category.name:
                text = (
                    f"class {shown(category.id)} is {shown(category.name)} here and {shown(known)} elsewhere"
                )
                self._fault("classes-disagree", text)
        split = split_of_path(self._file)
        for image in self._later(content.images, "image"):
            name, here = image.file_name, split if image.split is None else image.split
            width, height = _pixels(image.width), _pixels(image.height)
            item = Item(id=name, file=name, split=here, width=width, height=height)
            self._places[image.id] = self._found.add_item(item)
        for one in self._later(content.annotations, "annotation"):
            self._take_annotation(one)

    def _take_annotation(self, one: _Annotation) -> None:
        place = self._places.get(one.image_id)
        if place is None:
            text = (
                f"annotation {shown(one.id)} is on image {shown(one.image_id)}, which the file does not have"
            )
            self._fault("image-unknown", text)
            return
        label = self._names.get(one.category_id)
        if label is None:
            text = f"annotation {shown(one.id)} is of category {shown(one.category_id)}, which the file lacks"
            self._fault("class-unknown", text)
            label = unknown_class(str(one.category_id))
        box = one.bbox
        if box is not None and (len(box) != 4 or not all(map(isfinite, box))):
            self._fault("box-unreadable", f"the box of annotation {shown(one.id)} is not four finite numbers")
            box = None
        self._found.add_annotation(place, one.id, label, box or (), shape=self._outline(one))

    def _outline(self, one: _Annotation) -> Sequence[float]:
        """Polygons or mask, keypoints and the mark of a crowd, flat, as in snapshots."""
        said = {"segmentation": one.segmentation, "keypoints": one.keypoints, "iscrowd": one.iscrowd}
        given = {name: raw for name, raw in said.items() if bytes(raw)}
        if not given:
            return ()
        record = msgspec.json.encode({"id": 0, "image_id": 0, "category_id": 0, **given})
        try:
            return shape(msgspec.json.decode(record, type=Annotation))
        except (*DECODE_ERRORS, BadValueError):
            self._fault("outline-unreadable", f"the outline of annotation {shown(one.id)} cannot be read")
            return ()

    def _later(self, records: Sequence[R], what: str) -> Iterable[R]:
        """The records by id; of two with one id the later stays."""
        by_id: dict[Id, R] = {}
        for record in records:
            if record.id in by_id:
                text = f"{what} id {shown(record.id)} occurs twice, and only the later of the two is kept"
                self._fault("duplicate-id", text)
            by_id[record.id] = record
        return by_id.values()

    def _fault(self, code: str, text: str) -> None:
        self._found.fault(code, text, "Correct the exporter, and export again.", file=self._file)


def _pixels(side: float) -> int | None:
    return int(side) if 1 <= side <= MOST_PIXELS else None
