"""What the policy's sampling plan demands of one annotator's lot, and what it accepts.

A plan judges the work as it was first reviewed: an error that was corrected since was still found.
A lot whose sample shows more errors than the plan accepts is refused. It passes after a larger
sample of the same plan (the next one of the standard's column, the next size that keeps the
two-point plan's promise), and always after all of it was reviewed and the errors are corrected:
then nothing is left to chance.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor

from bot.acceptance_sampling import Plan, iso_plan, larger_plans, tolerated
from bot.gates.wording import percent
from bot.policy import ReviewRule
from bot.sampling_rules import IsoPlan, TwoPointPlan, ZeroPlan
from bot.statistics import sample_size, two_point_plan

_ROUNDING = 1e-9
"""Shares are binary fractions: 0.07 of 100 must be 7, not 7.000000000000001."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LotPlan:
    """The plan of a lot of `lot` items.

    `first` is what has to be reviewed whatever it shows. `within` are the errors a lot may hold
    that is as good as the plan demands, and that may be left when all of it was reviewed.
    """

    lot: int
    first: Plan
    within: int
    name: str
    rule: IsoPlan | ZeroPlan | TwoPointPlan
    confidence: float

    def size(self, errors: int) -> int:
        """How many reviews accept the lot although `errors` were found; all of it where no sample does."""
        if errors <= self.first.accepts:
            return self.first.size
        match self.rule:
            case IsoPlan(aql=aql, severity=severity):
                larger = larger_plans(self.first, aql=aql, severity=severity)
                sizes = (plan.size for plan in larger if plan.accepts >= errors)
                return min(next(sizes, self.lot), self.lot)
            case ZeroPlan():
                return self.lot
            case _:
                size = sample_size(
                    lot=self.lot, defects=self.within + 1, errors=errors, confidence=self.confidence
                )
                return self.lot if size is None else size


@lru_cache(maxsize=1024)
def lot_plan(rule: ReviewRule, lot: int) -> LotPlan | None:
    """The plan that `rule` makes for a lot of so many items; None for a rule without a plan."""
    if rule.plan is None:
        return None
    chosen = rule.plan.chosen
    match chosen:
        case IsoPlan(aql=aql, level=level, severity=severity):
            first = iso_plan(lot, aql=aql, level=level, severity=severity)
            within = tolerated(lot, aql)
            name = f"ISO 2859-1, AQL {aql:g} %, level {level}, {severity} inspection"
        case ZeroPlan(bad=bad):
            within = _fewer(bad, lot)
            first = _telling_apart(lot, 0, within, rule.confidence)
            name = f"c = 0 against {percent(bad)} wrong, {percent(rule.confidence)} confidence"
        case points:
            within, good = _fewer(points.bad, lot), floor(points.good * lot + _ROUNDING)
            first = _telling_apart(lot, good, within, rule.confidence, points.producer_risk)
            name = f"two points, {percent(points.good)} good and {percent(points.bad)} bad"
    return LotPlan(lot=lot, first=first, within=within, name=name, rule=chosen, confidence=rule.confidence)


def _fewer(bad: float, lot: int) -> int:
    """The most errors that are a smaller share of the lot than `bad`; a single error may be too many."""
    return max(1, ceil(bad * lot - _ROUNDING)) - 1


def _telling_apart(lot: int, good: int, within: int, confidence: float, risk: float = 0.05) -> Plan:
    """The two-point plan between `good` errors and more than `within`; good = 0 makes it c = 0."""
    size, accepts = two_point_plan(
        lot=lot, good=good, bad=within + 1, confidence=confidence, producer_risk=risk
    )
    return Plan(size=size, accepts=accepts)
