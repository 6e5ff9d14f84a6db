"""Which split the annotation files of a Pascal VOC directory belong to.

The development kit lists names of images in ``ImageSets/Main/<split>.txt``
(http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/devkit_doc.html); a list with a second column is of
one class (``person_train.txt``: 1, 0 or -1) and says no more of splits. ``trainval`` counts where
neither ``train`` nor ``val`` is listed. Without any list a split is the directory of that name that
the file lies in, as Roboflow writes it.
"""

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from bot.evidence.problems import Problems, shown

SETS = "ImageSets/Main"
_ANNOTATIONS = "Annotations/"
_CLASS_MARKS = {"-1", "0", "1"}
_DIRECTORIES = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}


class Sets:
    """The splits of one directory: `lists` are text files by path, `files` the paths of annotations."""

    def __init__(
        self, lists: Mapping[str, bytes], files: Iterable[str], root: str, problems: Problems
    ) -> None:
        self._root = root
        self._problems = problems
        self._files = {self._inside(path).removeprefix(_ANNOTATIONS): path for path in files}
        listed = {_stem(path): self._listed(path, data) for path, data in lists.items()}
        found = {split: paths for split, paths in listed.items() if paths is not None}
        if found.keys() & {"train", "val"}:
            found.pop("trainval", None)
        self._has_lists = bool(found)
        self._splits: defaultdict[str, list[str]] = defaultdict(list)
        for split, paths in found.items():
            for path in paths:
                self._splits[path].append(_DIRECTORIES.get(split, split))

    def of(self, path: str) -> Sequence[str]:
        """The splits of the annotation file at `path`; "" for none."""
        if self._has_lists:
            return self._splits.get(path, [""])
        inside = self._inside(path).split("/")[:-1]
        return [next((_DIRECTORIES[part] for part in reversed(inside) if part in _DIRECTORIES), "")]

    def _inside(self, path: str) -> str:
        """The path below the root, without suffix."""
        return posixpath.splitext(path.removeprefix(f"{self._root}/"))[0]

    def _listed(self, path: str, data: bytes) -> tuple[str, ...] | None:
        """The annotation files that a list names, each once; None for the list of a class."""
        rows = [line.split() for line in data.decode("utf-8", errors="replace").split("\n")]
        named = [(number, row) for number, row in enumerate(rows, 1) if row]
        if named and all(len(row) == 2 and row[1] in _CLASS_MARKS for _, row in named):
            return None
        found: dict[str, None] = {}
        for number, row in named:
            file = self._files.get(row[0])
            if len(row) != 1 or file is None:
                self._note(path, number, row)
            else:
                found[file] = None
        return tuple(found)

    def _note(self, path: str, number: int, row: list[str]) -> None:
        if len(row) != 1:
            text, fix = "is not the name of one image", "Write one name per line, without suffix."
        else:
            text, fix = "has no annotation file", "Add its XML file, or remove the line."
        self._problems.add(
            "voc.bad-list", f"line {number}: {shown(' '.join(row))} {text}", fix, line=number, file=path
        )


def _stem(path: str) -> str:
    return posixpath.splitext(posixpath.basename(path))[0]
