"""How one annotator's reviewed sample is judged: how much of it there is, and what it proves.

Each annotator's items are one finite lot. The lot is *shown good* when the exact one-sided upper
bound (hypergeometric) on its errors, at the policy's confidence, is at most the allowed share of
its items. Gate 3 passes only when every lot is shown good, which is an intersection-union test:
with each lot tested at level 1 - confidence, a release holding any bad lot passes with at most that
probability, however many annotators there are, so the bounds need no correction (Berger 1982,
https://doi.org/10.1080/00401706.1982.10487790).

The bound presumes a sample drawn at random. What gate 3 asks for is (`Contents.draw`); of reviews that
were made before, nobody but the team knows, so the findings say so.

An error that was found and corrected since says as much about the items nobody looked at as one
that is still open: it counts in the bound, and only then is subtracted, since it is gone.

The opposite claim, that an annotator makes *too many errors*, accuses somebody, and of many
annotators some look bad by chance. It is therefore made only when it is certain (more errors found
than the whole lot may hold) or significant after Holm's correction over all annotators tested.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor

from bot.gates.review_plans import lot_plan
from bot.policy import ReviewRule
from bot.statistics import (
    clopper_pearson,
    defects_upper_bound,
    holm,
    hypergeometric_cdf,
    sample_size,
    two_point_plan,
)

_ROUNDING = 1e-9
"""Shares are binary fractions: 0.07 of 100 must be 7, not 7.000000000000001."""

_GOOD = 5
"""Work five times better than the limit is what a plan should let pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """All items of one annotator, those reviewed by somebody else, and the errors found among these.

    `corrected` are the rejected ones that were approved since.
    """

    annotator: str
    items: frozenset[str]
    reviewed: frozenset[str]
    rejected: frozenset[str]
    corrected: frozenset[str] = frozenset()

    @property
    def open(self) -> frozenset[str]:
        """The errors that nobody corrected."""
        return self.rejected - self.corrected

    def allowed(self, rule: ReviewRule) -> int:
        """The errors the lot may still hold."""
        if plan := lot_plan(rule, len(self.items)):
            return plan.within
        return floor(len(self.items) * rule.max_error_rate + _ROUNDING)

    def findable(self, rule: ReviewRule) -> int:
        """The errors it may have held when it was reviewed: those allowed, and those corrected."""
        return min(len(self.items), self.allowed(rule) + len(self.corrected))

    def required(self, rule: ReviewRule) -> int:
        """The reviews it needs whatever they say; a lot smaller than `min_items` needs all."""
        share = ceil(len(self.items) * rule.min_share - _ROUNDING)
        return min(len(self.items), max(rule.min_items, share))

    def bound(self, rule: ReviewRule) -> int:
        """The most errors the lot may still hold, for all that its reviews show."""
        found = len(self.rejected)
        held = defects_upper_bound(
            found, lot=len(self.items), drawn=len(self.reviewed), confidence=rule.confidence
        )
        return held - len(self.corrected)

    def error_rate(self, rule: ReviewRule) -> tuple[float, float]:
        """The exact interval (Clopper-Pearson) of the annotator's error rate, whatever the lot's size."""
        if not self.reviewed:
            return 0.0, 1.0
        return clopper_pearson(len(self.rejected), len(self.reviewed), confidence=rule.confidence)

    def shown_good(self, rule: ReviewRule) -> bool:
        """Whether the plan accepts it; without a plan, whether enough was reviewed and the bound holds."""
        if plan := lot_plan(rule, len(self.items)):
            size = plan.size(len(self.rejected))
            complete = size == plan.lot
            return len(self.reviewed) >= size and not (complete and len(self.open) > plan.within)
        return len(self.reviewed) >= self.required(rule) and self.bound(rule) <= self.allowed(rule)

    def more(self, rule: ReviewRule) -> int:
        """How many more reviews show it good if they find no further error.

        Zero when it has enough, or has too many errors for any number of reviews.
        """
        if plan := lot_plan(rule, len(self.items)):
            return max(0, plan.size(len(self.rejected)) - len(self.reviewed))
        findable, needed = self.findable(rule), self.required(rule)
        if findable < len(self.items):
            shows = sample_size(
                lot=len(self.items),
                defects=findable + 1,
                errors=len(self.rejected),
                confidence=rule.confidence,
            )
            needed = 0 if shows is None else max(needed, shows)
        return max(0, needed - len(self.reviewed))

    def plan(self, rule: ReviewRule) -> tuple[int, int] | None:
        """A sample size and the errors it forgives, so that good work passes 95 times of 100.

        None where no plan forgives anything: the lot is too small, or the limit is too low or none.
        """
        limit = self.findable(rule) + 1
        good = self.allowed(rule) // _GOOD
        if not 0 < good < limit <= len(self.items):
            return None
        return two_point_plan(lot=len(self.items), good=good, bad=limit, confidence=rule.confidence)


def accused(lots: Sequence[Lot], rule: ReviewRule) -> frozenset[str]:
    """The annotators with too many errors: beyond doubt, or by Holm's test over all annotators."""
    return frozenset(
        lot.annotator
        for lot, p in zip(lots, p_values(lots, rule), strict=True)
        if len(lot.rejected) > lot.findable(rule) or p <= 1 - rule.confidence
    )


def p_values(lots: Sequence[Lot], rule: ReviewRule) -> tuple[float, ...]:
    """For every lot the probability of so many errors or more within the limit, after Holm's correction."""
    return holm([_p_of_within_limit(lot, rule) for lot in lots])


def _p_of_within_limit(lot: Lot, rule: ReviewRule) -> float:
    """Probability of so many errors or more if the lot had held exactly what it may have held."""
    fewer = len(lot.rejected) - 1
    if fewer < 0:
        return 1.0
    findable = lot.findable(rule)
    return 1 - hypergeometric_cdf(fewer, lot=len(lot.items), defects=findable, drawn=len(lot.reviewed))
