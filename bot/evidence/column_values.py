"""Values of Arrow columns, checked together: texts, numbers, boxes and times.

What is wrong or seldom written raises, and the reader that goes record by record says what it is.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bot.evidence.frame_rows import EPOCH
from bot.evidence.values import utc

_LARGEST = 1e290
"""Numbers up to here add up to a finite sum, which is what `assembly.checked_shape` looks at."""
_TIME = pa.timestamp("us", tz="UTC")


def _since(moment: datetime) -> int:
    """Microseconds after 1970, exactly."""
    passed = moment - EPOCH
    return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds


_FIRST = _since(datetime(1, 1, 1, tzinfo=UTC))
_LAST = _since(datetime(9999, 12, 31, tzinfo=UTC))
"""Between them Python has values for times in any zone."""


@dataclass(frozen=True, slots=True)
class Texts:
    """A column of text: `values`, and for every row the place of its value, -1 where it has none."""

    codes: NDArray[np.int32]
    values: pa.StringArray

    def at(self, rows: NDArray[np.int64]) -> "Texts":
        """Some of the rows."""
        return self if len(rows) == len(self.codes) else Texts(self.codes[rows], self.values)

    def named(self) -> "Texts":
        """The same column. Raises KeyError when a row has no text."""
        empty = np.append(pc.equal(self.values, "").to_numpy(zero_copy_only=False), True)
        if empty[self.codes].any():
            raise KeyError("a name is missing")
        return self

    def stated(self) -> "Texts":
        """The same column with "" where a row has none; equal texts have equal codes."""
        values = pa.concat_arrays([self.values, pa.array([""])]).dictionary_encode()
        codes: NDArray[np.int32] = values.indices.to_numpy()[self.codes]
        return Texts(codes, values.dictionary)

    def plain(self) -> pa.StringArray:
        """The texts of all rows, which all have one."""
        return self.values.take(pa.array(self.codes))

    def encoded(self) -> pa.DictionaryArray:
        """The same as a dictionary of the values that occur."""
        used = np.zeros(len(self.values), np.bool_)
        used[self.codes] = True
        places = np.cumsum(used, dtype=np.int32) - np.int32(1)
        return pa.DictionaryArray.from_arrays(
            pa.array(places[self.codes]), self.values.take(pa.array(np.flatnonzero(used)))
        )


def texts(column: pa.Array) -> Texts:
    """A column of text, dictionary-encoded or not.

    Raises:
        TypeError: it is of another type.
        KeyError: a text holds a NUL character.
    """
    if pa.types.is_null(column.type):
        return Texts(np.full(len(column), -1, np.int32), pa.array([], pa.string()))
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)):
        raise TypeError("a column does not hold text")
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    values = encoded.dictionary.cast(pa.string())
    if values.null_count or pc.any(pc.match_substring(values, "\0")).as_py():
        raise KeyError("a text holds a NUL character")
    codes = encoded.indices.cast(pa.int32()).fill_null(-1).to_numpy(zero_copy_only=False)
    return Texts(codes, values)


def switches(column: pa.Array) -> NDArray[np.bool_]:
    """A column of true and false; null is false. Raises TypeError."""
    if pa.types.is_null(column.type):
        return np.zeros(len(column), np.bool_)
    if not pa.types.is_boolean(column.type):
        raise TypeError("a column does not hold true and false")
    found: NDArray[np.bool_] = column.fill_null(False).to_numpy(zero_copy_only=False)
    return found


def sides(column: pa.Array) -> NDArray[np.float64]:
    """Boxes as (n, 4): x, y, width, height; all NaN where there is none.

    Raises:
        TypeError, KeyError: a box is not four finite numbers, or its size is negative.
    """
    found = np.full((len(column), 4), np.nan)
    if pa.types.is_null(column.type):
        return found
    flat = _flat(column)
    valid = column.is_valid().to_numpy(zero_copy_only=False)
    if (_lengths(column)[valid] != 4).any():
        raise KeyError("a box has not four sides")
    boxes = flat.reshape(-1, 4)
    if (boxes[:, 2:] < 0).any():
        raise KeyError("a box has a negative size")
    found[valid] = boxes
    return found


def numbers(column: pa.Array) -> pa.ListArray:
    """Lists of finite numbers; null is an empty list. Raises TypeError, KeyError."""
    flat = pa.array([], pa.float64()) if pa.types.is_null(column.type) else pa.array(_flat(column))
    offsets = np.zeros(len(column) + 1, np.int32)
    np.cumsum(_lengths(column), out=offsets[1:])
    return pa.ListArray.from_arrays(pa.array(offsets), flat)


def moments(column: pa.Array) -> pa.TimestampArray:
    """Points in time, from times with a zone or from their text.

    Raises:
        TypeError, KeyError, BadValueError: one is none, or has no zone.
    """
    if pa.types.is_null(column.type):
        return pa.nulls(len(column), _TIME)
    if not pa.types.is_timestamp(column.type):
        return _parsed(texts(column))
    if column.type.tz is None:
        raise TypeError("a time has no zone")
    passed = column.cast(pa.int64())
    if pc.any(pc.or_(pc.less(passed, _FIRST), pc.greater(passed, _LAST))).as_py():
        raise KeyError("a time is in no year that there is")
    return column.cast(_TIME)


def _parsed(written: Texts) -> pa.TimestampArray:
    """Every text is understood once, however often it occurs."""
    used = np.unique(written.codes[written.codes >= 0])
    known = np.zeros(len(written.values), np.int64)
    known[used] = [
        _since(utc(text, "changed_at")) for text in written.values.take(pa.array(used)).to_pylist()
    ]
    none = written.codes < 0
    found = np.append(known, 0)[written.codes]
    return pa.array(found, pa.int64(), mask=none).cast(_TIME)


def _flat(column: pa.Array) -> NDArray[np.float64]:
    """The numbers of all lists. Raises TypeError, KeyError."""
    kind = column.type
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)):
        raise TypeError("a column does not hold lists")
    flat = column.flatten()
    if pa.types.is_null(flat.type) and not len(flat):
        return np.empty(0)
    if not (pa.types.is_integer(flat.type) or pa.types.is_floating(flat.type)) or flat.null_count:
        raise TypeError("a list does not hold numbers")
    found: NDArray[np.float64] = flat.cast(pa.float64()).to_numpy(zero_copy_only=False)
    if not (np.abs(found) <= _LARGEST).all():
        raise KeyError("a number is not finite")
    return found


def _lengths(column: pa.Array) -> NDArray[np.int64]:
    """How many numbers each list has; null has none."""
    if pa.types.is_null(column.type):
        return np.zeros(len(column), np.int64)
    lengths: NDArray[np.int64] = (
        pc.list_value_length(column).cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    )
    return lengths
