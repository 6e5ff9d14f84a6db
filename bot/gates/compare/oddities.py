"""What a candidate holds that its baseline need not tell apart: boxes and classes that look wrong.

Boxes without area or beyond their picture, the same annotation twice, and two class ids of one name.
Trainers drop, clip or count them each in its own way, so they are shown; they decide nothing.

Works on columns, a million records at a time, so that large snapshots are never objects.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bot.answers import Finding
from bot.evidence.contents import plain
from bot.evidence.frame_builder import frame_of
from bot.evidence.frame_rows import texts
from bot.evidence.frames import ITEMS, Frame
from bot.evidence.model import Snapshot
from bot.evidence.problems import shown
from bot.gates.wording import counted

SLACK = 1.0
"""Pixels by which a box may leave its picture: exporters round."""

_CHUNK = 1_000_000
_SIDES = ("x", "y", "width", "height")
_COLUMNS = ("id", "item", "label", *_SIDES, "shape")
_FACTOR = np.uint64(0x9E3779B97F4A7C15)

Found = list[tuple[str, str]]
"""(Item, id) of annotations."""


def oddities(snapshot: Snapshot) -> tuple[Finding, ...]:
    """A finding for each kind of oddity in the snapshot, with all it concerns."""
    found = _Search(frame_of(snapshot))
    told = (
        _finding("box-without-area", "without area", "Draw or remove these boxes.", found.flat),
        _finding(
            "box-outside", "beyond the edge of the picture", "Correct these boxes or the size.", found.outside
        ),
        _finding("annotation-twice", "that another repeats", "Remove one of the two.", found.repeated()),
    )
    twice = Counter(map(plain, snapshot.classes.values()))
    names = [name for name, times in sorted(twice.items()) if times > 1]
    return (*filter(None, told), *(_one_name(name) for name in names))


def _finding(code: str, what: str, fix: str, found: Found) -> Finding | None:
    if not found:
        return None
    annotations = tuple(sorted(set(found)))
    return Finding(
        code=f"compare.{code}",
        text=f"{counted(len(annotations), 'annotation')} {what}.",
        fix=fix,
        items=tuple(dict.fromkeys(item for item, _ in annotations)),
        annotations=annotations,
    )


def _one_name(name: str) -> Finding:
    return Finding(
        code="compare.class-name-twice",
        text=f"Several class ids of the snapshot are called {shown(name)}.",
        fix="Give every class a name of its own, or merge the two.",
        label=name,
    )


class _Search:
    """One pass over the annotations of a frame; a second one over those that may be the same."""

    def __init__(self, frame: Frame) -> None:
        names = ["id", "width", "height"]
        parts = [batch.select(names) for batch in frame.items.batches(names)]
        items = pa.Table.from_batches(parts, schema=None if parts else ITEMS)
        self._ids = items.column("id").cast(pa.string()).combine_chunks()
        self._sizes = [_numbers(items.column(name)) for name in ("width", "height")]
        self._labels: dict[str, int] = {}
        self._frame = frame
        self.flat: Found = []
        self.outside: Found = []
        self._hashes: list[NDArray[np.uint64]] = []
        for rows in _chunks(frame):
            self._look(rows)

    def _look(self, rows: pa.Table) -> None:
        places = _numbers(pc.index_in(rows.column("item").cast(pa.string()), value_set=self._ids))
        known = np.isfinite(places)
        at = np.where(known, places, 0).astype(np.int64)
        width, height = (np.where(known, size[at] if len(size) else np.nan, np.nan) for size in self._sizes)
        x, y, w, h = (_numbers(rows.column(name)) for name in _SIDES)
        with np.errstate(invalid="ignore"):
            flat = (w <= 0) | (h <= 0)
            outside = (x < -SLACK) | (y < -SLACK) | (x + w > width + SLACK) | (y + h > height + SLACK)
        self.flat += _named(rows, flat)
        self.outside += _named(rows, outside & np.isfinite(width) & np.isfinite(height) & ~flat)
        self._hashes.append(self._hashed(rows, at, (x, y, w, h)))

    def _hashed(
        self, rows: pa.Table, items: NDArray[np.int64], sides: Iterable[NDArray[np.float64]]
    ) -> NDArray[np.uint64]:
        encoded = rows.column("label").cast(pa.string()).combine_chunks().dictionary_encode()
        codes = [self._labels.setdefault(name, len(self._labels)) for name in encoded.dictionary.to_pylist()]
        labels = np.array(codes, np.uint64)[encoded.indices.to_numpy()]
        lengths = _numbers(pc.list_value_length(rows.column("shape")))
        mixed = items.astype(np.uint64)
        for part in (labels, *((side + 0.0).view(np.uint64) for side in (*sides, lengths))):
            mixed = (mixed ^ part) * _FACTOR
            mixed ^= mixed >> np.uint64(29)
        return mixed

    def repeated(self) -> Found:
        """The drawn annotations whose item, class, box and shape another has too."""
        values, times = np.unique(np.concatenate([np.empty(0, np.uint64), *self._hashes]), return_counts=True)
        several = values[times > 1]
        if not len(several):
            return []
        alike: defaultdict[tuple[object, ...], Found] = defaultdict(list)
        for rows, hashes in zip(_chunks(self._frame), self._hashes, strict=True):
            some = rows.filter(pa.array(np.isin(hashes, several)))
            content = zip(
                *(some.column(name).to_pylist() for name in ("item", "label", *_SIDES, "shape")), strict=True
            )
            for (*plainly, shape), named in zip(content, _named(some), strict=True):
                if shape or plainly[2] is not None:
                    alike[(*plainly, tuple(shape))].append(named)
        return [named for group in alike.values() if len(group) > 1 for named in group]


def _chunks(frame: Frame) -> Iterator[pa.Table]:
    """The annotations some at a time: to look up an item costs as much for one record as for many."""
    waiting: list[pa.RecordBatch] = []
    for batch in frame.annotations.batches(_COLUMNS):
        waiting.append(batch)
        if sum(map(len, waiting)) >= _CHUNK:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


def _numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """A column as numbers, null as NaN."""
    return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)


def _named(rows: pa.Table, chosen: NDArray[np.bool_] | None = None) -> Found:
    """Item and id of the chosen rows, all of them without a choice."""
    some = rows if chosen is None else rows.filter(pa.array(chosen))
    return list(zip(*(texts(some.column(name)) for name in ("item", "id")), strict=True))
