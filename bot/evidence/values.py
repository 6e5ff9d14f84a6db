"""Single values of a record, whatever format it came from: ids, times, and why one was refused."""

import re
from datetime import UTC, datetime
from typing import Annotated

import msgspec

Id = str | int
"""An id as tools write it; in the normal form it is always text."""

MOST_PIXELS = 2**31 - 1
"""Pixels of a side of an image, far above any."""

Pixels = Annotated[int, msgspec.Meta(ge=0, le=MOST_PIXELS)]
"""A side of an image in pixels; 0 says nothing."""

_AT = re.compile(r" - at `\$\.?(.*)`$")


class BadValueError(ValueError):
    """A value that cannot be used: the code, sentence and cure of its finding."""

    def __init__(self, code: str, text: str, fix: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.fix = fix


def utc(value: object, field: str) -> datetime:
    """A point in time (ISO 8601 text with zone, or an aware datetime) in UTC.

    Raises:
        BadValueError: it is no time, or it has no zone.
    """
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadValueError(
            "evidence.not-a-time",
            f"`{field}` is not a time in ISO 8601",
            f"Write `{field}` like 2026-03-27T14:05:00Z.",
        ) from None
    raise BadValueError(
        "evidence.time-without-zone",
        f"`{field}` has no time zone",
        f"Write `{field}` with its zone, like 2026-03-27T14:05:00Z or +02:00.",
    )


def utc_or_none(value: object | None, field: str) -> datetime | None:
    """`utc` of a field that may be left out."""
    return None if value is None else utc(value, field)


def plain_text(value: Id) -> str:
    """Text without NUL characters, which no database stores; a number as text.

    Raises:
        BadValueError: it holds one.
    """
    text = str(value)
    if "\0" in text:
        raise BadValueError("evidence.bad-record", "a value holds a NUL character", "Remove the character.")
    return text


def text_id(value: Id) -> str:
    """An id or name as text.

    Raises:
        BadValueError: it is empty or holds a NUL character.
    """
    if value == "":
        raise BadValueError(
            "evidence.bad-record", "an id or name is empty", "Give every record its id and name."
        )
    return plain_text(value)


def explained(error: Exception) -> str:
    """A decoder's complaint as the rest of a sentence: "expected `str`, got `int` at `id`"."""
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "text is not UTF-8"
    message = _AT.sub(lambda found: f" at `{found[1]}`" if found[1] else "", str(error))
    return message if message[:2].isupper() else message[:1].lower() + message[1:]


DECODE_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""Everything that msgspec raises for bytes that are not what was asked for."""
