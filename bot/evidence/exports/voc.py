"""Pascal VOC: an XML file for every picture.

http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/index.html: ``bndbox`` holds the corners in
pixels, counted from 1 by VOC itself and from 0 by most exporters. Splits are lists of names in
``ImageSets/Main``, else the directories.
"""

import posixpath
from collections.abc import Mapping
from math import isfinite

from bot.evidence.coco import split_of_path
from bot.evidence.exports.found import Found
from bot.evidence.model import Item
from bot.evidence.problems import Problems, shown
from bot.evidence.values import MOST_PIXELS
from bot.evidence.xml_elements import Element, xml_elements

_SIDES = ("xmin", "ymin", "xmax", "ymax")
_AGAIN = "Correct the exporter, and export again."


def read_voc(files: Mapping[str, bytes], *, root: str, found: Found, problems: Problems) -> None:
    """Take the XML files of a directory, and the lists of their splits."""
    split_of: dict[str, str] = {}
    for path, data in files.items():
        head, name = posixpath.split(path)
        if head.endswith("ImageSets/Main") and name in {"train.txt", "val.txt", "test.txt"}:
            for line in data.decode("utf-8", "replace").split():
                split_of[line] = name.removesuffix(".txt")
    for path, data in files.items():
        if path.endswith(".xml"):
            stem = posixpath.basename(path).removesuffix(".xml")
            within = posixpath.relpath(path, root)
            _Reading(path, found).take(data, split_of.get(stem, split_of_path(within)), problems)


class _Reading:
    """Taking the file of one picture."""

    def __init__(self, path: str, found: Found) -> None:
        self._path = path
        self._found = found
        self._texts: dict[str, str] = {}
        self._objects: list[tuple[dict[str, str], int]] = []
        self._open: dict[str, str] = {}

    def take(self, data: bytes, split: str, problems: Problems) -> None:
        """Take the picture and its objects."""
        broken = Problems(self._path)
        for element in xml_elements(data, broken):
            self._note(element)
        if broken:
            problems.take(broken.all())
            return
        stem = posixpath.basename(self._path).removesuffix(".xml")
        name = self._texts.get("filename") or stem
        if stem not in {base := posixpath.basename(name), posixpath.splitext(base)[0]}:
            text = f"the file speaks of picture {shown(name)}, and its own name of {shown(stem)}"
            self._fault("other-picture", text, name)
        sides = [_number(self._texts.get(side, "")) for side in ("size/width", "size/height")]
        width, height = (
            int(side) if side is not None and 1 <= side <= MOST_PIXELS else None for side in sides
        )
        if width is None or height is None:
            self._fault("size-missing", f"the file does not state the size of {shown(name)}", name)
        place = self._found.add_item(
            Item(
                id=name,
                file=name,
                split=split,
                width=width,
                height=height,
                marked_empty=not self._objects,
            )
        )
        for number, (fields, line) in enumerate(self._objects):
            self._take_object(place, f"{name}#{number}", fields, line)

    def _take_object(self, place: int, id_: str, fields: Mapping[str, str], line: int) -> None:
        numbers = [_number(fields.get(f"bndbox/{side}", "")) for side in _SIDES]
        box = [number for number in numbers if number is not None]
        if len(box) < len(_SIDES):
            self._fault("box-unreadable", f"the box on line {line} is not four finite numbers", id_, line)
            box = []
        self._found.add_annotation(place, id_, fields.get("name", ""), box, line=line)

    def _note(self, element: Element) -> None:
        match element.path:
            case ("annotation", "object"):
                self._objects.append((self._open, element.line))
                self._open = {}
            case ("annotation", "object", *rest):
                self._open["/".join(rest)] = element.text
            case path:
                self._texts["/".join(path[1:])] = element.text

    def _fault(self, code: str, text: str, item: str, line: int = 1) -> None:
        self._found.fault(code, text, _AGAIN, file=self._path, line=line, item=item)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None
