"""Encord's label rows (JSON): their workflow stage, their data units, and the reviews of their labels.

Rows: https://github.com/encord-team/encord-client-python/blob/master/encord/orm/label_row.py
(`LabelRow` with data units, or `LabelRowMetadata` without).

A label row is an assignment of its data units' files. The stage of the workflow decides how far it
is, else the annotation task's status. The label status is not what the application shows (as the
SDK's documentation warns), so it alone never makes a row COMPLETED. Rows of the benchmark
("shadow data") and of branches other than `main` (the single votes of a consensus) are no work of
the release; they are left out. A completed row of one file without a label says that there was
nothing to label. Times without a zone are UTC, as the SDK reads them:
https://github.com/encord-team/encord-client-python/blob/master/encord/common/time_parser.py
"""

from collections.abc import Iterator

import msgspec
from msgspec import UNSET, UnsetType

from bot.evidence.model import Assignment, AssignmentStatus, ReviewRecord
from bot.evidence.problems import Problems
from bot.evidence.tools.encord_reviews import Review, outcome, reason, time
from bot.evidence.tools.export import Absent, ToolEvidence, ToolExport, concluded
from bot.evidence.tools.records import (
    Record,
    json_records,
    note_bad_value,
    note_repeated,
    note_uneven,
    typed,
)
from bot.evidence.tools.vocabulary import Vocabulary
from bot.evidence.values import BadValueError, plain_text, text_id

_ROW_SOURCE = "https://github.com/encord-team/encord-client-python/blob/master/encord/orm/label_row.py"
_STAGE_SOURCE = "https://docs.encord.com/platform-documentation/Annotate/annotate-workflows-and-templates"

STAGES = Vocabulary(
    ("Annotate", AssignmentStatus.IN_PROGRESS, _STAGE_SOURCE),
    ("Annotate 1", AssignmentStatus.IN_PROGRESS, _STAGE_SOURCE),
    ("Review", AssignmentStatus.IN_PROGRESS, _STAGE_SOURCE),
    ("Review 1", AssignmentStatus.IN_PROGRESS, _STAGE_SOURCE),
    ("Review 2", AssignmentStatus.IN_PROGRESS, _STAGE_SOURCE),
    ("Complete", AssignmentStatus.COMPLETED, _STAGE_SOURCE),
)
"""Titles Encord gives the stages of a workflow; those a team named itself are unknown."""

TASK_STATES = Vocabulary(
    ("QUEUED", AssignmentStatus.PENDING, _ROW_SOURCE),
    ("ASSIGNED", AssignmentStatus.PENDING, _ROW_SOURCE),
    ("IN_REVIEW", AssignmentStatus.IN_PROGRESS, _ROW_SOURCE),
    ("RETURNED", AssignmentStatus.IN_PROGRESS, _ROW_SOURCE),
    ("COMPLETED", AssignmentStatus.COMPLETED, _ROW_SOURCE),
)
"""Status of the annotation task."""

LABEL_STATES = Vocabulary(
    ("NOT_LABELLED", AssignmentStatus.PENDING, _ROW_SOURCE),
    ("LABEL_IN_PROGRESS", AssignmentStatus.IN_PROGRESS, _ROW_SOURCE),
    ("LABELLED", AssignmentStatus.UNKNOWN, _ROW_SOURCE),
    ("REVIEW_IN_PROGRESS", AssignmentStatus.IN_PROGRESS, _ROW_SOURCE),
    ("REVIEWED", AssignmentStatus.UNKNOWN, _ROW_SOURCE),
    ("REVIEWED_TWICE", AssignmentStatus.UNKNOWN, _ROW_SOURCE),
)
"""Status of the labels, used only where the row says nothing else."""


class _Instance(msgspec.Struct, rename={"created_by": "createdBy"}):
    name: str
    created_by: str | None = None
    reviews: list[Review] | UnsetType | None = UNSET


class _Labels(msgspec.Struct):
    objects: list[_Instance] = []
    classifications: list[_Instance] = []


class _Unit(msgspec.Struct):
    data_title: str
    labels: dict[str, msgspec.Raw]


class _Stage(msgspec.Struct):
    title: str


class _Row(msgspec.Struct):
    data_hash: str
    data_title: str
    data_type: str
    last_edited_at: str | None
    label_hash: str | None = None
    branch_name: str = "main"
    is_shadow_data: bool = False
    label_status: str | UnsetType | None = UNSET
    annotation_task_status: str | UnsetType | None = UNSET
    workflow_graph_node: _Stage | UnsetType | None = UNSET
    data_units: dict[str, _Unit] | UnsetType = UNSET


_STATES = ("label_status", "annotation_task_status", "workflow_graph_node", "data_units")
_Labelled = tuple[str, tuple[_Instance, ...]]
"""A file and what is labelled on it."""


def read_encord(data: bytes, *, file: str) -> ToolEvidence:
    """Assignments and reviews of one label row, or a list of them."""
    problems = Problems(file)
    rows = typed(json_records(data, problems), _Row, problems)
    note_uneven(rows, _STATES, problems)
    wanted = [row for row in rows if row.value.branch_name == "main" and not row.value.is_shadow_data]
    note_repeated((Record(line=r.line, place=r.place, value=_id(r)) for r in wanted), "label row", problems)
    instances: list[Record[_Instance]] = []
    assignments: list[Assignment] = []
    reviews: list[ReviewRecord] = []
    for row in wanted:
        try:
            units = _units(row.value)
            place = f"a label of {row.place}"
            instances += (Record(line=row.line, place=place, value=one) for _, held in units for one in held)
            assignments.append(_assignment(row, units))
            reviews += _reviews(row, units)
        except BadValueError as error:
            note_bad_value(error, row, problems)
    note_uneven(instances, ("reviews",), problems)
    told = any(row.value.data_units is not UNSET for row in rows)
    no_reviews = Absent(
        text="Metadata of Encord's label rows says nothing of reviews.",
        fix="Export the label rows themselves, with `include_reviews`.",
    )
    labels = Absent(
        text="Encord's label rows do not define the label classes.",
        fix="Name the ontology (JSON) under `schema`.",
    )
    export = ToolExport(
        assignments=tuple(assignments), reviews=tuple(reviews) if told else no_reviews, labels=labels
    )
    return concluded(export, problems, file)


def _id(row: Record[_Row]) -> str:
    return row.value.label_hash or row.value.data_hash


def _units(row: _Row) -> list[_Labelled]:
    if row.data_units is UNSET:
        if "group" in row.data_type.casefold():
            raise BadValueError(
                "encord.group-without-files",
                "the row is a group of images and does not name them",
                "Export the label row itself instead of its metadata.",
            )
        return [(text_id(row.data_title), ())]
    return [(text_id(unit.data_title), _instances(unit)) for unit in row.data_units.values()]


def _instances(unit: _Unit) -> tuple[_Instance, ...]:
    """What is labelled on a unit: on an image directly, on a video by frame number."""
    try:
        if "objects" in unit.labels or "classifications" in unit.labels:
            frames = [msgspec.convert(_decoded(unit.labels), _Labels)]
        else:
            frames = [msgspec.json.decode(frame, type=_Labels) for frame in unit.labels.values()]
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadValueError(
            "evidence.bad-record",
            f"the labels of a data unit cannot be read: {error}",
            "Export it from Encord again, unedited.",
        ) from None
    return tuple(one for frame in frames for one in (*frame.objects, *frame.classifications))


def _decoded(labels: dict[str, msgspec.Raw]) -> dict[str, object]:
    return {name: msgspec.json.decode(text) for name, text in labels.items()}


def _assignment(row: Record[_Row], units: list[_Labelled]) -> Assignment:
    if not units:
        raise BadValueError(
            "evidence.bad-record", "the label row has no data unit", "Export it from Encord again, unedited."
        )
    status, word = _status(row.value)
    done = status is AssignmentStatus.COMPLETED
    makers = {one.created_by for _, instances in units for one in instances if one.created_by}
    bare = done and len(units) == 1 and row.value.data_units is not UNSET and not units[0][1]
    return Assignment(
        id=text_id(_id(row)),
        items=tuple(title for title, _ in units),
        assignee=plain_text(makers.pop()) if len(makers) == 1 else "",
        status=status,
        status_text=plain_text(word),
        completed_at=time(row.value.last_edited_at) if done and row.value.last_edited_at else None,
        empty_items=frozenset({units[0][0]}) if bare else frozenset(),
        line=row.line,
    )


def _status(row: _Row) -> tuple[AssignmentStatus, str]:
    if row.workflow_graph_node:
        title = row.workflow_graph_node.title
        return STAGES.meaning(title) or AssignmentStatus.UNKNOWN, f"stage {title}"
    if row.annotation_task_status:
        word = row.annotation_task_status
        return TASK_STATES.meaning(word) or AssignmentStatus.UNKNOWN, word
    word = row.label_status or "no status exported"
    return LABEL_STATES.meaning(word) or AssignmentStatus.UNKNOWN, word


def _reviews(row: Record[_Row], units: list[_Labelled]) -> Iterator[ReviewRecord]:
    for title, instances in units:
        for instance in instances:
            for review in instance.reviews or ():
                said = plain_text(review.comment or "").strip()
                yield ReviewRecord(
                    item=title,
                    annotator=plain_text(instance.created_by or ""),
                    reviewer=plain_text(review.user_email or review.created_by or ""),
                    outcome=outcome(review.approved),
                    at=time(review.created_at),
                    reason="" if review.approved else reason(review, said),
                    note=said,
                    label=text_id(instance.name),
                    line=row.line,
                )
