"""Running the statements of the comparison on two frames, by DuckDB inside this process.

DuckDB computes here what a loop would; it reads nothing but the frames it is handed, keeps to a
limit of memory, and spills beyond it into a directory that is gone afterwards.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Protocol

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from bot.evidence.frame_rows import AnnotationRows, ItemRows, texts
from bot.evidence.frames import ANNOTATIONS, ITEMS, Columns, Frame, InMemory, Joined
from bot.evidence.model import Annotation, Item
from bot.gates.compare import odd_statements, statements
from bot.gates.compare.counts import Counts
from bot.gates.compare.narrowed import Narrowed
from bot.gates.compare.oddities import Named, Oddities, in_order

MANY = 200_000
"""Annotations left of both sides from which on the engine looks for their like under other ids too."""
_THREADS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one comparison may hold in memory and spill to the disk, as DuckDB writes sizes, and `MANY`."""

    memory: str = "320MB"
    spill: str = "20GB"
    many: int = MANY


class Session(Protocol):
    """An engine that holds the four tables and can keep results under names."""

    def rows(self, statement: str) -> pa.Table:
        """The result of a statement."""

    def keep(self, name: str, statement: str) -> int:
        """Keep the result of a statement as a table; returns how many rows it has."""


def narrow_frames(before: Frame, after: Frame, limits: Limits = Limits()) -> Narrowed:
    """Take away what two frames share."""
    with session_of(before, after, limits) as session:
        return narrowed(session, tidy=before.tidy and after.tidy, many=limits.many)


def narrowed(session: Session, *, tidy: bool, many: int = MANY) -> Narrowed:
    """The statements in order, on any engine; `tidy`: no id is known to be repeated on either side."""
    unique = _unique(session, "items", tidy=tidy)
    old_items, new_items = map(_items, map(session.rows, _sides(session, "items", tidy=unique)))
    by_id = _sides(session, "annotations", tidy=_unique(session, "annotations", tidy=tidy))
    sides = zip(statements.SIDES, by_id, strict=True)
    rest = {side: session.keep(f"rest_{side}", statement) for side, statement in sides}
    old, new = _elsewhere(session, many=sum(rest.values()) >= many)
    before, after = (_counts(session, side) for side in statements.SIDES)
    odd = (_items(session.rows(statements.suspects(side, tidy=unique))) for side in statements.SIDES)
    suspects_before, suspects_after = odd
    equal = before.annotations.total() - rest["old"]
    return Narrowed(
        old=old,
        new=new,
        old_items=old_items,
        new_items=new_items,
        common=equal + _number(session.rows(statements.common("annotations"))),
        renumbered=rest["new"] - len(new),
        old_splits=_pairs(session.rows(statements.splits("old"))),
        new_splits=_pairs(session.rows(statements.splits("new"))),
        before=before,
        after=after,
        suspects_before=suspects_before,
        suspects_after=suspects_after,
        odd=_oddities(session, tidy=unique),
    )


def _sides(session: Session, table: str, *, tidy: bool) -> list[str]:
    """Keep what differs; returns the statements that give it as records of the old and the new side."""
    session.keep(f"differing_{table}", statements.differing(table, tidy=tidy))
    return [statements.one_side(table, side, tidy=tidy) for side in statements.SIDES]


def _unique(session: Session, table: str, *, tidy: bool) -> bool:
    """Whether no id of a table is repeated, which is looked up unless it is known."""
    return tidy or not session.keep(f"repeated_{table}", statements.repeated(table))


def _elsewhere(session: Session, *, many: bool) -> tuple[list[Annotation], list[Annotation]]:
    """The rest of both sides; of many, without those that kept their content under another id."""
    if many:
        session.keep("placed", statements.elsewhere())
    found = (statements.left_over(side) if many else statements.rest(side) for side in statements.SIDES)
    old, new = (_annotations(session.rows(statement)) for statement in found)
    return old, new


def _oddities(session: Session, *, tidy: bool) -> Oddities:
    """What looks wrong on the new side."""
    _, after = statements.SIDES
    repeated = session.rows(odd_statements.repeated(after))
    empty = pc.equal(pc.list_value_length(repeated.column("shape")), 0)
    return Oddities(
        flat=_named(session.rows(odd_statements.without_area(after))),
        outside=_named(session.rows(odd_statements.outside(after, tidy=tidy))),
        repeated=_named(repeated.filter(pc.invert(pc.and_(empty, repeated.column("x").is_null())))),
    )


def _named(table: pa.Table) -> tuple[Named, ...]:
    return in_order(zip(*(texts(table.column(name)) for name in ("item", "id")), strict=True))


@dataclass(frozen=True, slots=True)
class _DuckDB:
    """A `Session` of DuckDB."""

    connection: duckdb.DuckDBPyConnection

    def rows(self, statement: str) -> pa.Table:
        """The result of a statement."""
        return self.connection.sql(statement).to_arrow_table()

    def keep(self, name: str, statement: str) -> int:
        """Keep the result of a statement as a table; returns how many rows it has."""
        self.connection.execute(f"create temp table {name} as {statement}")
        return _number(self.rows(statements.count(name)))


@contextmanager
def session_of(before: Frame, after: Frame, limits: Limits = Limits()) -> Iterator[Session]:
    """DuckDB in this process, with the tables of two frames."""
    tables: dict[str, Columns] = {"old_items": before.items, "old_annotations": before.annotations}
    tables |= {"new_items": after.items, "new_annotations": after.annotations}
    with (
        TemporaryDirectory(prefix="sevengates-") as spill,
        duckdb.connect(
            ":memory:",
            config={
                "memory_limit": limits.memory,
                "threads": _THREADS,
                "temp_directory": spill,
                "autoinstall_known_extensions": False,
                "preserve_insertion_order": False,
            },
        ) as connection,
    ):
        connection.execute(f"set max_temp_directory_size = '{limits.spill}'")  # in `config` it has no effect
        for name, columns in tables.items():
            _put(connection, name, columns)
        yield _DuckDB(connection)


def _put(connection: duckdb.DuckDBPyConnection, name: str, columns: Columns) -> None:
    """Call a table of a frame `name`."""
    match columns.source:
        case str(path):
            connection.execute(f"create view {name} as select * from read_parquet({_literal(path)})")
        case Joined(parts):
            selected = []
            for number, (prefix, part) in enumerate(parts):
                _put(connection, f"{name}_{number}", part)
                selected.append(
                    f"select {_literal(prefix)} || id as id, * exclude (id) from {name}_{number}"
                    if prefix
                    else f"select * from {name}_{number}"
                )
            connection.execute(f"create view {name} as {' union all '.join(selected)}")
        case table:
            connection.register(name, table)


def _literal(text: str) -> str:
    quoted = text.replace("'", "''")
    return f"'{quoted}'"


def _annotations(table: pa.Table) -> list[Annotation]:
    columns = InMemory(table.cast(ANNOTATIONS))
    return list(AnnotationRows(Frame(items=columns, annotations=columns)))


def _items(table: pa.Table) -> list[Item]:
    columns = InMemory(table.cast(ITEMS))
    return list(ItemRows(Frame(items=columns, annotations=columns)))


def _pairs(table: pa.Table) -> dict[str, str]:
    return dict(zip(*(texts(column) for column in table.columns), strict=True))


def _counts(session: Session, side: str) -> Counts:
    split, label, amount = session.rows(statements.annotation_counts(side)).columns
    cells = zip(texts(split), texts(label), strict=True)
    named, items = session.rows(statements.item_counts(side)).columns
    return Counts(
        annotations=Counter(dict(zip(cells, amount.to_pylist(), strict=True))),
        items=Counter(dict(zip(texts(named), items.to_pylist(), strict=True))),
    )


def _number(table: pa.Table) -> int:
    return int(table.column(0)[0].as_py())
