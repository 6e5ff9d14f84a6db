"""COCO object detection, segmentation and keypoints (https://cocodataset.org/#format-data).

An item's id is the image's ``file_name`` exactly as written; an annotation's id is its COCO id as
text. Keys we do not use are allowed, as everywhere in COCO. Optional keys beyond COCO are read:
``split``, ``digest`` or ``sha256``, ``empty``, ``group`` of an image; ``changed_at``, ``annotator`` of an
annotation. Without ``split`` it is told from the path: ``instances_train2017.json``,
``train/_annotations.coco.json``. Any other file of a directory is a split of its own
(`bot.evidence.own_splits`).

A file without mistakes is read as columns (`coco_columns`); this reader takes it record by record
to say what is wrong and where. Both give the same snapshot.

`Annotation.shape` holds the polygons one after the other, or of a mask its height, width and run
lengths, then the keypoints, with marks between them and at the end of a crowd (`coco_records.shape`).
`area` and `attributes` are not kept.
"""

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec
import pyarrow as pa

from bot.evidence import coco_columns, coco_records
from bot.evidence.assembly import Assembly, item_id, shared_names
from bot.evidence.coco_screen import stretches
from bot.evidence.frame_rows import snapshot_of
from bot.evidence.model import Annotation, Item, Loaded, Snapshot
from bot.evidence.problems import Problems, shown
from bot.evidence.tables import BOM
from bot.evidence.values import DECODE_ERRORS, BadValueError, Id, explained, text_id, utc


class _File(msgspec.Struct, gc=False):
    images: list[msgspec.Raw]
    categories: list[msgspec.Raw]
    annotations: list[msgspec.Raw]


R = TypeVar("R", bound=msgspec.Struct)

_SPLIT = re.compile(r"(?<![a-z])(train|val|validation|test)(?![a-z])|^valid$", re.IGNORECASE)
_BYTE = re.compile(r"\(byte (\d+)\)$")


def read_coco(data: bytes, *, file: str) -> Loaded[Snapshot]:
    """Read one COCO file; `file` is its path in the repository."""
    data = data.removeprefix(BOM)
    if (frame := coco_columns.read(data, split_of_path(file))) is not None:
        return Loaded(value=snapshot_of(frame))
    return read_by_record(data, file=file)


def read_by_record(data: bytes, *, file: str) -> Loaded[Snapshot]:
    """Read one COCO file slowly, and say of every record what is wrong with it."""
    problems = Problems(file)
    if coco_columns.NUL in data:
        problems.add("snapshot.bad-record", "the file holds a NUL character", "Remove the character.")
        return Loaded(problems=problems.all())
    if b'"segments_info"' in data:
        text = "the file is panoptic COCO, whose segments are the pixels of other files"
        problems.add("coco.panoptic", text, "Release the snapshot as COCO object detection.")
        return Loaded(problems=problems.all())
    try:
        content = msgspec.json.decode(data, type=_File)
    except DECODE_ERRORS as error:
        _note_unreadable(data, error, problems)
        return Loaded(problems=problems.all())
    _Reading(data, file, problems).look_through(content)
    if problems:
        return Loaded(problems=problems.all())
    return problems.loaded(_Reading(data, file, problems).snapshot(content))


def split_of_path(path: str) -> str:
    """The one split that a path's file name, or else its directory, speaks of; "" when none."""
    for part in reversed(path.split("/")[-2:]):
        words = {found[0].lower() for found in _SPLIT.finditer(part)}
        splits = {"val" if word.startswith("val") else word for word in words}
        if len(splits) == 1:
            return splits.pop()
    return ""


class _Reading:
    """Reading one file: what its image and category ids stand for, and where records lie."""

    def __init__(self, data: bytes, file: str, problems: Problems) -> None:
        self._data = data
        self._split = split_of_path(file)
        self._problems = problems
        self._assembly = Assembly(problems)
        self._classes: dict[Id, str] = {}
        self._images: dict[Id, tuple[coco_records.Image, int]] = {}
        self._items: dict[Id, str] = {}

    def look_through(self, content: _File) -> None:
        """Note everything that is wrong; what is right is only looked at together."""
        self._begin(content)
        line = (1, 0)
        for at, records, ids in stretches(content.annotations, self._items, self._classes):
            if ids is None or not self._assembly.has_taken(ids):
                line = self._each(
                    "annotations", records, coco_records.Annotation, self._add_annotation, at=at, line=line
                )

    def snapshot(self, content: _File) -> Snapshot:
        """Take every record."""
        self._begin(content)
        self._each("annotations", content.annotations, coco_records.Annotation, self._add_annotation)
        return self._assembly.snapshot({str(id_): name for id_, name in self._classes.items()})

    def _begin(self, content: _File) -> None:
        self._each("categories", content.categories, coco_records.Category, self._add_category)
        self._each("images", content.images, coco_records.Image, self._add_image)
        self._add_items()

    def _each(
        self,
        array: str,
        records: Sequence[msgspec.Raw],
        shape: type[R],
        add: Callable[[R, int], None],
        *,
        at: int = 0,
        line: tuple[int, int] = (1, 0),
    ) -> tuple[int, int]:
        """Decode every record and add it with its line; a record that cannot be is noted.

        `at` is the place of the first one in its array, `line` a line and the offset it was counted to;
        returns these of the last record.

        A `Raw` is a view of the file's bytes, so its address tells its offset, and counting the
        line breaks from one record to the next costs one pass over the file.
        """
        decode = msgspec.json.Decoder(shape).decode
        begin = pa.py_buffer(self._data).address
        number, counted = line
        for index, record in enumerate(records, at):
            offset = pa.py_buffer(record).address - begin
            number += self._data.count(b"\n", counted, offset)
            counted = offset
            try:
                add(decode(record), number)
            except DECODE_ERRORS as error:
                text = f"{array}[{index}]: {explained(error)}"
                self._problems.add(
                    "snapshot.bad-record", text, "Write the record as COCO describes it.", line=number
                )
            except BadValueError as error:
                self._problems.add(error.code, f"{array}[{index}]: {error.text}", error.fix, line=number)
        return number, counted

    def _add_category(self, category: coco_records.Category, _line: int) -> None:
        if category.id in self._classes:
            raise _twice("category", category.id)
        self._classes[category.id] = text_id(category.name)

    def _add_image(self, image: coco_records.Image, line: int) -> None:
        text_id(image.file_name)
        if image.id in self._images:
            raise _twice("image", image.id)
        self._images[image.id] = (image, line)

    def _split_of(self, image: coco_records.Image) -> str:
        return self._split if image.split is None else image.split

    def _add_items(self) -> None:
        shared = shared_names((image.file_name, self._split_of(image)) for image, _ in self._images.values())
        for coco_id, (image, line) in self._images.items():
            split = self._split_of(image)
            self._items[coco_id] = item_id(image.file_name, split, shared)
            self._assembly.add_item(
                Item(
                    id=self._items[coco_id],
                    file=image.file_name,
                    split=split,
                    width=int(image.width) or None,
                    height=int(image.height) or None,
                    digest=image.content,
                    marked_empty=image.empty,
                    url=image.url,
                    group=image.belongs_to,
                    line=line,
                )
            )

    def _add_annotation(self, raw: coco_records.Annotation, line: int) -> None:
        label = self._classes.get(raw.category_id)
        item = self._items.get(raw.image_id)
        if label is None:
            raise BadValueError(
                "snapshot.unknown-class",
                f"annotation {shown(raw.id)} is of category {shown(raw.category_id)}, which is missing",
                "Add the category or correct `category_id`.",
            )
        if item is None:
            raise BadValueError(
                "snapshot.unknown-item",
                f"annotation {shown(raw.id)} is on image {shown(raw.image_id)}, which is missing",
                "Add the image or correct `image_id`.",
            )
        self._assembly.add_annotation(
            Annotation(
                id=str(raw.id),
                item=item,
                label=label,
                box=coco_records.box(raw),
                shape=coco_records.shape(raw),
                changed_at=None if raw.changed_at is None else utc(raw.changed_at, "changed_at"),
                annotator=str(raw.annotator),
                line=line,
            )
        )


def _twice(what: str, id_: Id) -> BadValueError:
    return BadValueError(
        "snapshot.duplicate-id",
        f"{what} id {shown(id_)} occurs twice",
        f"Give every {what} an id of its own.",
    )


def _note_unreadable(data: bytes, error: Exception, problems: Problems) -> None:
    found = _BYTE.search(str(error))
    offset = int(found[1]) if found else len(data)
    line = data.count(b"\n", 0, offset) + 1
    if data[offset : offset + 4].lstrip(b"-")[:3] in {b"NaN", b"Inf"}:
        text, cure = (
            "NaN and Infinity are not JSON",
            "Replace them by real numbers, or remove the annotation.",
        )
    else:
        text, cure = f"the file is not COCO: {explained(error)}", "Export it again as COCO."
    problems.add("snapshot.not-coco", text, cure, line=line)
