"""Statements in an engine's own dialect, over its own tables."""

from collections.abc import Mapping
from functools import lru_cache
from typing import cast

import sqlglot
from sqlglot import expressions as sql

OURS = "duckdb"


@lru_cache(maxsize=64)
def parsed(statement: str) -> sql.Query:
    """One of our statements; nobody changes it in place."""
    return cast("sql.Query", sqlglot.parse_one(statement, read=OURS))


def over(statement: str, table: sql.Table) -> sql.Query:
    """A statement over ``there``, which is `table`."""
    tree = parsed(statement).copy()
    for place in list(tree.find_all(sql.Table)):
        place.replace(table.copy())
    return tree


def translated(
    statement: str, tables: Mapping[str, sql.Query], dialect: str, *, text_windows: bool = False
) -> str:
    """One of our statements in `dialect`, each of our names standing for a query.

    Every name is quoted, so that no engine changes its case. `text_windows`: windows are cut by text only.

    Raises:
        sqlglot.UnsupportedError: the dialect cannot say it.
    """
    tree = parsed(statement).copy()
    for window in tree.find_all(sql.Window) if text_windows else ():
        window.set("partition_by", [_as_text(key) for key in window.args["partition_by"]])
    named = {place.name for place in tree.find_all(sql.Table)}
    for name in sorted(named & tables.keys()):
        tree = tree.with_(name, as_=tables[name].copy())
    return tree.sql(dialect=dialect, identify=True, unsupported_level=sqlglot.ErrorLevel.RAISE)


def _as_text(key: sql.Expression) -> sql.Expression:
    return sql.cast(key.copy(), "varchar", dialect=OURS)
