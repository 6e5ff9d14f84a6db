"""Which reviews of an item count, and which of them decides.

A review counts when its reviewer is not the annotator whose work it judges, and the annotator is
everybody whom the review, the assignments or the annotations name. A review that names one annotator
and was made by another, whom the assignments or annotations name, contradicts them: nobody knows
whether it counts.

Of those that count, the latest decides; of several at the same moment the gravest does, so that the
order of records never matters. An approval from before the item's last known change approves
something that is no longer there: the item is not reviewed. A rejection from before the change still
is one: otherwise touching an item would hide the error from the statistics.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from bot.evidence.contents import Contents, person, plain
from bot.evidence.model import ReviewOutcome, ReviewRecord

REJECTIONS = frozenset({ReviewOutcome.REJECTED, ReviewOutcome.NEEDS_REVISION})

_GRAVITY = (
    ReviewOutcome.APPROVED,
    ReviewOutcome.UNKNOWN,
    ReviewOutcome.NEEDS_REVISION,
    ReviewOutcome.REJECTED,
)


class Standing(StrEnum):
    """Where an item stands; UNKNOWN: the deciding review cannot be understood or attributed."""

    UNREVIEWED = "unreviewed"
    UNKNOWN = "unknown"
    APPROVED = "approved"
    REJECTED = "rejected"


class ReviewHistory:
    """The reviews made up to now, by item; those from the future are set apart, in file order.

    `annotators` gives who annotated an item (as `person` writes them) by sources other than reviews,
    the most trusted first.
    """

    __slots__ = ("_annotators", "_by_item", "future")

    def __init__(
        self,
        reviews: Iterable[ReviewRecord],
        now: datetime,
        annotators: Callable[[str], Sequence[frozenset[str]]],
    ) -> None:
        self._annotators = annotators
        self._by_item: defaultdict[str, list[ReviewRecord]] = defaultdict(list)
        future = []
        for review in reviews:
            if review.at > now:
                future.append(review)
            else:
                self._by_item[review.item].append(review)
        self.future = tuple(future)

    def of(self, item: str) -> tuple[ReviewRecord, ...]:
        """The reviews of an item up to now, in file order."""
        return tuple(self._by_item.get(item, ()))

    def annotators(self, item: str) -> frozenset[str]:
        """Who annotated the item: named by its latest review that names one, else from elsewhere."""
        naming = [review for review in self.of(item) if person(review.annotator)]
        if not naming:
            return next(filter(None, self._annotators(item)), frozenset())
        latest = max(review.at for review in naming)
        return frozenset(person(review.annotator) for review in naming if review.at == latest)

    def independent(self, review: ReviewRecord) -> bool | None:
        """Whether the reviewer is no annotator; None when one of the two is not named, or not for sure."""
        reviewer = person(review.reviewer)
        named = person(review.annotator)
        annotators = frozenset({named}) if named else self.annotators(review.item) | self._others(review)
        if not reviewer or not annotators or self.contradicts(review):
            return None
        return reviewer not in annotators

    def contradicts(self, review: ReviewRecord) -> bool:
        """Whether it names one annotator, while the reviewer is another by assignments or annotations."""
        reviewer, named = person(review.reviewer), person(review.annotator)
        return bool(named) and reviewer != named and reviewer in self._others(review)

    def _others(self, review: ReviewRecord) -> frozenset[str]:
        return frozenset().union(*self._annotators(review.item))

    def deciding(self, item: str, label: str | None) -> ReviewRecord | None:
        """The review that decides over one class of an item, or (None) over the item as a whole.

        A review without a class speaks of every class. Self-reviews never decide.
        """
        speaking = (
            review for review in self.of(item) if review.label is None or plain(review.label) == label
        )
        counting = (review for review in speaking if self.independent(review) is not False)
        return max(counting, key=lambda review: (review.at, _GRAVITY.index(review.outcome)), default=None)

    def standing(self, item: str, label: str | None, contents: Contents) -> Standing:
        """Where one class of an item stands (None: an item without any class)."""
        review = self.deciding(item, label)
        if review is None:
            return Standing.UNREVIEWED
        if self.independent(review) is None or review.outcome is ReviewOutcome.UNKNOWN:
            return Standing.UNKNOWN
        if review.outcome in REJECTIONS:
            return Standing.REJECTED
        changed_at = contents.changed_at(item, label)
        outdated = changed_at is not None and changed_at > review.at
        return Standing.UNREVIEWED if outdated else Standing.APPROVED
