"""Native labels, assignments and reviews: what is read, and what is said of what is not."""

import io
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.evidence import native, tables
from bot.evidence.model import Assignment, AssignmentStatus, ItemRange, Label, ReviewOutcome
from bot.evidence.native import read_assignments, read_labels, read_reviews
from bot.evidence.values import explained

READERS = {"labels": read_labels, "assignments": read_assignments, "reviews": read_reviews}
CASES = yaml.safe_load((Path(__file__).parent.parent / "cases/evidence/native.yaml").read_text("utf-8"))
AT = datetime(2026, 3, 1, 10, tzinfo=UTC)


def parquet(table: "pa.Table | dict[str, Any]") -> bytes:
    sink = io.BytesIO()
    pq.write_table(table if isinstance(table, pa.Table) else pa.table(table), sink)
    return sink.getvalue()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_every_bad_record_is_a_finding_with_its_line_and_cure(case: dict[str, Any]) -> None:
    form = case.get("format", "jsonl")
    loaded = READERS[case["kind"]](case["data"].encode(), file="e.x", form=form)
    found = [[f.code, f.line, f.text] for f in loaded.problems]
    assert found == case["findings"]
    assert (loaded.value is None) is bool(found)
    assert all(f.file == "e.x" and f.fix.endswith(".") for f in loaded.problems)


def test_labels_read_the_same_from_jsonl_csv_and_parquet() -> None:
    jsonl = (
        b'{"id": 1, "name": "car", "rule": "tight", "active": true,'
        b' "changed_at": "2026-03-01T12:00:00+02:00"}\n\n'
    )
    csv = b"\xef\xbb\xbfid,name,rule,active,changed_at\r\n1,car,tight,TRUE,2026-03-01T10:00:00Z\r\n"
    changed = pa.array([AT.astimezone(timezone(timedelta(hours=2)))], pa.timestamp("ns", tz="Europe/Berlin"))
    columns = {"id": [1], "name": ["car"], "rule": ["tight"], "active": [True], "changed_at": changed}
    expected = Label(id="1", name="car", rule="tight", active=True, changed_at=AT)
    for data, form, line in ((jsonl, "jsonl", 1), (csv, "csv", 2), (parquet(columns), "parquet", None)):
        loaded = read_labels(data, file="labels", form=form)
        assert not loaded.problems
        assert [Label(**{**_fields(label), "line": None}) for label in loaded.value or ()] == [expected]
        assert (loaded.value or ())[0].line == line


def _fields(label: Label) -> dict[str, Any]:
    return {name: getattr(label, name) for name in Label.__slots__}


def test_assignments_take_lists_and_ranges_in_every_format() -> None:
    jsonl = (
        b'{"id": "a", "assignee": "ann", "status": "completed", "items": ["x", 2], "empty_items": ["x"],'
        b' "completed_at": "2026-03-01T10:00:00Z"}\n'
        b'{"id": "b", "status": "In Progress", "range": {"first": 1, "last": 9}}\n'
    )
    csv = (
        b"id,assignee,status,items,first,last,empty_items,completed_at\n"
        b"a,ann,completed,x; 2,,,x,2026-03-01T10:00:00Z\n"
        b"b,,In Progress,,1,9,,\n"
    )
    columns = {
        "id": ["a", "b"],
        "assignee": ["ann", None],
        "status": ["completed", "In Progress"],
        "items": [["x", "2"], None],
        "range": [None, {"first": "1", "last": "9"}],
        "empty_items": [["x"], None],
        "completed_at": [AT, None],
    }
    for data, form in ((jsonl, "jsonl"), (csv, "csv"), (parquet(columns), "parquet")):
        first, second = read_assignments(data, file="a", form=form).value or ()
        assert (first.items, first.assignee, first.status) == (("x", "2"), "ann", AssignmentStatus.COMPLETED)
        assert (first.completed_at, first.empty_items) == (AT, frozenset({"x"}))
        assert (second.items, second.assignee) == (ItemRange(first="1", last="9"), "")
        assert second.status is AssignmentStatus.IN_PROGRESS


def test_a_status_nobody_knows_is_kept_with_its_word() -> None:
    data = b'{"id": "a", "status": "nearly done", "items": ["x"]}'
    work: tuple[Assignment, ...] = read_assignments(data, file="a", form="jsonl").value or ()
    assert [(w.status, w.status_text) for w in work] == [(AssignmentStatus.UNKNOWN, "nearly done")]


@pytest.mark.parametrize(
    ("word", "outcome"),
    [
        ("approved", ReviewOutcome.APPROVED),
        ("Rejected", ReviewOutcome.REJECTED),
        ("needs revision", ReviewOutcome.NEEDS_REVISION),
        ("NEEDS_REVISION", ReviewOutcome.NEEDS_REVISION),
        ("fixed", ReviewOutcome.UNKNOWN),
    ],
)
def test_review_outcomes_are_known_in_any_case(word: str, outcome: ReviewOutcome) -> None:
    csv = "item,annotator,reviewer,outcome,at,label,deferred\n"
    csv += f"x,ann,rea,{word},2026-03-01T10:00:00Z,car,by ana\n"
    (review,) = read_reviews(csv.encode(), file="r", form="csv").value or ()
    assert (review.outcome, review.at, review.label, review.deferred) == (outcome, AT, "car", "by ana")


def test_an_empty_jsonl_file_holds_no_records_and_that_is_no_problem() -> None:
    assert read_reviews(b"", file="r", form="jsonl").value == ()


def test_after_twenty_problems_the_rest_is_counted() -> None:
    loaded = read_labels(b"{}\n" * 23, file="labels", form="jsonl")
    assert len(loaded.problems) == 21
    assert loaded.problems[-1].text == "And 3 more problems in labels."


@pytest.mark.parametrize(
    ("data", "why"),
    [(b'{"id": "\xff"}', "text is not UTF-8"), (b'{"id": ' + b"[" * 9999, "nested too deeply")],
)
def test_lines_that_no_decoder_takes_say_why(data: bytes, why: str) -> None:
    (finding,) = read_labels(data, file="labels", form="jsonl").problems
    assert finding.text == f"Line 1 is not a JSON object: {why}."


def test_a_csv_file_that_is_not_utf8_or_not_csv_is_refused() -> None:
    for data, code in ((b"id,name\n\xff,x", "evidence.not-text"), (b'id,name\n"a"b,x', "evidence.not-csv")):
        assert [f.code for f in read_labels(data, file="l", form="csv").problems] == [code]


def test_parquet_that_is_broken_or_claims_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    good = parquet({"id": [1, 2], "name": ["a", "b"]})
    assert [f.code for f in read_labels(good[:-9], file="l", form="parquet").problems] == [
        "evidence.not-parquet"
    ]
    monkeypatch.setattr(tables, "MAX_ROWS", 1)
    (finding,) = read_labels(good, file="l", form="parquet").problems
    assert finding.code == "evidence.too-many-records"


def test_a_parquet_value_without_a_python_value_is_a_named_problem() -> None:
    huge = pa.array([2**62], pa.timestamp("us", tz="UTC"))
    data = parquet({"id": ["a"], "name": ["x"], "changed_at": huge})
    assert [f.code for f in read_labels(data, file="l", form="parquet").problems] == ["evidence.not-parquet"]


def test_a_parquet_time_without_zone_is_a_named_problem() -> None:
    naive = pa.array([AT.replace(tzinfo=None)], pa.timestamp("ns"))
    data = parquet({"id": ["a"], "name": ["x"], "changed_at": naive})
    assert [(f.code, f.line) for f in read_labels(data, file="l", form="parquet").problems] == [
        ("evidence.time-without-zone", None)
    ]


GOOD = (
    b'{"id": "a", "status": "PENDING", "items": ["x"], "completed_at": "2026-03-01T10:00:00Z"}\n',
    b"id,status,items\na,PENDING,x;y\n",
    parquet({"id": ["a"], "status": ["PENDING"], "items": [["x"]]}),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["first", "last", "id"]), inner)
    ),
    max_leaves=5,
)


@settings(deadline=None, max_examples=150)
@given(
    good=st.sampled_from(GOOD),
    form=st.sampled_from(["jsonl", "csv", "parquet"]),
    at=st.data(),
    junk=st.binary(max_size=4),
)
def test_damaged_files_give_problems_or_records_and_never_an_exception(
    good: bytes, form: Any, at: st.DataObject, junk: bytes
) -> None:
    where = at.draw(st.integers(0, len(good)))
    damaged = at.draw(st.sampled_from([good[:where], good[:where] + junk + good[where + len(junk) :], junk]))
    for read in READERS.values():
        loaded = read(damaged, file="e", form=form)
        assert (loaded.value is None) is bool(loaded.problems)


@settings(deadline=None, max_examples=150)
@given(record=st.dictionaries(st.sampled_from([*native._Assignment.__struct_fields__, "first", "at"]), JSON))
def test_records_of_any_types_give_problems_or_values(record: dict[str, Any]) -> None:
    import json

    loaded = read_assignments(json.dumps(record).encode(), file="e", form="jsonl")
    assert (loaded.value is None) is bool(loaded.problems)


def test_a_decoders_complaint_keeps_its_acronyms() -> None:
    assert explained(ValueError("JSON is malformed")) == "JSON is malformed"
    assert explained(ValueError("Expected `str`")) == "expected `str`"
