"""The records of a frame as objects, made when somebody looks at them, and columns made of records."""

import re
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from itertools import repeat
from typing import Any, Generic, TypeVar, overload

import pyarrow as pa
import pyarrow.compute as pc

from bot.evidence.frames import ANNOTATIONS, ITEMS, Columns, Frame
from bot.evidence.item_keys import content_key, file_key
from bot.evidence.model import Annotation, Item, Snapshot

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

R = TypeVar("R", Item, Annotation)


def snapshot_of(frame: Frame, digest: str = "") -> Snapshot:
    """A frame as a `Snapshot`."""
    return Snapshot(
        items=ItemRows(frame),
        annotations=AnnotationRows(frame),
        classes=frame.classes,
        digest=digest,
        has_ids=frame.has_ids,
    )


class Rows(Sequence[R], Generic[R]):
    """The records of one table of a frame, made on demand; equal to any sequence of equal records."""

    __slots__ = ("columns", "frame")

    def __init__(self, frame: Frame, columns: Columns) -> None:
        self.frame = frame
        self.columns = columns

    @abstractmethod
    def made(self, batch: pa.RecordBatch) -> Iterator[R]:
        """The records of one batch."""

    def __len__(self) -> int:
        """How many records."""
        return self.columns.num_rows

    def __iter__(self) -> Iterator[R]:
        """All records in order."""
        for batch in self.columns.batches():
            yield from self.made(batch)

    @overload
    def __getitem__(self, place: int) -> R: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[R]: ...
    def __getitem__(self, place: int | slice) -> R | Sequence[R]:
        """The record at a place, made together with all others: for small snapshots and tests."""
        return tuple(self)[place]

    def __eq__(self, other: object) -> bool:
        """Whether `other` holds equal records in the same order."""
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]


class ItemRows(Rows[Item]):
    """The items of a frame."""

    __slots__ = ()

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame, frame.items)

    def made(self, batch: pa.RecordBatch) -> Iterator[Item]:
        """The items of one batch."""
        named = (texts(batch.column(name)) for name in ("id", "file", "split", "digest", "url", "group_key"))
        others = (batch.column(name).to_pylist() for name in ("width", "height", "empty", "line"))
        records = zip(*named, *others, strict=True)
        for id_, file, split, digest, url, group, width, height, empty, line in records:
            yield Item(
                id=id_,
                file=file,
                split=split,
                width=width,
                height=height,
                digest=digest,
                marked_empty=empty,
                url=url,
                group=group,
                line=line,
            )


class AnnotationRows(Rows[Annotation]):
    """The annotations of a frame."""

    __slots__ = ()

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame, frame.annotations)

    def made(self, batch: pa.RecordBatch) -> Iterator[Annotation]:
        """The annotations of one batch."""
        named = (texts(batch.column(name)) for name in ("id", "item", "label", "annotator"))
        others = (_shapes(batch.column("shape")), _numbers(batch.column("line")))
        records = zip(*named, *others, _boxes(batch), _times(batch), strict=True)
        for id_, item, label, annotator, shape, line, box, changed_at in records:
            yield Annotation(
                id=id_,
                item=item,
                label=label,
                box=box,
                shape=shape,
                changed_at=changed_at,
                annotator=annotator,
                line=line,
            )


def item_ids(snapshot: Snapshot) -> tuple[str, ...]:
    """The ids of all items, in order."""
    if not isinstance(snapshot.items, ItemRows):
        return tuple(item.id for item in snapshot.items)
    return tuple(id_ for batch in snapshot.items.columns.batches(["id"]) for id_ in texts(batch.column("id")))


def marked_empty(snapshot: Snapshot) -> frozenset[str]:
    """The ids of the items that are marked as holding nothing to annotate."""
    if not isinstance(snapshot.items, ItemRows):
        return frozenset(item.id for item in snapshot.items if item.marked_empty)
    batches = snapshot.items.columns.batches(["id", "empty"])
    return frozenset(
        id_ for batch in batches for id_ in texts(batch.column("id").filter(batch.column("empty")))
    )


def labels_on(annotations: Sequence[Annotation], items: AbstractSet[str]) -> set[tuple[str, str]]:
    """(Item, class) of all annotations on some items."""
    if not isinstance(annotations, AnnotationRows):
        return {(one.item, one.label) for one in annotations if one.item in items}
    wanted = pa.array([_UNSTORABLE.sub(_escaped, item) for item in items], pa.string())
    found: set[tuple[str, str]] = set()
    for batch in annotations.columns.batches(["item", "label"]):
        some = batch.filter(pc.is_in(batch.column("item").cast(pa.string()), value_set=wanted))
        found.update(zip(*(texts(some.column(name)) for name in ("item", "label")), strict=True))
    return found


def _numbers(column: pa.Array) -> list[Any]:
    """A column of numbers as Python's; through numpy it takes a third of the time, but that knows no null."""
    values: list[Any] = column.to_pylist() if column.null_count else column.to_numpy().tolist()
    return values


def _shapes(column: pa.ListArray) -> Iterable[tuple[float, ...]]:
    return map(tuple, column.to_pylist()) if len(column.flatten()) else repeat((), len(column))


def _boxes(batch: pa.RecordBatch) -> Iterator[tuple[float, float, float, float] | None]:
    sides = (_numbers(batch.column(name)) for name in ("x", "y", "width", "height"))
    return (None if box[0] is None else box for box in zip(*sides, strict=True))


def _times(batch: pa.RecordBatch) -> Iterator[datetime | None]:
    moments = batch.column("changed_at").cast(pa.int64())
    if moments.null_count == len(moments):
        return repeat(None, len(moments))
    return (None if moment is None else moment_at(moment) for moment in moments.to_pylist())


def moment_at(microseconds: int) -> datetime:
    """The point in time so many microseconds after 1970 (UTC)."""
    return EPOCH + timedelta(microseconds=microseconds)


def item_table(items: Sequence[Item]) -> pa.Table:
    """Columns of items."""
    columns: dict[str, list[Any]] = {
        "id": [item.id for item in items],
        "file": [item.file for item in items],
        "split": [item.split for item in items],
        "width": [item.width for item in items],
        "height": [item.height for item in items],
        "digest": [content_key(item.digest) for item in items],
        "empty": [item.marked_empty for item in items],
        "url": [item.url for item in items],
        "group_key": [item.group for item in items],
        "file_key": [file_key(item.file) for item in items],
        "line": [item.line for item in items],
    }
    return _table(columns, ITEMS)


def annotation_table(annotations: Sequence[Annotation]) -> pa.Table:
    """Columns of annotations."""
    boxes = [one.box or (None, None, None, None) for one in annotations]
    columns: dict[str, list[Any]] = {
        "id": [one.id for one in annotations],
        "item": [one.item for one in annotations],
        "label": [one.label for one in annotations],
        **{name: [box[n] for box in boxes] for n, name in enumerate(("x", "y", "width", "height"))},
        "shape": [one.shape for one in annotations],
        "changed_at": [one.changed_at for one in annotations],
        "annotator": [one.annotator for one in annotations],
        "line": [one.line for one in annotations],
    }
    return _table(columns, ANNOTATIONS)


def _table(columns: Mapping[str, list[Any]], schema: pa.Schema) -> pa.Table:
    """A table of Python values; text that UTF-8 cannot hold (file names of no encoding) is escaped."""
    try:
        return pa.table(columns, schema=schema)
    except UnicodeEncodeError:
        named = [name for name in columns if pa.types.is_string(schema.field(name).type)]
        escaped = {name: [_UNSTORABLE.sub(_escaped, text) for text in columns[name]] for name in named}
        return pa.table({**columns, **escaped}, schema=schema)


_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_ESCAPED = re.compile("\0([0-9a-f]{4})")


def _escaped(found: re.Match[str]) -> str:
    return f"\0{ord(found[0]):04x}"


def texts(column: pa.Array) -> list[str]:
    """A column of text as it was given."""
    return [
        _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "\0" in text else text
        for text in column.to_pylist()
    ]
