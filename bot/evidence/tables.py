"""Records of native evidence as rows of named fields, from JSONL, CSV or Parquet.

The three say the same: a JSONL key is a CSV column is a Parquet column. A field that is null (in
CSV: an empty cell) counts as left out. CSV is UTF-8 with a header line and commas.
"""

import csv
import difflib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from bot.evidence import parquet_file
from bot.evidence.problems import Problems, shown
from bot.evidence.values import DECODE_ERRORS, explained

TableFormat = Literal["jsonl", "csv", "parquet"]

MAX_ROWS = 5_000_000
"""Rows of one Parquet file; far above any evidence, far below what a crafted file could claim."""

_BATCH = 1_000

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record: its line in the file (None in Parquet), where it is in words, and its fields."""

    line: int | None
    place: str
    fields: Mapping[str, object]


def read_rows(data: bytes, *, form: TableFormat, problems: Problems) -> list[Row]:
    """All readable rows of a table; unreadable ones are noted in `problems`."""
    if form == "parquet":
        return list(parquet_rows(data, problems, max_rows=MAX_ROWS))
    return list({"jsonl": _jsonl, "csv": _csv}[form](data, problems))


def note_unknown_fields(row: Row, known: Sequence[str], noted: set[str], problems: Problems) -> None:
    """Note fields of `row` that are not `known`, each name once per file (`noted`)."""
    for name in sorted(row.fields.keys() - noted - set(known)):
        noted.add(name)
        near = difflib.get_close_matches(name, known, n=1)
        cure = f"Rename it to `{near[0]}`." if near else f"Remove it; the fields are {', '.join(known)}."
        problems.add(
            "evidence.unknown-field", f"{row.place}: unknown field {shown(name)}", cure, line=row.line
        )


def _jsonl(data: bytes, problems: Problems) -> Iterator[Row]:
    decoder = msgspec.json.Decoder(dict[str, object])
    for line, text in enumerate(data.removeprefix(BOM).split(b"\n"), 1):
        if not text.strip():
            continue
        try:
            record = decoder.decode(text)
        except DECODE_ERRORS as error:
            problems.add(
                "evidence.not-json",
                f"line {line} is not a JSON object: {explained(error)}",
                "Write one JSON object per line.",
                line=line,
            )
        else:
            yield _row(line, f"line {line}", record)


def _csv(data: bytes, problems: Problems) -> Iterator[Row]:
    try:
        yield from _cells(data.decode("utf-8-sig"), problems)
    except UnicodeDecodeError:
        problems.add("evidence.not-text", "the file is not UTF-8 text", "Save the file as UTF-8.")
    except csv.Error as error:
        problems.add("evidence.not-csv", f"the file is not CSV: {error}", "Export the table as CSV again.")


def _cells(text: str, problems: Problems) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = [name.strip() for name in next(reader, [])]
    if not header or len(set(header)) < len(header) or "" in header:
        problems.add(
            "evidence.bad-header",
            "the first line does not name every column exactly once",
            "Begin the CSV file with a line of distinct column names, separated by commas.",
            line=1,
        )
        return
    line = reader.line_num + 1
    for cells in reader:
        if cells and len(cells) != len(header):
            problems.add(
                "evidence.bad-record",
                f"line {line} has {len(cells)} cells and the header {len(header)}",
                "Write as many cells as there are columns; quote cells that hold a comma.",
                line=line,
            )
        elif cells:
            fields = {name: cell for name, cell in zip(header, cells, strict=True) if cell != ""}
            yield _row(line, f"line {line}", fields)
        line = reader.line_num + 1


def parquet_rows(data: bytes, problems: Problems, *, max_rows: int | None) -> Iterator[Row]:
    """The rows of a Parquet file, at most `max_rows` (None: any number), some at a time."""
    number = 0
    try:
        for batch in parquet_file.batches(data, rows=_BATCH, max_rows=max_rows):
            for record in batch.to_pylist():
                number += 1
                yield _row(None, f"row {number}", record)
    except parquet_file.TooManyRecordsError as error:
        problems.add("evidence.too-many-records", str(error), "Split the data set into releases of its own.")
    except MemoryError:
        raise
    except parquet_file.UNREADABLE as error:
        problems.add(
            "evidence.not-parquet",
            f"the file is not readable as Parquet after row {number}: {shown(error)}",
            "Write it with a current Parquet writer, times as UTC timestamps and text as UTF-8.",
        )


def _row(line: int | None, place: str, record: Mapping[str, object]) -> Row:
    fields = {name: value for name, value in record.items() if value is not None}
    return Row(line=line, place=place, fields=fields)
