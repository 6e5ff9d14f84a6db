"""A session of a team's engine: our four tables in it, and what is kept there for a while."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import pyarrow as pa
from sqlglot import expressions as sql

from bot.evidence.frames import ANNOTATIONS, ITEMS, Columns, Frame
from bot.gates.compare import statements
from bot.warehouse.errors import WarehouseError, engine_of, named, not_installed
from bot.warehouse.tables import NEEDED, Tables, columns_of
from bot.warehouse.translate import over, translated

Ibis = Any
"""Values of Ibis, which has no types."""

TEMPORARY = frozenset({"duckdb", "postgres", "snowflake", "bigquery"})
"""Engines with temporary tables that Ibis can make."""

TEXT_ONLY = frozenset({"bigquery"})
"""Engines that neither compare arrays nor cut windows by them or by fractions: `shape` is JSON text there.

https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types#data_type_properties
"""

_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    # Without it a side that an outer join lacks is "" and 0, not null:
    # https://clickhouse.com/docs/operations/settings/settings#join_use_nulls
    "clickhouse": {"settings": {"join_use_nulls": 1}},
}
_SCHEMAS = {"items": ITEMS, "annotations": ANNOTATIONS}
_COPIED = {
    "items": tuple(name for name in ITEMS.names if name != "line"),
    "annotations": tuple(name for name in ANNOTATIONS.names if name not in {"changed_at", "line"}),
}


@contextmanager
def connected(url: str, *, scratch: str | None = None) -> Iterator["Warehouse"]:
    """A session of the engine at `url`, as Ibis writes it; nothing of ours is left there afterwards.

    Our tables are temporary; in the schema `scratch`, and where an engine has none, they are dropped.

    Raises:
        WarehouseError: Ibis or its driver is missing, or the engine refuses; here and within.
    """
    password = urlsplit(url).password or ""
    secrets = (password, unquote(password))
    with named("connecting to the warehouse", secrets):
        backend = _backend(url)
    try:
        with Warehouse(backend=backend, scratch=scratch, secrets=secrets).tidied() as warehouse:
            yield warehouse
    finally:
        backend.disconnect()


def _backend(url: str) -> Ibis:
    engine = engine_of(url)
    try:
        import ibis  # noqa: PLC0415  an extra, and slow to import

        if engine != "duckdb":
            return ibis.connect(url, **_OPTIONS.get(engine, {}))
        from bot.warehouse.duckdb_backend import DuckDBBackend  # noqa: PLC0415  needs Ibis

        return DuckDBBackend()._from_url(urlsplit(url))  # noqa: SLF001  what `ibis.connect` does
    except ImportError as error:
        raise not_installed(url, error) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Warehouse:
    """A `bot.gates.compare.engine.Session` of any engine that Ibis speaks to."""

    backend: Ibis
    scratch: str | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)
    _tables: dict[str, sql.Query] = field(default_factory=dict)
    _made: list[str] = field(default_factory=list)
    _token: str = field(default_factory=lambda: uuid4().hex[:8])

    def take(self, side: str, snapshot: Tables | Frame) -> None:
        """Compare with `snapshot` as the side "old" or "new": tables that are there, or a frame, copied."""
        for table in NEEDED:
            name = f"{side}_{table}"
            with named(f"reading the {table} of the {side} snapshot", self.secrets):
                self._tables[name] = (
                    self._there(table, *snapshot.place(table))
                    if isinstance(snapshot, Tables)
                    else self._copied(table, name, getattr(snapshot, table))
                )

    def rows(self, statement: str) -> pa.Table:
        """The result of a statement."""
        with named("asking the warehouse", self.secrets):
            found = self._asked(statement).to_pyarrow()
        return _with_lists(found)

    def keep(self, name: str, statement: str) -> int:
        """Keep the result of a statement as a table; returns how many rows it has."""
        with named("keeping a result in the warehouse", self.secrets):
            made = self._make(name, obj=self._asked(statement))
        self._tables[name] = sql.select("*").from_(made)
        return int(self.rows(statements.count(name)).column(0)[0].as_py())

    @contextmanager
    def tidied(self) -> Iterator["Warehouse"]:
        """Itself; afterwards every table that was made is gone."""
        try:
            yield self
        finally:
            with named("removing our tables from the warehouse", self.secrets):
                for name in self._made:
                    self.backend.drop_table(name, database=self.scratch, force=True)

    def beside(self) -> "Warehouse":
        """Another one of the same engine, with tables of its own."""
        return Warehouse(backend=self.backend, scratch=self.scratch, secrets=self.secrets)

    @property
    def engine(self) -> str:
        """The engine as Ibis calls it."""
        return str(self.backend.name)

    @property
    def _temporary(self) -> bool:
        return self.scratch is None and self.engine in TEMPORARY

    @property
    def _arrays(self) -> bool:
        return self.engine not in TEXT_ONLY

    def _asked(self, statement: str) -> Ibis:
        text_windows = self.engine in TEXT_ONLY
        said = translated(statement, self._tables, self.backend.dialect, text_windows=text_windows)
        return self.backend.sql(said)

    def _make(self, name: str, **content: Ibis) -> sql.Table:
        """Make a table of ours; returns where it is."""
        called = f"sevengates_{self._token}_{name}"
        self._made.append(called)
        temporary = {"temp": True} if self._temporary else {}
        made = self.backend.create_table(called, database=self.scratch, **temporary, **content).op()
        return sql.table_(called, db=made.namespace.database, catalog=made.namespace.catalog, quoted=True)

    def _there(self, table: str, name: str, home: tuple[str, ...]) -> sql.Query:
        catalog, database = (None, None, *home)[-2:]
        there = self.backend.get_schema(name, catalog=catalog, database=database)
        called = ".".join((*home, name))
        columns = columns_of(table, called, there.names)
        if "shape" in columns and self._arrays != there[columns["shape"]].is_array():
            kind = "an array of doubles" if self._arrays else "text, a JSON list of numbers"
            raise WarehouseError(f"the column shape of {called} must be {kind}; give it so in a view")
        place = sql.table_(name, db=database, catalog=catalog, quoted=True)
        return over(statements.normal(table, columns, arrays=self._arrays), place)

    def _copied(self, table: str, name: str, columns: Columns) -> sql.Query:
        """A copy of one table of a frame, made batch by batch."""
        schema = pa.schema([_SCHEMAS[table].field(column) for column in _COPIED[table]])
        if not self._arrays and "shape" in schema.names:
            schema = schema.set(schema.get_field_index("shape"), pa.field("shape", pa.string()))
        made = self._make(name, schema=schema)
        for batch in columns.batches():
            self.backend.insert(made.name, _sent(batch, schema), database=self.scratch)
        ours = dict(zip(schema.names, schema.names, strict=True))
        return over(statements.normal(table, ours, arrays=self._arrays), made)


def _sent(batch: pa.RecordBatch, schema: pa.Schema) -> pa.Table:
    """A batch as plain columns of `schema`, lists as JSON where it has them as text."""
    columns = [batch.column(name) for name in schema.names]
    return pa.table(
        [
            pa.array([json.dumps(row) for row in column.to_pylist()], pa.string())
            if pa.types.is_list(column.type) and pa.types.is_string(kind)
            else column.cast(kind)
            for column, kind in zip(columns, schema.types, strict=True)
        ],
        schema=schema,
    )


def _with_lists(found: pa.Table) -> pa.Table:
    """The result with `shape` as lists, where the engine has it as text."""
    place = found.schema.get_field_index("shape")
    if place < 0 or pa.types.is_list(found.schema.field(place).type):
        return found
    lists = [json.loads(text or "[]") for text in found.column(place).to_pylist()]
    return found.set_column(place, ANNOTATIONS.field("shape"), pa.array(lists, pa.list_(pa.float64())))
