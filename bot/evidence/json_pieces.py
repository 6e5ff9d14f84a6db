"""Decoding a long JSON array some records at a time, so that few of them are ever objects at once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

PIECE = 1 << 18
"""Bytes decoded together: what was decoded and its text stay in the processor's cache."""

_RETRIES = 100

R = TypeVar("R")
_Decode = Callable[[bytes], list[R]]


@dataclass(frozen=True, slots=True)
class Piece(Generic[R]):
    """Some consecutive records and the lines they begin in, from 1."""

    records: list[R]
    lines: NDArray[np.int64]


def pieces(data: bytes, array: msgspec.Raw, *kinds: type[R]) -> Iterator[Piece[R]]:
    """The records of `array`, a view of `data` that holds a whole JSON array.

    All records of a piece are of one of the `kinds`: the first that fits, and no earlier one than those
    of the piece before.

    A piece ends behind some ``}``, and only counts if the strict decoder takes it: then it is a
    sequence of whole values, and its end the end of a record.

    Raises:
        msgspec.MsgspecError: a record is of none of the `kinds`, or no end of one was found.
    """
    decoders: list[_Decode[R]] = [
        msgspec.json.Decoder(list[kind]).decode  # type: ignore[valid-type]
        for kind in kinds
    ]
    begin = pa.py_buffer(array).address - pa.py_buffer(data).address
    end = begin + len(array) - 1
    counter = _Lines(data, begin, end)
    at, between = begin + 1, b""
    while (found := data.find(b"{", at, end)) >= 0:
        _expect(data[at:found], between)
        to, records = _of_first_kind(data, found, end, decoders)
        yield Piece(records, counter.lines(found, to, len(records)))
        at, between = to, b","
    _expect(data[begin : begin + 1] + data[at:end] + data[end : end + 1], b"[]")


def _expect(text: bytes, expected: bytes) -> None:
    """What lies between pieces is no record of another kind."""
    if b"".join(text.split()) != expected:
        raise msgspec.ValidationError("the array does not hold objects only")


def _of_first_kind(data: bytes, at: int, end: int, decoders: list[_Decode[R]]) -> tuple[int, list[R]]:
    """`_piece` by the first decoder whose kind fits; those before it are taken away."""
    while True:
        try:
            return _piece(data, at, end, decoders[0])
        except msgspec.ValidationError:
            if len(decoders) == 1:
                raise
            del decoders[0]


def _piece(data: bytes, at: int, end: int, decode: _Decode[R]) -> tuple[int, list[R]]:
    """The end of a piece that begins at `at`, and its records.

    Where the text is cut within a record, it is no JSON; a wrong kind is one wherever it is cut.
    """
    to = end if end - at <= PIECE else data.rfind(b"}", at, at + PIECE) + 1
    to = to or data.find(b"}", at, end) + 1
    view = memoryview(data)
    for _ in range(_RETRIES):
        try:
            return to, decode(b"".join((b"[", view[at:to], b"]")))
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:
            to = data.find(b"}", to, end) + 1 or end
    raise msgspec.ValidationError("no end of a record was found")


class _Lines:
    """Counts line breaks on the way through the bytes."""

    def __init__(self, data: bytes, begin: int, end: int) -> None:
        self._data = data
        self._at = begin
        self._line = data.count(b"\n", 0, begin) + 1
        self._one_line = data.find(b"\n", begin, end) < 0

    def lines(self, at: int, to: int, count: int) -> NDArray[np.int64]:
        """The lines in which the `count` records between two offsets begin."""
        if self._one_line:
            return np.full(count, self._line)
        self._line += self._data.count(b"\n", self._at, at)
        self._at = at
        text = b"[%b]" % self._data[at:to]
        begin = pa.py_buffer(text).address
        raws = msgspec.json.decode(text, type=list[msgspec.Raw])
        offsets = np.fromiter((pa.py_buffer(raw).address - begin for raw in raws), np.int64, count)
        breaks = np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n"))
        return self._line + np.searchsorted(breaks, offsets)
