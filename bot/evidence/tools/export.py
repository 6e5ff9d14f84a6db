"""What an export of a labelling tool says, and what it has no word of."""

from dataclasses import dataclass
from typing import TypeVar

from bot.answers import Finding
from bot.evidence.model import Assignment, Label, Loaded, ReviewRecord
from bot.evidence.problems import Problems

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """Why an export cannot say something, as a sentence, and what would."""

    text: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolExport:
    """One export in the normal form; `Absent` is what this kind of export does not carry."""

    assignments: tuple[Assignment, ...] | Absent
    reviews: tuple[ReviewRecord, ...] | Absent
    labels: tuple[Label, ...] | Absent


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolEvidence:
    """The three kinds of evidence of one export, each a value or the findings that say why not."""

    assignments: Loaded[tuple[Assignment, ...]]
    reviews: Loaded[tuple[ReviewRecord, ...]]
    labels: Loaded[tuple[Label, ...]]


def concluded(
    export: ToolExport, problems: Problems, file: str, *, of_work: Problems | None = None
) -> ToolEvidence:
    """The evidence of an export. Any of the `problems` leaves no value of any kind.

    Problems `of_work` concern assignments and reviews alone.
    """
    labels = _loaded(export.labels, problems, file)
    problems.take(of_work.all() if of_work else ())
    return ToolEvidence(
        assignments=_loaded(export.assignments, problems, file),
        reviews=_loaded(export.reviews, problems, file),
        labels=labels,
    )


def _loaded(value: T | Absent, problems: Problems, file: str) -> Loaded[T]:
    if problems:
        return Loaded(problems=problems.all())
    if isinstance(value, Absent):
        absent = Finding(code="evidence.not-in-export", text=value.text, fix=value.fix, file=file)
        return Loaded(problems=(absent,))
    return Loaded(value=value)
