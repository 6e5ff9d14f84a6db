"""The split of a file that names none, in a directory of files.

``train.json`` beside ``holdout.json`` is a split each, whatever the second is called: what two files
share is leakage, and a policy may lock either by its name.
"""

import posixpath
import re
from collections import Counter
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from bot.evidence.frame_builder import FrameBuilder, frame_of, table_of
from bot.evidence.frame_rows import snapshot_of
from bot.evidence.model import Snapshot

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


def in_split(snapshot: Snapshot, split: str) -> Snapshot:
    """The snapshot of one file, whose items without a split belong to `split`."""
    frame = frame_of(snapshot)
    items = table_of(frame.items)
    place = items.column_names.index("split")
    named = items.column(place).cast(pa.string())
    if not pc.any(pc.equal(named, "")).as_py():
        return snapshot
    builder = FrameBuilder()
    builder.add_columns(
        items=items.set_column(place, "split", pc.if_else(pc.equal(named, ""), split, named)),
        annotations=table_of(frame.annotations),
    )
    return snapshot_of(builder.frame(frame.classes, tidy=frame.tidy, has_ids=frame.has_ids), snapshot.digest)
