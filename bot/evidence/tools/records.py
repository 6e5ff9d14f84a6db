"""The records of a JSON export, each with its line, typed one by one.

A bad record is one finding and the others are still read, so that a person sees all of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from bot.evidence.problems import Problems, shown
from bot.evidence.tables import BOM
from bot.evidence.values import DECODE_ERRORS, BadValueError, explained

S = TypeVar("S")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Generic[T]):
    """One record: its line in the file, where it is in words, and what it says."""

    line: int
    place: str
    value: T


_LACKING = (msgspec.UNSET, None)

Text = Record[msgspec.Raw]
"""A record whose JSON text is not yet typed."""


def json_records(data: bytes, problems: Problems) -> tuple[Text, ...]:
    """The records of a JSON array, of a file with one JSON object a line, or the one object."""
    text = data.removeprefix(BOM)
    try:
        if text.lstrip().startswith(b"["):
            elements = msgspec.json.decode(text, type=list[msgspec.Raw])
            return _located(elements, text, start=0)
        whole = msgspec.json.decode(text, type=msgspec.Raw)
        return _located([whole], text, start=0)
    except DECODE_ERRORS as error:
        lines = text.split(b"\n")
        if text.lstrip().startswith(b"{") and _complete(next(filter(bytes.strip, lines))):
            return tuple(_lines(lines, problems))
        problems.add(
            "evidence.not-json",
            f"the file is not JSON: {explained(error)}",
            "Export it again; the file may be cut off.",
        )
        return ()


def listed(record: Text, elements: Sequence[msgspec.Raw], data: bytes) -> tuple[Text, ...]:
    """The elements of a list inside `record`, which was read from `data`, with lines of their own."""
    text = data.removeprefix(BOM)
    return _located(elements, text, start=max(text.find(bytes(record.value)), 0))


def keys_of(record: Text) -> frozenset[str]:
    """The field names of a record; none when it is no object."""
    try:
        return frozenset(msgspec.json.decode(record.value, type=dict[str, msgspec.Raw]))
    except DECODE_ERRORS:
        return frozenset()


def typed(records: Iterable[Text], shape: type[S], problems: Problems) -> tuple[Record[S], ...]:
    """The records as values of `shape`; those that are not are noted."""
    decoder = msgspec.json.Decoder(shape)
    found = []
    for record in records:
        try:
            value = decoder.decode(record.value)
        except DECODE_ERRORS as error:
            problems.add(
                "evidence.bad-record",
                f"{record.place}: {explained(error)}",
                "Export it from the tool again, unedited.",
                line=record.line,
            )
        else:
            found.append(Record(line=record.line, place=record.place, value=value))
    return tuple(found)


def note_bad_value(error: BadValueError, record: Record[S], problems: Problems) -> None:
    """Note a value of a record that cannot be used."""
    problems.add(error.code, f"{record.place}: {error.text}", error.fix, line=record.line)


def note_uneven(records: Sequence[Record[S]], names: Sequence[str], problems: Problems) -> None:
    """Note fields that some of the records have and others lack (there `msgspec.UNSET`, or null).

    A tool writes all of its records alike, so such a field was lost or damaged on the way; taking
    it for "nothing to say" would let an unfinished record look finished.
    """
    for name in names:
        lacking = [record for record in records if getattr(record.value, name) in _LACKING]
        if lacking and len(lacking) < len(records):
            problems.add(
                "evidence.uneven-records",
                f"{lacking[0].place} has no `{name}`, which other records of the file have",
                "Export it from the tool again, unedited.",
                line=lacking[0].line,
            )


def note_repeated(records: Iterable[Record[str]], what: str, problems: Problems) -> None:
    """Note ids that occur twice among (place, id) records."""
    seen: dict[str, str] = {}
    for record in records:
        first = seen.setdefault(record.value, record.place)
        if first != record.place:
            problems.add(
                "evidence.duplicate-id",
                f"{record.place} repeats {what} {shown(record.value)} of {first}",
                "Export every record once.",
                line=record.line,
            )


def _located(elements: Sequence[msgspec.Raw], text: bytes, *, start: int) -> tuple[Text, ...]:
    """Elements with their lines: they stand in order, and between them is no bracket or brace."""
    found = []
    at, line = 0, 1
    for number, element in enumerate(elements, 1):
        begin = text.find(bytes(element), max(at, start))
        line += text.count(b"\n", at, begin)
        found.append(Record(line=line, place=f"record {number}", value=element))
        line += bytes(element).count(b"\n")
        at = begin + len(bytes(element))
    return tuple(found)


def _lines(lines: Sequence[bytes], problems: Problems) -> Iterable[Text]:
    for line, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            yield Record(line=line, place=f"line {line}", value=msgspec.json.decode(text, type=msgspec.Raw))
        except DECODE_ERRORS as error:
            problems.add(
                "evidence.not-json",
                f"line {line} is not JSON: {explained(error)}",
                "Export it again; the file may be cut off.",
                line=line,
            )


def _complete(line: bytes) -> bool:
    """Whether a line is a JSON value of its own."""
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except DECODE_ERRORS:
        return False
    return True
