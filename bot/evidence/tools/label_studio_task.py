"""The fields of a Label Studio task that are read, and what any reader asks of one.

A field that an export may lack is `UNSET` then.

https://labelstud.io/guide/task_format.html
"""

import re
from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from bot.evidence.problems import Problems
from bot.evidence.tools.people import Person
from bot.evidence.tools.records import Record, Text, json_records, keys_of, note_repeated, note_uneven, typed
from bot.evidence.values import BadValueError, Id, text_id

_IMAGE_KEYS = ("image", "img", "image_url", "url")
_REFERENCE = re.compile(r"\S{1,2048}")

_Count = Annotated[int, msgspec.Meta(ge=0)]


class Event(msgspec.Struct):
    """One entry of an annotation's history; a review's comment stands in the one that names it."""

    review_id: int | None = None
    comment: str | None = None


class Review(msgspec.Struct):
    """A reviewer's word on one annotation; `accepted` null says nothing."""

    accepted: bool | None
    created_at: str
    id: int | None = None
    created_by: Person | int | None = None
    reject_action: str | None = None


class Annotation(msgspec.Struct):
    """What one annotator made of a task, and what was last done to it."""

    result: list[msgspec.Raw]
    id: Id | None = None
    completed_by: Person | int | None = None
    created_at: str | None = None
    updated_at: str | None = None
    was_cancelled: bool | UnsetType = UNSET
    last_action: str | UnsetType | None = UNSET
    reviews: list[Review] | UnsetType = UNSET
    history: list[Event] = []
    ground_truth: bool | UnsetType = UNSET


class Task(msgspec.Struct):
    """A task with its data, and how far it is. Only fields that say something of that are read."""

    id: Id
    data: dict[str, object]
    annotations: list[Annotation]
    drafts: list[msgspec.Raw] | UnsetType = UNSET
    draft_exists: bool | UnsetType = UNSET
    is_labeled: bool | UnsetType = UNSET
    unresolved_comment_count: _Count | UnsetType = UNSET
    total_annotations: _Count | UnsetType = UNSET
    cancelled_annotations: _Count | UnsetType = UNSET
    meta: dict[str, object] | UnsetType | None = UNSET


_TASK_STATES = ("drafts", "draft_exists", "is_labeled", "unresolved_comment_count", "total_annotations")
_ANNOTATION_STATES = ("was_cancelled", "last_action", "reviews", "ground_truth")


def read_tasks(data: bytes, problems: Problems) -> tuple[Record[Task], ...]:
    """The tasks of a JSON export; what is wrong with it as a whole, and with records, is noted."""
    records = json_records(data, problems)
    other = _other_form(records)
    if other is not None:
        problems.add("label-studio.other-export", other, "Export the project as JSON (not JSON-MIN).")
    tasks = () if problems else typed(records, Task, problems)
    annotations = [
        Record(line=task.line, place=f"an annotation of {task.place}", value=annotation)
        for task in tasks
        for annotation in task.value.annotations
    ]
    note_uneven(tasks, _TASK_STATES, problems)
    note_uneven(annotations, _ANNOTATION_STATES, problems)
    ids = (Record(line=task.line, place=task.place, value=str(task.value.id)) for task in tasks)
    note_repeated(ids, "task", problems)
    return tasks


def _other_form(records: Sequence[Text]) -> str | None:
    """Why records are not those of a current JSON export, when they are of another one."""
    keys = keys_of(records[0]) if records else frozenset()
    if "completions" in keys:
        return "the file is of a Label Studio before 1.0, which kept `completions` without their state"
    if keys >= {"annotation_id", "annotator"}:
        return "the file is a JSON-MIN export, which does not carry the state of the work"
    return None


def item_of(task: Task) -> str:
    """The file that a task is about, as `data` writes it.

    Raises:
        BadValueError: `data` names none, or several.
    """
    texts = {key: value for key, value in task.data.items() if isinstance(value, str) and key != "split"}
    found = next((texts[key] for key in _IMAGE_KEYS if key in texts), None)
    if found is None and len(texts) == 1:
        found = next(iter(texts.values()))
    if found is None or not _REFERENCE.fullmatch(found):
        raise BadValueError(
            "label-studio.no-item",
            "`data` does not name one file",
            f"Import the tasks with the file's path or URL under `{_IMAGE_KEYS[0]}`.",
        )
    return text_id(found)


def skipped(annotation: Annotation) -> bool:
    """Whether the annotator passed the task over; what it holds then is no annotation."""
    return annotation.was_cancelled is True or annotation.last_action == "skipped"


def note_incomplete(task: Task, found: int) -> None:
    """Refuse a task of which the export holds only some annotations (`found`, those skipped left out).

    Raises:
        BadValueError: the task says that it has more.
    """
    if task.total_annotations is not UNSET and task.total_annotations > found:
        raise BadValueError(
            "label-studio.partial-export",
            f"the task has {task.total_annotations} annotations and the export {found}",
            "Export all annotations of every task, without a filter.",
        )
