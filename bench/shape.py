"""Two snapshots shaped like COCO train2017 and val2017, a baseline and its successor.

118,287 + 5,000 images and 860,001 + 36,781 boxes of 80 classes at ids with COCO's gaps. The
successor tightens a third of one class, adds 2 % of images, removes a few boxes, and does two
things nobody declared: it relabels and moves boxes of the validation split. Everything follows
from one seed, so every engine sees the same bytes on every machine.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bot.evidence.frame_builder import completed
from bot.evidence.frames import ANNOTATIONS, ITEMS

SEED = 2017
SPLITS = {"train2017": (118_287, 860_001), "val2017": (5_000, 36_781)}
CLASS_IDS = tuple(n for n in range(1, 91) if n not in {12, 26, 29, 30, 45, 66, 68, 69, 71, 83})
WIDTH, HEIGHT = 640, 480
_ROWS = 1 << 17


class Row(TypedDict):
    """One box as COCO writes it."""

    id: int
    image_id: int
    category_id: int
    bbox: list[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxes:
    """Boxes of one split as columns; `box` has the shape (n, 4): x, y, width, height in pixels."""

    ids: NDArray[np.int64]
    images: NDArray[np.int64]
    classes: NDArray[np.int64]
    box: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """One split of one snapshot: its image ids and its boxes."""

    name: str
    images: NDArray[np.int64]
    boxes: Boxes


def baseline(copies: int = 1, shapes: Mapping[str, tuple[int, int]] = SPLITS) -> tuple[Split, ...]:
    """The released snapshot: images and boxes of every split in `shapes`, `copies` times as many."""
    random = np.random.default_rng(SEED)
    weights = 1 / np.arange(1, len(CLASS_IDS) + 1) ** 0.9
    splits, first_image, first_box = [], 1, 1
    for name, shape in shapes.items():
        images, boxes = (count * copies for count in shape)
        image_ids = np.arange(first_image, first_image + images)
        splits.append(
            Split(name=name, images=image_ids, boxes=_boxes(random, image_ids, first_box, boxes, weights))
        )
        first_image, first_box = first_image + images, first_box + boxes
    return tuple(splits)


def successor(before: tuple[Split, ...]) -> tuple[Split, ...]:
    """The candidate: intended work in the training split, unintended changes in the validation split."""
    random = np.random.default_rng(SEED + 1)
    train, val = before
    boxes = train.boxes
    box = boxes.box.copy()
    tightened = (boxes.classes == CLASS_IDS[2]) & (random.random(len(box)) < 0.3)
    box[tightened] = np.round(box[tightened] + [0.5, 0.5, -1.0, -1.0], 2)
    kept = random.random(len(box)) >= 0.003
    new_images = np.arange(len(train.images) // 50) + 10_000_000
    weights = 1 / np.arange(1, len(CLASS_IDS) + 1) ** 0.9
    added = _boxes(random, new_images, 100_000_000, 7 * len(new_images), weights)
    now = Boxes(
        ids=np.concatenate([boxes.ids[kept], added.ids]),
        images=np.concatenate([boxes.images[kept], added.images]),
        classes=np.concatenate([boxes.classes[kept], added.classes]),
        box=np.concatenate([box[kept], added.box]),
    )
    changed = Split(name=train.name, images=np.concatenate([train.images, new_images]), boxes=now)
    return (changed, _disturbed(val, random))


def _disturbed(val: Split, random: np.random.Generator) -> Split:
    classes, box = val.boxes.classes.copy(), val.boxes.box.copy()
    picked = random.choice(len(classes), 133, replace=False)
    classes[picked[:79]] = CLASS_IDS[-1]
    box[picked[79:], 0] += 3
    return Split(
        name=val.name,
        images=val.images,
        boxes=Boxes(ids=val.boxes.ids, images=val.boxes.images, classes=classes, box=box),
    )


def _boxes(
    random: np.random.Generator,
    images: NDArray[np.int64],
    first: int,
    count: int,
    weights: NDArray[np.float64],
) -> Boxes:
    corner = random.random((count, 2)) * [WIDTH * 0.8, HEIGHT * 0.8]
    size = random.random((count, 2)) * [WIDTH * 0.2, HEIGHT * 0.2] + 1
    return Boxes(
        ids=np.arange(first, first + count),
        images=np.sort(random.choice(images, count)),
        classes=random.choice(np.array(CLASS_IDS), count, p=weights / weights.sum()),
        box=np.asarray(np.round(np.hstack([corner, size]), 2), dtype=np.float64),
    )


def write_coco(split: Split, path: Path) -> None:
    """Write one split as COCO writes it: one line, boxes with area, crowd flag and no polygon."""
    with path.open("w", encoding="utf-8") as file:
        file.write(
            '{"info": {"description": "shaped like COCO 2017", "year": 2017}, "licenses": [], "images": ['
        )
        file.write(", ".join(_image(split.name, image) for image in split.images.tolist()))
        file.write('], "annotations": [')
        for place, text in enumerate(_annotations(split.boxes)):
            file.write(f", {text}" if place else text)
        file.write('], "categories": [')
        file.write(
            ", ".join(f'{{"supercategory": "thing", "id": {n}, "name": "class {n}"}}' for n in CLASS_IDS)
        )
        file.write("]}")


def _image(split: str, image: int) -> str:
    return (
        f'{{"license": 1, "file_name": "{image:012d}.jpg", "height": {HEIGHT}, "width": {WIDTH}, '
        f'"coco_url": "images/{split}/{image:012d}.jpg", '
        f'"date_captured": "2013-11-14 11:18:45", "id": {image}}}'
    )


def _annotations(boxes: Boxes) -> Iterator[str]:
    columns = (boxes.ids.tolist(), boxes.images.tolist(), boxes.classes.tolist(), boxes.box.tolist())
    for id_, image, class_id, (x, y, width, height) in zip(*columns, strict=True):
        yield (
            f'{{"segmentation": [], "area": {width * height:.4f}, "iscrowd": 0, "image_id": {image}, '
            f'"bbox": [{x}, {y}, {width}, {height}], "category_id": {class_id}, "id": {id_}}}'
        )


def write_frame(splits: tuple[Split, ...], folder: Path) -> None:
    """Write a snapshot as the two Parquet tables that the service keeps (`bot.evidence.frames`)."""
    folder.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(folder / "items.parquet", ITEMS, compression="zstd", compression_level=1) as writer:
        for split in splits:
            writer.write_table(_items(split))
    with pq.ParquetWriter(
        folder / "annotations.parquet", ANNOTATIONS, compression="zstd", compression_level=1
    ) as writer:
        for split in splits:
            for start in range(0, len(split.boxes.ids), _ROWS):
                writer.write_table(_annotation_rows(split, slice(start, start + _ROWS)))


def _items(split: Split) -> pa.Table:
    ids = pc.binary_join_element_wise(pa.array(split.images).cast(pa.string()), "jpg", ".")
    count = len(split.images)
    columns = {
        "id": ids,
        "file": ids,
        "split": pa.repeat(split.name.removesuffix("2017"), count),
        "width": pa.repeat(WIDTH, count),
        "height": pa.repeat(HEIGHT, count),
        "line": pa.repeat(1, count),
    }
    return completed(pa.table(columns), ITEMS).cast(ITEMS)


def _annotation_rows(split: Split, rows: slice) -> pa.Table:
    boxes = split.boxes
    ids, images, classes = (
        pa.array(column[rows]).cast(pa.string()) for column in (boxes.ids, boxes.images, boxes.classes)
    )
    sides = {name: pa.array(boxes.box[rows, n]) for n, name in enumerate(("x", "y", "width", "height"))}
    columns = {
        "id": pc.binary_join_element_wise(split.name.removesuffix("2017"), ids, "/"),
        "item": pc.binary_join_element_wise(images, "jpg", "."),
        "label": pc.binary_join_element_wise("class", classes, " "),
        **sides,
        "line": pa.repeat(1, len(ids)),
    }
    return completed(pa.table(columns), ANNOTATIONS).cast(ANNOTATIONS)
