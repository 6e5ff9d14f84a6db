"""Labelbox's export: one data row per line (NDJSON) with its project's labels and workflow.

https://docs.labelbox.com/reference/export-quick-reference. Export with `project_details`,
`label_details` and `performance_details`; beside it, the issues of the project may be saved
(https://docs.labelbox.com/docs/issues-and-comments).

A data row in a project is an assignment, as far as the workflow step it is in. Steps that teams
named themselves are unknown, so export `workflow_status` or keep Labelbox's own names. Skipped
labels say that nobody annotated the data row. Approvals and rejections are those of the workflow
history and of `reviews`; an issue is a rejection, resolved when Labelbox says so. The item is
named by `external_id`, else by `global_key`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from bot.evidence.model import Assignment, AssignmentStatus, ReviewOutcome, ReviewRecord
from bot.evidence.problems import Problems
from bot.evidence.tools.export import Absent, ToolEvidence, ToolExport, concluded
from bot.evidence.tools.labelbox_issues import Issue, rejections
from bot.evidence.tools.labelbox_row import DataRow, Label, Project, ProjectDetails, Row
from bot.evidence.tools.records import (
    Record,
    json_records,
    keys_of,
    note_bad_value,
    note_repeated,
    note_uneven,
    typed,
)
from bot.evidence.tools.vocabulary import Vocabulary
from bot.evidence.values import BadValueError, plain_text, text_id, utc, utc_or_none

_STATUS_SOURCE = "https://github.com/Labelbox/labelbox-python/blob/develop/libs/labelbox/src/labelbox/schema/export_filters.py"
_STEPS_SOURCE = "https://docs.labelbox.com/docs/workflows"
_ACTIONS_SOURCE = "https://docs.labelbox.com/reference/export-quick-reference"

STEPS = Vocabulary(
    ("ToLabel", AssignmentStatus.PENDING, _STATUS_SOURCE),
    ("InReview", AssignmentStatus.IN_PROGRESS, _STATUS_SOURCE),
    ("InRework", AssignmentStatus.IN_PROGRESS, _STATUS_SOURCE),
    ("Done", AssignmentStatus.COMPLETED, _STATUS_SOURCE),
    ("Initial labeling task", AssignmentStatus.PENDING, _STEPS_SOURCE),
    ("Initial review task", AssignmentStatus.IN_PROGRESS, _STEPS_SOURCE),
    ("Rework (all rejected)", AssignmentStatus.IN_PROGRESS, _STEPS_SOURCE),
)
"""A workflow status, or the name Labelbox gives a workflow step, and how far the work is."""

ACTIONS: Vocabulary[ReviewOutcome | str] = Vocabulary(
    ("Approve", ReviewOutcome.APPROVED, _ACTIONS_SOURCE),
    ("Reject", ReviewOutcome.REJECTED, _ACTIONS_SOURCE),
    ("Rework", ReviewOutcome.NEEDS_REVISION, _ACTIONS_SOURCE),
    ("Label", "no review", _ACTIONS_SOURCE),
    ("Submit", "no review", _ACTIONS_SOURCE),
    ("Skip", "no review", _ACTIONS_SOURCE),
    ("Move", "no review", _ACTIONS_SOURCE),
)
"""What an entry of the workflow history says of the work."""


_Work = tuple[Record[Row], str, Project]
_PROJECT_STATES = ("workflow_status", "task_name", "workflow_history")
S = TypeVar("S")
T = TypeVar("T")


def read_labelbox(files: Mapping[str, bytes], *, file: str) -> ToolEvidence:
    """Assignments and reviews of a project's data rows and, where saved, its issues (path → bytes)."""
    problems = Problems(file)
    rows: list[Record[Row]] = []
    issues: list[Record[Issue]] = []
    for path, data in files.items():
        part = Problems(path)
        records = json_records(data, part)
        keys = keys_of(records[0]) if records else frozenset()
        if "DataRow ID" in keys or "uuid" in keys:
            part.add(
                "labelbox.other-export",
                "the file is an export of version 1 or an import, which does not carry the state of the work",
                "Export the project with `project.export` (version 2).",
            )
        elif "dataRowId" in keys:
            issues += typed(records, Issue, part)
        else:
            rows += typed(records, Row, part)
        problems.take(part.all())
    note_repeated((Record(line=r.line, place=r.place, value=_id(r)) for r in rows), "data row", problems)
    work = [(row, name, project) for row in rows for name, project in row.value.projects.items()]
    _note_uneven(work, problems)
    assignments: list[Assignment] = []
    reviews: list[ReviewRecord] = []
    for row, name, project in work:
        try:
            assignments.append(_assignment(row, name, project))
            reviews += _reviews(row, project)
        except BadValueError as error:
            note_bad_value(error, row, problems)
    reviews += rejections(
        issues, {row.value.data_row.id: _item(row.value.data_row) for row in rows}, problems
    )
    labels = Absent(
        text="A Labelbox export does not define the label classes.",
        fix="Write the ontology as a native file and name it under `schema`.",
    )
    export = ToolExport(assignments=tuple(assignments), reviews=tuple(reviews), labels=labels)
    return concluded(export, problems, file)


def _note_uneven(work: Sequence[_Work], problems: Problems) -> None:
    """Note what the export carries for some data rows or labels and not for others."""
    projects = [Record(line=row.line, place=row.place, value=project) for row, _, project in work]
    labels = [
        Record(line=project.line, place=f"a label of {project.place}", value=label)
        for project in projects
        for label in project.value.labels
    ]
    note_uneven(projects, ("project_details",), problems)
    note_uneven([_of(one, one.value.details) for one in projects], _PROJECT_STATES, problems)
    note_uneven(labels, ("label_details", "performance_details"), problems)
    note_uneven([_of(one, one.value.details) for one in labels], ("reviews",), problems)
    note_uneven([_of(one, one.value.performance) for one in labels], ("skipped",), problems)


def _of(record: Record[S], value: T) -> Record[T]:
    """A part of a record, at the same place."""
    return Record(line=record.line, place=record.place, value=value)


def _id(row: Record[Row]) -> str:
    return row.value.data_row.id


def _item(row: DataRow) -> str:
    return row.external_id or row.global_key or row.id


def _assignment(row: Record[Row], project_id: str, project: Project) -> Assignment:
    item = text_id(_item(row.value.data_row))
    details = project.details
    status, word = _status(project, details)
    made = [label for label in project.labels if not label.performance.skipped]
    done = status is AssignmentStatus.COMPLETED
    empty = done and not any(one.annotations.objects or one.annotations.classifications for one in made)
    alone = len(row.value.projects) == 1
    data_row = text_id(row.value.data_row.id)
    return Assignment(
        id=data_row if alone else f"{text_id(project_id)}/{data_row}",
        items=(item,),
        assignee=plain_text(_annotator(made)),
        status=status,
        status_text=plain_text(word),
        completed_at=_completed_at(made, details) if done else None,
        empty_items=frozenset({item}) if empty else frozenset(),
        line=row.line,
    )


def _status(project: Project, details: ProjectDetails) -> tuple[AssignmentStatus, str]:
    history = details.workflow_history or ()
    last = max(history, key=lambda step: utc(step.created_at, "created_at"), default=None)
    word = details.workflow_status or details.task_name or (last and last.next_task_name)
    if not word:
        return AssignmentStatus.UNKNOWN, "no workflow status exported"
    status = STEPS.meaning(word) or AssignmentStatus.UNKNOWN
    if status is not AssignmentStatus.COMPLETED:
        return status, word
    if not project.labels:
        return AssignmentStatus.PENDING, f"{word}, no label"
    if all(label.performance.skipped for label in project.labels):
        return AssignmentStatus.PENDING, f"{word}, skipped"
    return status, word


def _annotator(labels: Sequence[Label]) -> str:
    return next((label.details.created_by for label in labels if label.details.created_by), "")


def _completed_at(labels: Sequence[Label], details: ProjectDetails) -> datetime | None:
    """When the data row came to the step it is in; without a history, when its labels last changed."""
    moves = [utc(step.created_at, "created_at") for step in details.workflow_history or ()]
    if moves:
        return max(moves)
    written = (one.details.content_last_updated_at or one.details.updated_at for one in labels)
    times = [time for text in written if (time := utc_or_none(text, "updated_at")) is not None]
    return max(times, default=None)


def _reviews(row: Record[Row], project: Project) -> Iterator[ReviewRecord]:
    item = text_id(_item(row.value.data_row))
    annotator = plain_text(_annotator(project.labels))
    said = [
        (review.reviewed_by, _score(review.score), review.reviewed_at)
        for label in project.labels
        for review in label.details.reviews or ()
    ]
    for step in project.details.workflow_history or ():
        outcome = ACTIONS.meaning(step.action)
        if outcome is None or isinstance(outcome, ReviewOutcome):
            said.append((step.created_by or "", outcome or ReviewOutcome.UNKNOWN, step.created_at))
    for reviewer, outcome, at in dict.fromkeys(said):
        yield ReviewRecord(
            item=item,
            annotator=annotator,
            reviewer=plain_text(reviewer),
            outcome=outcome,
            at=utc(at, "created_at"),
            line=row.line,
        )


def _score(score: float | None) -> ReviewOutcome:
    """What a review's score means: above 0 approved, below rejected.

    https://github.com/Labelbox/labelbox-python/blob/develop/libs/labelbox/src/labelbox/schema/review.py
    """
    if not score:
        return ReviewOutcome.UNKNOWN
    return ReviewOutcome.APPROVED if score > 0 else ReviewOutcome.REJECTED
