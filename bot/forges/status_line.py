"""The one line of a commit status: what we say on a forge (or with a token) that has no check runs.

A status has nothing else that is ours, so the line ends in the check's `external_id` in brackets:
whole when it is short, otherwise ``#`` and 16 hex digits of its SHA-256. `read_back` takes it off
again; a digest can be recognised, not undone.
"""

import hashlib
import re
from dataclasses import dataclass

_CODE = re.compile(r" \[([^\[\]]+)\]\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class LineLimits:
    """Characters of a whole line, and of an `external_id` that is carried as it is."""

    line: int
    verbatim: int


def describe(title: str, external_id: str, limits: LineLimits) -> str:
    """The line of a status: the title, cut at a word where it must be, and the code.

    A title may quote others: one that ends like a code, and has none of its own, gets a full stop.
    """
    shown = code(external_id, limits)
    tail = f" [{shown}]" if shown else "." if read_back(title) else ""
    room = limits.line - len(tail)
    if len(title) > room:
        title = title[: room - 1].rsplit(" ", 1)[0].rstrip() + "…"
    return title + tail


def code(external_id: str, limits: LineLimits) -> str:
    """What a line carries of an `external_id`, as `read_back` finds it: itself, or its digest."""
    if len(external_id) <= limits.verbatim and not re.search(r"[\[\]]", external_id):
        return external_id
    return "#" + hashlib.sha256(external_id.encode()).hexdigest()[:16]


def read_back(description: str) -> str:
    """The `external_id` in a status line (or its ``#`` digest); empty when there is none."""
    found = _CODE.search(description)
    return found[1] if found else ""
