"""Pascal VOC directories: one XML file per image, with its objects and their boxes.

http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/devkit_doc.html. Boxes are written as the first
and the last pixel they hold, counted from 1; the normal form measures from the left and top edge of
the image, so ``xmin=1, xmax=W`` becomes ``x=0, width=W``. Detectron2 reads them so too
(https://github.com/facebookresearch/detectron2/blob/main/detectron2/data/datasets/pascal_voc.py). Tools
that count from 0 cannot be told from those that do not; their boxes come out one pixel further up
and left, in every snapshot alike.

- An item's id is its ``<filename>``. Readers that go by the XML file's own name must find the same
  image, so the two have to agree. A file without objects marks its item as empty; an image without
  an XML file is no item.
- `bot.evidence.voc_sets` says which split an item is in. What is listed in two splits is an item in each.
- Objects have no identity, so ids are made of content (`bot.evidence.content_ids`).
- Read, but not kept, because the normal form has no place for them: ``pose``, ``truncated``,
  ``occluded``, ``difficult``, ``part``, ``actions``, ``segmented`` and the image's ``depth``. An object
  with a ``polygon`` or ``mask`` is refused: its box alone would not be what was labelled.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from bot.evidence.assembly import Assembly, Box, item_id, shared_names
from bot.evidence.content_ids import ContentIds
from bot.evidence.model import Annotation, Item, Loaded, Snapshot
from bot.evidence.problems import Problems, shown
from bot.evidence.values import BadValueError, text_id
from bot.evidence.voc_sets import Sets
from bot.evidence.xml_elements import Element, xml_elements

_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{0,18})?", re.ASCII)
_SIDES = ("xmin", "ymin", "xmax", "ymax")
_UNCARRIED = ("polygon", "mask", "robndbox")
_FIX = "Export the data set as Pascal VOC again, unedited."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Object:
    name: str
    box: Box
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Picture:
    """One XML file: the image's name, its size where stated, and its objects."""

    path: str
    name: str
    width: int | None
    height: int | None
    objects: tuple[_Object, ...]


def read_voc(
    files: Mapping[str, bytes], *, lists: Mapping[str, bytes], images: Mapping[str, str], root: str
) -> Loaded[Snapshot]:
    """Read a Pascal VOC directory at `root`; all keys are repository paths.

    `files` are the bytes of its XML files, `lists` those of its text files in ``ImageSets/Main``,
    and `images` the digests of its image files ("": unknown).
    """
    problems = Problems(root)
    sets = Sets(lists, files, root, problems)
    pictures: list[tuple[_Picture, str]] = []
    for path, data in files.items():
        of_file = Problems(path)
        picture = _Reading(path, of_file).picture(data)
        problems.take(of_file.all())
        if picture is not None:
            pictures += ((picture, split) for split in sets.of(path))
    shared = shared_names((picture.name, split) for picture, split in pictures)
    assembly = Assembly(problems)
    for picture, split in pictures:
        id_ = item_id(picture.name, split, shared)
        digest = next((images[path] for path in _places(picture, root) if path in images), "")
        _add(picture, Item(id=id_, file=picture.name, split=split, digest=digest), assembly)
    return problems.loaded(assembly.snapshot({}, has_ids=False))


def _places(picture: _Picture, root: str) -> Iterator[str]:
    """Where the image of a picture may be: where the development kit has it, or beside its XML file."""
    yield posixpath.join(root, "JPEGImages", picture.name)
    yield posixpath.join(posixpath.dirname(picture.path), picture.name)


def _add(picture: _Picture, item: Item, assembly: Assembly) -> None:
    described = replace(
        item, width=picture.width, height=picture.height, marked_empty=not picture.objects, line=1
    )
    assembly.add_item(described, file=picture.path)
    ids = ContentIds(item.id)
    for one in picture.objects:
        id_ = ids.next((one.name, *map(repr, one.box)))
        annotation = Annotation(id=id_, item=item.id, label=one.name, box=one.box, line=one.line)
        assembly.add_annotation(annotation, file=picture.path)


class _Reading:
    """Reading one XML file; elements come in the order they end, children before their parents."""

    def __init__(self, path: str, problems: Problems) -> None:
        self._path = path
        self._problems = problems
        self._about: dict[str, str] = {}
        self._fields: dict[str, str] = {}
        self._objects: list[_Object] = []

    def picture(self, data: bytes) -> _Picture | None:
        """What the file says, or None when that cannot be used."""
        root = ""
        for element in xml_elements(data, self._problems):
            root = element.path[0]
            try:
                self._take(element)
            except BadValueError as error:
                self._note(error, element.line)
        if root != "annotation" and not self._problems:
            self._problems.add("voc.not-annotation", "the file is XML, but not Pascal VOC's", _FIX, line=1)
        try:
            return None if self._problems else self._concluded()
        except BadValueError as error:
            self._note(error, 1)
            return None

    def _note(self, error: BadValueError, line: int) -> None:
        self._problems.add(error.code, f"line {line}: {error.text}", error.fix, line=line)

    def _take(self, element: Element) -> None:
        match element.path:
            case ("annotation", "filename" as tag) | ("annotation", "size", "width" | "height" as tag):
                _put(self._about, tag, element.text)
            case ("annotation", "object", "name" as tag):
                _put(self._fields, tag, element.text)
            case ("annotation", "object", "bndbox", tag) if tag in _SIDES:
                _put(self._fields, tag, element.text)
            case ("annotation", "object", tag) if tag in _UNCARRIED:
                raise BadValueError(
                    "voc.not-a-box",
                    f"the object has a {tag}, which is not read",
                    "Release the snapshot as COCO, which carries shapes.",
                )
            case ("annotation", "object"):
                fields, self._fields = self._fields, {}
                self._objects.append(_object(fields, element.line))

    def _concluded(self) -> _Picture:
        name = text_id(self._about.get("filename", ""))
        base = posixpath.basename(name)
        own = posixpath.splitext(posixpath.basename(self._path))[0]
        if own not in {base, posixpath.splitext(base)[0]}:
            raise BadValueError(
                "voc.other-image",
                f"the file is about {shown(name)}, but by its own name about {shown(own)}",
                "Name the XML file after its image, or correct `filename`.",
            )
        return _Picture(
            path=self._path,
            name=name,
            width=_pixels(self._about, "width"),
            height=_pixels(self._about, "height"),
            objects=tuple(self._objects),
        )


def _put(fields: dict[str, str], tag: str, text: str) -> None:
    if tag in fields:
        raise BadValueError("voc.bad-object", f"`{tag}` is given twice", _FIX)
    fields[tag] = text


def _object(fields: Mapping[str, str], line: int) -> _Object:
    name = text_id(fields.get("name", ""))
    left, top, right, bottom = (_number(fields.get(side, ""), side) for side in _SIDES)
    if right < left or bottom < top:
        raise BadValueError(
            "snapshot.bad-box", "the box ends before it begins", "Write xmin ≤ xmax and ymin ≤ ymax."
        )
    box = (left - 1, top - 1, right - left + 1, bottom - top + 1)
    return _Object(name=name, box=box, line=line)


def _number(text: str, what: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise BadValueError("voc.bad-object", f"`{what}` is {shown(text)}, not a number", _FIX)
    return float(text)


def _pixels(about: Mapping[str, str], side: str) -> int | None:
    """A side of the image; 0 and an empty or missing element say nothing."""
    text = about.get(side, "")
    number = _number(text, side) if text else 0
    if number < 0 or number >= 1 << 31:
        raise BadValueError("voc.bad-object", f"`{side}` of the image is {shown(text)}", _FIX)
    return int(number) or None
