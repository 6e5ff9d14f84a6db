"""Label Studio's JSON export: one record per task, with its annotations, their reviews and drafts.

Format: https://labelstud.io/guide/task_format.html; fields of the Enterprise edition (`reviews`,
`last_action`, `unresolved_comment_count`):
https://github.com/HumanSignal/label-studio-sdk/tree/master/src/label_studio_sdk/types

A task is an assignment of one item. It is as far as its least finished annotation; skipped ones
say that nobody annotated it. A draft, an unresolved comment, or `is_labeled: false` keep it
open. The item is the task's image, as `data` writes it. An annotation submitted without a region
says that there is nothing to annotate. Lead times are left alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from bot.evidence.model import Assignment, AssignmentStatus, ReviewOutcome, ReviewRecord
from bot.evidence.problems import Problems
from bot.evidence.tools.export import Absent, ToolEvidence, ToolExport, concluded
from bot.evidence.tools.label_studio_task import (
    Annotation,
    Review,
    Task,
    item_of,
    note_incomplete,
    read_tasks,
    skipped,
)
from bot.evidence.tools.people import Directory, Person
from bot.evidence.tools.records import Record, note_bad_value
from bot.evidence.tools.vocabulary import Vocabulary
from bot.evidence.values import BadValueError, plain_text, text_id, utc, utc_or_none

_ACTIONS_SOURCE = (
    "https://github.com/HumanSignal/label-studio-sdk/blob/master/"
    "src/label_studio_sdk/types/annotation_history_action_enum.py"
)
_REJECT_SOURCE = (
    "https://github.com/HumanSignal/label-studio-sdk/blob/master/"
    "src/label_studio_sdk/types/reject_action_enum.py"
)

LAST_ACTIONS = Vocabulary(
    ("prediction", AssignmentStatus.PENDING, _ACTIONS_SOURCE),
    ("propagated_annotation", AssignmentStatus.IN_PROGRESS, _ACTIONS_SOURCE),
    ("imported", AssignmentStatus.IN_PROGRESS, _ACTIONS_SOURCE),
    ("submitted", AssignmentStatus.COMPLETED, _ACTIONS_SOURCE),
    ("updated", AssignmentStatus.COMPLETED, _ACTIONS_SOURCE),
    ("skipped", AssignmentStatus.PENDING, _ACTIONS_SOURCE),
    ("accepted", AssignmentStatus.COMPLETED, _ACTIONS_SOURCE),
    ("rejected", AssignmentStatus.IN_PROGRESS, _ACTIONS_SOURCE),
    ("fixed_and_accepted", AssignmentStatus.COMPLETED, _ACTIONS_SOURCE),
    ("deleted_review", AssignmentStatus.COMPLETED, _ACTIONS_SOURCE),
)
"""What was last done to an annotation, and how far its work is then. Made by a machine or copied
from elsewhere (`prediction`, `propagated_annotation`, `imported`), nobody has submitted it yet."""

REJECT_ACTIONS = Vocabulary(
    ("remove", ReviewOutcome.REJECTED, _REJECT_SOURCE),
    ("requeue", ReviewOutcome.NEEDS_REVISION, _REJECT_SOURCE),
    ("redistribute", ReviewOutcome.REJECTED, _REJECT_SOURCE),
)
"""What a rejection does with the annotation; one that does not say is a rejection."""

_UNFINISHED = (
    AssignmentStatus.PENDING,
    AssignmentStatus.IN_PROGRESS,
    AssignmentStatus.UNKNOWN,
    AssignmentStatus.COMPLETED,
)
"""From least to most finished: an unknown word never hides behind a known one that is finished."""


def read_label_studio(data: bytes, *, file: str) -> ToolEvidence:
    """Assignments and reviews of a JSON export; the label classes are in the labelling configuration."""
    problems = Problems(file)
    tasks = read_tasks(data, problems)
    directory = directory_of(tasks)
    assignments: list[Assignment] = []
    reviews: list[ReviewRecord] = []
    for task in tasks:
        try:
            item = item_of(task.value)
            assignments.append(_assignment(task, item, directory))
            reviews += _reviews(task, item, directory)
        except BadValueError as error:
            note_bad_value(error, task, problems)
    labels = Absent(
        text="A JSON export of Label Studio does not define the label classes.",
        fix="Name the labelling configuration (XML) or a native file under `schema`.",
    )
    export = ToolExport(assignments=tuple(assignments), reviews=tuple(reviews), labels=labels)
    return concluded(export, problems, file)


def directory_of(tasks: Iterable[Record[Task]]) -> Directory:
    """The people that an export mentions."""
    return Directory(_people(tasks))


def _people(tasks: Iterable[Record[Task]]) -> Iterator[Person | int | None]:
    for task in tasks:
        for annotation in task.value.annotations:
            yield annotation.completed_by
            yield from (review.created_by for review in annotation.reviews or ())


def _assignment(task: Record[Task], item: str, directory: Directory) -> Assignment:
    made = [one for one in task.value.annotations if not skipped(one)]
    status, word = _status(task.value, made)
    times = [time for one in made if (time := _last_touched(one)) is not None]
    empty = status is AssignmentStatus.COMPLETED and not any(one.result for one in made)
    return Assignment(
        id=text_id(task.value.id),
        items=(item,),
        assignee=directory.name(made[-1].completed_by) if made else "",
        status=status,
        status_text=plain_text(word),
        completed_at=max(times) if times and status is AssignmentStatus.COMPLETED else None,
        empty_items=frozenset({item}) if empty else frozenset(),
        line=task.line,
    )


def _status(task: Task, made: Sequence[Annotation]) -> tuple[AssignmentStatus, str]:
    """How far a task is, and the word of it that says so."""
    note_incomplete(task, len(made))
    if task.drafts or task.draft_exists is True:
        return AssignmentStatus.IN_PROGRESS, "draft"
    if not made:
        return AssignmentStatus.PENDING, "skipped" if task.annotations else "no annotation"
    if task.unresolved_comment_count:
        return AssignmentStatus.IN_PROGRESS, f"{task.unresolved_comment_count} unresolved comments"
    if task.is_labeled is False:
        return AssignmentStatus.IN_PROGRESS, "not labeled"
    states = [_state(annotation) for annotation in made]
    return min(states, key=lambda state: _UNFINISHED.index(state[0]))


def _state(annotation: Annotation) -> tuple[AssignmentStatus, str]:
    word = annotation.last_action or ""
    if word:
        return LAST_ACTIONS.meaning(word) or AssignmentStatus.UNKNOWN, word
    if _last_touched(annotation) is None:
        return AssignmentStatus.UNKNOWN, "no record of a submission"
    return AssignmentStatus.COMPLETED, "submitted"  # the community edition records no actions


def _last_touched(annotation: Annotation) -> datetime | None:
    written = annotation.updated_at or annotation.created_at
    return utc_or_none(written, "updated_at")


def _reviews(task: Record[Task], item: str, directory: Directory) -> Iterator[ReviewRecord]:
    for annotation in task.value.annotations:
        comments = {event.review_id: event.comment or "" for event in annotation.history}
        for review in annotation.reviews or ():
            said = plain_text(comments.get(review.id, "") if review.id is not None else "").strip()
            outcome = _outcome(review)
            yield ReviewRecord(
                item=item,
                annotator=directory.name(annotation.completed_by),
                reviewer=directory.name(review.created_by),
                outcome=outcome,
                at=utc(review.created_at, "created_at"),
                reason="" if outcome is ReviewOutcome.APPROVED else said.partition("\n")[0],
                note=said,
                line=task.line,
            )


def _outcome(review: Review) -> ReviewOutcome:
    if review.accepted is None:
        return ReviewOutcome.UNKNOWN
    if review.accepted:
        return ReviewOutcome.APPROVED
    if not review.reject_action:
        return ReviewOutcome.REJECTED
    return REJECT_ACTIONS.meaning(review.reject_action) or ReviewOutcome.UNKNOWN
