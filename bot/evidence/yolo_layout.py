"""Which files of a YOLO directory are images and labels, and which image belongs to which split.

The rules are Ultralytics' (https://github.com/ultralytics/ultralytics, `img2label_paths` and
`check_det_dataset`): the last ``images`` directory of an image's path becomes ``labels``, its
suffix ``.txt``; a place that does not exist is tried again without a leading ``../``, as Roboflow
writes it.
"""

import posixpath
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.evidence.problems import Problems, shown
from bot.evidence.yolo_config import YoloConfig

IMAGE_SUFFIXES = frozenset(
    {".bmp", ".dng", ".heic", ".jpeg", ".jpg", ".mpo", ".pfm", ".png", ".tif", ".tiff", ".webp"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image of one split: its path, its path below the split's directory, and its label file."""

    path: str
    name: str
    split: str
    label: str


def is_image(path: str) -> bool:
    """Whether the path has a suffix that Ultralytics reads as an image."""
    return posixpath.splitext(path)[1].lower() in IMAGE_SUFFIXES


def label_path(image: str) -> str:
    """The path of an image's label file, whether or not it exists."""
    head, images, tail = f"/{image}".rpartition("/images/")
    path = f"{head}/labels/{tail}" if images else tail
    return posixpath.splitext(path)[0].removeprefix("/") + ".txt"


class Layout:
    """The files of one YOLO directory: `texts` by path with their bytes, and paths of images."""

    def __init__(
        self, config: YoloConfig, texts: Mapping[str, bytes], images: Collection[str], problems: Problems
    ) -> None:
        self._texts = texts
        self._images = sorted(images)
        self._problems = problems
        self._config = config
        self._directories = {parent for path in (*texts, *images) for parent in _parents(path)}
        home = posixpath.dirname(config.file)
        named = posixpath.normpath(posixpath.join(home, config.root))
        self._root = named if named in self._directories else home
        self._lists: set[str] = set()

    def images(self) -> tuple[Image, ...]:
        """The images of all splits, in the order of the configuration; empty splits are noted."""
        found = []
        for split, places in self._config.splits.items():
            for place in places:
                here = list(self._images_of(split, self._resolved(place)))
                if not here:
                    self._problems.add(
                        "yolo.empty-split",
                        f"`{split}` is {shown(place)}, where no image or label is",
                        f"Correct `{split}`, or remove it.",
                        line=1,
                    )
                found += here
        return tuple(found)

    def strays(self, images: Sequence[Image]) -> tuple[str, ...]:
        """Label files that belong to none of `images`."""
        used = self._lists.union(image.label for image in images)
        return tuple(path for path in self._texts if "/labels/" in f"/{path}" and path not in used)

    def _resolved(self, place: str) -> str:
        path = posixpath.normpath(posixpath.join(self._root, place))
        if place.startswith("../") and not self._exists(path):
            return posixpath.normpath(posixpath.join(self._root, place.removeprefix("../")))
        return path

    def _exists(self, path: str) -> bool:
        return path in self._texts or path in self._directories or _labels_of(path) in self._directories

    def _images_of(self, split: str, place: str) -> Iterator[Image]:
        if place.endswith(".txt"):
            yield from self._listed(split, place)
        elif is_image(place):
            yield _image(place, posixpath.dirname(place), split)
        elif self._images:
            below = (path for path in self._images if path.startswith(f"{place}/"))
            yield from (_image(path, place, split) for path in below)
        else:
            yield from self._told_by_labels(split, place)

    def _listed(self, split: str, place: str) -> Iterator[Image]:
        self._lists.add(place)
        text = self._texts.get(place, b"").decode("utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip():
                continue
            if line.startswith("/") or not is_image(line.strip()):
                self._problems.add(
                    "yolo.bad-place",
                    f"line {number} is not the path of an image in the repository: {shown(line)}",
                    "List image paths relative to the data set.",
                    line=number,
                    file=place,
                )
                continue
            start = posixpath.dirname(place) if line.startswith("./") else self._root
            path = posixpath.normpath(posixpath.join(start, line.strip()))
            yield _image(path, _split_directory(path, split), split)

    def _told_by_labels(self, split: str, place: str) -> Iterator[Image]:
        labels = _labels_of(place)
        for path in sorted(self._texts):
            if path.startswith(f"{labels}/"):
                name = posixpath.splitext(path.removeprefix(f"{labels}/"))[0]
                yield Image(path=f"{place}/{name}", name=name, split=split, label=path)


def _image(path: str, directory: str, split: str) -> Image:
    return Image(path=path, name=path.removeprefix(f"{directory}/"), split=split, label=label_path(path))


def _split_directory(path: str, split: str) -> str:
    """The directory of a listed image that its name is relative to: ``…/images/<split>`` where it has one."""
    head, images, tail = f"/{path}".rpartition("/images/")
    if not images:
        return posixpath.dirname(path)
    inner = f"/{split}" if tail.startswith(f"{split}/") else ""
    return f"{head}/images{inner}".removeprefix("/")


def _labels_of(directory: str) -> str:
    return posixpath.dirname(label_path(f"{directory}/x.jpg"))


def _parents(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path
