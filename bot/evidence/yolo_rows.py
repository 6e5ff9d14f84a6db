"""The rows of a YOLO label file, by the task of the data set.

https://docs.ultralytics.com/datasets/: a class number, then

- detect: ``x y width height`` of the box's centre and size;
- segment: the ``x y`` pairs of a polygon; obb: those of the four corners of an oriented box;
- pose (`kpt_shape` in the configuration): the box, then each keypoint as ``x y`` or ``x y visibility``
  (0: not labelled, 1: hidden, 2: visible).

Everything is a fraction of the image's width or height. As Ultralytics does
(https://github.com/ultralytics/ultralytics, `verify_image_label`), a polygon is held to the centre
and size of the box around it, so the corner of an oriented box may lie a little outside.
"""

from collections.abc import Mapping, Sequence

from bot.evidence.assembly import Box, checked_box, extent
from bot.evidence.problems import shown
from bot.evidence.values import BadValueError
from bot.evidence.yolo_config import Keypoints

Geometry = tuple[str, Box, tuple[float, ...]]
"""Class name, box and shape of one row: nothing for a box, the polygon's corners, or the keypoints."""

_PIXELS = 2
"""No fraction, however badly rounded, is as large."""


def geometry(words: Sequence[str], classes: Mapping[str, str], keypoints: Keypoints | None) -> Geometry:
    """What one row says, in fractions of the image.

    Raises:
        BadValueError: it is no row of this task, of an unknown class, or not in fractions.
    """
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        raise _bad_row("a column is not a number") from None
    label = classes.get(f"{numbers[0]:.0f}") if numbers[0].is_integer() else None
    if label is None:
        raise BadValueError(
            "yolo.unknown-class",
            f"class {shown(words[0])} is not one of the {len(classes)} in the configuration",
            "Correct the class number, or add its name.",
        )
    places = tuple(numbers[1:])
    if keypoints is not None:
        return label, *_pose(places, keypoints)
    if len(places) == 4:
        return label, _box(places), ()
    if len(places) < 6 or len(places) % 2:
        raise _bad_row(f"{len(words)} columns are neither a box (5) nor a polygon (7 or more, odd)")
    return label, _around(places), places


def _pose(places: tuple[float, ...], keypoints: Keypoints) -> tuple[Box, tuple[float, ...]]:
    if len(places) != 4 + keypoints.count * keypoints.dimensions:
        raise _bad_row(
            f"{len(places) + 1} columns are not a box and {keypoints.count} keypoints "
            f"of {keypoints.dimensions} numbers"
        )
    points = places[4:]
    fractions = [value for n, value in enumerate(points) if n % keypoints.dimensions < 2]
    seen = [value for n, value in enumerate(points) if n % keypoints.dimensions == 2]
    _hold(fractions)
    if not all(value in {0, 1, 2} for value in seen):
        raise _bad_row("the visibility of a keypoint is not 0, 1 or 2")
    return _box(places[:4]), points


def _box(places: Sequence[float]) -> Box:
    _hold(places)
    x, y, width, height = places
    return checked_box((x - width / 2, y - height / 2, width, height))


def _around(corners: Sequence[float]) -> Box:
    x, y, width, height = found = extent(corners)
    if max(corners) >= _PIXELS:
        raise _pixels()
    _hold((x + width / 2, y + height / 2, width, height))
    return found


def _hold(fractions: Sequence[float]) -> None:
    if any(value >= _PIXELS for value in fractions):
        raise _pixels()
    if not all(0 <= value <= 1 for value in fractions):
        raise BadValueError(
            "yolo.out-of-range",
            "a coordinate is not between 0 and 1",
            "Write coordinates as fractions of the image's width and height.",
        )


def _pixels() -> BadValueError:
    return BadValueError(
        "yolo.pixels",
        "the coordinates are pixels, not fractions of the image",
        "Divide them by the image's width and height.",
    )


def _bad_row(text: str) -> BadValueError:
    return BadValueError(
        "yolo.bad-row",
        text,
        "Write a class number and the 4 numbers of a box, the x y pairs of a polygon, or a box and all "
        "keypoints of `kpt_shape`.",
    )
