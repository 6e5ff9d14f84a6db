"""How one annotator's reviewed sample is judged: how much of it there is, and what it proves.

Each annotator's items are one finite lot. The lot is *shown good* when the exact one-sided upper
bound (hypergeometric) on its errors, at the policy's confidence, is at most the allowed share of
its items. Gate 3 passes only when every lot is shown good, which is an intersection-union test:
with each lot tested at level 1 - confidence, a release holding any bad lot passes with at most that
probability, however many annotators there are, so the bounds need no correction (Berger 1982,
https://doi.org/10.1080/00401706.1982.10487790).

The opposite claim, that an annotator makes *too many errors*, accuses somebody, and of many
annotators some look bad by chance. It is therefore made only when it is certain (more errors found
than the whole lot may hold) or significant after Holm's correction over all annotators tested.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor

from bot.policy import ReviewRule
from bot.statistics import defects_upper_bound, holm, hypergeometric_cdf, sample_size, two_point_plan

_ROUNDING = 1e-9
"""Shares are binary fractions: 0.07 of 100 must be 7, not 7.000000000000001."""

_GOOD = 5
"""Work five times better than the limit is what a plan should let pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """All items of one annotator, those reviewed by somebody else, and the errors among these."""

    annotator: str
    items: frozenset[str]
    reviewed: frozenset[str]
    rejected: frozenset[str]

    def allowed(self, rule: ReviewRule) -> int:
        """The errors the lot may hold."""
        return floor(len(self.items) * rule.max_error_rate + _ROUNDING)

    def required(self, rule: ReviewRule) -> int:
        """The reviews it needs whatever they say; a lot smaller than `min_items` needs all."""
        share = ceil(len(self.items) * rule.min_share - _ROUNDING)
        return min(len(self.items), max(rule.min_items, share))

    def bound(self, rule: ReviewRule) -> int:
        """The most errors the lot may hold, for all that its reviews show."""
        return defects_upper_bound(
            len(self.rejected), lot=len(self.items), drawn=len(self.reviewed), confidence=rule.confidence
        )

    def shown_good(self, rule: ReviewRule) -> bool:
        """Whether enough was reviewed and the upper bound is within what is allowed."""
        return len(self.reviewed) >= self.required(rule) and self.bound(rule) <= self.allowed(rule)

    def more(self, rule: ReviewRule) -> int:
        """How many more reviews show it good if they find no further error.

        Zero when it has enough, or has too many errors for any number of reviews.
        """
        allowed, needed = self.allowed(rule), self.required(rule)
        if allowed < len(self.items):
            shows = sample_size(
                lot=len(self.items),
                defects=allowed + 1,
                errors=len(self.rejected),
                confidence=rule.confidence,
            )
            needed = 0 if shows is None else max(needed, shows)
        return max(0, needed - len(self.reviewed))

    def plan(self, rule: ReviewRule) -> tuple[int, int] | None:
        """A sample size and the errors it forgives, so that good work passes 95 times of 100.

        None where no plan forgives anything: the lot is too small, or the limit is too low or none.
        """
        limit = self.allowed(rule) + 1
        good = self.allowed(rule) // _GOOD
        if not 0 < good < limit <= len(self.items):
            return None
        return two_point_plan(lot=len(self.items), good=good, bad=limit, confidence=rule.confidence)


def accused(lots: Sequence[Lot], rule: ReviewRule) -> frozenset[str]:
    """The annotators with too many errors: beyond doubt, or by Holm's test over all annotators."""
    p_values = holm([_p_of_within_limit(lot, rule) for lot in lots])
    return frozenset(
        lot.annotator
        for lot, p in zip(lots, p_values, strict=True)
        if len(lot.rejected) > lot.allowed(rule) or p <= 1 - rule.confidence
    )


def _p_of_within_limit(lot: Lot, rule: ReviewRule) -> float:
    """Probability of so many errors or more if the lot held exactly what is allowed."""
    fewer = len(lot.rejected) - 1
    if fewer < 0:
        return 1.0
    allowed = lot.allowed(rule)
    return 1 - hypergeometric_cdf(fewer, lot=len(lot.items), defects=allowed, drawn=len(lot.reviewed))
