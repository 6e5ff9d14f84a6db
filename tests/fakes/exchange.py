"""The record of one request to a stand-in, and the error answers of its routes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Answer = tuple[Any, int, dict[str, str]]
"""Body, status and headers; a body of bytes is sent as it is, anything else as JSON."""
Handler = Callable[..., Answer]
Route = tuple[str, str, Handler]
"""Method, Flask path and handler."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request and its answer, as they crossed the wire."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    sent: Any
    status: int
    answered: Any
    answer_headers: dict[str, str]
    faulty: bool
    """The answer was injected by a `Fault`."""


class RefusedError(Exception):
    """An error answer of the forge: status and message, or the problems of each field."""

    def __init__(self, status: int, message: str | dict[str, list[str]]) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
