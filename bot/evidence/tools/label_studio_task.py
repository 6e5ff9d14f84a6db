"""The fields of a Label Studio task that are read; a field that an export may lack is `UNSET` then.

https://labelstud.io/guide/task_format.html
"""

from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from bot.evidence.tools.people import Person
from bot.evidence.values import Id

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
