"""YOLO directories as Ultralytics reads them: detection boxes, polygons and oriented boxes.

https://docs.ultralytics.com/datasets/. The label file of ``images/train/x.jpg`` is
``labels/train/x.txt``; a row is a class number and ``x y width height`` of the box's centre and
size, or the corners of a polygon (an oriented box has four), all as fractions of the image.

- No image is read, so sizes are unknown: `Item.width` is None, and boxes and shapes of these
  items are in *fractions of the item*, not in pixels. A polygon's box is its extent.
- An item's id is its path below its split's directory, as COCO's ``file_name`` would be.
- YOLO rows have no identity. The id of an annotation is its item and a digest of the row's
  content, so that an inserted or reordered row does not disturb the others.
- An image without label file has no annotations; with an empty one it is marked as empty.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping

from bot.answers import Finding
from bot.evidence.assembly import Assembly, Box, checked_box, extent, item_id, shared_names
from bot.evidence.model import Annotation, Item, Loaded, Snapshot
from bot.evidence.problems import Problems, shown
from bot.evidence.values import BadValueError
from bot.evidence.yolo_config import YoloConfig
from bot.evidence.yolo_layout import Image, Layout

Geometry = tuple[str, Box, tuple[float, ...]]
"""Class name, box and polygon of one row; the polygon is empty for a plain box."""


def read_yolo(config: YoloConfig, *, texts: Mapping[str, bytes], images: Collection[str]) -> Loaded[Snapshot]:
    """Read a YOLO directory.

    `texts` are the bytes of its ``.txt`` files (labels and image lists) and `images` the paths of
    its image files, both by repository path. Without any image the items are told from the label
    files alone, and a problem beside the value says so.
    """
    problems = Problems(config.file)
    layout = Layout(config, texts, images, problems)
    found = layout.images()
    for path in layout.strays(found):
        problems.add(
            "yolo.label-without-image",
            "no image of a named split belongs to this label file",
            "Add the image, or remove the label file.",
            file=path,
            line=1,
        )
    reading = _Reading({entry.id: entry.name for entry in config.classes}, problems)
    shared = shared_names((image.name, image.split) for image in found)
    for image in found:
        reading.add(image, item_id(image.name, image.split, shared), texts.get(image.label))
    loaded = problems.loaded(reading.assembly.snapshot(reading.classes))
    if loaded.value is None or any(image.path in images for image in found) or _lists(config):
        return loaded
    return Loaded(value=loaded.value, problems=(_no_images(config.file),))


class _Reading:
    """Reading label files into one assembly."""

    def __init__(self, classes: Mapping[str, str], problems: Problems) -> None:
        self.classes = classes
        self.assembly = Assembly(problems)
        self._problems = problems

    def add(self, image: Image, id_: str, labels: bytes | None) -> None:
        """Take an image and the rows of its label file (None: it has none)."""
        rows = (labels or b"").decode("utf-8", errors="replace").split("\n")
        empty = labels is not None and not labels.strip()
        self.assembly.add_item(Item(id=id_, file=image.path, split=image.split, marked_empty=empty))
        seen: Counter[str] = Counter()
        for line, row in enumerate(rows, 1):
            words = row.split()
            if words:
                self._add_row(image, id_, words, line, seen)

    def _add_row(self, image: Image, id_: str, words: list[str], line: int, seen: Counter[str]) -> None:
        try:
            label, box, shape = self._geometry(words)
        except BadValueError as error:
            self._problems.add(
                error.code, f"line {line}: {error.text}", error.fix, line=line, file=image.label
            )
            return
        digest = hashlib.sha256(" ".join(words).encode()).hexdigest()[:12]
        seen[digest] += 1
        again = f"-{seen[digest]}" if seen[digest] > 1 else ""
        self.assembly.add_annotation(
            Annotation(id=f"{id_}#{digest}{again}", item=id_, label=label, box=box, shape=shape, line=line)
        )

    def _geometry(self, words: list[str]) -> Geometry:
        try:
            numbers = [float(word) for word in words]
        except ValueError:
            raise _bad_row("a column is not a number") from None
        label = self.classes.get(f"{numbers[0]:.0f}") if numbers[0].is_integer() else None
        if label is None:
            raise BadValueError(
                "yolo.unknown-class",
                f"class {shown(words[0])} is not one of the {len(self.classes)} in the configuration",
                "Correct the class number, or add its name.",
            )
        places = tuple(numbers[1:])
        if not all(0 <= place <= 1 for place in places):
            raise BadValueError(
                "yolo.out-of-range",
                "a coordinate is not between 0 and 1",
                "Write coordinates as fractions of the image's width and height.",
            )
        if len(places) == 4:
            x, y, width, height = places
            return label, checked_box((x - width / 2, y - height / 2, width, height)), ()
        if len(places) < 6 or len(places) % 2:
            raise _bad_row(f"{len(words)} columns are neither a box (5) nor a polygon (7 or more, odd)")
        return label, extent(places), places


def _bad_row(text: str) -> BadValueError:
    return BadValueError(
        "yolo.bad-row",
        text,
        "Write a class number and the 4 numbers of a box, or the x y pairs of a polygon.",
    )


def _lists(config: YoloConfig) -> bool:
    return any(place.endswith(".txt") for places in config.splits.values() for place in places)


def _no_images(file: str) -> Finding:
    return Finding(
        code="yolo.no-images",
        text="The directory holds no images, so images without a label file are unknown.",
        fix="Let each split name a text file that lists its images.",
        file=file,
        line=1,
    )
