"""A COCO file without mistakes, read straight into columns.

Gives up at the first thing that is not as it should be: `bot.evidence.coco` then reads the file
record by record and says what and where.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from operator import attrgetter

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bot.evidence import coco_records as records
from bot.evidence.assembly import item_id, shared_names
from bot.evidence.collector import paused_collector
from bot.evidence.frame_builder import FrameBuilder, nothing
from bot.evidence.frames import Frame
from bot.evidence.json_pieces import Piece, pieces
from bot.evidence.values import DECODE_ERRORS, BadValueError, Id, text_id, utc

GIVES_UP = (*DECODE_ERRORS, BadValueError, KeyError, OverflowError, pa.ArrowException)


_KINDS: tuple[tuple[type[records.Annotation], ...], ...] = (
    (records.Boxed, records.Numbered),
    (records.Annotation,),
)
"""What records may be, in the order they are tried: their ids are all numbers, or of any kind."""

NUL = b"\\u0000"
"""As JSON has to write it; the other reader says that the file holds one."""


class _File(msgspec.Struct, gc=False):
    images: msgspec.Raw
    categories: msgspec.Raw
    annotations: msgspec.Raw


def read(data: bytes, split: str) -> Frame | None:
    """The file as a frame, or None; `split` is that of images which name none themselves."""
    with paused_collector():
        return _read(data, split)


def _read(data: bytes, split: str) -> Frame | None:
    if b"\\" in data and NUL in data:  # a single byte is found ten times as fast
        return None
    try:
        file = msgspec.json.decode(data, type=_File)
        classes, images = _classes(file.categories), _Images(data, file.images, split)
    except GIVES_UP:
        return None
    for kinds in _KINDS:
        try:
            annotations = Annotations(images.places, classes)
            for piece in pieces(data, file.annotations, *kinds):
                annotations.add(piece)
            builder = FrameBuilder()
            builder.add_columns(items=images.table, annotations=annotations.table(images.ids))
            return builder.frame({str(id_): name for id_, name in classes.items()})
        except GIVES_UP:
            continue
    return None


def _classes(categories: msgspec.Raw) -> dict[Id, str]:
    found = msgspec.json.decode(categories, type=list[records.Category])
    classes = {category.id: text_id(category.name) for category in found}
    if len(classes) != len(found):
        raise KeyError("categories share an id")
    return classes


class _Images:
    """All images as a table of items; `places` tells the row by COCO's id of the image."""

    def __init__(self, data: bytes, array: msgspec.Raw, split: str) -> None:
        images: list[records.Image] = []
        lines: list[NDArray[np.int64]] = []
        for piece in pieces(data, array, records.Image):
            images += piece.records
            lines.append(piece.lines)
        names = list(map(_file_name, images))
        if "" in names:
            raise KeyError("an image has no name")
        splits = [split if name is None else name for name in map(_split, images)]
        shared = shared_names(zip(names, splits, strict=True)) if len(set(splits)) > 1 else frozenset()
        ids = (
            [item_id(name, part, shared) for name, part in zip(names, splits, strict=True)]
            if shared
            else names
        )
        self.places: dict[Id, int] = {image.id: place for place, image in enumerate(images)}
        if len(self.places) != len(images) or len(set(ids)) != len(ids):
            raise KeyError("images share an id or a name")
        self.ids = pa.array(ids, pa.string())
        columns = {
            "id": self.ids,
            "file": pa.array(names, pa.string()),
            "split": pa.array(splits, pa.string()),
            "width": _pixels(map(_width, images), len(images)),
            "height": _pixels(map(_height, images), len(images)),
            "empty": pa.array(np.fromiter(map(_empty, images), np.bool_, len(images))),
            "line": pa.array(_joined(lines)),
        }
        if any(map(_digest, images)) or any(map(_sha256, images)):
            columns["digest"] = pa.array([image.content for image in images], pa.string())
        if any(map(_coco_url, images)) or any(map(_flickr_url, images)):
            columns["url"] = pa.array([image.url for image in images], pa.string())
        if set(map(_group, images)) != {None}:
            columns["group_key"] = pa.array([image.belongs_to for image in images], pa.string())
        self.table = pa.table(columns)


class Annotations:
    """The columns of all annotations, piece by piece."""

    def __init__(self, images: Mapping[Id, int], classes: Mapping[Id, str]) -> None:
        self._images = images
        self._names = pa.array(list(classes.values()), pa.string())
        self._classes = {id_: place for place, id_ in enumerate(classes)}
        self._ids: list[Id] | None = None
        self._numbers: list[NDArray[np.int64]] = []
        self._image_rows: list[NDArray[np.int32]] = []
        self._class_rows: list[NDArray[np.int32]] = []
        self._sides: list[NDArray[np.float64]] = []
        self._lines: list[NDArray[np.int64]] = []
        self._rare: dict[str, list[pa.Array]] = {"shape": [], "changed_at": [], "annotator": []}

    def add(self, piece: Piece[records.Annotation]) -> None:
        """Take some annotations. Raises one of `GIVES_UP`."""
        rows = piece.records
        self._add_ids(rows)
        self._image_rows.append(_rows(map(_image_id, rows), self._images, len(rows)))
        self._class_rows.append(_rows(map(_category_id, rows), self._classes, len(rows)))
        self._sides.append(_sides(rows))
        self._lines.append(piece.lines)
        if isinstance(rows[0], records.Boxed):
            return
        if any(map(_segmentation, rows)) or any(map(_keypoints, rows)) or any(map(_iscrowd, rows)):
            self._put("shape", pa.array(map(records.shape, rows), pa.list_(pa.float64()), size=len(rows)))
        if set(map(_changed_at, rows)) != {None}:
            times = [None if row.changed_at is None else utc(row.changed_at, "changed_at") for row in rows]
            self._put("changed_at", pa.array(times, pa.timestamp("us", tz="UTC")))
        if set(map(_annotator, rows)) != {""}:
            self._put("annotator", pa.array([str(row.annotator) for row in rows], pa.string()))

    def _add_ids(self, rows: Sequence[records.Annotation]) -> None:
        if isinstance(rows[0], records.Numbered):
            self._numbers.append(np.fromiter(map(_id, rows), np.int64, len(rows)))
        else:
            self._ids = [*(self._ids or ()), *map(_id, rows)]

    def _put(self, name: str, values: pa.Array) -> None:
        """Values of a column that most files do not have; rows before them have none."""
        done = sum(map(len, self._rare[name]))
        now = sum(map(len, self._lines))
        self._rare[name] += [nothing(values.type, now - len(values) - done), values]

    def table(self, item_ids: pa.Array) -> pa.Table:
        """All annotations. Raises KeyError when two share an id."""
        rows = sum(map(len, self._lines))
        sides = np.concatenate([np.empty((0, 4)), *self._sides])
        whole = np.isnan(sides[:, 0])
        columns = {
            "id": self._id_column(),
            "item": pa.DictionaryArray.from_arrays(_joined(self._image_rows, np.int32), item_ids),
            "label": pa.DictionaryArray.from_arrays(_joined(self._class_rows, np.int32), self._names),
            **{
                name: pa.array(sides[:, n], mask=whole)
                for n, name in enumerate(("x", "y", "width", "height"))
            },
            "line": pa.array(_joined(self._lines)),
        }
        for name, found in self._rare.items():
            if found:
                missing = rows - sum(map(len, found))
                columns[name] = pa.chunked_array([*found, nothing(found[0].type, missing)])
        return pa.table(columns)

    def _id_column(self) -> pa.Array:
        if self._ids is not None:
            texts = list(map(str, self._ids))
            if len(set(texts)) != len(texts):
                raise KeyError("annotations share an id")
            return pa.array(texts, pa.string())
        numbers = _joined(self._numbers)
        ascending = bool(np.less(numbers[:-1], numbers[1:]).all())  # as exporters write them
        if not ascending and len(np.unique(numbers)) < len(numbers):
            raise KeyError("annotations share an id")
        return pa.array(numbers).cast(pa.string())


_id = attrgetter("id")
_file_name = attrgetter("file_name")
_split = attrgetter("split")
_digest = attrgetter("digest")
_sha256 = attrgetter("sha256")
_coco_url = attrgetter("coco_url")
_flickr_url = attrgetter("flickr_url")
_group = attrgetter("group")
_empty = attrgetter("empty")
_width = attrgetter("width")
_height = attrgetter("height")
_image_id = attrgetter("image_id")
_category_id = attrgetter("category_id")
_bbox = attrgetter("bbox")
_segmentation = attrgetter("segmentation")
_keypoints = attrgetter("keypoints")
_iscrowd = attrgetter("iscrowd")
_changed_at = attrgetter("changed_at")
_annotator = attrgetter("annotator")


def _pixels(sizes: Iterable[float], count: int) -> pa.Array:
    """Whole pixels; null: unknown."""
    found = np.fromiter(sizes, np.float64, count).astype(np.int64)
    return pa.array(found, mask=found == 0)


def _rows(keys: Iterable[Id], places: Mapping[Id, int], count: int) -> NDArray[np.int32]:
    """The place of every key. Raises KeyError."""
    return np.fromiter(map(places.__getitem__, keys), np.int32, count)


def _sides(rows: Sequence[records.Annotation]) -> NDArray[np.float64]:
    """The boxes as (n, 4): x, y, width, height; all NaN for an annotation of the whole item.

    Raises:
        BadValueError: a box is none.
    """
    boxes = list(map(_bbox, rows))
    if None in boxes:
        whole = (np.nan,) * 4
        boxes = [records.box(row) or whole for row in rows]
    sides = np.fromiter(chain.from_iterable(boxes), np.float64, 4 * len(boxes)).reshape(-1, 4)
    with np.errstate(over="ignore"):  # a sum beyond all numbers is what is looked for
        endless = np.isinf(sides.sum(axis=1)).any()
    if endless or (sides[:, 2:] < 0).any():
        raise BadValueError("snapshot.bad-box", "a box is none", "Correct it.")
    return sides


def _joined(parts: Sequence[NDArray[np.generic]], kind: type[np.generic] = np.int64) -> NDArray[np.generic]:
    return np.concatenate([np.empty(0, kind), *parts])
