"""Small street scenes, drawn the same way every time, with the exact box of everything drawn.

The boxes are no guesses: a thing is drawn into its box and touches all four sides, and nothing
else differs from the empty street. The tests measure that.
"""

import io
import random
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 160, 120
_HORIZON, _KERB = 52, 64

Box = tuple[int, int, int, int]
"""x, y, width, height in pixels."""
Colour = tuple[int, int, int]

_GLASS: Colour = (190, 220, 235)
_DARK: Colour = (25, 25, 28)
_SIZES = {"car": (34, 16), "bus": (46, 24), "tram": (54, 26), "pedestrian": (8, 20)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One thing in a picture: its class and the box it fills."""

    label: str
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One picture as PNG, and what is in it from left to right, far lane first."""

    name: str
    png: bytes
    things: tuple[Thing, ...]


def draw_scene(number: int, labels: tuple[str, ...]) -> Scene:
    """Picture `number` with one thing per label, at most four and three of them vehicles."""
    dice = random.Random(number)
    image = street(number)
    pen = ImageDraw.Draw(image)
    things = tuple(_place(label, slot, dice) for slot, label in enumerate(labels))
    for thing in things:
        _PAINTERS[thing.label](pen, thing.box, _paint(dice))
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=True)
    return Scene(name=f"street-{number:02}.png", png=stream.getvalue(), things=things)


def street(number: int) -> Image.Image:
    """The empty street of picture `number`: sky, houses, pavement, road."""
    dice = random.Random(number * 7919)
    image = Image.new("RGB", (WIDTH, HEIGHT), (168, 200 - number, 228))
    pen = ImageDraw.Draw(image)
    x = 0
    while x < WIDTH:
        width, height = dice.randint(18, 34), dice.randint(18, 44)
        shade = dice.randint(120, 175)
        pen.rectangle((x, _HORIZON - height, x + width, _HORIZON), fill=(shade, shade - 18, shade - 34))
        for window in range(x + 4, min(x + width - 3, WIDTH), 8):
            pen.rectangle(
                (window, _HORIZON - height + 5, window + 3, _HORIZON - height + 9), fill=(94, 104, 120)
            )
        x += width + 1
    pen.rectangle((0, _HORIZON, WIDTH, _KERB), fill=(150, 148, 142))
    pen.rectangle((0, _KERB, WIDTH, HEIGHT), fill=(78, 80, 84))
    for dash in range(6, WIDTH, 24):
        pen.rectangle((dash, 91, dash + 11, 92), fill=(222, 220, 205))
    return image


def _place(label: str, slot: int, dice: random.Random) -> Thing:
    """A box in its own part of the picture, so that no two things overlap.

    Slots 0 and 1 are the far lane, 2 and 3 the near one; each is half a lane wide.
    """
    width, height = _SIZES[label]
    width += dice.randint(0, 6)
    left = (slot % 2) * (WIDTH // 2) + dice.randint(2, WIDTH // 2 - width - 4)
    bottom = (86 if slot < 2 else 117) - dice.randint(0, 3)
    return Thing(label=label, box=(left, bottom - height, width, height))


def _paint(dice: random.Random) -> Colour:
    return dice.choice(((196, 48, 42), (44, 92, 168), (226, 178, 42), (58, 130, 76)))


def _vehicle(pen: ImageDraw.ImageDraw, box: Box, paint: Colour, wheels: int) -> None:
    """A body from side to side, wheels that touch the ground, windows."""
    x, y, width, height = box
    right, bottom = x + width - 1, y + height - 1
    pen.rectangle((x, y, right, bottom - 3), fill=paint)
    for wheel in range(wheels):
        centre = x + 6 + wheel * (width - 12) // (wheels - 1)
        pen.rectangle((centre - 3, bottom - 5, centre + 3, bottom), fill=_DARK)
    for window in range(x + 4, right - 6, 9):
        pen.rectangle((window, y + 3, window + 5, y + height // 2 - 2), fill=_GLASS)


def _car(pen: ImageDraw.ImageDraw, box: Box, paint: Colour) -> None:
    _vehicle(pen, box, paint, wheels=2)


def _bus(pen: ImageDraw.ImageDraw, box: Box, paint: Colour) -> None:
    _vehicle(pen, box, paint, wheels=3)


def _tram(pen: ImageDraw.ImageDraw, box: Box, paint: Colour) -> None:
    """A vehicle with a pantograph that reaches the top of its box."""
    x, y, width, height = box
    pen.line((x + width // 2, y, x + width // 2, y + 5), fill=_DARK)
    _vehicle(pen, (x, y + 4, width, height - 4), paint, wheels=4)


def _pedestrian(pen: ImageDraw.ImageDraw, box: Box, paint: Colour) -> None:
    x, y, width, height = box
    right, bottom = x + width - 1, y + height - 1
    pen.rectangle((x + width // 2 - 2, y, x + width // 2 + 1, y + 4), fill=(222, 178, 148))
    pen.rectangle((x, y + 5, right, y + 12), fill=paint)
    pen.rectangle((x + 1, y + 12, x + 3, bottom), fill=_DARK)
    pen.rectangle((right - 3, y + 12, right - 1, bottom), fill=_DARK)


_PAINTERS: dict[str, Callable[[ImageDraw.ImageDraw, Box, Colour], None]] = {
    "car": _car,
    "bus": _bus,
    "tram": _tram,
    "pedestrian": _pedestrian,
}
