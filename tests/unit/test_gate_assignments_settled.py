"""Gate 2 over its cases, and what must hold for any assignments."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.answers import Answer, EvidenceUsed, Outcome
from bot.evidence.model import Assignment, AssignmentStatus, Item, ItemRange, Loaded, Snapshot
from bot.gates import assignments_settled
from bot.gates.hidden_work import MOST_PER_ITEM
from bot.policy import AssignmentsRule
from tests.fakes.cases import NOW, Case, load_cases
from tests.fakes.evidence import assignments, shuffled, snapshots

CASES = load_cases("assignments_settled")
SLICES = ("assignments", "snapshot", "baseline")


def answer(case: Case) -> Answer:
    rule = AssignmentsRule.model_validate(case.rule or {})
    return assignments_settled.check(**case.slices(*SLICES), rule=rule, now=case.now)


def judged(given: tuple[Assignment, ...], snapshot: Snapshot) -> Answer:
    used = EvidenceUsed(source="assignments.jsonl", digest="sha256:00", as_of=NOW)
    return assignments_settled.check(
        assignments=Loaded(value=given, used=used),
        snapshot=Loaded(value=snapshot),
        baseline=Loaded(),
        rule=AssignmentsRule(),
        now=NOW,
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


@pytest.mark.parametrize("name", SLICES[:2])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_taking_evidence_away_never_passes(case: Case, name: str) -> None:
    assert answer(replace(case, evidence={**case.evidence, name: Loaded()})).outcome is Outcome.VAGUE


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_open_work_over_a_candidate_item_never_passes(case: Case) -> None:
    loaded = case.evidence["assignments"]
    snapshot = case.evidence["snapshot"].value
    if loaded.value is None or not snapshot.items:
        return
    pending = Assignment(
        id="late", items=(snapshot.items[0].id,), assignee="ana", status=AssignmentStatus.PENDING
    )
    more = replace(loaded, value=(*loaded.value, pending))
    found = answer(replace(case, evidence={**case.evidence, "assignments": more}))
    assert found.outcome is Outcome.FAILED


def test_a_thousand_ranges_over_everything_are_refused_and_not_worked_out() -> None:
    items = tuple(Item(id=f"img-{n}", file=f"{n}.jpg", marked_empty=True) for n in range(10))
    whole = Assignment(
        id="a",
        items=ItemRange(first="img-0", last="img-9"),
        assignee="ana",
        status=AssignmentStatus.COMPLETED,
        completed_at=NOW,
    )
    snapshot = Snapshot(items=items, annotations=())
    enough = tuple(replace(whole, id=str(n)) for n in range(MOST_PER_ITEM))
    assert judged(enough, snapshot).outcome is Outcome.PASSED
    assert judged((*enough, whole), snapshot).codes == ("assignments.too-many-overlaps",)


ASSIGNMENTS = st.lists(assignments(), max_size=6).map(tuple)


@settings(deadline=None, max_examples=200)
@given(given=ASSIGNMENTS, snapshot=snapshots())
def test_any_evidence_is_answered(given: tuple[Assignment, ...], snapshot: Snapshot) -> None:
    found = judged(given, snapshot)
    risky = {"assignments.overlap-person"}
    assert (found.outcome is Outcome.PASSED) == (not set(found.codes) - risky)


@settings(deadline=None, max_examples=150)
@given(
    given=ASSIGNMENTS,
    snapshot=snapshots(),
    status=st.sampled_from(["PENDING", "IN_PROGRESS"]),
    data=st.data(),
)
def test_one_open_assignment_over_any_candidate_item_fails(
    given: tuple[Assignment, ...], snapshot: Snapshot, status: str, data: st.DataObject
) -> None:
    assume(snapshot.items)
    item = data.draw(st.sampled_from(snapshot.items))
    late = Assignment(id="late", items=(item.id,), assignee="ana", status=AssignmentStatus(status))
    assert judged((*given, late), snapshot).outcome is Outcome.FAILED


@settings(deadline=None, max_examples=100)
@given(given=ASSIGNMENTS, snapshot=snapshots(), data=st.data())
def test_the_order_of_records_does_not_matter(
    given: tuple[Assignment, ...], snapshot: Snapshot, data: st.DataObject
) -> None:
    mixed = replace(
        snapshot,
        items=shuffled(data, snapshot.items),
        annotations=shuffled(data, snapshot.annotations),
    )
    first, second = judged(given, snapshot), judged(shuffled(data, given), mixed)
    assert (first.outcome, first.headline, first.facts) == (second.outcome, second.headline, second.facts)
    assert sorted(map(repr, first.findings)) == sorted(map(repr, second.findings))
