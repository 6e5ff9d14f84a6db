"""Snapshots as columns: the normal form in which large snapshots are kept, cached and compared.

A `Frame` is two Arrow tables. Text is never null and holds no NUL; "" means "not stated". Rows are
in file order, ids are unique, and every annotation is on an item of the frame.

`ITEMS`, one row per item (`bot.evidence.model.Item`):

=========  ======================  =================================================================
id         string                  id of the item, unique in the snapshot; what reviews and
                                   assignments name
file       string                  file name or path as the format writes it
split      string                  name of its split, "": none
width      int64 or null           pixels; null: unknown
height     int64 or null           pixels; null: unknown
digest     string                  content digest of the item's own bytes in lower case, "sha256:…";
                                   "": not stated
empty      bool                    marked as holding nothing to annotate
url        string                  where its picture came from; "": not stated
group_key  string                  scene, video or patient it belongs to; "": not stated
file_key   string                  `file` in one form (`bot.evidence.item_keys`)
line       int64 or null           line of its record in the file, from 1
=========  ======================  =================================================================

`ANNOTATIONS`, one row per labelled object (`bot.evidence.model.Annotation`):

==========  ====================  ==================================================================
id          string                unique in the snapshot
item        string                `id` of its item
label       string                class *name*
x, y        float64 or null       left and top edge of the box in pixels of the item (fractions of it
                                  where the format states no sizes); all four null: the whole item
width,      float64 or null       size of the box, not negative
height
shape       list<float64>         further coordinates, flat; empty: none
changed_at  timestamp[us, UTC]    last change; null: unknown
            or null
annotator   string                who made it; "": not stated
line        int64 or null         line of its record in the file, from 1
==========  ====================  ==================================================================

A reader gives its records to an `Assembly` (which notes what does not fit together), or whole
columns to a `FrameBuilder`. What reads a `Snapshot` record by record sees a sequence of `Item` and
`Annotation` either way (`bot.evidence.frame_rows`); `frame_of` gives the columns of any snapshot.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

ITEMS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("file", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("width", pa.int64()),
        pa.field("height", pa.int64()),
        pa.field("digest", pa.string(), nullable=False),
        pa.field("empty", pa.bool_(), nullable=False),
        pa.field("url", pa.string(), nullable=False),
        pa.field("group_key", pa.string(), nullable=False),
        pa.field("file_key", pa.string(), nullable=False),
        pa.field("line", pa.int64()),
    ]
)
ANNOTATIONS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("item", pa.string(), nullable=False),
        pa.field("label", pa.string(), nullable=False),
        pa.field("x", pa.float64()),
        pa.field("y", pa.float64()),
        pa.field("width", pa.float64()),
        pa.field("height", pa.float64()),
        pa.field("shape", pa.list_(pa.float64()), nullable=False),
        pa.field("changed_at", pa.timestamp("us", tz="UTC")),
        pa.field("annotator", pa.string(), nullable=False),
        pa.field("line", pa.int64()),
    ]
)

BATCH = 1 << 16
"""Records that are looked at together, as columns or as objects."""


class Columns(Protocol):
    """One table of a frame, in memory or elsewhere. Its batches may hold text as dictionaries."""

    @property
    def num_rows(self) -> int:
        """How many records."""

    @property
    def source(self) -> object:
        """What an engine scans: a `pyarrow.Table`, the path of a Parquet file, or `Joined`."""

    def batches(self, names: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """All records in order, some at a time; of their columns only `names`, in whatever order."""


@dataclass(frozen=True, slots=True)
class InMemory:
    """A table in memory."""

    source: pa.Table

    @property
    def num_rows(self) -> int:
        """How many records."""
        return int(self.source.num_rows)

    def batches(self, names: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """All records in order, some at a time; of their columns only `names`."""
        table = self.source if names is None else self.source.select(names)
        yield from table.to_batches(max_chunksize=BATCH)


@dataclass(frozen=True, slots=True)
class Joined:
    """One table of several files, as (prefix, table of one file): ids begin with the prefix of their file.

    Nothing is copied, so that the files of a snapshot are kept once, each by itself.
    """

    parts: tuple[tuple[str, Columns], ...]

    @property
    def num_rows(self) -> int:
        """How many records."""
        return sum(part.num_rows for _, part in self.parts)

    @property
    def source(self) -> "Joined":
        """Itself."""
        return self

    def batches(self, names: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """All records in order, some at a time; of their columns only `names`."""
        for prefix, part in self.parts:
            for batch in map(_plain, part.batches(names)):
                place = batch.schema.get_field_index("id") if prefix else -1
                if place >= 0:
                    ids = pc.binary_join_element_wise(prefix, batch.column(place), "")
                    yield batch.set_column(place, "id", ids)
                else:
                    yield batch


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch of the same types whichever file it is of: some hold text as dictionaries."""
    kinds = [
        pa.field(field.name, field.type.value_type if pa.types.is_dictionary(field.type) else field.type)
        for field in batch.schema
    ]
    return batch.cast(pa.schema(kinds))


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A snapshot as columns; `classes` and `has_ids` as in `Snapshot`. `tidy`: ids are known to be unique."""

    items: Columns
    annotations: Columns
    classes: Mapping[str, str] = field(default_factory=dict)
    tidy: bool = True
    has_ids: bool = True
