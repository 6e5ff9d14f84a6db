"""The split of a file that names none, in a directory of files.

``train.json`` beside ``holdout.json`` is a split each, whatever the second is called: what two files
share is leakage, and a policy may lock either by its name.
"""

import posixpath
import re
from collections import Counter
from collections.abc import Mapping, Sequence

_TASK = re.compile(r"^(instances|person_keypoints|captions)_")
"""What COCO puts before the split: https://cocodataset.org/#download"""
_NAMELESS = "_annotations"
"""Roboflow calls the file of every split so and names the directory by the split."""


def own_splits(paths: Sequence[str], root: str) -> Mapping[str, str]:
    """Path → the split it stands for if nothing else tells: its name, or where two share one its path."""
    names = {path: _name(path) for path in paths}
    times = Counter(names.values())
    return {
        path: name if times[name] == 1 else posixpath.splitext(posixpath.relpath(path, root))[0]
        for path, name in names.items()
    }


def _name(path: str) -> str:
    folder, file = posixpath.split(path)
    stem = posixpath.splitext(file)[0]
    return posixpath.basename(folder) if stem.startswith(_NAMELESS) else _TASK.sub("", stem)
