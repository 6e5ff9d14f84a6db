"""Parquet snapshots as columns, without an object for each row.

Gives the frame that `bot.evidence.snapshot_records` would give row by row, or None where a value is
not as it should be, or in a form that is seldom written: that reader then says what, and in which row.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bot.evidence import parquet_file
from bot.evidence.column_values import Texts, moments, numbers, sides, switches, texts
from bot.evidence.frame_builder import FrameBuilder
from bot.evidence.frames import BATCH, Frame
from bot.evidence.values import MOST_PIXELS, BadValueError

_GIVES_UP = (*parquet_file.UNREADABLE, BadValueError, KeyError, TypeError)

_SAID = ("file", "split", "digest", "url", "group_key", "width", "height", "empty")
"""What all rows of one item must say alike."""


def read(data: bytes, known: Sequence[str]) -> Frame | None:
    """The file as a frame, or None; `known` are the columns that a snapshot may have.

    Raises TooManyRecordsError.
    """
    reading = _Reading(known)
    try:
        for batch in parquet_file.batches(data, rows=BATCH):
            reading.add(batch)
        return reading.frame()
    except MemoryError:
        raise
    except _GIVES_UP:
        return None


class _Reading:
    """The columns of one file, batch by batch. Every method raises one of `_GIVES_UP`."""

    def __init__(self, known: Sequence[str]) -> None:
        self._known = set(known)
        self._builder = FrameBuilder()
        self._items: list[pa.Table] = []
        self._ids: list[pa.Array] = []
        self._classes: dict[str, str] = {}

    def add(self, batch: pa.RecordBatch) -> None:
        """Take some rows."""
        names = batch.schema.names
        if not self._known.issuperset(names) or len(set(names)) < len(names):
            raise KeyError("a column is not known")
        batch.validate(full=True)
        rows = _Rows(batch)
        item = rows.ids("item").named()
        label = rows.texts("label")
        self._items.append(_items(item, rows))
        if "class_id" in names:
            self._add_classes(rows.ids("class_id"), label)
        if "annotation" in names:
            self._add_annotations(rows, item, label)

    def frame(self) -> Frame:
        """Everything that was taken."""
        if self._ids:
            _hold_apart(self._ids)
        if self._items:
            together = pa.concat_tables(self._items)
            item = texts(together.column("id").combine_chunks())
            said = {name: _codes(together.column(name).combine_chunks()) for name in _SAID}
            self._builder.add_columns(items=together.take(pa.array(_first_rows(item.codes, said))))
        return self._builder.frame(self._classes)

    def _add_classes(self, class_id: Texts, label: Texts) -> None:
        """The ids of classes; every row that states one has the same label as the others."""
        stated = np.flatnonzero(class_id.codes >= 0)
        if not len(stated):
            return
        pairs = class_id.codes[stated].astype(np.int64) * (len(label.values) + 1) + label.codes[stated]
        first = np.sort(np.unique(pairs, return_index=True)[1])
        for row in stated[first]:
            if label.codes[row] < 0:
                raise KeyError("a class has no label")
            id_ = class_id.values[class_id.codes[row]].as_py()
            name = label.values[label.codes[row]].as_py()
            if not id_ or not name or self._classes.setdefault(id_, name) != name:
                raise KeyError("a class has two labels")

    def _add_annotations(self, rows: "_Rows", item: Texts, label: Texts) -> None:
        column = rows.batch.column("annotation")
        at = np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False))
        if not len(at):
            return
        taken = _Rows(rows.batch.take(pa.array(at))) if len(at) < len(column) else rows
        ids = taken.ids("annotation").named().plain()
        numbered = pa.types.is_integer(column.type)
        self._ids.append(taken.batch.column("annotation") if numbered else ids)
        columns = {
            "id": ids,
            "item": item.at(at).encoded(),
            "label": label.at(at).named().encoded(),
            **taken.boxes(),
        }
        for name in {"shape", "changed_at", "annotator"}.intersection(rows.batch.schema.names):
            columns[name] = taken.rare(name)
        self._builder.add_columns(annotations=pa.table(columns))


class _Rows:
    """The columns of some rows by name; of a column that the file lacks, nothing is known."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        self.batch = batch
        self._names = set(batch.schema.names)

    def column(self, name: str) -> pa.Array:
        """One column."""
        return self.batch.column(name) if name in self._names else pa.nulls(self.batch.num_rows)

    def texts(self, name: str) -> Texts:
        """A column of text."""
        return texts(self.column(name))

    def ids(self, name: str) -> Texts:
        """A column of ids, which may be numbers."""
        column = self.column(name)
        return texts(column.cast(pa.string()) if pa.types.is_integer(column.type) else column)

    def boxes(self) -> Mapping[str, pa.Array]:
        """The four sides of the boxes; null for an annotation of the whole item."""
        found = sides(self.column("box"))
        whole = np.isnan(found[:, 0])
        return {
            name: pa.array(found[:, n], mask=whole) for n, name in enumerate(("x", "y", "width", "height"))
        }

    def rare(self, name: str) -> pa.Array:
        """A column of annotations that many files do not have."""
        match name:
            case "shape":
                return numbers(self.column(name))
            case "changed_at":
                return moments(self.column(name))
            case _:
                return self.ids(name).stated().encoded()


def _items(item: Texts, rows: _Rows) -> pa.Table:
    """The items of some rows, each once, in the order they come; all their rows agree."""
    written = [*(rows.texts(name) for name in ("file", "split", "digest", "url")), rows.ids("group")]
    width, height = (_pixels(rows.column(name)) for name in ("width", "height"))
    empty = switches(rows.column("empty"))
    named = [column.stated() for column in written]
    said: dict[str, NDArray[Any]] = {
        **{name: column.codes for name, column in zip(_SAID, named, strict=False)},
        "width": width,
        "height": height,
        "empty": empty,
    }
    first = _first_rows(item.codes, said)
    id_ = item.at(first).plain()
    path = named[0].at(first).plain()
    return pa.table(
        {
            "id": id_,
            "file": pc.if_else(pc.equal(path, ""), id_, path),
            "split": named[1].at(first).plain(),
            "width": pa.array(width[first], mask=width[first] == 0),
            "height": pa.array(height[first], mask=height[first] == 0),
            **{name: named[n].at(first).plain() for n, name in enumerate(_SAID[2:5], 2)},
            "empty": pa.array(empty[first]),
        }
    )


def _first_rows(item: NDArray[np.int32], said: Mapping[str, NDArray[Any]]) -> NDArray[np.int64]:
    """The first row of every item, in order. Raises KeyError where a later row says something else."""
    count = len(item)
    first = np.full(item.max() + 1, count)
    first[item[::-1]] = np.arange(count - 1, -1, -1)
    of_row = first[item]
    if any((column != column[of_row]).any() for column in said.values()):
        raise KeyError("rows of an item disagree")
    return np.sort(first[first < count])


def _codes(column: pa.Array) -> NDArray[np.int64]:
    """Equal numbers for equal values."""
    codes: NDArray[np.int64] = column.dictionary_encode(null_encoding="encode").indices.to_numpy()
    return codes


def _pixels(column: pa.Array) -> NDArray[np.int64]:
    """A side of images; 0: unknown."""
    if pa.types.is_null(column.type):
        return np.zeros(len(column), np.int64)
    if not pa.types.is_integer(column.type):
        raise TypeError("a size is no whole number")
    found: NDArray[np.int64] = column.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    if len(found) and (found.min() < 0 or found.max() > MOST_PIXELS):
        raise KeyError("a size is none")
    return found


def _hold_apart(ids: Sequence[pa.Array]) -> None:
    """Raises KeyError where two annotations have one id."""
    column = pa.chunked_array(ids)
    if pa.types.is_integer(column.type):
        ordered = np.sort(column.to_numpy())
        twice = bool((ordered[1:] == ordered[:-1]).any())
    else:
        twice = pc.count_distinct(column).as_py() < len(column)
    if twice:
        raise KeyError("annotations share an id")
