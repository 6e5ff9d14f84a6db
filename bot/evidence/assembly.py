"""Putting a snapshot together: unique items, unique annotations, nothing that hangs in the air.

An item's id is its file name exactly as the format writes it, so that it is stable between
snapshots and is what assignments and reviews name. Where one name occurs in several splits, the
items are called ``<split>/<name>`` in all of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import isfinite

from bot.evidence.frame_builder import FrameBuilder, frame_of, merged_columns
from bot.evidence.frame_rows import snapshot_of
from bot.evidence.model import Annotation, Item, Snapshot
from bot.evidence.problems import Problems, shown
from bot.evidence.values import BadValueError

Box = tuple[float, float, float, float]


class Assembly:
    """A snapshot in the making; what does not fit is noted in `problems`."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._frame = FrameBuilder()
        self._items: set[str] = set()
        self._annotations: set[str] = set()

    def add_item(self, item: Item, *, file: str | None = None) -> None:
        """Take an item; a second one of the same id is a problem."""
        if item.id in self._items:
            self._problems.add(
                "snapshot.duplicate-item",
                f"item {shown(item.id)} occurs twice",
                "Keep one record per item.",
                line=item.line,
                file=file,
            )
        self._items.add(item.id)
        self._frame.add_item(item)

    def add_annotation(self, annotation: Annotation, *, file: str | None = None) -> None:
        """Take an annotation; a second one of the same id is a problem."""
        if annotation.id in self._annotations:
            self._problems.add(
                "snapshot.duplicate-annotation",
                f"annotation {shown(annotation.id)} occurs twice",
                "Give every annotation an id of its own.",
                line=annotation.line,
                file=file,
            )
        self._annotations.add(annotation.id)
        self._frame.add_annotation(annotation)

    def has_taken(self, ids: Sequence[str]) -> bool:
        """Take annotations by their ids alone, all or (where an id is known or used twice) none."""
        new = set(ids)
        if len(new) < len(ids) or not self._annotations.isdisjoint(new):
            return False
        self._annotations |= new
        return True

    def note_strays(self) -> None:
        """Note annotations whose item is not in the snapshot."""
        for annotation in self.snapshot({}).annotations:
            if annotation.item not in self._items:
                self._problems.add(
                    "snapshot.unknown-item",
                    f"annotation {shown(annotation.id)} is on item {shown(annotation.item)}, not in the file",
                    "Add the item or remove the annotation.",
                    line=annotation.line,
                )

    def snapshot(self, classes: Mapping[str, str], *, has_ids: bool = True) -> Snapshot:
        """What was taken, in the order it came; `has_ids` as in `Snapshot`."""
        return snapshot_of(self._frame.frame(classes, has_ids=has_ids))


def shared_names(items: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Names that occur in more than one split, of (name, split) pairs."""
    split_of: dict[str, str] = {}
    return frozenset(name for name, split in items if split_of.setdefault(name, split) != split)


def item_id(name: str, split: str, shared: frozenset[str]) -> str:
    """The id of the item of that name in that split."""
    return f"{split}/{name}" if name in shared else name


def checked_box(box: Box) -> Box:
    """A box of finite numbers whose width and height are not negative.

    Raises:
        BadValueError: it is not one.
    """
    x, y, width, height = box
    if width >= 0 and height >= 0 and isfinite(x + y + width + height):
        return box
    raise BadValueError(
        "snapshot.bad-box",
        f"the box {shown(list(box))} is not x, y, width and height",
        "Write four finite numbers, width and height not negative.",
    )


def extent(points: Sequence[float]) -> Box:
    """The box around points given as x, y, x, y, …

    Raises:
        BadValueError: they are not pairs.
    """
    if len(points) % 2 or not points:
        raise BadValueError(
            "snapshot.bad-shape",
            "a polygon is not made of x, y pairs",
            "Write an even number of coordinates.",
        )
    left, top = min(points[::2]), min(points[1::2])
    return checked_box((left, top, max(points[::2]) - left, max(points[1::2]) - top))


def checked_shape(shape: tuple[float, ...]) -> tuple[float, ...]:
    """Coordinates that are all finite.

    Raises:
        BadValueError: one is not.
    """
    if isfinite(sum(shape)):
        return shape
    raise BadValueError(
        "snapshot.bad-shape", "a coordinate of the shape is not finite", "Write finite coordinates."
    )


def merged(parts: Sequence[tuple[str, Snapshot]], problems: Problems) -> Snapshot:
    """One snapshot of several files, given as (path, snapshot).

    Annotation ids count per file in every exporter we know, so they become ``<split>/<id>``,
    or ``<path>/<id>`` for a file whose items belong to no split.
    """
    if (frame := merged_columns([(path, frame_of(part)) for path, part in parts])) is not None:
        return snapshot_of(frame)
    assembly = Assembly(problems)
    classes: dict[str, str] = {}
    shared = shared_names((item.id, item.split) for _, part in parts for item in part.items)
    for path, part in parts:
        for id_, name in part.classes.items():
            if classes.setdefault(id_, name) != name:
                problems.add(
                    "snapshot.classes-disagree",
                    f"class {shown(id_)} is {shown(name)} here and {shown(classes[id_])} in another file",
                    "Export all splits with the same categories.",
                    file=path,
                )
        split_of = {item.id: item.split for item in part.items}
        for item in part.items:
            assembly.add_item(replace(item, id=item_id(item.id, item.split, shared)), file=path)
        for annotation in part.annotations:
            split = split_of[annotation.item]
            renamed = replace(
                annotation,
                id=f"{split or path}/{annotation.id}",
                item=item_id(annotation.item, split, shared),
            )
            assembly.add_annotation(renamed, file=path)
    return assembly.snapshot(classes, has_ids=all(part.has_ids for _, part in parts))
