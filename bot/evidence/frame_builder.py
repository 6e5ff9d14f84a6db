"""Making a frame: records or whole columns go in, some at a time, and a frame comes out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from bot.evidence.frame_rows import AnnotationRows, ItemRows, annotation_table, item_table
from bot.evidence.frames import ANNOTATIONS, BATCH, ITEMS, Columns, Frame, InMemory, Joined
from bot.evidence.item_keys import with_keys
from bot.evidence.model import Annotation, Item, Snapshot


class FrameBuilder:
    """Collects records into columns, some at a time, so that few of them are ever objects at once."""

    def __init__(self, *, batch: int = BATCH) -> None:
        self._batch = batch
        self._items: list[Item] = []
        self._annotations: list[Annotation] = []
        self._tables: dict[str, list[pa.Table]] = {"items": [], "annotations": []}

    def add_item(self, item: Item) -> None:
        """Take one item."""
        self._items.append(item)
        if len(self._items) >= self._batch:
            self._flush_items()

    def add_annotation(self, annotation: Annotation) -> None:
        """Take one annotation."""
        self._annotations.append(annotation)
        if len(self._annotations) >= self._batch:
            self._flush_annotations()

    def add_columns(self, *, items: pa.Table | None = None, annotations: pa.Table | None = None) -> None:
        """Take whole columns: tables with the names of `ITEMS` or `ANNOTATIONS`.

        Columns left out are null, "", false or an empty list. Text may be dictionary-encoded.
        """
        if items is not None:
            self._flush_items()
            self._tables["items"].append(completed(items, ITEMS))
        if annotations is not None:
            self._flush_annotations()
            self._tables["annotations"].append(completed(annotations, ANNOTATIONS))

    def frame(self, classes: Mapping[str, str], *, tidy: bool = True, has_ids: bool = True) -> Frame:
        """Everything that was taken, in order."""
        self._flush_items()
        self._flush_annotations()
        return Frame(
            items=InMemory(_together(self._tables["items"], ITEMS)),
            annotations=InMemory(_together(self._tables["annotations"], ANNOTATIONS)),
            classes=classes,
            tidy=tidy,
            has_ids=has_ids,
        )

    def _flush_items(self) -> None:
        if self._items:
            self._tables["items"].append(item_table(self._items))
            self._items = []

    def _flush_annotations(self) -> None:
        if self._annotations:
            self._tables["annotations"].append(annotation_table(self._annotations))
            self._annotations = []


def frame_of(snapshot: Snapshot) -> Frame:
    """The columns of any snapshot; made from its records where it has none yet."""
    items, annotations = snapshot.items, snapshot.annotations
    if isinstance(items, ItemRows) and isinstance(annotations, AnnotationRows):
        return items.frame
    builder = FrameBuilder()
    builder.add_columns(
        items=item_table(items) if items else None,
        annotations=annotation_table(annotations) if annotations else None,
    )
    return builder.frame(snapshot.classes, tidy=False, has_ids=snapshot.has_ids)


def completed(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """`table` with all columns of `schema`; dictionary-encoded text stays so."""
    columns = []
    table = with_keys(table) if schema is ITEMS else table
    for wanted in schema:
        if wanted.name not in table.column_names:
            columns.append(nothing(wanted.type, table.num_rows))
            continue
        column = table.column(wanted.name)
        encoded = pa.types.is_dictionary(column.type) and pa.types.is_string(wanted.type)
        columns.append(column if encoded else column.cast(wanted.type))
    return pa.table(columns, names=schema.names)


def nothing(kind: pa.DataType, count: int) -> pa.Array:
    """`count` values of a column that was left out: "", false, an empty list, or null."""
    if pa.types.is_list(kind):
        return pa.ListArray.from_arrays(
            pa.repeat(pa.scalar(0, pa.int32()), count + 1), pa.array([], kind.value_type)
        )
    default = "" if pa.types.is_string(kind) else False if pa.types.is_boolean(kind) else None
    return pa.repeat(pa.scalar(default, kind), count)


def _together(tables: Sequence[pa.Table], schema: pa.Schema) -> pa.Table:
    """One table of several; text is a dictionary in all of them or in none."""
    if not tables:
        return schema.empty_table()
    if any(table.schema != tables[0].schema for table in tables):
        tables = [table.cast(schema) for table in tables]
    return pa.concat_tables(tables)


def merged_columns(parts: Sequence[tuple[str, Frame]]) -> Frame | None:
    """One frame of several files, each of one split of its own and with items of its own, or None.

    `bot.evidence.assembly.merged` says what becomes of ids, and does it for all other files.
    """
    classes: dict[str, str] = {}
    prefixes: list[str] = []
    items = pa.array([], pa.string())
    for path, frame in parts:
        ids, told = (_texts(frame.items, name) for name in ("id", "split"))
        splits = told.unique().to_pylist()
        prefix = f"{next(iter(splits), '') or path}/"
        agree = all(classes.setdefault(id_, name) == name for id_, name in frame.classes.items())
        shared = pc.any(pc.is_in(ids, value_set=items)).as_py()
        if len(splits) > 1 or not _apart(prefix, prefixes) or shared or not agree:
            return None
        prefixes.append(prefix)
        items = pa.concat_arrays([items, ids])
    frames = [frame for _, frame in parts]
    return Frame(
        items=Joined(tuple(("", frame.items) for frame in frames)),
        annotations=Joined(
            tuple((prefix, frame.annotations) for prefix, frame in zip(prefixes, frames, strict=True))
        ),
        classes=classes,
        tidy=all(frame.tidy for frame in frames),
        has_ids=all(frame.has_ids for frame in frames),
    )


def _texts(columns: Columns, name: str) -> pa.Array:
    """One column of text, without dictionaries."""
    parts = [batch.column(name).cast(pa.string()) for batch in columns.batches([name])]
    return pa.concat_arrays([pa.array([], pa.string()), *parts])


def _apart(prefix: str, others: Sequence[str]) -> bool:
    """Whether no id can begin with two of the prefixes; names that no encoding has stand for nothing here."""
    if any(prefix.startswith(other) or other.startswith(prefix) for other in others):
        return False
    return not any("\ud800" <= letter <= "\udfff" for letter in prefix)


def in_split(frame: Frame, split: str) -> Frame:
    """The same snapshot, its items without a split being in this one."""
    items = table_of(frame.items)
    told = items.column("split").cast(pa.string())
    named = pc.if_else(pc.equal(told, ""), pa.scalar(split), told)
    place = items.column_names.index("split")
    return replace(frame, items=InMemory(items.set_column(place, "split", named)))


def table_of(columns: Columns) -> pa.Table:
    """All records of one table of a frame."""
    return (
        columns.source if isinstance(columns.source, pa.Table) else pa.Table.from_batches(columns.batches())
    )
