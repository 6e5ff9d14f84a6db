"""Parquet files are read some rows at a time, and no further than a file of their size can honestly go."""

import io
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bot.evidence import parquet_file
from bot.evidence.native import read_labels
from bot.evidence.parquet_file import TooManyRecordsError, batches
from bot.evidence.snapshot_records import read_parquet

PEAK = 64 << 20


def written(columns: Any, **options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, **options)
    return sink.getvalue()


BOMBS = {
    "one text a hundred thousand times": written({"item": pa.repeat("a" * 10_000, 100_000)}),
    "texts in lists": written(
        {"id": [1] * 1000, "items": pa.array([["a" * 9_000] * 99] * 1000, pa.list_(pa.string()))}
    ),
    "texts in records": written({"id": [1] * 90_000, "range": [{"first": "a" * 9_000}] * 90_000}),
}


@pytest.fixture
def pool() -> Iterator[pa.MemoryPool]:
    """A memory pool of its own, whose peak is that of one test."""
    before = pa.default_memory_pool()
    proxy = pa.proxy_memory_pool(before)
    pa.set_memory_pool(proxy)
    yield proxy
    pa.set_memory_pool(before)


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_file_that_becomes_large_is_refused_before_it_does(name: str, pool: pa.MemoryPool) -> None:
    data = BOMBS[name]
    with pytest.raises(TooManyRecordsError, match="stands for more than"):
        list(batches(data, rows=1000))
    assert pool.max_memory() < PEAK
    for loaded in (read_parquet(data, file="s"), read_labels(data, file="s", form="parquet")):
        assert loaded.value is None
        assert loaded.problems


def test_a_file_may_become_so_many_times_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    data = written({"id": ["a"], "name": ["a name of some length"]})
    monkeypatch.setattr(parquet_file, "FLOOR", 1)
    assert sum(map(len, batches(data, rows=1))) == 1
    monkeypatch.setattr(parquet_file, "RATIO", 0)
    assert [f.code for f in read_labels(data, file="l", form="parquet").problems] == [
        "evidence.too-many-records"
    ]


def test_a_table_without_rows_has_none() -> None:
    assert list(batches(written({"id": pa.array([], pa.string())}), rows=10)) == []
    sink = io.BytesIO()
    pq.ParquetWriter(sink, pa.schema([("id", pa.string())])).close()
    assert list(batches(sink.getvalue(), rows=10)) == []


@pytest.mark.parametrize(
    "options",
    [{}, {"use_dictionary": False}, {"use_dictionary": False, "column_encoding": {"id": "DELTA_BYTE_ARRAY"}}],
)
def test_text_is_the_same_however_it_is_written(options: dict[str, Any]) -> None:
    ids = [f"a{n}" for n in range(50)]
    (batch,) = batches(written({"id": ids}, **options), rows=100)
    assert batch.column("id").to_pylist() == ids
