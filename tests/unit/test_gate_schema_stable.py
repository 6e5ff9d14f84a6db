"""Gate 1 over its cases, and what must hold for any schema."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answers import Answer, Outcome
from bot.evidence.model import Loaded
from bot.gates import schema_stable
from bot.policy import SchemaRule
from tests.fakes.cases import NOW, Case, load_cases
from tests.fakes.evidence import labels, reviews, shuffled, snapshots

CASES = load_cases("schema_stable")
SLICES = ("labels", "labels_before", "snapshot", "reviews")


def answer(case: Case) -> Answer:
    rule = SchemaRule.model_validate(case.rule or {})
    return schema_stable.check(**case.slices(*SLICES), rule=rule, now=case.now)


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
def test_evidence_the_answer_rests_on_cannot_be_taken_away_for_a_pass(case: Case) -> None:
    rested_on = {used.source.removeprefix("evidence/") for used in answer(case).evidence}
    for name in rested_on:
        assert answer(replace(case, evidence={**case.evidence, name: Loaded()})).outcome is not Outcome.PASSED


def test_a_schema_that_is_absent_without_a_reason_is_vague_and_says_so() -> None:
    given = dict.fromkeys(SLICES, Loaded())
    assert schema_stable.check(**given, rule=SchemaRule(), now=NOW).codes == ("evidence.missing",)


EVIDENCE = st.fixed_dictionaries(
    {
        "labels": st.lists(labels(), max_size=5).map(tuple),
        "labels_before": st.lists(labels(), max_size=5).map(tuple),
        "snapshot": snapshots(),
        "reviews": st.lists(reviews(), max_size=8).map(tuple),
    }
)
RULES = st.builds(SchemaRule, freeze_days=st.sampled_from([0, 7, 10**12]))


@settings(deadline=None, max_examples=150)
@given(evidence=EVIDENCE, rule=RULES)
def test_any_evidence_is_answered(evidence: dict[str, object], rule: SchemaRule) -> None:
    given = {name: Loaded(value=value) for name, value in evidence.items()}
    found = schema_stable.check(**given, rule=rule, now=NOW)
    assert found.outcome in {Outcome.PASSED, Outcome.FAILED, Outcome.VAGUE}
    assert (found.outcome is Outcome.PASSED) == (not found.findings)


@settings(deadline=None, max_examples=100)
@given(evidence=EVIDENCE, data=st.data())
def test_the_order_of_reviews_and_annotations_does_not_matter(
    evidence: dict[str, object], data: st.DataObject
) -> None:
    mixed = {**evidence, "reviews": shuffled(data, evidence["reviews"])}
    mixed["snapshot"] = replace(
        evidence["snapshot"], annotations=shuffled(data, evidence["snapshot"].annotations)
    )
    first, second = (
        schema_stable.check(
            **{name: Loaded(value=value) for name, value in one.items()}, rule=SchemaRule(), now=NOW
        )
        for one in (evidence, mixed)
    )
    assert first == second


@settings(deadline=None, max_examples=100)
@given(evidence=EVIDENCE)
def test_time_alone_only_settles_a_schema(evidence: dict[str, object]) -> None:
    given = {name: Loaded(value=value) for name, value in evidence.items()}
    if schema_stable.check(**given, rule=SchemaRule(), now=NOW).outcome is Outcome.PASSED:
        later = schema_stable.check(**given, rule=SchemaRule(), now=NOW + timedelta(days=400))
        assert "schema.slice-missing" not in later.codes
