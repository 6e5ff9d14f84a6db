"""Who annotated each item of a snapshot, and where its classes stand with their reviewers."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.evidence.contents import Contents, person, plain
from bot.evidence.frame_rows import item_ids
from bot.evidence.item_order import ItemOrder, in_natural_order
from bot.evidence.model import Assignment, AssignmentStatus, ReviewRecord, Snapshot
from bot.evidence.review_history import REJECTIONS, ReviewHistory, Standing
from bot.gates.hidden_work import Coverage

WHOLE_ITEM = ""
"""Stands for an item that holds no class where classes are counted or listed."""


class ReviewState:
    """The reviews of one snapshot's items at one time.

    The annotator of an item is whom its latest review names, else whoever its assignments name,
    else whoever its annotations name; several where several are named.
    """

    __slots__ = ("_assignees", "_standings", "contents", "history", "items", "people", "refusals")

    def __init__(
        self,
        snapshot: Snapshot,
        reviews: Iterable[ReviewRecord],
        assignments: Sequence[Assignment],
        now: datetime,
    ) -> None:
        order = ItemOrder(item_ids(snapshot))
        coverage = Coverage(assignments, order)
        self.items = order.ids
        self.refusals = coverage.refusals
        self.contents = Contents(snapshot)
        self._assignees = {
            item: frozenset(person(coverage.pairs[place][0].assignee) for place in places) - {""}
            for item, places in coverage.by_item.items()
        }
        self.history = ReviewHistory(reviews, now, self._annotators)
        self._standings: dict[str, Standing] = {}
        self.people = {item: self.history.annotators(item) for item in self.items}
        """Item → its annotators; nobody where nobody is named."""

    def standing(self, item: str, classes: frozenset[str] | None = None) -> Standing:
        """Where an item stands: as badly as the worst of `classes` (None: of all that concern it)."""
        if classes is None:
            return self._whole(item)
        return self._worst(item, classes)

    def _whole(self, item: str) -> Standing:
        """`standing` of all that concerns an item, which gates ask for again and again."""
        if item not in self._standings:
            reviews = self.history.of(item)
            if any(review.label is not None for review in reviews):
                self._standings[item] = self._worst(item, self.concerned(item))
            else:  # each class is decided by the same review, and the latest change is that of one of them
                self._standings[item] = self.history.standing(item, None, self.contents)
        return self._standings[item]

    def _worst(self, item: str, concerned: frozenset[str]) -> Standing:
        found = {self.history.standing(item, name or None, self.contents) for name in concerned}
        order = (Standing.REJECTED, Standing.UNREVIEWED, Standing.UNKNOWN)
        return next((standing for standing in order if standing in found), Standing.APPROVED)

    def concerned(self, item: str) -> frozenset[str]:
        """The classes an item's reviews have to cover: those it holds, and those a review names.

        A review may name a class the item lacks: "the car is missing".
        """
        named = {plain(review.label) for review in self.history.of(item) if review.label is not None}
        return self.contents.classes(item) | named or frozenset({WHOLE_ITEM})

    def self_reviewed(self) -> tuple[str, ...]:
        """Items with a review that does not count, because the reviewer is the annotator."""
        return in_natural_order(
            item
            for item in self.items
            if any(self.history.independent(review) is False for review in self.history.of(item))
        )

    def last_rejected(self, item: str) -> datetime | None:
        """When a review that counts last rejected the item, or a class of it; None: none ever did."""
        rejections = (
            review.at
            for review in self.history.of(item)
            if review.outcome in REJECTIONS and self.history.independent(review) is not False
        )
        return max(rejections, default=None)

    def contradictory(self, items: Iterable[str]) -> tuple[str, ...]:
        """Those of `items` on which a deciding review is by somebody whom it does not name as annotator."""
        return tuple(
            item
            for item in items
            if any(
                review is not None and self.history.contradicts(review)
                for review in (self.history.deciding(item, name or None) for name in self.concerned(item))
            )
        )

    def _annotators(self, item: str) -> tuple[frozenset[str], frozenset[str]]:
        return self._assignees.get(item, frozenset()), self.contents.annotators(item)


def first_completions(assignments: Iterable[Assignment]) -> dict[str, datetime]:
    """Annotator → when their first completed work was completed, where that is known."""
    first: dict[str, datetime] = {}
    for one in assignments:
        if one.status is AssignmentStatus.COMPLETED and one.completed_at is not None:
            name = person(one.assignee)
            first[name] = min(one.completed_at, first.get(name, one.completed_at))
    return first
