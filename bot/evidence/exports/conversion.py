"""Converting the candidate to the format of an export: what goes to the converter, and what comes back.

The converter itself is an effect that is passed in (`bot.converting`). It never sees a name of the
repository but those of the classes: files are called by numbers.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Protocol

import msgspec

from bot.evidence.exports.found import Found
from bot.evidence.exports.model import BoxForm, ClassEntry, ExportedFiles
from bot.evidence.exports.records import read_records
from bot.evidence.exports.voc import read_voc
from bot.evidence.exports.yolo import Place, read_yolo
from bot.evidence.model import Item, Loaded
from bot.evidence.problems import Problems
from bot.evidence.values import DECODE_ERRORS, explained

READ = "read.json"
"""What pycocotools made of a COCO file, as the converter's child leaves it."""
OUT = "out"
"""Where the converter writes: a directory, or the COCO file itself."""


class Target(StrEnum):
    """A format that the converter writes, by its word for it."""

    COCO = "coco"
    YOLO = "yolo"
    VOC = "voc"
    HUGGING_FACE = "hf"

    @property
    def parser(self) -> str:
        """Whose rules read it back, in words."""
        return {
            Target.COCO: "pycocotools",
            Target.YOLO: "Ultralytics' rules",
            Target.VOC: "Pascal VOC's rules",
            Target.HUGGING_FACE: "Hugging Face's rules",
        }[self]


_TARGETS = (
    (re.compile(r"coco(-json|-detection)?"), Target.COCO),
    (re.compile(r"(yolo|ultralytics)(v?[0-9]{1,2})?(-detect(ion)?)?"), Target.YOLO),
    (re.compile(r"(pascal-?)?voc|pascal"), Target.VOC),
    (re.compile(r"hugging-?face|hf"), Target.HUGGING_FACE),
)
"""Formats of boxes; of those for outlines and keypoints (`yolo-segment`) the converter writes none."""


def target_of(form: str) -> Target | None:
    """What to convert to for the format that a configuration states; None: no converter writes it."""
    word = form.lower().replace("_", "-").replace(" ", "-")
    return next((target for pattern, target in _TARGETS if pattern.fullmatch(word)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """A COCO document, and what to convert it to."""

    target: Target
    document: bytes


class Converter(Protocol):
    """Converts in a process of its own."""

    def __call__(self, conversion: Conversion) -> Mapping[str, bytes]:
        """The files written, by path below one directory; of COCO, `READ` alone.

        Raises ConversionError.
        """


class ConversionError(Exception):
    """The converter failed, or took more than it may; the message says which in one sentence.

    `code` takes part in the finding's code.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class _Read(msgspec.Struct):
    """`READ`: (file name, width, height), id → name, and (file name, id, category id, box)."""

    images: list[tuple[str, int, int]]
    categories: dict[str, str]
    annotations: list[tuple[str, int, int, list[float]]]


def read_written(target: Target, files: Mapping[str, bytes]) -> Loaded[ExportedFiles]:
    """What the consumer of the format finds in what the converter wrote."""
    problems = Problems(OUT)
    forms = {Target.COCO: BoxForm.SIZES, Target.YOLO: BoxForm.CENTRE, Target.VOC: BoxForm.CORNERS}
    found = Found(forms.get(target))
    none: tuple[ClassEntry, ...] = ()
    match target:
        case Target.COCO:
            _take_coco(files.get(READ, b""), found, problems)
        case Target.YOLO:
            read_yolo(files, at=Place(OUT, files, none), found=found, problems=problems)
        case Target.VOC:
            read_voc(files, root=OUT, found=found, problems=problems)
        case _:
            for path, data in files.items():
                read_records(data, file=path, form="jsonl", classes=none, found=found, problems=problems)
    return problems.loaded(found.files())


def number_of(item: Item) -> int | None:
    """The number by which an item was called; None: it is none of ours."""
    stem = PurePosixPath(item.file).name.partition(".")[0]
    return int(stem) if stem.isdecimal() and len(stem) < 12 else None


def _take_coco(data: bytes, found: Found, problems: Problems) -> None:
    try:
        read = msgspec.json.decode(data, type=_Read)
    except DECODE_ERRORS as error:
        problems.add("export.unreadable", f"pycocotools left no result: {explained(error)}", "Try again.")
        return
    found.classes.update(read.categories)
    places = {
        name: found.add_item(Item(id=name, file=name, width=width, height=height))
        for name, width, height in read.images
    }
    for name, id_, category, box in read.annotations:
        found.add_annotation(places[name], id_, read.categories[str(category)], box)
