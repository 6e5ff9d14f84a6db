"""Pairing the annotations of one item with those read back, within what an export may round.

Exports write fractions of the picture with six decimals: a coordinate may be off by half a
millionth of the picture's side, and a corner by as much again from its centre and extent. What
formats of pixels may round beside that is `SLACK`.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import NamedTuple

from bot.evidence.exports.model import BoxForm
from bot.evidence.model import Annotation, Item, Snapshot

ROUNDING = 1.5e-6
"""Coordinates are the same when they differ by at most this share of the picture's side."""
SLACK = {BoxForm.SIZES: 0.0051, BoxForm.CENTRE: 0.0, BoxForm.CORNERS: 1.5}
"""Pixels: COCO is written with two decimals by many, Pascal VOC whole and counted from 0 or 1."""
OUTSIDE = 1e-3
"""A box may stick out by this share of the picture's side before it is out of range."""
COMPARISONS = 3_000_000
"""Pairs of annotations that one export may cost to compare: boxes in one place cost the square."""
COMPARISONS_EACH = 20
"""And for every annotation of the export so many more."""


class CrowdedError(Exception):
    """More annotations lie in one place than can be told apart within `COMPARISONS`."""


@dataclass(slots=True)
class Effort:
    """How many comparisons are left."""

    left: int = COMPARISONS

    def spend(self) -> None:
        """Count one. Raises CrowdedError."""
        self.left -= 1
        if self.left < 0:
            raise CrowdedError


class Placed(NamedTuple):
    """An annotation's geometry in comparable units (its box, else its shape), its class and its id."""

    geometry: tuple[float, ...]
    label: str
    id: str


Pair = tuple[Placed, Placed]


@dataclass(frozen=True, slots=True)
class Scale:
    """The units of one picture: its sides, and whether the snapshot and the artefact state fractions.

    `bounded`: the sides are the picture's own, so a box can be out of range. A blind scale has no
    units to compare in; every place is the same to it.
    """

    width: float
    height: float
    fractions: tuple[bool, bool] = (False, False)
    bounded: bool = True
    is_blind: bool = False
    slack: float = 0.0
    """Pixels by which coordinates may differ beside `ROUNDING`."""

    @classmethod
    def blind(cls) -> "Scale":
        """For pictures of unknown size with fractions on one side only."""
        return cls(1, 1, bounded=False, is_blind=True)

    @property
    def placing(self) -> tuple[Callable[[Annotation], Placed], Callable[[Annotation], Placed]]:
        """How to place an annotation of the snapshot, and one of the artefact."""
        ours, theirs = self.fractions
        return (self._scaled if ours else self._plain), (self._scaled if theirs else self._plain)

    def outline(self, shape: Sequence[float], side: int) -> tuple[float, ...]:
        """An outline of the snapshot (side 0) or the artefact (1) in comparable units."""
        sides = (self.width, self.height) if self.fractions[side] else (1.0, 1.0)
        return _times(shape, sides)

    def same(self, one: tuple[float, ...], other: tuple[float, ...]) -> bool:
        """Whether two geometries are the same but for rounding."""
        if one == other:
            return True
        if len(one) != len(other):
            return False
        sides = (ROUNDING * self.width + self.slack, ROUNDING * self.height + self.slack)
        both = enumerate(zip(one, other, strict=True))
        return all(a == b or abs(a - b) <= sides[n % 2] for n, (a, b) in both)

    def holds(self, placed: Placed) -> bool:
        """Whether a box has an area and lies within the picture; other shapes always do."""
        if len(placed.geometry) != 4 or not self.bounded:
            return True
        x, y, width, height = placed.geometry
        across, down = OUTSIDE * self.width + self.slack, OUTSIDE * self.height + self.slack
        inside = x >= -across and y >= -down and x + width <= self.width + across
        return inside and y + height <= self.height + down and width > 0 and height > 0

    def _plain(self, annotation: Annotation) -> Placed:
        geometry = () if self.is_blind else annotation.box or annotation.shape
        return Placed(geometry, annotation.label, annotation.id)

    def _scaled(self, annotation: Annotation) -> Placed:
        sides = (self.width, self.height)
        geometry = annotation.box or annotation.shape
        return Placed(_times(geometry, sides), annotation.label, annotation.id)


def _times(values: Sequence[float], sides: tuple[float, float]) -> tuple[float, ...]:
    """x and y in turn, by the sides of the picture; numbers without end say where parts begin."""
    made: list[float] = []
    n = 0
    for value in values:
        made.append(value * sides[n] if isfinite(value) else value)
        n = 1 - n if isfinite(value) else 0
    return tuple(made)


class Misplaced(NamedTuple):
    """What of one item was not found in its place: by the snapshot, and by the exported files."""

    item: str
    scale: Scale
    ours: tuple[Placed, ...]
    theirs: tuple[Placed, ...]


def in_fractions(snapshot: Snapshot) -> bool:
    """Whether coordinates are fractions of the picture: no item states a size, no number is above 1."""
    return not any(item.width for item in snapshot.items) and all(
        value <= 1 for annotation in snapshot.annotations for value in (annotation.box or annotation.shape)
    )


def scale_of(
    items: tuple[Item, Item],
    annotations: tuple[Sequence[Annotation], Sequence[Annotation]],
    fractions: tuple[bool, bool],
    slack: float = 0.0,
) -> Scale | None:
    """The units to compare one picture in, given which side is in fractions; None when there are none."""
    width = items[0].width or items[1].width
    height = items[0].height or items[1].height
    if all(fractions):
        return Scale(1, 1)
    if width and height:
        return Scale(width, height, fractions, slack=slack)
    if any(fractions) and all(annotations):
        return None
    sizes = (abs(v) for side in annotations for a in side for v in (a.box or a.shape) if isfinite(v))
    reach = max(sizes, default=1.0)
    return Scale(reach, reach, bounded=False, slack=slack)


def pair(
    want: Sequence[Placed], got: Sequence[Placed], scale: Scale, effort: Effort
) -> tuple[list[Pair], list[Placed], list[Placed]]:
    """Pair what lies in the same place; returns the pairs and what is left of both sides, sorted.

    Raises CrowdedError.
    """
    ours, theirs = sorted(want), sorted(got)
    if len(ours) == len(theirs) and all(
        scale.same(a.geometry, b.geometry) for a, b in zip(ours, theirs, strict=True)
    ):
        return list(zip(ours, theirs, strict=True)), [], []
    pairs = list(_search(ours, theirs, scale, effort))
    taken_ours = {id(one) for one, _ in pairs}
    taken_theirs = {id(other) for _, other in pairs}
    return (
        pairs,
        [one for one in ours if id(one) not in taken_ours],
        [other for other in theirs if id(other) not in taken_theirs],
    )


def _search(ours: Sequence[Placed], theirs: Sequence[Placed], scale: Scale, effort: Effort) -> Iterator[Pair]:
    """Pairs, each found among what starts near it on the side on which the boxes differ most."""
    sides = range(max(min(len(placed.geometry) for placed in theirs), 1)) if theirs else range(1)
    side = max(sides, key=lambda n: len({placed.geometry[n : n + 1] for placed in theirs}))
    order = sorted(theirs, key=lambda placed: placed.geometry[side : side + 1])
    starts = [other.geometry[side : side + 1] for other in order]
    free = [True] * len(order)
    reach = 2 * ROUNDING * max(scale.width, scale.height) + scale.slack  # the window; `same` decides
    for one in ours:
        first = one.geometry[side : side + 1]
        at = bisect_left(starts, tuple(value - reach for value in first))
        end = tuple(value + reach for value in first)
        while at < len(order) and starts[at] <= end:
            effort.spend()
            if free[at] and scale.same(one.geometry, order[at].geometry):
                free[at] = False
                yield one, order[at]
                break
            at += 1
