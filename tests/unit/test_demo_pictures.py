"""The demo's pictures: every box fits what was really drawn, to the pixel."""

import io

import pytest
from PIL import Image, ImageChops

from demo.labelling import SCENES
from demo.pictures import HEIGHT, WIDTH, draw_scene, street


def difference(number: int, png: bytes) -> Image.Image:
    with Image.open(io.BytesIO(png)) as picture:
        return ImageChops.difference(picture.convert("RGB"), street(number))


@pytest.mark.parametrize("number", sorted(SCENES))
def test_every_box_lies_inside_its_picture_and_fits_what_was_drawn_exactly(number):
    scene = draw_scene(number, SCENES[number])
    changed = difference(number, scene.png)
    assert changed.size == (WIDTH, HEIGHT)
    for thing in scene.things:
        x, y, width, height = thing.box
        assert x >= 0
        assert y >= 0
        assert x + width <= WIDTH
        assert y + height <= HEIGHT
        assert changed.crop((x, y, x + width, y + height)).getbbox() == (0, 0, width, height)


@pytest.mark.parametrize("number", sorted(SCENES))
def test_nothing_is_drawn_outside_of_the_boxes(number):
    scene = draw_scene(number, SCENES[number])
    changed = difference(number, scene.png)
    for x, y, width, height in (thing.box for thing in scene.things):
        changed.paste((0, 0, 0), (x, y, x + width, y + height))
    assert changed.getbbox() is None


def test_pictures_are_small_and_the_same_every_time():
    for number, labels in SCENES.items():
        scene = draw_scene(number, labels)
        assert scene == draw_scene(number, labels)
        assert len(scene.png) < 8_000
