"""The fast reader of Parquet gives what the reader that goes row by row gives, or nothing."""

import io
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.evidence import parquet_columns
from bot.evidence.frame_rows import snapshot_of
from bot.evidence.snapshot_records import _COLUMNS, read_by_row, read_parquet

AT = datetime(2026, 3, 1, 10, tzinfo=UTC)
NAMES = st.sampled_from(["a.jpg", "b.jpg", "ä", "", "nul\0", None])
WORDS = st.sampled_from(["x", "y", "", None])
NUMBERS = st.sampled_from([0.0, 1.0, 2.5, -1.0, 1e300, float("nan"), float("inf")])
COLUMNS: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "item": (pa.string(), NAMES),
    "file": (pa.string(), WORDS),
    "split": (pa.string(), WORDS),
    "width": (pa.int64(), st.sampled_from([640, 0, -1, 2**40, None])),
    "height": (pa.uint32(), st.sampled_from([640, None])),
    "digest": (pa.string(), WORDS),
    "empty": (pa.bool_(), st.sampled_from([True, False, None])),
    "url": (pa.string(), WORDS),
    "group": (pa.int64(), st.sampled_from([7, 8, None])),
    "annotation": (pa.int64(), st.sampled_from([1, 2, 3, 4, None])),
    "label": (pa.string(), NAMES),
    "class_id": (pa.int8(), st.sampled_from([1, 2, None])),
    "box": (
        pa.list_(pa.float64()),
        st.lists(NUMBERS, max_size=5) | st.lists(NUMBERS, min_size=4, max_size=4) | st.none(),
    ),
    "shape": (pa.list_(pa.float64()), st.lists(NUMBERS, max_size=3) | st.none()),
    "changed_at": (pa.string(), st.sampled_from([AT.isoformat(), "late", "2026-01-01", None])),
    "annotator": (pa.string(), NAMES),
    "unknown": (pa.string(), WORDS),
}
TIDY: dict[str, tuple[pa.DataType, list[Any]]] = {
    "item": (pa.string(), ["a.jpg", "b.jpg", "a.jpg", "c.jpg"]),
    "file": (pa.string(), ["a", "b", "a", None]),
    "split": (pa.string(), ["train", "val", "train", None]),
    "width": (pa.int64(), [640, 0, 640, None]),
    "empty": (pa.bool_(), [None, True, False, None]),
    "digest": (pa.string(), ["sha256:a", None, "sha256:a", ""]),
    "url": (pa.string(), ["https://a.example/1", None, "https://a.example/1", ""]),
    "group": (pa.string(), ["scene 7", None, "scene 7", ""]),
    "annotation": (pa.int64(), [7, None, 8, 9]),
    "label": (pa.string(), ["car", None, "bus", "car"]),
    "class_id": (pa.int64(), [3, None, 1, 3]),
    "box": (pa.list_(pa.float64()), [[1, 2, 3, 4], None, None, [0.5, 0, 0, 9]]),
    "shape": (pa.list_(pa.float64()), [[5, 6], None, [], None]),
    "changed_at": (pa.timestamp("us", tz="UTC"), [AT, None, None, AT]),
    "annotator": (pa.string(), ["ana", None, "", None]),
}


def written(columns: dict[str, pa.Array], **options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, **options)
    return sink.getvalue()


def tidy(**changed: pa.DataType | pa.Array) -> dict[str, pa.Array]:
    columns = {name: pa.array(values, kind) for name, (kind, values) in TIDY.items()}
    for name, new in changed.items():
        columns[name] = columns[name].cast(new) if isinstance(new, pa.DataType) else new
    return columns


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """Tables of any values, or tidy ones of which one column is replaced by any values."""
    rows = draw(st.integers(0, 6))
    known = draw(st.sets(st.sampled_from(list(COLUMNS)))) | {"item"}
    columns = {
        name: pa.array(draw(st.lists(values, min_size=rows, max_size=rows)), kind)
        for name, (kind, values) in COLUMNS.items()
        if name in known
    }
    if draw(st.booleans()):
        name = draw(st.sampled_from(list(COLUMNS)))
        kind, values = COLUMNS[name]
        columns = tidy(**{name: pa.array(draw(st.lists(values, min_size=4, max_size=4)), kind)})
    return written(columns, use_dictionary=draw(st.booleans()), row_group_size=draw(st.integers(1, 6)))


@settings(deadline=None, max_examples=300)
@given(data=tables(), rows=st.sampled_from([1, 2, 1000]))
def test_both_readers_give_the_same_snapshot_or_the_fast_one_gives_up(data: bytes, rows: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet_columns, "BATCH", rows)
        frame = parquet_columns.read(data, _COLUMNS)
    slow = read_by_row(data, file="s.parquet")
    if slow.value is None or frame is None:
        assert frame is None
    else:
        assert snapshot_of(frame) == slow.value
        assert list(frame.classes.items()) == list(slow.value.classes.items())


FORMS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "numbers as text": {"annotation": pa.string(), "class_id": pa.string()},
    "items by number": {"item": pa.array([1, 2, 1, 3])},
    "large text": {"item": pa.large_string(), "label": pa.large_string()},
    "categories": {
        "label": pa.array(["car", None, "bus", "car"]).dictionary_encode(),
        "item": pa.array(["a", "b", "a", "c"]).dictionary_encode(),
    },
    "boxes of fixed size": {"box": pa.list_(pa.float64(), 4)},
    "small numbers": {
        "box": pa.large_list(pa.float32()),
        "shape": pa.list_(pa.float32()),
        "width": pa.int16(),
    },
    "whole numbers": {"shape": pa.list_(pa.int32())},
    "times as text": {"changed_at": pa.array(["2026-03-01T11:00:00+01:00", None, None, AT.isoformat()])},
    "times elsewhere": {"changed_at": pa.timestamp("ns", tz="Europe/Berlin")},
    "nothing known": {
        name: pa.nulls(4) for name in ("box", "shape", "changed_at", "annotator", "width", "empty")
    },
    "no annotations": {"annotation": pa.nulls(4), "class_id": pa.nulls(4)},
    "empty lists": {"shape": pa.array([[], None, [], []])},
}


@pytest.mark.parametrize("name", FORMS)
def test_tables_without_mistakes_are_read_as_columns_whatever_wrote_them(name: str) -> None:
    data = written(tidy(**FORMS[name]))
    frame = parquet_columns.read(data, _COLUMNS)
    assert frame is not None
    slow = read_by_row(data, file="s.parquet").value
    assert slow is not None
    assert snapshot_of(frame) == slow
    assert frame.classes == slow.classes


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "text that is none": (
        {"label": pa.array([b"car", None, b"\xff", b"car"]).cast(pa.string(), safe=False)},
        "row 0",
    ),
    "a time beyond all years": (
        {"changed_at": pa.array([None, None, 2**62, None], pa.timestamp("us", tz="UTC"))},
        "row 0",
    ),
    "a time without zone": ({"changed_at": pa.array([AT.replace(tzinfo=None), None, None, None])}, "Row 1:"),
    "an id twice": ({"annotation": pa.array(["7", None, "8", "8"])}, '"8"'),
    "a switch that is none": ({"empty": pa.array(["no", None, "no", None])}, "Row 1:"),
    "true for a number": ({"box": pa.array([None, None, None, [True] * 4])}, "Row 4:"),
    "a number for a list": ({"box": pa.array([None, None, None, 5.0])}, "Row 4:"),
    "a hole in a list": ({"shape": pa.array([None, None, None, [1.0, None]])}, "Row 4:"),
    "a broken size": ({"width": pa.array([640.5, None, 640.5, None])}, "Row 1:"),
    "bytes for a name": ({"item": pa.array([b"a", b"b", b"a", b"c"])}, "Row 1:"),
    "rows that disagree": ({"file": pa.array(["a", "b", "c", None])}, "Row 3:"),
    "three sides": ({"box": pa.array([None, None, None, [1.0, 2, 3]])}, "Row 4:"),
    "a negative size": ({"box": pa.array([None, None, None, [1.0, 2, 3, -4]])}, "Row 4:"),
    "a class of two labels": ({"class_id": pa.array([3, None, 3, 3])}, "Row 3:"),
    "a class of no label": ({"class_id": pa.array([3, 4, 1, 3])}, "Row 2:"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_told_with_its_row(name: str) -> None:
    changed, place = BAD[name]
    loaded = read_parquet(written(tidy(**changed)), file="s.parquet")
    assert loaded.value is None
    assert place in loaded.problems[0].text


def test_memory_that_ends_is_no_fault_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def starved(*_: object, **__: object) -> None:
        raise pa.lib.ArrowMemoryError("malloc of size 64 failed")

    data = written(tidy())
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", starved)
    for read in (read_parquet, read_by_row):
        with pytest.raises(MemoryError):
            read(data, file="s.parquet")
