"""Ultralytics `data.yaml`: class names and where the images of each split are.

https://docs.ultralytics.com/datasets/detect/#ultralytics-yolo-format. `names` is a list or a
mapping from 0 upwards; ``train``, ``val`` and ``test`` name directories of images, text files
that list images, or several of these, relative to ``path``. ``kpt_shape``
(https://docs.ultralytics.com/datasets/pose/) says that labels carry keypoints: how many, and of 2 or
3 numbers each.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.answers import Finding
from bot.documents import Data, Document, read_yaml
from bot.evidence.exports.model import ClassEntry
from bot.evidence.model import Loaded
from bot.evidence.problems import Problems, shown

_Named = tuple[str, object, tuple[str | int, ...]]
"""A class id, the name as found, and where it stands in the document."""

SPLITS = ("train", "val", "test")

_MOST_KEYPOINTS = 1_000
"""Far above any skeleton."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keypoints:
    """How many keypoints an object has, and of how many numbers each (3: with visibility)."""

    count: int
    dimensions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class YoloConfig:
    """A `data.yaml`: class names by their index, and the places of each split as written."""

    file: str
    classes: tuple[ClassEntry, ...]
    root: str = ""
    splits: Mapping[str, tuple[str, ...]]
    keypoints: Keypoints | None = None


def read_config(data: bytes, *, file: str) -> Loaded[YoloConfig]:
    """Read the configuration of a YOLO directory."""
    document = read_yaml(data, file=file)
    if not isinstance(document.data, Mapping):
        return Loaded(problems=document.problems or (_not_a_mapping(file),))
    problems = Problems(file)
    content = document.data
    classes = _class_entries(document, content, problems)
    keypoints = keypoints_of(document, content["kpt_shape"], problems) if "kpt_shape" in content else None
    splits = {split: _places(document, content, split, problems) for split in SPLITS if content.get(split)}
    if not splits:
        problems.add(
            "yolo.no-splits", "no split is named", "Name the images of `train`, `val` or `test`.", line=1
        )
    root = content.get("path") or ""
    config = YoloConfig(
        file=file,
        classes=classes,
        root=root if isinstance(root, str) else "",
        splits=splits,
        keypoints=keypoints,
    )
    loaded = problems.loaded(config)
    return Loaded(
        value=None if document.problems else loaded.value, problems=document.problems + loaded.problems
    )


def keypoints_of(document: Document, shape: Data, problems: Problems) -> Keypoints | None:
    """What ``kpt_shape`` says, or None and a problem."""
    match shape:
        case [int(count), int(dimensions)] if 0 < count <= _MOST_KEYPOINTS and dimensions in {2, 3}:
            return Keypoints(count=count, dimensions=dimensions)
    problems.add(
        "yolo.bad-kpt-shape",
        f"`kpt_shape` is {shown(shape)}, not a number of keypoints and 2 or 3 numbers for each",
        "Write it like [17, 3].",
        line=document.line(("kpt_shape",)),
    )
    return None


def _class_entries(
    document: Document, content: Mapping[str, Data], problems: Problems
) -> tuple[ClassEntry, ...]:
    """The classes under ``names``, with their lines; what a consumer would trip over is noted."""
    names = content.get("names")
    if isinstance(names, Mapping):
        named: list[_Named] = [(key, name, ("names", key)) for key, name in names.items()]
    elif isinstance(names, list):
        named = [(str(index), name, ("names", index)) for index, name in enumerate(names)]
    else:
        problems.add(
            "yolo.no-names", "no class names are given", "Add `names` as a list or a mapping.", line=1
        )
        return ()
    entries = []
    for key, name, path in named:
        line = document.line(path)
        if not isinstance(name, str) or not name:
            problems.add(
                "yolo.bad-name", f"the name of class {key} is not text", "Quote the name.", line=line
            )
        else:
            entries.append(ClassEntry(id=key, name=name, line=line))
    _check_numbers(document, content, [key for key, _, _ in named], problems)
    return tuple(entries)


def _check_numbers(
    document: Document, content: Mapping[str, Data], keys: list[str], problems: Problems
) -> None:
    if {key for key in keys if key.isdecimal()} != {str(index) for index in range(len(keys))}:
        problems.add(
            "yolo.class-numbers",
            f"the classes are not numbered 0 to {len(keys) - 1}",
            "Number the classes from 0 without gaps.",
            line=document.line(("names",)),
        )
    count = content.get("nc")
    if count is not None and count != len(keys):
        problems.add(
            "yolo.class-count",
            f"`nc` is {shown(count)} and `names` holds {len(keys)} classes",
            "Correct `nc` or `names`.",
            line=document.line(("nc",)),
        )


def _places(
    document: Document, content: Mapping[str, Data], split: str, problems: Problems
) -> tuple[str, ...]:
    value = content[split]
    places = value if isinstance(value, list) else [value]
    for place in places:
        if not isinstance(place, str) or place.startswith("/") or "://" in place or "\\" in place:
            problems.add(
                "yolo.bad-place",
                f"`{split}` is {shown(place)}, which is not a place in the repository",
                f"Write `{split}` as a path relative to the directory of the data.yaml.",
                line=document.line((split,)),
            )
    return tuple(place for place in places if isinstance(place, str))


def _not_a_mapping(file: str) -> Finding:
    return Finding(
        code="yolo.not-a-mapping",
        text="The file holds no keys.",
        fix="Write `names`, `train` and `val` as Ultralytics describes them.",
        file=file,
        line=1,
    )
