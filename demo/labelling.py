"""What the demo team's labelling tool exports: snapshot, assignments and reviews, at one point in time.

The team: ben and chloe annotate, dora reviews. `State` says which of the release's problems are
still there; everything else follows from it, so that files never contradict each other by accident.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from demo.pictures import HEIGHT, WIDTH, Scene, draw_scene

CLASSES = ("car", "bus", "tram", "pedestrian")
"""Class n of the schema has the id n + 1."""

SCENES: Mapping[int, tuple[str, ...]] = {
    1: ("car", "bus"),
    2: ("car", "car", "pedestrian"),
    3: ("tram", "car"),
    4: ("bus", "pedestrian", "car"),
    5: ("car", "tram", "car"),
    6: ("pedestrian", "car"),
    7: (),
    8: ("car", "bus", "car"),
    9: ("tram", "car", "pedestrian"),
    10: ("car", "car"),
    11: ("tram", "car", "pedestrian"),
    12: ("car", "bus", "car"),
    13: ("tram", "car"),
    14: ("pedestrian", "car", "bus"),
}
RELEASED = range(1, 11)
"""Pictures of the released version 1; the candidate adds the others."""
VALIDATION = range(8, 11)
UNFINISHED = range(13, 15)
"""Pictures of the assignment that is still open when the pull request is opened."""

LOOSE = "Loose box"
_SHIFT = 2
"""Pixels by which a script moved the cars of the validation split."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How far the team has come with version 2; the default is the pull request as opened."""

    assignments_done: bool = False
    tram_reviewed: bool = False
    loose_boxes_resolved: bool = False
    validation_restored: bool = False
    export_mapped: bool = False


@cache
def scene(number: int) -> Scene:
    """Picture `number` of the data set."""
    return draw_scene(number, SCENES[number])


def item(number: int) -> str:
    """The id of a picture: its path as the snapshot writes it."""
    return f"images/{scene(number).name}"


def labels(now: datetime, *, released: bool) -> bytes:
    """The label schema. Version 2 says what counts as a tram, since two days."""
    tram = "Rail vehicles on streets." if released else "Rail vehicles on streets, the pantograph included."
    rules = {
        "car": "Cars and vans; the box ends at the bodywork and the wheels.",
        "bus": "Buses of every length.",
        "tram": tram,
        "pedestrian": "People on foot, from head to shoe.",
    }
    settled, edited = now - timedelta(days=90), now - timedelta(days=2)
    return _lines(
        {
            "id": str(number),
            "name": name,
            "rule": rules[name],
            "active": True,
            "changed_at": _iso(edited if name == "tram" and not released else settled),
        }
        for number, name in enumerate(CLASSES, 1)
    )


def snapshot(now: datetime, state: State | None) -> bytes:
    """The snapshot in COCO: version 1 where `state` is None, else version 2 as it is in that state."""
    return coco(_annotated(now, state), {str(n): name for n, name in enumerate(CLASSES, 1)})


def export(now: datetime, state: State | None) -> bytes:
    """The exported file, written with the class ids of the export's configuration."""
    mapped = export_classes(swapped=state is not None and not state.export_mapped)
    return coco(_annotated(now, state), mapped)


def export_classes(*, swapped: bool) -> dict[str, str]:
    """Class id to name in the export configuration; swapped: bus and tram have changed places."""
    names = ("car", "tram", "bus", "pedestrian") if swapped else CLASSES
    return {str(number): name for number, name in enumerate(names, 1)}


def coco(annotated: "Annotated", classes: Mapping[str, str]) -> bytes:
    """COCO with one record per line, so that a diff of two snapshots can be read."""
    ids = {name: int(number) for number, name in classes.items()}
    images = [
        {
            "id": number,
            "file_name": item(number),
            "width": WIDTH,
            "height": HEIGHT,
            "split": "val" if number in VALIDATION else "train",
            "digest": f"sha256:{hashlib.sha256(scene(number).png).hexdigest()}",
            "empty": not SCENES[number],
        }
        for number in annotated.pictures
    ]
    records = [
        {
            "id": 100 * number + place,
            "image_id": number,
            "category_id": ids[label],
            "bbox": list(box),
            "area": box[2] * box[3],
            "iscrowd": 0,
            "changed_at": _iso(annotated.changed_at(number)),
            "annotator": annotator(number),
        }
        for number, place, label, box in annotated.boxes
    ]
    categories = [{"id": int(number), "name": name} for number, name in classes.items()]
    parts = (("images", images), ("categories", categories), ("annotations", records))
    body = ",\n".join(f'"{key}": [\n{_joined(values)}\n]' for key, values in parts)
    return f"{{\n{body}\n}}\n".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotated:
    """The pictures of a snapshot and their boxes: (picture, place, class, box)."""

    now: datetime
    pictures: tuple[int, ...]
    boxes: tuple[tuple[int, int, str, tuple[int, int, int, int]], ...]

    def changed_at(self, number: int) -> datetime:
        """When the boxes of a picture were last touched in the labelling tool."""
        if number in RELEASED:
            return self.now - timedelta(days=40)
        return self.now - (timedelta(hours=6) if number in UNFINISHED else timedelta(days=9))


def _annotated(now: datetime, state: State | None) -> Annotated:
    pictures = tuple(RELEASED if state is None else SCENES)
    moved = state is not None and not state.validation_restored
    done = state is None or state.assignments_done
    boxes = []
    for number in pictures:
        for place, thing in enumerate(scene(number).things if done or number not in UNFINISHED else (), 1):
            x, y, width, height = thing.box
            shift = _SHIFT if moved and number in VALIDATION and thing.label == "car" else 0
            boxes.append((number, place, thing.label, (x - shift, y, width, height)))
    return Annotated(now=now, pictures=pictures, boxes=tuple(boxes))


def annotator(number: int) -> str:
    """Who annotated a picture."""
    return "chloe" if number in VALIDATION or number in UNFINISHED else "ben"


def assignments(now: datetime, state: State | None) -> bytes:
    """Ranges of pictures given to one person each."""
    released = now - timedelta(days=39)
    rows = [_work("a-1", range(1, 8), released, [item(7)]), _work("a-2", VALIDATION, released, [])]
    if state is not None:
        finished = now - timedelta(hours=5) if state.assignments_done else None
        rows.append(_work("a-3", range(11, 13), now - timedelta(days=8), []))
        rows.append(_work("a-4", UNFINISHED, finished, []))
    return _lines(rows)


def _work(name: str, over: range, completed_at: datetime | None, empty: list[str]) -> dict[str, Any]:
    return {
        "id": name,
        "range": {"first": item(over[0]), "last": item(over[-1])},
        "assignee": annotator(over[0]),
        "status": "PENDING" if completed_at is None else "COMPLETED",
        "completed_at": None if completed_at is None else _iso(completed_at),
        "empty_items": empty,
    }


def reviews(now: datetime, state: State | None) -> bytes:
    """dora's reviews of single pictures, oldest first."""
    found = [_review(number, now - timedelta(days=38)) for number in RELEASED]
    if state is not None:
        found += _second_version(now, state)
    return _lines(found)


def _second_version(now: datetime, state: State) -> Iterator[dict[str, Any]]:
    pictures = range(11, 13)
    yield from (_review(number, now - timedelta(days=7)) for number in pictures)
    loose = (1, 4, 11, 12)
    for number, days in zip(loose, (12, 10, 6, 4), strict=True):
        note = "Rule of car: the box ends at the bodywork and the wheels."
        reason = LOOSE if days > 5 else LOOSE.lower()
        rejected = _review(number, now - timedelta(days=days), label="car")
        yield {**rejected, "outcome": "rejected", "reason": reason, "note": note}
    if state.assignments_done:
        yield from (_review(number, now - timedelta(hours=4)) for number in UNFINISHED)
    if state.tram_reviewed:
        trams = [n for n, things in SCENES.items() if "tram" in things and n not in UNFINISHED]
        yield from (_review(number, now - timedelta(hours=3), label="tram") for number in trams)
    if state.loose_boxes_resolved:
        yield from (_review(number, now - timedelta(hours=2), label="car") for number in loose)


def _review(number: int, at: datetime, *, label: str | None = None) -> dict[str, Any]:
    return {
        "item": item(number),
        "annotator": annotator(number),
        "reviewer": "dora",
        "outcome": "approved",
        "at": _iso(at),
        "label": label,
    }


def _lines(records: Iterable[Mapping[str, Any]]) -> bytes:
    return "".join(f"{json.dumps(record)}\n" for record in records).encode()


def _joined(records: Iterable[Mapping[str, Any]]) -> str:
    return ",\n".join(json.dumps(record) for record in records)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
