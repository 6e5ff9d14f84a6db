"""YOLO directories as Ultralytics takes them.

https://github.com/ultralytics/ultralytics/blob/main/ultralytics/data/utils.py
(`verify_image_label`): a picture whose label file has one bad row (a class number beyond the
names, a coordinate outside of 0 to 1, other than 5 columns) is left out of training with all its
rows and a warning only. Rows that occur twice count once; with one row of more than 6 columns,
all rows of the file are taken for polygons. Where ``kpt_shape`` says so, the columns behind the box
are keypoints, with or without a third number for whether they are visible.

Here such rows are taken all the same, where they can be, so that it can be said how they are wrong.
"""

import posixpath
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from bot.documents import read_yaml
from bot.evidence.detect import YOLO_CONFIGS
from bot.evidence.export_config import read_export_config
from bot.evidence.exports.found import Found, encoded, unknown_class
from bot.evidence.exports.model import BoxForm, ClassEntry
from bot.evidence.model import Item
from bot.evidence.problems import Problems, shown
from bot.evidence.yolo_config import SPLITS, Keypoints, YoloConfig, keypoints_of
from bot.evidence.yolo_layout import Image, Layout, is_image

_AGAIN = "Correct the exporter, and export again."


@dataclass(frozen=True, slots=True)
class Place:
    """A directory: where it is, the paths of everything in it, and the classes of the export's
    configuration, for a directory that names none itself."""

    root: str
    paths: Collection[str]
    classes: Sequence[ClassEntry]
    outlines: bool = False
    """Whether the format is one of outlines, so that a box is none."""


def read_yolo(files: Mapping[str, bytes], *, at: Place, found: Found, problems: Problems) -> None:
    """Take a directory, of which `files` are the texts by path."""
    config = _config(files, at, found, problems)
    if config is None:
        return
    found.classes.update({entry.id: entry.name for entry in config.classes})
    texts = {path: data for path, data in files.items() if path.endswith(".txt")}
    texts.pop(posixpath.join(at.root, "classes.txt"), None)
    images = frozenset(filter(is_image, at.paths))
    trouble = Problems(config.file)
    layout = Layout(config, texts, images, trouble)
    pictures = layout.images()
    found.take(trouble.all())
    for path in layout.strays(pictures):
        text = "no picture of a named split belongs to this label file"
        found.fault("label-without-image", text, _AGAIN, file=path, line=1, item=path)
    listed = any(place.endswith(".txt") for places in config.splits.values() for place in places)
    found.images_known = listed or any(picture.path in images for picture in pictures)
    names = {entry.id: entry.name for entry in config.classes}
    for picture in pictures:
        _Picture(picture, names, config.keypoints, found, at.outlines).take(texts.get(picture.label))


def _config(files: Mapping[str, bytes], at: Place, found: Found, problems: Problems) -> YoloConfig | None:
    """Classes and splits by the directory's own configuration, or by the export's."""
    candidates = [posixpath.join(at.root, name) for name in YOLO_CONFIGS]
    path = next((path for path in candidates if path in files), None)
    if path is None:
        nested = any("/images/" in f"/{one}" or "/labels/" in f"/{one}" for one in at.paths)
        places = ("images" if nested else ".",)
        return YoloConfig(file=candidates[0], classes=tuple(at.classes), splits={"": places})
    read = read_export_config(files[path], file=path)
    if read.value is None:
        problems.take(read.problems)
        return None
    found.take(read.value.faults)
    content = read_yaml(files[path], file=path)
    fields = content.data if isinstance(content.data, Mapping) else {}
    splits = {split: _places(fields.get(split)) for split in SPLITS if fields.get(split)}
    place = fields.get("path")
    return YoloConfig(
        file=path,
        classes=read.value.classes,
        root=place if isinstance(place, str) else "",
        splits=splits or {"": ("images",)},
        keypoints=keypoints_of(content, fields["kpt_shape"], problems) if "kpt_shape" in fields else None,
    )


def _places(value: object) -> tuple[str, ...]:
    return tuple(place for place in (value if isinstance(value, list) else [value]) if isinstance(place, str))


class _Picture:
    """Taking one picture and its label file."""

    def __init__(
        self,
        image: Image,
        names: Mapping[str, str],
        keypoints: Keypoints | None,
        found: Found,
        outlines: bool,
    ) -> None:
        self._outlines = outlines
        self._image = image
        self._names = names
        self._keypoints = keypoints
        self._found = found

    def take(self, labels: bytes | None) -> None:
        """Take the rows; None: there is no label file."""
        text = (labels or b"").decode("utf-8", "replace")
        rows = [(line, row.split()) for line, row in enumerate(text.split("\n"), 1) if row.strip()]
        image = self._image
        item = Item(
            id=image.name, file=image.path, split=image.split, marked_empty=labels is not None and not rows
        )
        place = self._found.add_item(item)
        lengths = {len(row) for _, row in rows}
        if self._keypoints is None and 5 in lengths and max(lengths) > 6:
            self._fault(
                "rows-mixed", "the file mixes boxes and polygons, and boxes are taken for polygons", 1
            )
        seen: set[tuple[str, ...]] = set()
        for line, row in rows:
            if tuple(row) in seen:
                self._fault("duplicate-row", f"line {line} repeats another one and counts once", line)
            else:
                self._take_row(place, row, line)
            seen.add(tuple(row))

    def _take_row(self, place: int, row: list[str], line: int) -> None:
        try:
            numbers = [float(word) for word in row]
        except ValueError:
            numbers = []
        if not all(map(isfinite, numbers)) or not self._fits(len(numbers)):
            what = "polygon" if self._keypoints is None else "keypoints as `kpt_shape` says"
            self._left_out("row-unreadable", f"line {line} is no class and box or {what}", line)
            return
        id_ = f"{numbers[0]:.0f}" if numbers[0].is_integer() else row[0]
        label = self._names.get(id_)
        if label is None:
            known = len(self._names)
            self._left_out(
                "class-unknown", f"line {line} has class {shown(id_)}, and {known:,} are named", line
            )
            label = unknown_class(id_)
        places = self._places(numbers[1:])
        if min(places) < 0 or max(places) > 1:
            self._left_out("out-of-range", f"line {line} has a coordinate outside of 0 to 1", line)
        is_outline = self._keypoints is None and len(places) > 4
        if self._outlines and not is_outline:
            self._fault("outlines-missing", f"line {line} is no outline, which the format is for", line)
        shape = places if is_outline else ()
        id_ = f"{self._image.name}:{line}"
        self._found.add_annotation(place, id_, label, self._box(places), shape=shape, line=line)

    def _fits(self, columns: int) -> bool:
        """Whether a row has as many columns as a box, a polygon, or a box with its keypoints."""
        if self._keypoints is not None:
            return columns == 5 + self._keypoints.count * self._keypoints.dimensions
        return columns == 5 or (columns > 5 and columns % 2 == 1)

    def _places(self, numbers: Sequence[float]) -> Sequence[float]:
        """The coordinates of a row: without what says whether a keypoint is visible."""
        if self._keypoints is None or self._keypoints.dimensions == 2:
            return numbers
        return [*numbers[:4], *(number for n, number in enumerate(numbers[4:]) if n % 3 < 2)]

    def _box(self, places: Sequence[float]) -> Sequence[float]:
        return _box(places if self._keypoints is None else places[:4])

    def _left_out(self, code: str, text: str, line: int) -> None:
        self._fault(code, f"{text}: Ultralytics leaves the picture out", line)

    def _fault(self, code: str, text: str, line: int) -> None:
        self._found.fault(code, text, _AGAIN, file=self._image.label, line=line, item=self._image.name)


def _box(places: Sequence[float]) -> Sequence[float]:
    """The numbers of a box; of a polygon the box around it."""
    if len(places) == 4:
        return places
    left, top = min(places[::2]), min(places[1::2])
    return encoded(BoxForm.CENTRE, (left, top, max(places[::2]) - left, max(places[1::2]) - top))
