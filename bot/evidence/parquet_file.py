"""Parquet files some rows at a time, and no further than a file of their size can honestly go.

A few bytes of Parquet can stand for gigabytes: a text is written once and repeated by number. So text
is taken as dictionaries, which hold it once too, and what it stands for is counted before anything
is made of it.
"""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

UNREADABLE = (pa.ArrowException, ValueError, OverflowError, OSError)
"""Everything that pyarrow raises for bytes that are not Parquet, or hold values that Python has not."""

FLOOR = 512 << 20
"""Bytes that any Parquet file may become."""
RATIO = 32
"""How many times its own size a larger one may; real snapshots become 3 to 10 times as large."""


class TooManyRecordsError(Exception):
    """The file would become more than its size allows, or has more rows; the text says which."""


def batches(data: bytes, *, rows: int, max_rows: int | None = None) -> Iterator[pa.RecordBatch]:
    """The records of a file, at most `rows` at a time; text comes as dictionaries.

    Times are in microseconds, and in UTC where they have a zone. Raises one of `UNREADABLE`, or
    TooManyRecordsError.
    """
    plain = pq.ParquetFile(pa.BufferReader(data))
    footer = plain.metadata
    if max_rows is not None and footer.num_rows > max_rows:
        raise TooManyRecordsError(f"the file holds {footer.num_rows:,} rows, and {max_rows:,} are read")
    limit = max(FLOOR, RATIO * len(data))
    if sum(footer.row_group(number).total_byte_size for number in range(footer.num_row_groups)) > limit:
        raise _too_large(len(data), limit)
    became = 0
    for batch in _read(data, _texts(plain), rows):
        became += sum(map(_unpacked, batch.columns))
        if became > limit:
            raise _too_large(len(data), limit)
        yield _plain_times(batch)


def _read(data: bytes, texts: list[str], rows: int) -> Iterator[pa.RecordBatch]:
    """The batches of a file; without dictionaries where pyarrow cannot make them (delta encodings)."""
    begun = False
    with pq.ParquetFile(pa.BufferReader(data), read_dictionary=texts) as file:
        try:
            for batch in file.iter_batches(batch_size=rows):
                begun = True
                yield batch
        except UNREADABLE:
            if begun or not texts:
                raise
    if not begun and texts:
        yield from _read(data, [], rows)


def _too_large(size: int, limit: int) -> TooManyRecordsError:
    return TooManyRecordsError(f"the file holds {size:,} bytes and stands for more than {limit:,}")


def _texts(file: pq.ParquetFile) -> list[str]:
    """The columns of text, wherever they are nested.

    The metadata of column chunks would tell which of them are dictionaries; pyarrow ends the process
    when these are damaged.
    """
    columns = (file.schema.column(number) for number in range(len(file.schema)))
    return [column.path for column in columns if column.physical_type == "BYTE_ARRAY"]


def _unpacked(column: pa.Array) -> int:
    """The bytes of the values of a column, each text counted as often as it occurs."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        lengths = pc.binary_length(column.dictionary)
        return int(column.indices.nbytes) + int(pc.sum(lengths.take(column.indices)).as_py() or 0)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return 4 * len(column) + _unpacked(column.flatten())
    if pa.types.is_struct(kind):
        return sum(map(_unpacked, column.flatten()))
    return int(column.nbytes)


def _plain_times(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Nanoseconds have no Python value, and zone names need a database: neither is needed here."""
    for index, column in enumerate(batch.schema):
        if pa.types.is_timestamp(column.type):
            plain = pa.timestamp("us", tz="UTC" if column.type.tz else None)
            batch = batch.set_column(index, column.name, batch.column(index).cast(plain, safe=False))
    return batch
