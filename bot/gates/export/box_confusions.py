"""How boxes were written that read back at other coordinates: every confusion that is known is tried.

The numbers of the file are read again under another layout (corners for sizes), another unit
(percent for pixels), with y before x, from the bottom, from 1, or scaled. What brings nearly all
boxes back to where the snapshot has them is named; the snapshot is what tells them apart.
"""

from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import NamedTuple

from bot.evidence.exports.found import Box, decoded, encoded
from bot.evidence.exports.model import BoxForm
from bot.gates.export.geometry import Misplaced, Placed, Scale

NEAR = 2e-3
"""A box is back in its place within this share of the picture's side."""
EXPLAINED = 0.9
"""The share of boxes that a confusion must bring back to be named."""
BETTER = 0.25
"""How much nearer it must bring them than the expected reading does."""
LOOKED_AT = 50
"""Items, those with the fewest boxes first: enough to tell confusions apart."""
BOXES = 100
"""Boxes of one item that are looked at."""

_UNITS = {"pixels": 1.0, "fractions": 0.0, "percent": 100.0}


class Confusion(NamedTuple):
    """A confusion by its code, in words, and an item that shows it, with numbers written and expected."""

    code: str
    words: str
    item: str
    written: Box
    expected: Box


class _Reading(NamedTuple):
    code: str
    words: str
    read: Callable[[Box, Scale], Box]
    """Numbers of the file → x, y, width and height in the units of the scale."""


def confusion_of(misplaced: Sequence[Misplaced], form: BoxForm | None) -> Confusion | None:
    """The confusion that explains where the boxes are, or None."""
    form = form or BoxForm.SIZES
    looked_at = sorted(filter(_has_boxes, misplaced), key=lambda one: (len(one.ours), one.item))[:LOOKED_AT]
    if not looked_at:
        return None
    expected = _distances(looked_at, form, _Reading("", "", lambda raw, scale: _placed(raw, scale, form)))
    best: tuple[float, float, int, _Reading] | None = None
    for rank, reading in enumerate(_readings(form)):
        found = _distances(looked_at, form, reading)
        near = sum(distance <= NEAR for distance in found) / len(found)
        mean = sum(found) / len(found)
        if near >= EXPLAINED and mean <= BETTER * sum(expected) / len(expected):
            best = min(
                best or (1.0, 0.0, rank, reading), (-near, mean, rank, reading), key=lambda one: one[:3]
            )
    if best is None:
        return _rounded(looked_at, form) or _rescaled(looked_at, form, sum(expected))
    reading, one = best[3], looked_at[0]
    theirs = _written(one.theirs[0], one.scale, form)
    ours = min(one.ours, key=lambda placed: _distance(placed, reading.read(theirs, one.scale), one.scale))
    return Confusion(reading.code, reading.words, one.item, theirs, _written(ours, one.scale, form))


def _rounded(items: Sequence[Misplaced], form: BoxForm) -> Confusion | None:
    """Whole pixels where the snapshot has parts of them."""
    ours, theirs = (
        all(float(side).is_integer() for one in items for placed in part(one) for side in placed.geometry)
        for part in (attrgetter("ours"), attrgetter("theirs"))
    )
    if ours or not theirs:
        return None
    for one in items:
        for placed in one.ours:
            if not any(_within_a_pixel(placed, other) for other in one.theirs):
                return None
    return _shown("box-rounded", "coordinates were rounded to whole pixels", items[0], form)


def _within_a_pixel(ours: Placed, other: Placed) -> bool:
    pairs = zip(ours.geometry, other.geometry, strict=True)
    return ours.label == other.label and all(abs(a - b) <= 1 for a, b in pairs)


def _rescaled(items: Sequence[Misplaced], form: BoxForm, expected: float) -> Confusion | None:
    """Coordinates of a smaller or larger copy of each picture; `expected` is how far off they are as read."""
    factors, found = [], 0.0
    for one in items:
        wide, high = (
            sum(placed.geometry[side] for placed in one.ours)
            / (sum(placed.geometry[side] for placed in one.theirs) or 1.0)
            for side in (2, 3)
        )
        reading = _Reading("", "", _stretched(form, wide, high))
        distances = _distances([one], form, reading)
        found += sum(distances)
        if max(distances) > NEAR or found > BETTER * expected:
            return None
        factors.append((wide, high))
    wide, high = factors[0]
    words = f"coordinates are of a picture {1 / wide:.3g} times as wide and {1 / high:.3g} times as high"
    return _shown("box-scale", words, items[0], form)


def _stretched(form: BoxForm, wide: float, high: float) -> Callable[[Box, Scale], Box]:
    def read(raw: Box, scale: Scale) -> Box:
        x, y, width, height = _placed(raw, scale, form)
        return (x * wide, y * high, width * wide, height * high)

    return read


def _shown(code: str, words: str, one: Misplaced, form: BoxForm) -> Confusion:
    written, expected = (_written(side[0], one.scale, form) for side in (one.theirs, one.ours))
    return Confusion(code, words, one.item, written, expected)


def _has_boxes(one: Misplaced) -> bool:
    shapes = {len(placed.geometry) for placed in (*one.ours, *one.theirs)}
    scale = one.scale
    return shapes == {4} and not scale.is_blind and scale.width > 0 and scale.height > 0


def _readings(form: BoxForm) -> Iterator[_Reading]:
    """Every known way to write boxes otherwise than `form` says."""
    unit = "fractions" if form is BoxForm.CENTRE else "pixels"
    wanted = f"{form} in {unit} is expected"
    for layout in BoxForm:
        for other in _UNITS:
            if (layout, other) != (form, unit):
                code = "box-unit" if layout is form else "box-layout"
                yield _Reading(code, f"{layout} in {other} written where {wanted}", _reader(layout, other))
    yield _Reading(
        "box-axes",
        f"y written before x where {wanted}",
        lambda raw, scale: _placed((raw[1], raw[0], raw[3], raw[2]), scale, form),
    )
    yield _Reading("box-origin", "y counted from the bottom of the picture, not from its top", _flipped(form))
    for step in (1.0, -1.0):
        way = "1 where 0" if step > 0 else "0 where 1"
        yield _Reading("box-origin", f"pixels counted from {way} is expected", _shifted(form, step))


def _reader(layout: BoxForm, unit: str) -> Callable[[Box, Scale], Box]:
    def read(raw: Box, scale: Scale) -> Box:
        x, y, width, height = decoded(layout, raw)
        per = _UNITS[unit] or 1.0
        across, down = (1.0, 1.0) if unit == "pixels" else (scale.width / per, scale.height / per)
        return (x * across, y * down, width * across, height * down)

    return read


def _flipped(form: BoxForm) -> Callable[[Box, Scale], Box]:
    def read(raw: Box, scale: Scale) -> Box:
        x, y, width, height = _placed(raw, scale, form)
        return (x, scale.height - y - height, width, height)

    return read


def _shifted(form: BoxForm, step: float) -> Callable[[Box, Scale], Box]:
    def read(raw: Box, scale: Scale) -> Box:
        x, y, width, height = _placed(raw, scale, form)
        return (x - step, y - step, width, height)

    return read


def _placed(raw: Box, scale: Scale, form: BoxForm) -> Box:
    return _reader(form, "fractions" if form is BoxForm.CENTRE else "pixels")(raw, scale)


def _written(placed: Placed, scale: Scale, form: BoxForm) -> Box:
    """The numbers as a file of that form holds them."""
    x, y, width, height = placed.geometry
    across, down = (scale.width, scale.height) if form is BoxForm.CENTRE else (1.0, 1.0)
    return encoded(form, (x / across, y / down, width / across, height / down))


def _distances(items: Sequence[Misplaced], form: BoxForm, reading: _Reading) -> list[float]:
    """How far from each box of the snapshot the nearest one of its class lies, under a reading."""
    found = []
    for one in items:
        boxes = [
            (placed.label, reading.read(_written(placed, one.scale, form), one.scale))
            for placed in one.theirs[:BOXES]
        ]
        for ours in one.ours[:BOXES]:
            same = [box for label, box in boxes if label == ours.label]
            found.append(min((_distance(ours, box, one.scale) for box in same), default=1.0))
    return found


def _distance(ours: Placed, box: Box, scale: Scale) -> float:
    sides = (scale.width, scale.height) * 2
    return max(abs(a - b) / side for a, b, side in zip(ours.geometry, box, sides, strict=True))
