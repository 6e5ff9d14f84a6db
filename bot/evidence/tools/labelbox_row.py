"""The fields of a Labelbox data row that are read; a field that was not exported is `UNSET`.

https://docs.labelbox.com/reference/export-quick-reference
"""

from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType


class DataRow(msgspec.Struct):
    """A data row, under the name its owner gave it."""

    id: str
    external_id: str | None = None
    global_key: str | None = None


class Review(msgspec.Struct):
    """A review of a label; its score is positive for approved."""

    reviewed_at: str
    reviewed_by: str
    score: float | None = None


class LabelDetails(msgspec.Struct):
    """Who made a label and when."""

    created_by: str | None = None
    updated_at: str | None = None
    content_last_updated_at: str | None = None
    reviews: list[Review] | UnsetType = UNSET


class Performance(msgspec.Struct):
    """Whether the labeler skipped the data row."""

    skipped: bool | UnsetType = UNSET


class Contents(msgspec.Struct):
    """What is labelled."""

    objects: list[msgspec.Raw] = []
    classifications: list[msgspec.Raw] = []


class Label(msgspec.Struct):
    """One label: everything one person annotated on the data row."""

    annotations: Contents
    label_details: LabelDetails | UnsetType = UNSET
    performance_details: Performance | UnsetType = UNSET

    @property
    def details(self) -> LabelDetails:
        """Who made the label and when; nothing where that was not exported."""
        return self.label_details or LabelDetails()

    @property
    def performance(self) -> Performance:
        """How the label was made; nothing where that was not exported."""
        return self.performance_details or Performance()


class Step(msgspec.Struct):
    """One move of the data row through the workflow."""

    action: str
    created_at: str
    created_by: str | None = None
    next_task_name: str | None = None


class ProjectDetails(msgspec.Struct):
    """Where the data row is in the project's workflow."""

    workflow_status: str | UnsetType | None = UNSET
    task_name: str | UnsetType | None = UNSET
    workflow_history: list[Step] | UnsetType = UNSET


class Project(msgspec.Struct):
    """The data row in one project."""

    labels: list[Label]
    project_details: ProjectDetails | UnsetType = UNSET

    @property
    def details(self) -> ProjectDetails:
        """Where the data row is in the workflow; nothing where that was not exported."""
        return self.project_details or ProjectDetails()


class Row(msgspec.Struct):
    """One line of an export."""

    data_row: DataRow
    projects: Annotated[dict[str, Project], msgspec.Meta(min_length=1)]
