"""The regions of a Label Studio annotation, in pixels of the image.

https://labelstud.io/guide/task_format.html; per type: https://labelstud.io/tags/rectanglelabels,
https://labelstud.io/tags/polygonlabels, https://labelstud.io/tags/keypointlabels,
https://labelstud.io/tags/choices. Coordinates are percent of the image's width and height.

- A rectangle is its box. A rotated one turns clockwise about its top left corner; its corners are
  the shape, and the box is their extent.
- A polygon's corners, and a keypoint, are the shape; the box is its extent (a keypoint's has no size).
- Choices are annotations of the whole image.

Everything else (brushes, ellipses, texts, ratings, relations, regions of a rotated view) is refused
by name: leaving it out would hide its changes.
"""

from math import cos, radians, sin

import msgspec

from bot.evidence.assembly import Box, extent
from bot.evidence.problems import shown
from bot.evidence.values import BadValueError, Id, text_id

_SLACK = 1.0
"""Percent by which a drawn region may stick out of the image."""


class Value(msgspec.Struct):
    """The value of a region; which fields it has depends on its type."""

    x: float | None = None
    y: float | None = None
    width: float | None = None
    height: float | None = None
    rotation: float = 0
    points: list[tuple[float, float]] | None = None
    rectanglelabels: list[str] = []
    polygonlabels: list[str] = []
    keypointlabels: list[str] = []
    choices: list[str] = []


class Region(msgspec.Struct):
    """One entry of an annotation's `result`."""

    type: str
    value: Value | None = None
    id: Id | None = None
    original_width: int | None = None
    original_height: int | None = None
    image_rotation: float = 0


Geometry = tuple[Box | None, tuple[float, ...]]
"""Box and shape in pixels; no box for the whole image."""


def labels(region: Region) -> list[str]:
    """The classes of a region.

    Raises:
        BadValueError: it has none, or is of a type that is not read.
    """
    value = region.value or Value()
    match region.type:
        case "rectanglelabels":
            found = value.rectanglelabels
        case "polygonlabels":
            found = value.polygonlabels
        case "keypointlabels":
            found = value.keypointlabels
        case "choices":
            found = value.choices
        case _:
            raise BadValueError(
                "label-studio.region-not-read",
                f"a region of type {shown(region.type)} cannot be carried",
                "Release the snapshot as COCO, or without regions of this type.",
            )
    if not found:
        raise BadValueError(
            "label-studio.no-label", "a region has no label", "Label the region, or delete it."
        )
    return [text_id(label) for label in found]


def geometry(region: Region) -> Geometry:
    """Where a region is.

    Raises:
        BadValueError: that is not said, or not in percent of an image of known size.
    """
    if region.type == "choices":
        return None, ()
    width, height = size(region) or _unsized()
    if region.image_rotation % 360:
        raise BadValueError(
            "label-studio.rotated-image",
            "the region was drawn on a rotated view of the image",
            "Turn the image itself, or release the snapshot as COCO.",
        )
    value = region.value or Value()
    if region.type == "polygonlabels":
        shape = _pixels([number for point in value.points or () for number in point], width, height)
        return extent(shape), shape
    if region.type == "keypointlabels":
        shape = _pixels([_given(value.x, "x"), _given(value.y, "y")], width, height)
        return extent(shape), shape
    return _rectangle(value, width, height)


def size(region: Region) -> tuple[int, int] | None:
    """Width and height of the image in pixels, where the region states them.

    Raises:
        BadValueError: they are no size.
    """
    if region.original_width is None or region.original_height is None:
        return None
    if 0 < region.original_width < 1 << 31 and 0 < region.original_height < 1 << 31:
        return region.original_width, region.original_height
    raise BadValueError(
        "label-studio.no-size", "the size of the image is no number of pixels", "Export the project again."
    )


def _rectangle(value: Value, width: int, height: int) -> Geometry:
    sides = [
        _given(side, name)
        for side, name in ((value.x, "x"), (value.y, "y"), (value.width, "width"), (value.height, "height"))
    ]
    if sides[2] < 0 or sides[3] < 0:
        raise BadValueError(
            "snapshot.bad-box", "a rectangle has a negative size", "Draw the region again, or delete it."
        )
    x, y, across, down = _pixels(sides, width, height)
    if not value.rotation % 360:
        return (x, y, across, down), ()
    turn = radians(value.rotation)
    corners = ((0.0, 0.0), (across, 0.0), (across, down), (0.0, down))
    shape = tuple(
        number
        for dx, dy in corners
        for number in (x + dx * cos(turn) - dy * sin(turn), y + dx * sin(turn) + dy * cos(turn))
    )
    return extent(shape), shape


def _pixels(percent: list[float], width: int, height: int) -> tuple[float, ...]:
    if not all(-_SLACK <= number <= 100 + _SLACK for number in percent):
        raise BadValueError(
            "label-studio.not-percent",
            "a coordinate is not between 0 and 100 percent of the image",
            "Import coordinates as percent of the image's width and height.",
        )
    return tuple(number * (height if n % 2 else width) / 100 for n, number in enumerate(percent))


def _given(number: float | None, name: str) -> float:
    if number is None:
        raise BadValueError(
            "evidence.bad-record", f"a region has no `{name}`", "Export the project again, unedited."
        )
    return number


def _unsized() -> tuple[int, int]:
    raise BadValueError(
        "label-studio.no-size",
        "a region does not say how large the image is",
        "Export the project again, with `original_width` and `original_height`.",
    )
