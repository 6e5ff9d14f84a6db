"""Labelbox's issues: what reviewers object to on a data row, open or resolved.

The reason is the category the team gave the issue, by its id, since the issue holds no more of it;
without a category it is the first line of what was written.

Fields: https://github.com/Labelbox/labelbox-python/blob/develop/libs/labelbox/src/labelbox/schema/issue.py
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from bot.evidence.model import ReviewOutcome, ReviewRecord
from bot.evidence.problems import Problems
from bot.evidence.tools.people import Directory, Person
from bot.evidence.tools.records import Record, note_bad_value
from bot.evidence.tools.vocabulary import Vocabulary
from bot.evidence.values import BadValueError, plain_text, text_id, utc, utc_or_none

_SOURCE = (
    "https://github.com/Labelbox/labelbox-python/blob/develop/libs/labelbox/src/labelbox/schema/issue.py"
)

ISSUE_STATES = Vocabulary(("Open", False, _SOURCE), ("Resolved", True, _SOURCE))
"""Whether an issue of that status is resolved."""


class Issue(msgspec.Struct, rename="camel"):
    """One issue as Labelbox saves it."""

    data_row_id: str
    status: str
    content: str
    created_at: str
    created_by: Person | None = None
    resolved_at: str | None = None
    category_id: str | None = None


def rejections(
    issues: Sequence[Record[Issue]], items: Mapping[str, str], problems: Problems
) -> Iterator[ReviewRecord]:
    """Issues as rejections of their items (`items`: data row id → item)."""
    people = Directory(issue.value.created_by for issue in issues)
    for issue in issues:
        try:
            yield _rejection(issue, items, people)
        except BadValueError as error:
            note_bad_value(error, issue, problems)


def _rejection(issue: Record[Issue], items: Mapping[str, str], people: Directory) -> ReviewRecord:
    item = items.get(issue.value.data_row_id)
    if item is None:
        raise BadValueError(
            "labelbox.unknown-data-row",
            "the issue is on a data row that is not in the export",
            "Export the data rows and the issues of the same project.",
        )
    resolved = ISSUE_STATES.meaning(issue.value.status)
    at = utc(issue.value.created_at, "createdAt")
    said = plain_text(issue.value.content).strip()
    category = plain_text(issue.value.category_id or "").strip()
    return ReviewRecord(
        item=text_id(item),
        annotator="",
        reviewer=people.name(issue.value.created_by),
        outcome=ReviewOutcome.UNKNOWN if resolved is None else ReviewOutcome.REJECTED,
        at=at,
        reason=f"issue category {category}" if category else said.partition("\n")[0],
        note=said,
        resolved_at=(utc_or_none(issue.value.resolved_at, "resolvedAt") or at) if resolved else None,
        line=issue.line,
    )
