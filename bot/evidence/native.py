"""Labels, assignments and reviews in their native form: JSONL, CSV or Parquet.

Fields are those of the normal form (`bot.evidence.model`); ids may be text or whole numbers.

- labels: ``id, name, rule, active, changed_at``
- assignments: ``id, assignee, status, completed_at, empty_items`` and the work as ``items`` (a
  list) or ``range`` (``{"first": …, "last": …}``, both included). In CSV lists are separated by
  ``;`` and a range is the two columns ``first`` and ``last``; Parquet may use either form.
- reviews: ``item, annotator, reviewer, outcome, at, reason, note, label, resolved_at, deferred``

Times are ISO 8601 with a zone. A status or outcome that is none of the known words is kept as
UNKNOWN, with the tool's word: the gates answer vague. A field we do not know is refused, because
a misspelt ``completed_at`` would otherwise be silently absent.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from bot.evidence.model import (
    Assignment,
    AssignmentStatus,
    ItemRange,
    Label,
    Loaded,
    ReviewOutcome,
    ReviewRecord,
)
from bot.evidence.problems import Problems
from bot.evidence.tables import Row, TableFormat, note_unknown_fields, read_rows
from bot.evidence.values import BadValueError, Id, explained, plain_text, text_id, utc, utc_or_none


class _Label(msgspec.Struct):
    id: Id
    name: str
    rule: str = ""
    active: bool = True
    changed_at: object = None


class _Range(msgspec.Struct, forbid_unknown_fields=True):
    first: Id
    last: Id


class _Assignment(msgspec.Struct):
    id: Id
    status: str
    assignee: Id = ""
    items: tuple[Id, ...] | None = None
    range: _Range | None = None
    completed_at: object = None
    empty_items: tuple[Id, ...] = ()


class _Review(msgspec.Struct):
    item: Id
    annotator: Id
    reviewer: Id
    outcome: str
    at: object
    reason: str = ""
    note: str = ""
    label: str | None = None
    resolved_at: object = None
    deferred: str = ""


S = TypeVar("S", bound=msgspec.Struct)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind(Generic[S, T]):
    """One kind of record: how its fields are typed, what they become, and what makes it unique."""

    shape: type[S]
    build: Callable[[S, Row], T]
    key: Callable[[T], Hashable]


_LISTS = ("items", "empty_items")
_SWITCH = {"true": True, "false": False}


def read_labels(data: bytes, *, file: str, form: TableFormat) -> Loaded[tuple[Label, ...]]:
    """The label schema: every class with its rule, whether active, and when it last changed."""
    return _read(data, file, form, _Kind(shape=_Label, build=_label, key=lambda label: label.id))


def read_assignments(data: bytes, *, file: str, form: TableFormat) -> Loaded[tuple[Assignment, ...]]:
    """The assignments and their statuses."""
    return _read(data, file, form, _Kind(shape=_Assignment, build=_assignment, key=lambda work: work.id))


def read_reviews(data: bytes, *, file: str, form: TableFormat) -> Loaded[tuple[ReviewRecord, ...]]:
    """The reviews made in the labelling tool; the same review twice is refused."""
    return _read(data, file, form, _Kind(shape=_Review, build=_review, key=_review_key))


def _read(data: bytes, file: str, form: TableFormat, kind: _Kind[S, T]) -> Loaded[tuple[T, ...]]:
    problems = Problems(file)
    rows = [_spread(row, form) for row in read_rows(data, form=form, problems=problems)]
    known = kind.shape.__struct_fields__
    unknown: set[str] = set()
    values: list[T] = []
    seen: dict[Hashable, str] = {}
    for row in rows:
        note_unknown_fields(row, known, unknown, problems)
        value = _value(row, kind, known, problems)
        if value is None:
            continue
        first = seen.setdefault(kind.key(value), row.place)
        if first != row.place:
            problems.add(
                "evidence.duplicate-id",
                f"{row.place} repeats the record of {first}",
                "Export every record once.",
                line=row.line,
            )
        values.append(value)
    return problems.loaded(tuple(values))


def _value(row: Row, kind: _Kind[S, T], known: Sequence[str], problems: Problems) -> T | None:
    try:
        return kind.build(msgspec.convert(dict(row.fields), kind.shape), row)
    except (msgspec.ValidationError, RecursionError) as error:
        problems.add(
            "evidence.bad-record",
            f"{row.place}: {explained(error)}",
            f"Write the record with the fields {', '.join(known)}.",
            line=row.line,
        )
    except BadValueError as error:
        problems.add(error.code, f"{row.place}: {error.text}", error.fix, line=row.line)
    return None


def _spread(row: Row, form: TableFormat) -> Row:
    """Bring the flat forms of CSV and Parquet to the nested one of JSONL."""
    fields = dict(row.fields)
    if "first" in fields or "last" in fields:
        fields["range"] = {name: fields.pop(name) for name in ("first", "last") if name in fields}
    if form == "csv":
        for name in _LISTS:
            if name in fields:
                fields[name] = [part.strip() for part in str(fields[name]).split(";")]
        if "active" in fields:
            fields["active"] = _SWITCH.get(str(fields["active"]).lower(), fields["active"])
    return Row(line=row.line, place=row.place, fields=fields)


def _label(raw: _Label, row: Row) -> Label:
    return Label(
        id=text_id(raw.id),
        name=text_id(raw.name),
        rule=plain_text(raw.rule),
        active=raw.active,
        changed_at=utc_or_none(raw.changed_at, "changed_at"),
        line=row.line,
    )


def _assignment(raw: _Assignment, row: Row) -> Assignment:
    if (raw.items is None) == (raw.range is None) or raw.items == ():
        raise BadValueError(
            "evidence.bad-record",
            "an assignment needs either `items` or a range, and not both",
            "List the items of the assignment, or name the first and the last of its range.",
        )
    work: tuple[str, ...] | ItemRange
    if raw.range is not None:
        work = ItemRange(first=text_id(raw.range.first), last=text_id(raw.range.last))
    else:
        work = tuple(text_id(item) for item in raw.items or ())
    return Assignment(
        id=text_id(raw.id),
        items=work,
        assignee=plain_text(raw.assignee),
        status=_status(raw.status),
        status_text=plain_text(raw.status),
        completed_at=utc_or_none(raw.completed_at, "completed_at"),
        empty_items=frozenset(text_id(item) for item in raw.empty_items),
        line=row.line,
    )


def _status(word: str) -> AssignmentStatus:
    written = word.strip().upper().replace(" ", "_")
    return AssignmentStatus(written) if written in set(AssignmentStatus) else AssignmentStatus.UNKNOWN


def _review(raw: _Review, row: Row) -> ReviewRecord:
    return ReviewRecord(
        item=text_id(raw.item),
        annotator=text_id(raw.annotator),
        reviewer=text_id(raw.reviewer),
        outcome=_outcome(raw.outcome),
        at=utc(raw.at, "at"),
        reason=plain_text(raw.reason),
        note=plain_text(raw.note),
        label=None if raw.label is None else text_id(raw.label),
        resolved_at=utc_or_none(raw.resolved_at, "resolved_at"),
        deferred=plain_text(raw.deferred),
        line=row.line,
    )


def _outcome(word: str) -> ReviewOutcome:
    written = word.strip().lower().replace(" ", "_")
    return ReviewOutcome(written) if written in set(ReviewOutcome) else ReviewOutcome.UNKNOWN


def _review_key(review: ReviewRecord) -> Hashable:
    return (review.item, review.reviewer, review.label, review.reason, review.at)
