"""Gate 3 over its cases, and what must hold for any reviews."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answers import Answer, Outcome
from bot.evidence.model import Loaded, ReviewOutcome, ReviewRecord
from bot.gates import review_scope
from bot.gates.review_lots import Lot, accused
from bot.policy import ReviewRule
from bot.sampling_rules import IsoPlan, SamplingPlan, TwoPointPlan
from tests.fakes.cases import NOW, Case, load_cases
from tests.fakes.evidence import assignments, reviews, shuffled, snapshots

CASES = load_cases("review_scope")
SLICES = ("reviews", "assignments", "snapshot", "baseline")


def answer(case: Case) -> Answer:
    rule = None if case.rule is None else ReviewRule.model_validate(_read(case.rule))
    return review_scope.check(**case.slices(*SLICES), rule=rule, now=case.now)


def _read(rule: dict[str, object]) -> dict[str, object]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in rule.items()}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_case_is_answered_as_expected(case: Case) -> None:
    case.hold(answer(case))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_doubt_hides_a_failure_or_lets_it_pass(case: Case) -> None:
    outcome = answer(case).outcome
    for doubted in case.doubted():
        found = answer(doubted)
        assert (found.outcome is Outcome.FAILED) is (outcome is Outcome.FAILED)
        if "evidence.doubted" in found.codes:
            assert found.outcome is not Outcome.PASSED


@pytest.mark.parametrize("name", ["reviews", "assignments", "snapshot"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_taking_evidence_away_never_passes_and_invents_no_failure(case: Case, name: str) -> None:
    found = answer(replace(case, evidence={**case.evidence, name: Loaded()})).outcome
    assert found is Outcome.VAGUE or (
        found is answer(case).outcome is Outcome.FAILED and name == "assignments"
    )


def lot(size: int, reviewed: int, rejected: int, name: str = "ana") -> Lot:
    items = [str(n) for n in range(size)]
    return Lot(
        annotator=name,
        items=frozenset(items),
        reviewed=frozenset(items[:reviewed]),
        rejected=frozenset(items[:rejected]),
    )


def test_as_many_clean_reviews_as_it_asks_for_show_a_lot_good_and_one_less_does_not() -> None:
    rng = random.Random(1)
    for _ in range(200):
        size = rng.randint(1, 400)
        rule = ReviewRule(
            rule="sample",
            min_items=rng.randint(1, 60),
            min_share=rng.random() / 2,
            max_error_rate=rng.choice([0.0, 0.02, 0.05, 0.3, 1.0]),
            confidence=rng.choice([0.5, 0.8, 0.95]),
        )
        reviewed = rng.randint(0, size)
        rejected = rng.randint(0, min(3, reviewed))
        now = lot(size, reviewed, rejected)
        more = now.more(rule)
        if more:
            assert lot(size, reviewed + more, rejected).shown_good(rule)
            assert not lot(size, reviewed + more - 1, rejected).shown_good(rule)
        else:
            assert now.shown_good(rule) != (rejected > now.allowed(rule))


def test_good_work_passes_the_plan_that_forgives_and_bad_work_does_not() -> None:
    rule = ReviewRule(rule="sample")
    drawn, forgiven = lot(500, 0, 0).plan(rule) or (0, 0)
    assert forgiven > 0
    assert lot(500, drawn, forgiven).shown_good(rule)
    assert not lot(500, drawn, forgiven + 1).shown_good(rule)


@pytest.mark.parametrize(("size", "rate"), [(20, 0.05), (500, 0.0), (500, 1.0)])
def test_some_lots_have_no_plan_that_forgives(size: int, rate: float) -> None:
    assert lot(size, 0, 0).plan(ReviewRule(rule="sample", max_error_rate=rate)) is None


def test_a_suspicion_against_one_is_no_accusation_among_twenty() -> None:
    rule = ReviewRule(rule="sample")
    suspect = lot(1_000, 60, 7, "suspect")
    others = [lot(1_000, 60, 2, f"other-{n}") for n in range(20)]
    assert accused([suspect], rule) == {"suspect"}
    assert accused([suspect, *others], rule) == frozenset()


RULES = st.sampled_from(
    [
        None,
        ReviewRule(rule="full"),
        ReviewRule(rule="targeted", classes=("car", "tram"), annotators_newer_than_days=10**11),
        ReviewRule(rule="targeted", annotators_newer_than_days=0),
        ReviewRule(rule="sample", min_items=2),
        ReviewRule(rule="sample", min_items=1, min_share=0.0, max_error_rate=1.0, confidence=0.5),
        ReviewRule(rule="sample", plan=SamplingPlan(iso_2859_1=IsoPlan(aql=10.0, level="S-1"))),
        ReviewRule(rule="sample", plan=SamplingPlan(two_point=TwoPointPlan(good=0.0, bad=0.5))),
    ]
)
EVIDENCE = st.fixed_dictionaries(
    {
        "reviews": st.lists(reviews(), max_size=10).map(tuple),
        "assignments": st.lists(assignments(), max_size=4).map(tuple),
        "snapshot": snapshots(),
        "baseline": st.none() | snapshots(),
    }
)
RISKS = {"review.self-review", "review.open-rejections"}


def judged(evidence: dict[str, object], rule: ReviewRule | None) -> Answer:
    return review_scope.check(
        **{name: Loaded(value=value) for name, value in evidence.items()}, rule=rule, now=NOW
    )


@settings(deadline=None, max_examples=200)
@given(evidence=EVIDENCE, rule=RULES)
def test_any_evidence_is_answered(evidence: dict[str, object], rule: ReviewRule | None) -> None:
    found = judged(evidence, rule)
    assert (found.outcome is Outcome.PASSED) == (not set(found.codes) - RISKS)


@settings(deadline=None, max_examples=100)
@given(evidence=EVIDENCE, rule=RULES, data=st.data())
def test_the_order_of_records_does_not_matter(
    evidence: dict[str, object], rule: ReviewRule | None, data: st.DataObject
) -> None:
    mixed = {
        **evidence,
        "reviews": shuffled(data, evidence["reviews"]),
        "assignments": shuffled(data, evidence["assignments"]),
        "snapshot": replace(
            evidence["snapshot"],
            items=shuffled(data, evidence["snapshot"].items),
            annotations=shuffled(data, evidence["snapshot"].annotations),
        ),
    }
    assert judged(evidence, rule) == judged(mixed, rule)


@settings(deadline=None, max_examples=100)
@given(evidence=EVIDENCE.filter(lambda evidence: evidence["snapshot"].items), data=st.data())
def test_a_latest_review_nobody_understands_never_completes_a_full_review(
    evidence: dict[str, object], data: st.DataObject
) -> None:
    item = data.draw(st.sampled_from(evidence["snapshot"].items)).id
    approved, unknown = (
        judged({**evidence, "reviews": (*evidence["reviews"], review)}, ReviewRule(rule="full"))
        for outcome in (ReviewOutcome.APPROVED, ReviewOutcome.UNKNOWN)
        for review in [ReviewRecord(item=item, annotator="ana", reviewer="rob", outcome=outcome, at=NOW)]
    )
    if approved.outcome is not Outcome.PASSED:
        assert unknown.outcome is not Outcome.PASSED
