"""The comparison on a team's own engine gives the answers that it gives here."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from math import inf, nan
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings

from bot.answers import Answer, Outcome
from bot.comparing import Engine, compare
from bot.evidence.frame_builder import frame_of
from bot.evidence.model import Annotation, Item, Snapshot
from bot.gates.compare.doubts import doubts
from bot.gates.compare.engine import narrowed
from bot.policy import CompareRule
from bot.warehouse.errors import WarehouseError
from bot.warehouse.session import Warehouse, connected
from bot.warehouse.tables import Tables
from bot.warehouse.trial import NEW, OLD, try_out
from tests.fakes.one_dataset import CORRUPTIONS, FORMS, dataset
from tests.fakes.postgres import TestServer
from tests.fakes.warehouses import ENGINES, url_of
from tests.fakes.wild_snapshots import wild
from tests.unit.test_compare_engine import hold

pytestmark = pytest.mark.slow


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return url_of(request.param, tmp_path, lambda: request.getfixturevalue("postgres"))


def written(files: Mapping[str, bytes], folder: Path) -> str:
    """The files of a snapshot in a folder; returns what names it."""
    for path, data in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    (top,) = folder.iterdir()
    return str(top)


def said(answer: Answer) -> tuple[Outcome, str, Counter[tuple[object, ...]], object]:
    """All of an answer but lines, which tables do not have."""
    findings = Counter((one.code, one.text, one.fix, one.items) for one in answer.findings)
    return answer.outcome, answer.headline, findings, answer.facts


@pytest.mark.parametrize("form", FORMS)
def test_corruptions_are_found_on_every_engine_as_they_are_here(form: str, url: str, tmp_path: Path) -> None:
    before = dataset(Random(1))
    old = written(FORMS[form](before), tmp_path / "old")
    with connected(url) as warehouse:
        assert warehouse.engine in url
    for number, (name, corruption) in enumerate(CORRUPTIONS.items()):
        new = written(FORMS[form](corruption(before, Random(number))), tmp_path / f"new {number}")
        rule = CompareRule(max_class_drift=100)
        here, there = (
            compare(old, new, engine=Engine(url=where), intent=(), rule=rule) for where in (None, url)
        )
        assert said(there) == said(here), name
        assert there.outcome is Outcome.FAILED


def compared(url: str, before: Snapshot, after: Snapshot) -> None:
    with connected(url) as warehouse:
        warehouse.take("old", frame_of(before))
        warehouse.take("new", frame_of(after))
        found = narrowed(warehouse, tidy=False, many=0)
    hold(found, before, after, elsewhere=True)


def storable(snapshot: Snapshot) -> Snapshot:
    """Without names that no encoding has: PostgreSQL refuses the NUL by which they are escaped."""

    def plain(record: Any) -> Any:
        texts = {
            name: getattr(record, name).replace("\ud800", "d8")
            for name in ("id", "item")
            if hasattr(record, name)
        }
        return replace(record, **texts)

    return replace(
        snapshot,
        items=tuple(map(plain, snapshot.items)),
        annotations=tuple(map(plain, snapshot.annotations)),
    )


@settings(
    deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(before=wild.map(storable), after=wild.map(storable))
def test_wild_snapshots_leave_what_naive_loops_leave(url: str, before: Snapshot, after: Snapshot) -> None:
    compared(url, before, after)


def crowd(random: Random, count: int = 300) -> Snapshot:
    """Many records of few ids and values, so that every kind of twin occurs."""
    numbers = (0.0, -0.0, 1.0, 1.0000001, 7.5, -3.0, 1e12, nan, inf)
    ids = [f"{n}" for n in range(count)]
    pictures = [f"{n}.jpg" for n in range(count // 5)]
    return Snapshot(
        items=tuple(
            Item(
                id=random.choice(pictures),
                file=random.choice(["", "a.jpg", "A.jpg", *pictures]),
                split=random.choice(["", "train", "val"]),
                width=random.choice([None, 0, 640]),
                digest=random.choice(["", "", "sha256:1", "sha256:2"]),
            )
            for _ in range(count // 5)
        ),
        annotations=tuple(
            Annotation(
                id=random.choice(ids),
                item=random.choice(pictures[:9]),
                label=random.choice(["car", "Car", "car ", "b\u00fcs"]),
                box=random.choice([None, (random.choice(numbers), 1.0, 2.0, random.choice(numbers))]),
                shape=tuple(random.choice(numbers) for _ in range(random.randrange(3))),
            )
            for _ in range(count)
        ),
    )


@pytest.mark.parametrize("seed", range(4))
def test_crowds_of_twins_leave_what_naive_loops_leave(seed: int, url: str) -> None:
    random = Random(seed)
    before = crowd(random)
    after = replace(before, annotations=(*before.annotations[:200], *crowd(random).annotations[200:]))
    compared(url, before, after)
    compared(url, before, crowd(random))


def fill(url: str, tables: Mapping[str, pa.Table], schema: str | None = None) -> None:
    """Make tables as a team would have them."""
    with connected(url) as warehouse:
        if schema:
            warehouse.backend.create_database(schema)
        for name, content in tables.items():
            warehouse.backend.create_table(name, content, database=schema)


def test_tables_are_compared_in_place_whatever_the_case_and_type_of_their_columns(
    url: str, tmp_path: Path
) -> None:
    items = pa.table({"ID": [1, 2, 3], "Split": ["train", "val", None], "owner": ["x"] * 3})
    sides = {name: [1, 2] for name in ("x", "y", "width", "height")}
    old = pa.table({"id": [1, 2], "item": [1, 2], "LABEL": ["car", "bus"], **sides})
    new = old.set_column(2, "label", [["car", "tram"]])
    tables = {"v1_items": items, "v1_annotations": old, "v2_items": items, "v2_annotations": new}
    fill(url, tables, "releases")
    answer = compare("releases.v1", "releases.v2_", engine=Engine(url=url), intent=(), rule=CompareRule())
    expected = dict.fromkeys(
        ("compare.undeclared-relabel", "compare.new-class", "compare.vanished-class"), ("2",)
    )
    assert {f.code: f.items for f in answer.findings if f.items} == expected
    assert answer.headline == "1 change against releases.v1, not everything as intended."

    folder = tmp_path / "parquet"
    folder.mkdir()
    for table, content in (("items", items), ("annotations", old)):
        pq.write_table(content, folder / f"{table}.parquet")
    back = compare("releases.v2", str(folder), engine=Engine(url=url), intent=(), rule=CompareRule())
    assert {f.code: f.items for f in back.findings if f.items} == expected
    same = compare("releases.v1", str(folder), engine=Engine(url=url), intent=(), rule=CompareRule())
    assert (same.outcome, same.findings) == (Outcome.PASSED, ())


def test_nothing_of_ours_stays_in_the_warehouse(url: str) -> None:
    with connected(url) as warehouse:
        warehouse.take("old", frame_of(OLD))
        warehouse.take("new", frame_of(NEW))
        narrowed(warehouse, tidy=False, many=0)
        with pytest.raises(WarehouseError, match="asking the warehouse: "):
            warehouse.rows("select nonsense from old_items")
    named = "select table_name from information_schema.tables where table_name like 'sevengates%'"
    with connected(url) as warehouse:
        assert warehouse.backend.sql(named).to_pyarrow().num_rows == 0


def test_tables_that_are_not_to_be_temporary_are_made_in_the_scratch_schema_and_dropped(url: str) -> None:
    fill(url, {}, "scratch")
    named = "select table_schema from information_schema.tables where table_name like 'sevengates%'"
    with connected(url, scratch="scratch") as warehouse:
        warehouse.take("old", frame_of(OLD))
        warehouse.take("new", frame_of(NEW))
        narrowed(warehouse, tidy=False, many=0)
        assert set(warehouse.backend.sql(named).to_pyarrow().column(0).to_pylist()) == {"scratch"}
    with connected(url) as warehouse:
        assert warehouse.backend.sql(named).to_pyarrow().num_rows == 0


def test_tables_that_are_no_snapshot_are_doubted_as_files_are(url: str) -> None:
    items = pa.table({"id": ["a", "a", "b", ""]})
    good = {"id": "1", "item": "a", "label": "car", "x": 1.0, "y": 1.0, "width": 1.0, "height": 1.0}
    rows = [
        good,
        good | {"id": "2", "width": -1.0},
        good | {"id": "3", "x": nan},
        good | {"id": "4", "height": None},
        good | {"id": "5", "item": "nowhere"},
        good | {"id": "6", "label": None},
        good | {"id": "1"},
        {"id": "7", "item": "b", "label": "car"},
    ]
    fill(url, {"v_items": items, "v_annotations": pa.Table.from_pylist(rows)})
    with connected(url) as warehouse:
        warehouse.take("old", Tables(prefix="v"))
        found = doubts(warehouse, "old", '"v"')
    assert [(one.code, one.text) for one in found] == [
        ("evidence.bad-record", '1 item of "v" without an id.'),
        ("evidence.bad-record", '1 annotation of "v" without an id, item or label, "6" among them.'),
        ("snapshot.duplicate-item", '1 item of "v" with more than one record, "a" among them.'),
        ("snapshot.duplicate-annotation", '1 annotation of "v" with more than one record, "1" among them.'),
        (
            "snapshot.unknown-item",
            '1 annotation of "v" on items that are not among the items, "5" among them.',
        ),
        ("snapshot.bad-box", '3 annotations of "v" whose box is not x, y, width and height, "2" among them.'),
    ]
    answer = compare("v", "v", engine=Engine(url=url), intent=(), rule=CompareRule())
    assert answer.outcome is Outcome.VAGUE
    assert answer.headline.startswith("In doubt, because of the evidence itself")


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({}, "reading the items of the old snapshot: "),
        ({"v_items": pa.table({"name": ["a"]})}, "the table v_items has no column id; "),
        (
            {
                "v_items": pa.table({"id": ["a"]}),
                "v_annotations": pa.table({"id": ["a"], "shape": ["1"], "item": ["a"], "label": ["b"]}),
            },
            "the column shape of v_annotations must be an array of doubles",
        ),
    ],
    ids=["no table", "no id", "shape as text"],
)
def test_tables_that_cannot_be_read_are_named(tables: Mapping[str, pa.Table], said: str, url: str) -> None:
    fill(url, tables)
    with pytest.raises(WarehouseError) as raised:
        compare("v", "v", engine=Engine(url=url), intent=(), rule=CompareRule())
    assert str(raised.value).startswith(said)


def test_an_engine_has_to_answer_the_trial_as_duckdb_does(url: str) -> None:
    with connected(url) as warehouse:
        try_out(warehouse)


class Forgetful(Warehouse):
    """An engine whose outer joins make "" of what is missing, as ClickHouse's do by default."""

    def _asked(self, statement: str) -> Any:
        return super()._asked(statement.replace(" full join ", " inner join "))

    def beside(self) -> "Forgetful":
        return self


def test_an_engine_that_compares_otherwise_is_refused(tmp_path: Path) -> None:
    with connected(f"duckdb://{tmp_path / 'w.duckdb'}") as warehouse:
        other = Forgetful(backend=warehouse.backend)
        with pytest.raises(WarehouseError, match="duckdb does not compare as DuckDB does"):
            try_out(other)


def test_a_wrong_password_is_told_without_the_password(postgres: TestServer) -> None:
    url = "postgres://somebody:s%40cret%21@127.0.0.1:1/nowhere"
    with pytest.raises(WarehouseError, match="connecting to the warehouse: ") as raised, connected(url):
        pass
    assert "cret" not in str(raised.value)
