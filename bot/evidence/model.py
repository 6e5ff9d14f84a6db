"""The normal form of evidence: LabelOp's vocabulary, whatever tool it came from.

Readers (one file each) translate bytes into these values; gates read nothing else. Every
collection is a tuple in file order, every time is an aware UTC `datetime`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from bot.answers import EvidenceUsed, Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A class of the label schema and the rule annotators follow for it."""

    id: str
    name: str
    rule: str = ""
    active: bool = True
    changed_at: datetime | None = None
    line: int | None = None


class AssignmentStatus(StrEnum):
    """LabelOp's three; UNKNOWN is any other word a tool said, and makes the answer vague."""

    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRange:
    """Items from `first` to `last`, both included, in natural order of item ids (img-9 < img-10)."""

    first: str
    last: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Work given to one person: listed items, or a range of them."""

    id: str
    items: tuple[str, ...] | ItemRange
    assignee: str
    status: AssignmentStatus
    status_text: str = ""
    """The status as the tool wrote it."""
    completed_at: datetime | None = None
    empty_items: frozenset[str] = frozenset()
    """Items the annotator marked as holding nothing to annotate."""
    line: int | None = None


class ReviewOutcome(StrEnum):
    """What a reviewer said of one item; UNKNOWN is any other word."""

    APPROVED = "approved"
    REJECTED = "rejected"
    NEEDS_REVISION = "needs_revision"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRecord:
    """One review of one item in the labelling tool (not a review of the pull request)."""

    item: str
    annotator: str
    reviewer: str
    outcome: ReviewOutcome
    at: datetime
    reason: str = ""
    note: str = ""
    label: str | None = None
    """Class name the review speaks of; None: the whole item."""
    resolved_at: datetime | None = None
    deferred: str = ""
    """Why and by whom the rejection was explicitly deferred; empty: it was not."""
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One image (or other unit) of a snapshot. `width` and `height` are pixels, None: unknown."""

    id: str
    file: str
    split: str = ""
    width: int | None = None
    height: int | None = None
    digest: str = ""
    """Content digest of the item's own bytes, when the snapshot states one."""
    marked_empty: bool = False
    url: str = ""
    """Where the picture came from, when the snapshot states it."""
    group: str = ""
    """The scene, video or patient it belongs to, when the snapshot states one."""
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """One labelled object: class *name* and geometry in pixels of its item.

    `box` is (x, y, width, height), x to the right and y down from the top left corner; None for
    an annotation of the whole item. `shape` holds further coordinates (polygon, keypoints) flat.
    """

    id: str
    item: str
    label: str
    box: tuple[float, float, float, float] | None = None
    shape: tuple[float, ...] = ()
    changed_at: datetime | None = None
    annotator: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The annotated items at one point in time, and the class ids its own format gave them.

    Readers of large files give sequences over columns (`bot.evidence.frames`), whose records are
    made when somebody looks at them; `frame_of` gives the columns of any snapshot.
    """

    items: Sequence[Item]
    annotations: Sequence[Annotation]
    classes: Mapping[str, str] = field(default_factory=dict)
    """Class id as text → class name, in the order of the file (COCO `categories`, YOLO `names`)."""
    digest: str = ""
    has_ids: bool = True
    """Whether annotations have ids of their own; else ids are made of their content (YOLO, Pascal VOC)."""


T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded(Generic[T]):
    """The result of reading one piece of evidence: a value, or the findings that say why not.

    `value` is None exactly when `problems` holds what prevented reading. `problems` beside a
    value are doubts the gate must weigh (stale, bound to another snapshot): without a failure they
    make it vague. `whole` is False when records may exist that `value` lacks: a problem says which.
    """

    value: T | None = None
    problems: tuple[Finding, ...] = ()
    used: EvidenceUsed | None = None
    whole: bool = True

    @property
    def evidence(self) -> tuple[EvidenceUsed, ...]:
        """`used` as a tuple, for an answer."""
        return (self.used,) if self.used else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What a check of the team's own CI concluded on the head commit.

    `conclusion` is the forge's word, "" while running. `app` is who reported it (a GitHub App's
    slug, an account), None where nobody was asked. `pipeline` is the source of the GitLab pipeline
    whose job it is, "" for whatever is no such job.
    """

    name: str
    conclusion: str
    app: str | None = None
    pipeline: str = ""
