"""What of a snapshot the format of an export can carry, and what it cannot.

What it cannot is taken out before the conversion and counted, so that the comparison behind it has
to come out empty. Files, items and annotations go by numbers; the classes keep their names.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, isfinite, ulp

import msgspec

from bot.evidence.coco_records import CROWD
from bot.evidence.exports.conversion import Conversion, Target
from bot.evidence.exports.found import Box
from bot.evidence.exports.model import ExportConfig
from bot.evidence.model import Annotation, Item, Snapshot
from bot.gates.export.geometry import ROUNDING, in_fractions
from bot.gates.export.picking import picked

NOMINAL = 1_000_000
"""Sides of a picture of unknown size whose coordinates are fractions."""
_MAX_ID = 1 << 31


@dataclass(slots=True)
class Carried:
    """A snapshot as far as a format carries it: `content` in pixels, with the ids of the snapshot.

    `numbers` are ids of items by the number that stands for them, `names` class names by what stands
    for them, `classes` id → class as the format has to give it. `left_out` counts annotations by why
    they are not in `content`, `changed` by what of them is not. `of_items` is how many there were.
    """

    conversion: Conversion
    content: Snapshot
    numbers: Mapping[int, str]
    names: Mapping[str, str]
    classes: Mapping[str, str]
    unmapped: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    of_items: int = 0
    of_annotations: int = 0


def carried(snapshot: Snapshot, config: ExportConfig, target: Target) -> Carried:
    """The part of `snapshot` that goes to the converter, with the classes as `config` numbers them."""
    classes = _Classes(config, target)
    kept = picked(snapshot)
    chosen = [item for item in snapshot.items if item.id in kept]
    sides = _sides(chosen, snapshot)
    taking = _Taking(sides, in_fractions(snapshot), classes, target)
    for annotation in snapshot.annotations:
        if annotation.item in sides:
            taking.take(annotation)
    if snapshot.has_ids and target is not Target.COCO:
        taking.changed["annotation ids: the format has none"] = len(taking.kept)
    numbers = {item.id: number for number, item in enumerate(chosen, 1)}
    items = tuple(
        Item(id=item.id, file=item.file, split=item.split, width=sides[item.id][0], height=sides[item.id][1])
        for item in chosen
    )
    return Carried(
        conversion=Conversion(target=target, document=_document(items, taking.kept, numbers, classes)),
        content=Snapshot(items=items, annotations=tuple(taking.kept)),
        numbers={number: id_ for id_, number in numbers.items()},
        names={neutral: name for name, neutral in classes.neutral.items()},
        classes=classes.expected,
        unmapped=taking.unmapped,
        left_out=taking.left_out,
        changed=taking.changed,
        of_items=len(snapshot.items),
        of_annotations=len(snapshot.annotations),
    )


class _Classes:
    """The class map: the number of each class in the document, and the name it has there."""

    def __init__(self, config: ExportConfig, target: Target) -> None:
        ids = [entry.id for entry in config.classes]
        names = [entry.name for entry in config.classes]
        if all(id_.isdecimal() and len(id_) < 12 for id_ in ids):
            names = [name for _, name in sorted(zip(map(int, ids), names, strict=True))]
            ids = sorted(ids, key=int)
        usable = len(set(ids)) == len(ids) and all(
            id_.isdecimal() and 0 < int(id_) < _MAX_ID for id_ in ids if len(id_) < 12
        )
        given = [int(id_) for id_ in ids] if usable and target is Target.COCO else range(1, len(ids) + 1)
        self.numbers: dict[str, int] = {}
        for name, number in zip(names, given, strict=True):
            self.numbers.setdefault(name, number)
        sign = "class-"
        while any(name.startswith(sign) for name in names):
            sign = f"_{sign}"
        self.neutral = {
            name: name if name.isprintable() and name == name.strip() else f"{sign}{number}"
            for name, number in self.numbers.items()
        }
        first = {Target.COCO: 0, Target.YOLO: 1}.get(target)
        self.expected = (
            {} if first is None else {str(number - first): name for name, number in self.numbers.items()}
        )


class _Taking:
    """Taking annotations one by one: those that fit, and why the others do not."""

    def __init__(
        self, sides: Mapping[str, tuple[int, int]], fractions: bool, classes: _Classes, target: Target
    ) -> None:
        self.kept: list[Annotation] = []
        self.unmapped: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self.changed: Counter[str] = Counter()
        self._sides = sides
        self._fractions = fractions
        self._classes = classes
        self._target = target
        self._seen: set[tuple[str, ...]] = set()

    def take(self, one: Annotation) -> None:
        """Keep it or count why not."""
        if one.label not in self._classes.numbers:
            self.unmapped[one.label] += 1
            return
        if one.box is None or not all(map(isfinite, one.box)):
            self.left_out["annotations without a box: the format has boxes alone"] += 1
            return
        width, height = self._sides[one.item]
        across, down = (width, height) if self._fractions else (1, 1)
        x, y, w, h = one.box
        box = _within((x * across, y * down, w * across, h * down), width, height)
        if box is None:
            self.left_out["boxes that reach out of the picture: consumers cut or refuse them"] += 1
        elif box[2] <= ROUNDING * width or box[3] <= ROUNDING * height:
            self.left_out["boxes without area: consumers drop or refuse them"] += 1
        elif self._target is Target.YOLO and self._is_repeated(one, box, width, height):
            self.left_out["boxes that repeat another of their class: they count once"] += 1
        else:
            self.kept.append(Annotation(id=one.id, item=one.item, label=one.label, box=box))
            self._note_changed(one, box)

    def _is_repeated(self, one: Annotation, box: Box, width: int, height: int) -> bool:
        """Whether it is the same row as one before, with six decimals."""
        x, y, w, h = box
        numbers = ((x + w / 2) / width, (y + h / 2) / height, w / width, h / height)
        row = (one.item, one.label, *(f"{number:.6f}" for number in numbers))
        known = row in self._seen
        self._seen.add(row)
        return known

    def _note_changed(self, one: Annotation, box: Box) -> None:
        coco = self._target is Target.COCO
        if any(map(isfinite, one.shape)):
            why = "the converter writes boxes alone" if coco else "the format has boxes alone"
            self.changed[f"outlines, masks and keypoints: {why}"] += 1
        if one.shape[-len(CROWD) :] == CROWD:
            self.changed["marks of crowds: the converter leaves them out"] += 1
        if one.annotator or one.changed_at:
            self.changed["who annotated, and when: the format does not say"] += 1
        if self._target is Target.VOC and not all(float(side).is_integer() for side in box):
            self.changed["parts of pixels: consumers of whole pixels round them"] += 1
        if coco and not one.id.isdecimal():
            self.changed["annotation ids that are no numbers: they are numbered anew"] += 1


def _sides(items: Iterable[Item], snapshot: Snapshot) -> dict[str, tuple[int, int]]:
    """Width and height by item; made up where they are unknown."""
    items = tuple(items)
    reach: dict[str, float] = {}
    fractions = in_fractions(snapshot)
    if not fractions and not all(item.width and item.height for item in items):
        for one in snapshot.annotations:
            x, y, width, height = one.box or (0.0, 0.0, 0.0, 0.0)
            most = max(reach.get(one.item, 1.0), x + width, y + height)
            reach[one.item] = most if isfinite(most) else 1.0
    made_up = {
        item.id: NOMINAL if fractions else ceil(min(reach.get(item.id, 1.0), NOMINAL)) for item in items
    }
    return {item.id: (item.width or made_up[item.id], item.height or made_up[item.id]) for item in items}


def _within(box: Box, width: int, height: int) -> Box | None:
    """The box, cut where it reaches out of the picture by rounding alone; None: it reaches out."""
    x, y, w, h = box
    slack = (ROUNDING * width, ROUNDING * height)
    if x < -slack[0] or y < -slack[1] or x + w > width + slack[0] or y + h > height + slack[1]:
        return None
    x, y = max(x, 0.0), max(y, 0.0)
    w, h = min(w, width - x), min(h, height - y)
    w = w if x + w <= width else w - 2 * ulp(width)
    h = h if y + h <= height else h - 2 * ulp(height)
    return (x, y, w, h)


def _document(
    items: Sequence[Item], kept: Sequence[Annotation], numbers: Mapping[str, int], classes: _Classes
) -> bytes:
    images = [
        {"id": number, "file_name": f"{number:08}.jpg", "width": item.width, "height": item.height}
        for number, item in enumerate(items, 1)
    ]
    categories = [{"id": number, "name": classes.neutral[name]} for name, number in classes.numbers.items()]
    annotations = [
        {
            "id": place,
            "image_id": numbers[one.item],
            "category_id": classes.numbers[one.label],
            "bbox": one.box,
            "area": one.box[2] * one.box[3] if one.box else 0.0,
            "iscrowd": 0,
        }
        for place, one in enumerate(kept, 1)
    ]
    return msgspec.json.encode({"images": images, "categories": categories, "annotations": annotations})
