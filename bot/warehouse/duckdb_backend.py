"""Ibis's DuckDB for DuckDB 2: Ibis 12.0 calls methods that it no longer has.

Mended in Ibis, not released yet (https://github.com/ibis-project/ibis/pull/12001).
"""

from typing import Any

import ibis.expr.schema as sch
from ibis.backends.duckdb import Backend
from sqlglot import expressions as sql


class DuckDBBackend(Backend):  # type: ignore[misc]  # Ibis has no types
    """Asks for schemas in a way that every DuckDB has."""

    def get_schema(
        self, table_name: str, *, catalog: str | None = None, database: str | None = None
    ) -> sch.Schema:
        """The schema of a table. Raises duckdb.Error."""
        table = sql.table_(table_name, db=database, catalog=catalog, quoted=True)
        return self._get_schema_using_query(sql.select("*").from_(table).sql("duckdb"))

    def _get_schema_using_query(self, query: str) -> sch.Schema:
        rows: list[tuple[Any, ...]] = self.con.sql(f"describe {query}").fetchall()
        kind = self.compiler.type_mapper.from_string
        return sch.Schema({name: kind(typed, nullable=null == "YES") for name, typed, null, *_ in rows})
