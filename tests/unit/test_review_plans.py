"""The policy's sampling plans: what they promise, against scipy, and what a policy may not write."""

import random

import pytest
from scipy.stats import hypergeom

from bot.documents import read_policy
from bot.gates.review_lots import Lot
from bot.gates.review_plans import lot_plan
from bot.policy import ReviewRule
from bot.sampling_rules import IsoPlan, SamplingPlan, TwoPointPlan, ZeroPlan

CASES = 300


def rule(confidence: float = 0.95, **plan: IsoPlan | ZeroPlan | TwoPointPlan) -> ReviewRule:
    return ReviewRule(rule="sample", confidence=confidence, plan=SamplingPlan(**plan))


def lot(size: int, reviewed: int, rejected: int, corrected: int = 0) -> Lot:
    items = [str(n) for n in range(size)]
    return Lot(
        annotator="ana",
        items=frozenset(items),
        reviewed=frozenset(items[:reviewed]),
        rejected=frozenset(items[:rejected]),
        corrected=frozenset(items[:corrected]),
    )


def random_rule(rng: random.Random) -> ReviewRule:
    confidence = rng.choice([0.8, 0.9, 0.95, 0.99])
    good = rng.choice([0.0, 0.01, 0.02, 0.05])
    bad = rng.choice([0.08, 0.1, 0.2, 0.5])
    return rng.choice(
        [
            rule(confidence, accept_zero=ZeroPlan(bad=bad)),
            rule(confidence, two_point=TwoPointPlan(good=good, bad=bad, producer_risk=0.1)),
        ]
    )


def test_work_as_wrong_as_bad_passes_with_no_more_than_the_risk_whatever_was_found() -> None:
    rng = random.Random(1)
    for _ in range(CASES):
        chosen, size = random_rule(rng), rng.randint(1, 500)
        plan = lot_plan(chosen, size)
        assert plan is not None
        errors = rng.randint(0, plan.first.accepts + 3)
        if (needed := plan.size(errors)) < size:
            passes = hypergeom.cdf(max(errors, plan.first.accepts), size, plan.within + 1, needed)
            assert passes <= 1 - chosen.confidence + 1e-9


def test_work_as_right_as_good_is_refused_with_no_more_than_the_producers_risk() -> None:
    rng = random.Random(2)
    for _ in range(CASES):
        size, good = rng.randint(1, 500), rng.choice([0.0, 0.01, 0.02, 0.05])
        plan = lot_plan(rule(0.9, two_point=TwoPointPlan(good=good, bad=0.1, producer_risk=0.1)), size)
        assert plan is not None
        passes = hypergeom.cdf(plan.first.accepts, size, int(good * size + 1e-9), plan.first.size)
        assert passes >= 0.9 - 1e-9


def test_more_errors_never_take_fewer_reviews_and_as_many_as_asked_for_suffice() -> None:
    rng = random.Random(3)
    for _ in range(CASES):
        chosen = rng.choice(
            [random_rule(rng), rule(iso_2859_1=IsoPlan(aql=rng.choice([0.65, 1.0, 4.0, 10.0])))]
        )
        size = rng.randint(1, 1_500)
        plan = lot_plan(chosen, size)
        assert plan is not None
        sizes = [plan.size(errors) for errors in range(min(size, 30))]
        assert sizes == sorted(sizes)
        errors = rng.randint(0, min(size, 5))
        needed = plan.size(errors)
        if errors <= needed < size:
            assert lot(size, needed, errors).shown_good(chosen)
            assert not lot(size, needed - 1, min(errors, needed - 1)).shown_good(chosen) or errors == needed
            assert lot(size, needed - 1, min(errors, needed - 1)).more(chosen) <= 1
        assert lot(size, size, errors, errors).shown_good(chosen)


def test_a_c_0_plan_is_the_smallest_sample_that_finds_a_bad_lot_out() -> None:
    plan = lot_plan(rule(accept_zero=ZeroPlan(bad=0.05)), 500)
    assert plan is not None
    assert (plan.first.size, plan.first.accepts) == (56, 0)
    assert plan.size(1) == 500


@pytest.mark.parametrize("reviewed", [60, 120, 400])
def test_correcting_errors_lowers_the_bound_by_what_was_corrected_and_by_no_more(reviewed: int) -> None:
    sampled = ReviewRule(rule="sample")
    before, after = lot(400, reviewed, 8), lot(400, reviewed, 8, corrected=8)
    assert after.bound(sampled) == before.bound(sampled) - 8
    assert after.open == frozenset()


POLICY = b"""\
version: 1
datasets:
  - name: d
    manifest: m.yaml
    gates:
      review: {%s}
"""


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"rule: sample, plan: {iso_2859_1: {aql: 1}}", None),
        (b"rule: sample, plan: {iso_2859_1: {aql: 0.65, level: S-3, severity: tightened}}", None),
        (b"rule: sample, confidence: 0.9, plan: {accept_zero: {bad: 0.05}}", None),
        (b"rule: sample, plan: {two_point: {good: 0.01, bad: 0.05, producer_risk: 0.1}}", None),
        (b"rule: sample, plan: {iso_2859_1: {aql: 3}}", "policy.unknown-aql"),
        (b"rule: sample, plan: {iso_2859_1: {aql: 1, level: IV}}", "policy.unknown-value"),
        (b"rule: sample, plan: {iso_2859_1: {alq: 1}}", "policy.unknown-key"),
        (b"rule: sample, plan: {accept_zero: {bad: 0}}", "policy.out-of-range"),
        (b"rule: sample, plan: {two_point: {good: 0.04, bad: 0.05}}", "policy.plan-too-close"),
        (b"rule: sample, plan: {}", "policy.plan-not-one"),
        (
            b"rule: sample, plan: {accept_zero: {bad: 0.1}, iso_2859_1: {aql: 1}}",
            "policy.plan-not-one",
        ),
        (b"rule: full, plan: {accept_zero: {bad: 0.05}}", "policy.review-plan-unused"),
        (b"rule: sample, min_items: 9, plan: {accept_zero: {bad: 0.05}}", "policy.review-plan-mixed"),
    ],
)
def test_a_policy_says_one_plan_and_nothing_that_the_plan_would_ignore(text: bytes, code: str | None) -> None:
    problems = read_policy(POLICY % text, file="p").problems
    assert code in [problem.code for problem in problems] if code else problems == ()
    assert all(problem.line for problem in problems)
