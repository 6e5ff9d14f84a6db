"""An exporter that can make every mistake: one small data set, written in any format.

What it does wrong is data (`Mistakes`), so that one bug is tried in each format it can occur in.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

CLASSES = ("car", "bus", "tram")
PICTURES: dict[str, tuple[str, int, int]] = {
    "a.jpg": ("train", 640, 480),
    "b.jpg": ("train", 800, 600),
    "c.jpg": ("val", 500, 375),
    "d.jpg": ("val", 640, 480),
    "e.jpg": ("train", 1024, 768),
}
BOXES: tuple[tuple[str, str, tuple[float, float, float, float]], ...] = (
    ("a.jpg", "car", (64.5, 48.25, 128.5, 96.0)),
    ("a.jpg", "bus", (320.0, 240.5, 64.0, 48.0)),
    ("b.jpg", "tram", (10.25, 20.0, 100.0, 300.5)),
    ("b.jpg", "car", (400.0, 100.0, 50.5, 60.0)),
    ("c.jpg", "bus", (5.0, 6.5, 200.0, 100.0)),
    ("c.jpg", "tram", (250.0, 200.25, 40.0, 80.0)),
    ("e.jpg", "car", (500.5, 300.0, 120.0, 90.5)),
    ("e.jpg", "tram", (700.0, 10.5, 33.0, 44.0)),
)
FORMATS = ("coco", "yolo", "segment", "voc", "jsonl", "huggingface", "parquet")
LAYOUTS = {"yolo": "centre", "segment": "polygon", "voc": "corners"}
UNITS = {"yolo": "fractions", "segment": "fractions"}


@dataclass(frozen=True, kw_only=True)
class Mistakes:
    """What the exporter does wrong; nothing by default."""

    layout: str = ""
    unit: str = ""
    swap: bool = False
    flip: bool = False
    shift: float = 0.0
    scale: float = 1.0
    round: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    shift_ids: int = 0
    order: tuple[str, ...] = CLASSES
    drop_class: str = ""
    drop_pictures: tuple[str, ...] = ()
    drop_boxes: int = 0
    double_boxes: int = 0
    empty_files: tuple[str, ...] = ()
    no_files: tuple[str, ...] = ()
    splits: Mapping[str, str] = field(default_factory=dict)
    extra_pictures: tuple[str, ...] = ()
    move_first: float = 0.0
    flatten_first: bool = False
    raw: Mapping[str, str] = field(default_factory=dict)
    repeat_id: str = ""
    orphan: bool = False


def export(form: str, wrong: Mistakes) -> tuple[str, dict[str, bytes]]:
    """The artefact's path below ``out``, and its files."""
    writers = {"coco": _coco, "yolo": _yolo, "segment": _yolo, "voc": _voc, "huggingface": _huggingface}
    return writers.get(form, _records)(form, wrong)


def config(form: str, *, name: str = "", classes: Any = None) -> bytes:
    """A faithful export configuration; `classes` replaces the class map."""
    base = 1 if form == "coco" else 0
    named = dict(enumerate(CLASSES, base)) if classes is None else classes
    stated = name or {"segment": "yolo-segment"}.get(form, form)
    return yaml.safe_dump({"format": stated, "classes": named}, sort_keys=False).encode()


def snapshot() -> bytes:
    """The data set as the COCO file it is released as."""
    _, files = _coco("coco", Mistakes())
    return next(iter(files.values()))


def _pictures(wrong: Mistakes) -> list[tuple[str, str, int, int]]:
    kept = [(name, *row) for name, row in PICTURES.items() if name not in wrong.drop_pictures]
    kept += [(name, "train", 100, 100) for name in wrong.extra_pictures]
    return [(name, wrong.splits.get(name, split), width, height) for name, split, width, height in kept]


def _boxes(form: str, wrong: Mistakes) -> list[tuple[str, str, tuple[float, ...]]]:
    """Picture, class and numbers as the file holds them."""
    kept = [row for row in BOXES if row[0] not in wrong.drop_pictures and row[1] != wrong.drop_class]
    kept = kept[wrong.drop_boxes :] + kept[: wrong.double_boxes]
    rows = []
    for place, (name, label, (x, *rest)) in enumerate(kept):
        _, width, height = PICTURES[name]
        box = (x if place else x + wrong.move_first, *rest)
        if wrong.flatten_first and not place:
            box = (*box[:2], 0.0, *box[3:])
        rows.append((name, wrong.labels.get(label, label), _numbers(form, wrong, box, width, height)))
    return rows


def _numbers(
    form: str, wrong: Mistakes, box: tuple[float, ...], width: int, height: int
) -> tuple[float, ...]:
    x, y, w, h = (side * wrong.scale for side in box)
    if wrong.flip:
        y = height - y - h
    x, y = x + wrong.shift, y + wrong.shift
    if wrong.round:
        x, y, w, h = round(x), round(y), round(w), round(h)
    numbers: tuple[float, ...] = {
        "sizes": (x, y, w, h),
        "centre": (x + w / 2, y + h / 2, w, h),
        "corners": (x, y, x + w, y + h),
        "polygon": (x, y, x + w, y, x + w, y + h, x, y + h),
    }[wrong.layout or LAYOUTS.get(form, "sizes")]
    unit = wrong.unit or UNITS.get(form, "pixels")
    per = {"pixels": 0, "fractions": 1, "percent": 100}[unit]
    if per:
        numbers = tuple(n * per / (height if place % 2 else width) for place, n in enumerate(numbers))
    if wrong.swap:
        numbers = tuple(numbers[place ^ 1] for place in range(len(numbers)))
    return tuple(round(n, 6) for n in numbers)


def _id(wrong: Mistakes, label: str, first: int) -> int:
    return wrong.order.index(label) + first + wrong.shift_ids if label in wrong.order else 99


def _coco(form: str, wrong: Mistakes) -> tuple[str, dict[str, bytes]]:
    pictures = _pictures(wrong)
    ids = {row[0]: number for number, row in enumerate(pictures, 1)}
    annotations = [
        {"id": number, "image_id": ids[name], "category_id": _id(wrong, label, 1), "bbox": list(box)}
        for number, (name, label, box) in enumerate(_boxes(form, wrong), 1)
    ]
    images = [
        {"id": ids[name], "file_name": name, "width": width, "height": height, "split": split}
        for name, split, width, height in pictures
    ]
    if wrong.repeat_id:
        records = {"image": images, "annotation": annotations}[wrong.repeat_id]
        records[1]["id"] = records[0]["id"]
    if wrong.orphan:
        annotations[0]["image_id"] = 999
    categories = [{"id": number, "name": label} for number, label in enumerate(CLASSES, 1)]
    document = {"images": images, "annotations": annotations, "categories": categories}
    return "out/export.json", {"out/export.json": json.dumps(document, indent=1).encode()}


def _yolo(form: str, wrong: Mistakes) -> tuple[str, dict[str, bytes]]:
    names = "".join(f"  {number}: {label}\n" for number, label in enumerate(CLASSES))
    files = {"out/data.yaml": f"train: images/train\nval: images/val\nnames:\n{names}".encode()}
    rows: dict[str, list[str]] = {}
    for name, label, numbers in _boxes(form, wrong):
        row = f"{_id(wrong, label, 0)} {' '.join(f'{n:g}' if n > 1 else f'{n:.6f}' for n in numbers)}"
        rows.setdefault(name, []).append(row)
    for name, split, _, _ in _pictures(wrong):
        files[f"out/images/{split}/{name}"] = b"\xff\xd8"
        lines = wrong.raw.get(name, "\n".join(rows.get(name, [])))
        text = "" if name in wrong.empty_files else lines
        if name not in wrong.no_files:
            files[f"out/labels/{split}/{name[:-4]}.txt"] = text.encode()
    return "out", files


def _voc(form: str, wrong: Mistakes) -> tuple[str, dict[str, bytes]]:
    objects: dict[str, str] = {}
    for name, label, box in _boxes(form, wrong):
        sides = zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True)
        corners = "".join(f"<{side}>{number:g}</{side}>" for side, number in sides)
        one = f"<object><name>{label}</name><bndbox>{corners}</bndbox></object>\n"
        objects[name] = objects.get(name, "") + one
    files = {}
    for name, split, width, height in _pictures(wrong):
        size = f"<size><width>{width}</width><height>{height}</height></size>"
        found = "" if name in wrong.empty_files else wrong.raw.get(name, objects.get(name, ""))
        if name not in wrong.no_files:
            text = f"<annotation><filename>{name}</filename>{size}\n{found}</annotation>\n"
            files[f"out/{split}/{name[:-4]}.xml"] = text.encode()
    return "out", files


def _records(form: str, wrong: Mistakes) -> tuple[str, dict[str, bytes]]:
    items = {
        name: {"item": name, "split": split, "width": width, "height": height}
        for name, split, width, height in _pictures(wrong)
    }
    boxes = _boxes(form, wrong)
    if form == "parquet":
        rows = [
            {**items[name], "annotation": str(number), "label": label, "box": list(box)}
            for number, (name, label, box) in enumerate(boxes)
        ]
        used = {row["item"] for row in rows}
        rows += [
            {**item, "annotation": None, "label": None, "box": None}
            for item in items.values()
            if item["item"] not in used
        ]
        sink = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows), sink)
        return "out/export.parquet", {"out/export.parquet": sink.getvalue()}
    records: list[dict[str, Any]] = [
        {"item": {**{k: v for k, v in item.items() if k != "item"}, "id": name}}
        for name, item in items.items()
    ]
    records += [
        {"annotation": {"id": str(number), "item": name, "label": label, "box": list(box)}}
        for number, (name, label, box) in enumerate(boxes)
    ]
    if wrong.repeat_id:
        records.append(records[0])
    if wrong.orphan:
        records[-1]["annotation"]["item"] = "nowhere.jpg"
    return "out/export.jsonl", {"out/export.jsonl": "\n".join(map(json.dumps, records)).encode()}


def _huggingface(form: str, wrong: Mistakes) -> tuple[str, dict[str, bytes]]:
    rows: dict[str, dict[str, Any]] = {}
    for name, split, _, _ in _pictures(wrong):
        rows[name] = {"file_name": name, "split": split, "objects": {"bbox": [], "categories": []}}
    for name, label, box in _boxes(form, wrong):
        rows[name]["objects"]["bbox"].append(list(box))
        rows[name]["objects"]["categories"].append(_id(wrong, label, 0))
    return "out/metadata.jsonl", {"out/metadata.jsonl": "\n".join(map(json.dumps, rows.values())).encode()}
