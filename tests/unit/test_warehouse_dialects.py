"""Every statement of the comparison can be said in the dialects of engines that no test can run."""

from dataclasses import dataclass, field

import pyarrow as pa
import pytest
import sqlglot
from ibis.backends.sql import compilers
from sqlglot import expressions as sql

from bot.evidence.frame_builder import frame_of
from bot.gates.compare import statements
from bot.gates.compare.doubts import doubts
from bot.gates.compare.engine import Session, narrowed, session_of
from bot.warehouse.tables import Tables, columns_of
from bot.warehouse.translate import over, translated
from bot.warehouse.trial import NEW, OLD

DIALECTS = {"clickhouse", "trino", "databricks", "pyspark", "bigquery", "snowflake", "postgres", "duckdb"}
"""As Ibis names its backends; several bring a dialect of their own."""


@dataclass
class Listening:
    """A session that remembers what it was asked."""

    session: Session
    heard: set[str] = field(default_factory=set)

    def rows(self, statement: str) -> pa.Table:
        self.heard.add(statement)
        return self.session.rows(statement)

    def keep(self, name: str, statement: str) -> int:
        self.heard.add(statement)
        return self.session.keep(name, statement)


def all_statements() -> frozenset[str]:
    heard: set[str] = set()
    for tidy in (True, False):
        for many in (0, 1 << 30):
            with session_of(frame_of(OLD), frame_of(NEW)) as session:
                listening = Listening(session)
                narrowed(listening, tidy=tidy, many=many)
                doubts(listening, "old", "v1")
                heard |= listening.heard
    columns = {"id": "ID", "item": "Item", "label": 'the "label"', "shape": "shape", "file": "File"}
    for table in ("items", "annotations"):
        heard |= {statements.normal(table, columns, arrays=arrays) for arrays in (True, False)}
    return frozenset(heard)


STATEMENTS = all_statements()


@pytest.mark.parametrize("engine", sorted(DIALECTS))
def test_every_statement_can_be_said_and_read_again(engine: str) -> None:
    dialect = getattr(compilers, engine).compiler.dialect
    tables = {
        f"{side}_{table}": over(
            statements.normal(table, {"id": "ID", "item": "Item", "label": "L"}, arrays=engine != "bigquery"),
            sql.table_(f"V1_{table}", db="Releases", catalog="lake", quoted=True),
        )
        for side in ("old", "new")
        for table in ("items", "annotations")
    }
    for statement in STATEMENTS:
        said = translated(statement, tables, dialect)
        again = sqlglot.parse_one(said, read=dialect)
        named = {place.name for place in again.find_all(sql.Table)}
        assert not list(again.find_all(sql.Command))
        used = {place.name for place in sqlglot.parse_one(statement, read="duckdb").find_all(sql.Table)}
        assert named >= used - tables.keys()
        assert all(f"V1_{name.partition('_')[2]}" in named for name in used & tables.keys())
        assert all(place.quoted for place in again.find_all(sql.Identifier))


def test_there_are_statements_of_every_kind() -> None:
    words = ("full join", "left join", "row_number()", "union all", "union select", "having", "not in")
    assert all(any(word in statement for statement in STATEMENTS) for word in words)
    assert len(STATEMENTS) > 30


def test_bigquery_is_asked_for_no_array_and_cuts_its_windows_by_text_only() -> None:
    made = statements.normal("annotations", {"id": "id", "item": "item", "label": "label"}, arrays=False)
    assert "[]" not in translated(made, {}, "bigquery")
    said = translated(statements.elsewhere(), {}, "bigquery", text_windows=True)
    windows = list(sqlglot.parse_one(said, read="bigquery").find_all(sql.Window))
    keys = [key for window in windows for key in window.args["partition_by"]]
    assert (len(windows), len(keys)) == (2, 16)
    assert all(isinstance(key, sql.Cast) and key.is_type("text") for key in keys)


@pytest.mark.parametrize(
    ("prefix", "places"),
    [
        ("street_v2", [("street_v2_items", ()), ("street_v2_annotations", ())]),
        ("street_v2_", [("street_v2_items", ()), ("street_v2_annotations", ())]),
        ("releases.v2", [("v2_items", ("releases",)), ("v2_annotations", ("releases",))]),
        ("lake.releases.", [("items", ("lake", "releases")), ("annotations", ("lake", "releases"))]),
    ],
)
def test_a_prefix_names_two_tables(prefix: str, places: list[tuple[str, tuple[str, ...]]]) -> None:
    assert [Tables(prefix=prefix).place(table) for table in ("items", "annotations")] == places


def test_columns_are_found_in_any_case() -> None:
    assert columns_of("items", "v1_items", ["ID", "Split"]) == {"id": "ID", "split": "Split"}
