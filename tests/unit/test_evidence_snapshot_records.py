"""Snapshots in our own forms, JSONL and Parquet, and their merging."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.evidence.assembly import merged
from bot.evidence.model import Annotation, Item, Snapshot
from bot.evidence.problems import Problems
from bot.evidence.snapshot_records import read_jsonl, read_parquet

AT = datetime(2026, 3, 1, 10, tzinfo=UTC)
LINES = (
    {"classes": {"1": "car"}},
    {
        "annotation": {
            "id": 7,
            "item": "a.jpg",
            "label": "car",
            "box": [1, 2, 3, 4],
            "changed_at": AT.isoformat(),
        }
    },
    {
        "item": {
            "id": "a.jpg",
            "file": "images/a.jpg",
            "split": "train",
            "width": 640,
            "height": 480,
            "digest": "x",
        }
    },
    {"item": {"id": "b.jpg", "empty": True}},
)
ROWS = {
    "item": ["a.jpg", "b.jpg", "a.jpg"],
    "file": ["images/a.jpg", None, "images/a.jpg"],
    "split": ["train", "val", "train"],
    "empty": [None, True, None],
    "annotation": [7, None, 8],
    "label": ["car", None, "bus"],
    "box": [[1.0, 2.0, 3.0, 4.0], None, None],
    "shape": [[5.0, 6.0], None, None],
    "changed_at": [AT, None, None],
    "annotator": ["ann", None, None],
}


def jsonl(*lines: object) -> bytes:
    return "\n".join(json.dumps(line) for line in lines).encode()


def parquet(**columns: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({**ROWS, **columns}), sink)
    return sink.getvalue()


@pytest.mark.parametrize("width", [-5, 2**31, 18446744073709551616])
def test_a_size_that_no_image_has_is_refused_with_its_place(width: int) -> None:
    (problem,) = read_jsonl(
        jsonl({"item": {"id": "a"}}, {"item": {"id": "b", "width": width}}), file="s"
    ).problems
    assert (problem.code, problem.line) == ("snapshot.bad-record", 2)
    assert "`item.width`" in problem.text
    if width < 2**63:
        (problem,) = read_parquet(parquet(width=[width, None, width]), file="s.parquet").problems[:1]
        assert (problem.code, problem.text[:6]) == ("snapshot.bad-record", "Row 1:")


def test_a_size_of_zero_says_nothing() -> None:
    found = read_jsonl(jsonl({"item": {"id": "a", "width": 0, "height": 0}}), file="s").value
    assert found is not None
    assert (found.items[0].width, found.items[0].height) == (None, None)


def test_jsonl_records_may_come_in_any_order() -> None:
    found = read_jsonl(b"\xef\xbb\xbf" + jsonl(*LINES) + b"\n\n", file="s.jsonl").value
    assert found is not None
    first, second = found.items
    assert (first.file, first.split, first.width, first.digest, first.line) == (
        "images/a.jpg",
        "train",
        640,
        "unnamed:x",
        3,
    )
    assert (second.file, second.marked_empty) == ("b.jpg", True)
    (annotation,) = found.annotations
    assert (annotation.id, annotation.box, annotation.changed_at) == ("7", (1, 2, 3, 4), AT)
    assert found.classes == {"1": "car"}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{", "snapshot.bad-record"),
        ("{}", "snapshot.bad-record"),
        ('{"item": {"id": "c"}, "classes": {}}', "snapshot.bad-record"),
        ('{"item": {"id": "c", "sise": 1}}', "snapshot.bad-record"),
        ('{"item": {"id": ""}}', "evidence.bad-record"),
        ('{"item": {"id": "b.jpg"}}', "snapshot.duplicate-item"),
        ('{"annotation": {"id": 7, "item": "b.jpg", "label": "car"}}', "snapshot.duplicate-annotation"),
        ('{"annotation": {"id": 1, "item": "c", "label": "car"}}', "snapshot.unknown-item"),
        (
            '{"annotation": {"id": 1, "item": "b.jpg", "label": "car", "box": [1, 2, 3, -4]}}',
            "snapshot.bad-box",
        ),
        (
            '{"annotation": {"id": 1, "item": "b.jpg", "label": "car", "shape": [1e308, 1e308]}}',
            "snapshot.bad-shape",
        ),
        ('{"annotation": {"id": 1, "item": "b.jpg", "label": "a", "changed_at": 1}}', "evidence.not-a-time"),
    ],
)
def test_every_bad_jsonl_line_is_a_finding_at_its_line(line: str, code: str) -> None:
    loaded = read_jsonl(jsonl(*LINES) + b"\n" + line.encode(), file="s.jsonl")
    assert loaded.value is None
    assert [(f.code, f.line) for f in loaded.problems] == [(code, 5)]


def test_parquet_rows_are_annotations_with_their_items() -> None:
    found = read_parquet(parquet(), file="s.parquet").value
    assert found is not None
    assert [(i.id, i.file, i.split, i.marked_empty) for i in found.items] == [
        ("a.jpg", "images/a.jpg", "train", False),
        ("b.jpg", "b.jpg", "val", True),
    ]
    assert [(a.id, a.item, a.label, a.annotator) for a in found.annotations] == [
        ("7", "a.jpg", "car", "ann"),
        ("8", "a.jpg", "bus", ""),
    ]
    assert (found.annotations[0].shape, found.annotations[0].changed_at) == ((5, 6), AT)


def test_parquet_may_number_the_classes() -> None:
    found = read_parquet(parquet(class_id=[3, None, 1]), file="s.parquet").value
    assert found is not None
    assert dict(found.classes) == {"3": "car", "1": "bus"}


@pytest.mark.parametrize(
    ("class_id", "code"),
    [
        ([3, None, 3], "snapshot.class-contradicts"),
        ([3, 1, None], "snapshot.bad-record"),
        (["", None, "1"], "evidence.bad-record"),
    ],
)
def test_class_ids_that_say_nothing_of_a_class_are_refused(class_id: list[Any], code: str) -> None:
    loaded = read_parquet(parquet(class_id=class_id), file="s.parquet")
    assert [f.code for f in loaded.problems] == [code]


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"split": ["train", "val", "val"]}, "snapshot.item-contradicts"),
        ({"item": ["a.jpg", None, "a.jpg"]}, "snapshot.bad-record"),
        ({"label": ["car", None, None]}, "snapshot.bad-record"),
        ({"labell": ["car", None, "bus"]}, "evidence.unknown-field"),
        ({"box": [[1.0, 2.0, 3.0, float("nan")], None, None]}, "snapshot.bad-box"),
        ({"shape": [[float("inf")], None, None]}, "snapshot.bad-shape"),
        ({"annotation": [7, None, 7]}, "snapshot.duplicate-annotation"),
    ],
)
def test_every_bad_parquet_row_is_a_finding(columns: dict[str, Any], code: str) -> None:
    loaded = read_parquet(parquet(**columns), file="s.parquet")
    assert loaded.value is None
    assert [f.code for f in loaded.problems] == [code]


def test_bytes_that_are_no_parquet_are_refused() -> None:
    assert [f.code for f in read_parquet(b"PAR1", file="s").problems] == ["evidence.not-parquet"]


def _part(split: str, *, item: str = "a.jpg", name: str = "car") -> Snapshot:
    return Snapshot(
        items=(Item(id=item, file=item, split=split),),
        annotations=(Annotation(id="1", item=item, label=name),),
        classes={"1": name},
    )


def test_merged_files_keep_their_annotations_apart() -> None:
    problems = Problems("d")
    whole = merged(
        (("t.json", _part("train")), ("v.json", _part("val")), ("x.json", _part("", item="x"))), problems
    )
    assert not problems
    assert [item.id for item in whole.items] == ["train/a.jpg", "val/a.jpg", "x"]
    assert [(a.id, a.item) for a in whole.annotations] == [
        ("train/1", "train/a.jpg"),
        ("val/1", "val/a.jpg"),
        ("x.json/1", "x"),
    ]


def test_merged_files_must_agree_about_classes_and_not_repeat_items() -> None:
    problems = Problems("d")
    merged((("t.json", _part("train")), ("u.json", _part("train", name="bus"))), problems)
    assert [(f.code, f.file) for f in problems.all()] == [
        ("snapshot.classes-disagree", "u.json"),
        ("snapshot.duplicate-item", "u.json"),
        ("snapshot.duplicate-annotation", "u.json"),
    ]


GOOD = {"jsonl": jsonl(*LINES), "parquet": parquet()}


@settings(deadline=None, max_examples=200)
@given(
    form=st.sampled_from(["jsonl", "parquet"]), at=st.data(), junk=st.binary(max_size=4), cut=st.booleans()
)
def test_damaged_files_give_problems_or_a_snapshot(
    form: str, at: st.DataObject, junk: bytes, cut: bool
) -> None:
    good = GOOD[form]
    where = at.draw(st.integers(0, len(good)))
    damaged = good[:where] + junk + (b"" if cut else good[where + len(junk) :])
    for read in (read_jsonl, read_parquet):
        loaded = read(damaged, file="s")
        assert (loaded.value is None) is bool(loaded.problems)
