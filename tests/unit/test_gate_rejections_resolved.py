"""Gate 4 over its cases, and what must hold for any reviews."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answers import Answer, Outcome
from bot.evidence.model import Loaded, ReviewOutcome, ReviewRecord
from bot.gates import rejections_resolved
from bot.gates.rejection_reasons import episodes, normalised, trends
from bot.policy import RejectionsRule
from tests.fakes.cases import NOW, Case, load_cases
from tests.fakes.evidence import reviews, shuffled

CASES = load_cases("rejections_resolved")
RULES = st.builds(
    RejectionsRule, window_days=st.sampled_from([1, 28, 10**12]), repeated=st.sampled_from([2, 3])
)
REVIEWS = st.lists(reviews(), max_size=12).map(tuple)
RISKS = {"rejections.deferred", "rejections.open-isolated", "rejections.rising"}


def answer(case: Case) -> Answer:
    rule = RejectionsRule.model_validate(case.rule or {})
    return rejections_resolved.check(**case.slices("reviews"), rule=rule, now=case.now)


def judged(given: tuple[ReviewRecord, ...], rule: RejectionsRule) -> Answer:
    return rejections_resolved.check(reviews=Loaded(value=given), rule=rule, now=NOW)


def rejection(item: str, days_ago: int, reason: str = "Loose box") -> ReviewRecord:
    return ReviewRecord(
        item=item,
        annotator="ana",
        reviewer="rob",
        outcome=ReviewOutcome.REJECTED,
        at=NOW - timedelta(days=days_ago),
        reason=reason,
    )


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


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_taking_the_reviews_away_never_passes(case: Case) -> None:
    assert answer(replace(case, evidence={"reviews": Loaded()})).outcome is Outcome.VAGUE


@settings(deadline=None)
@given(st.text())
def test_normalising_a_reason_twice_changes_nothing(reason: str) -> None:
    once = normalised(reason)
    assert normalised(once) == once
    assert normalised(f"  {reason}! ") == once


def test_a_burst_across_a_calendar_window_is_still_one_burst() -> None:
    burst = [rejection("img-1", 29), rejection("img-2", 28), rejection("img-3", 27)]
    assert [episode.peak for episode in episodes(burst, 28)] == [3]


def test_many_reasons_need_stronger_trends() -> None:
    before = [rejection(f"old-{n}", 40, "other") for n in range(200)]
    after = [rejection(f"new-{n}", 4, "other") for n in range(200)]
    rising = [rejection(f"new-{n}", 4) for n in range(6)]
    alone = trends([*before, *after, *rising], 28, NOW)
    noise = [rejection(f"new-{n}", 4, f"reason {n}") for n in range(60)]
    among_many = trends([*before, *after, *rising, *noise], 28, NOW)
    assert alone["loose box"].rising
    assert not among_many["loose box"].rising


@settings(deadline=None, max_examples=250)
@given(given=REVIEWS, rule=RULES)
def test_any_evidence_is_answered(given: tuple[ReviewRecord, ...], rule: RejectionsRule) -> None:
    found = judged(given, rule)
    assert (found.outcome is Outcome.PASSED) == (not set(found.codes) - RISKS)


@settings(deadline=None, max_examples=150)
@given(given=REVIEWS, rule=RULES, data=st.data())
def test_the_order_of_records_does_not_matter(
    given: tuple[ReviewRecord, ...], rule: RejectionsRule, data: st.DataObject
) -> None:
    assert judged(given, rule) == judged(shuffled(data, given), rule)


@settings(deadline=None, max_examples=150)
@given(given=REVIEWS, rule=RULES, days=st.integers(0, 5))
def test_one_more_open_rejection_never_turns_a_failure_into_anything_better(
    given: tuple[ReviewRecord, ...], rule: RejectionsRule, days: int
) -> None:
    if judged(given, rule).outcome is Outcome.FAILED:
        assert judged((*given, rejection("img-1", days)), rule).outcome is Outcome.FAILED
