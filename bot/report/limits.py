"""Keep a report within what a forge accepts: whole sections are left out, and it says so.

GitHub refuses a check summary above 65,535 characters and a comment above 65,536
(https://docs.github.com/en/rest/checks/runs#create-a-check-run). How it counts astral characters
is not documented, so UTF-8 bytes are counted: the strictest reading.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

MAX_BYTES = 65_535


class Priority(IntEnum):
    """What stays longest when a report is too large; the last is left out first."""

    DECISION = 0
    TABLE = 1
    OPEN_GATE = 2
    RISKS = 3
    COMMANDS = 4
    MORE_FINDINGS = 5
    PASSED_GATES = 6
    FACTS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Whole blocks of Markdown that are shown or left out together."""

    title: str
    """What the reader misses when it is left out; our own words and plain text."""
    body: str
    priority: Priority


def size(text: str) -> int:
    """The length of `text` as the strictest forge counts it."""
    return len(text.encode("utf-8"))


def fit(sections: Sequence[Section], *, limit: int = MAX_BYTES) -> str:
    """The sections in their order, at most `limit` bytes, with a note naming how many are missing.

    Sections leave whole, the lowest priority first and the last of equals first: a fence, table or
    ``<details>`` is never cut open.
    """
    kept = [section for section in sections if section.body]
    left_out: list[Section] = []
    leaving = sorted(kept, key=lambda s: s.priority)
    total = sum(size(section.body) + 2 for section in kept)
    while leaving and total + size(_note(left_out)) > limit:
        gone = leaving.pop()
        left_out.append(gone)
        total -= size(gone.body) + 2
    missing = {id(section) for section in left_out}
    parts = [section.body for section in kept if id(section) not in missing]
    return "\n\n".join([*parts, _note(left_out)] if left_out else parts) + "\n"


def _note(left_out: Sequence[Section]) -> str:
    """Which sections are missing, in at most a few lines."""
    if not left_out:
        return ""
    titles = list(dict.fromkeys(section.title for section in left_out))
    shown = "; ".join(titles[:10])
    more = f"; and {len(titles) - 10} more" if len(titles) > 10 else ""
    return (
        f"**Left out, because a forge shows at most 65,535 characters:** {shown}{more}. "
        "`python -m bot check` prints everything."
    )
