"""YOLO directories as Ultralytics reads them: boxes, polygons, oriented boxes and keypoints.

https://docs.ultralytics.com/datasets/. The label file of ``images/train/x.jpg`` is
``labels/train/x.txt``; `bot.evidence.yolo_rows` says what a row is.

- No image is read, so sizes are unknown: `Item.width` is None, and boxes and shapes of these
  items are in *fractions of the item*, not in pixels. A polygon's box is its extent.
- An item's id and file is its path below its split's directory, as COCO's ``file_name`` would be; its
  digest is Git's id of the committed image.
- YOLO rows have no identity, so ids are made of content (`bot.evidence.content_ids`).
- An image without label file has no annotations; with an empty one it is marked as empty.
- Of a label file with boxes and polygons Ultralytics takes every row for a polygon, a box for one of
  two points. The rows are read as they are meant, and a problem beside the value says so.
"""

from collections.abc import Mapping

from bot.answers import Finding
from bot.evidence.assembly import Assembly, item_id, shared_names
from bot.evidence.content_ids import ContentIds
from bot.evidence.model import Annotation, Item, Loaded, Snapshot
from bot.evidence.problems import Problems
from bot.evidence.values import BadValueError
from bot.evidence.yolo_config import YoloConfig
from bot.evidence.yolo_layout import Image, Layout, is_image
from bot.evidence.yolo_rows import geometry


def read_yolo(
    config: YoloConfig, *, texts: Mapping[str, bytes], images: Mapping[str, str]
) -> Loaded[Snapshot]:
    """Read a YOLO directory.

    `texts` are the bytes of its ``.txt`` files (labels and image lists), `images` the digests of
    its image files ("": unknown), both by repository path. Without any image the items are told
    from the label files alone, and a problem beside the value says so.
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
    reading = _Reading(config, images, problems)
    shared = shared_names((image.name, image.split) for image in found)
    for image in found:
        reading.add(image, item_id(image.name, image.split, shared), texts.get(image.label))
    loaded = problems.loaded(reading.snapshot())
    if loaded.value is None:
        return loaded
    doubts = Problems(config.file)
    whole = _are_listed(config) or any(image.path in images for image in found)
    doubts.take(() if whole else [_no_images(config.file)])
    doubts.take(reading.mixed)
    return Loaded(value=loaded.value, problems=doubts.all(), whole=whole)


class _Reading:
    """Reading label files into one assembly; `mixed` are doubts about files of boxes and polygons."""

    def __init__(self, config: YoloConfig, images: Mapping[str, str], problems: Problems) -> None:
        self.mixed: list[Finding] = []
        self._classes = {entry.id: entry.name for entry in config.classes}
        self._keypoints = config.keypoints
        self._images = images
        self._assembly = Assembly(problems)
        self._problems = problems

    def snapshot(self) -> Snapshot:
        """What was read."""
        return self._assembly.snapshot(self._classes, has_ids=False)

    def add(self, image: Image, id_: str, labels: bytes | None) -> None:
        """Take an image and the rows of its label file (None: it has none)."""
        rows = (labels or b"").decode("utf-8", errors="replace").split("\n")
        item = Item(
            id=id_,
            file=image.name,
            split=image.split,
            digest=self._images.get(image.path, ""),
            marked_empty=labels is not None and not labels.strip(),
        )
        self._assembly.add_item(item)
        ids = ContentIds(id_)
        columns: set[bool] = set()
        for line, row in enumerate(rows, 1):
            words = row.split()
            if words:
                columns.add(len(words) == 5)
                self._add_row(image, id_, words, line, ids)
        if len(columns) > 1 and self._keypoints is None:
            self.mixed.append(_mixed(image.label))

    def _add_row(self, image: Image, item: str, words: list[str], line: int, ids: ContentIds) -> None:
        try:
            label, box, shape = geometry(words, self._classes, self._keypoints)
        except BadValueError as error:
            self._problems.add(
                error.code, f"line {line}: {error.text}", error.fix, line=line, file=image.label
            )
            return
        self._assembly.add_annotation(
            Annotation(id=ids.next(words), item=item, label=label, box=box, shape=shape, line=line)
        )


def _are_listed(config: YoloConfig) -> bool:
    """Whether the images of all splits are known without looking into directories."""
    places = [place for split in config.splits.values() for place in split]
    return all(place.endswith(".txt") or is_image(place) for place in places)


def _mixed(file: str) -> Finding:
    return Finding(
        code="yolo.mixed-rows",
        text="The file holds boxes and polygons; Ultralytics takes the boxes for polygons of two points.",
        fix="Write every object of the file as a polygon, or every one as a box.",
        file=file,
        line=1,
    )


def _no_images(file: str) -> Finding:
    return Finding(
        code="yolo.no-images",
        text="The directory holds no images, so images without a label file are unknown.",
        fix="Let each split name a text file that lists its images.",
        file=file,
        line=1,
    )
