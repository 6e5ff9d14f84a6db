"""What the payloads of both forges have in common: kinds of fields, and how they are decoded."""

from collections.abc import Mapping
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Sha = Annotated[str, Meta(pattern=r"\A(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")]
Line = Annotated[str, Meta(pattern=r"\A[^\x00-\x1f\x7f]{0,255}\Z")]

T = TypeVar("T")


class MalformedPayloadError(Exception):
    """A signed payload without the fields its event must have."""


def decode(body: bytes, kind: type[T]) -> T:
    """The fields of `kind` in a JSON `body`.

    Raises:
        MalformedPayloadError: `body` is not JSON, or a field is missing or has another type.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise MalformedPayloadError(str(error)) from error


def validated(fields: Mapping[str, object], kind: type[T]) -> T:
    """A `kind` of `fields` that were put together from several. Raises MalformedPayloadError."""
    try:
        return msgspec.convert(fields, type=kind)
    except msgspec.ValidationError as error:
        raise MalformedPayloadError(str(error)) from error
