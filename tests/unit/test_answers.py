"""The decision over seven answers."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answers import GATE_NAMES, Answer, DecisionKind, Finding, Outcome, Waiver, decide, worst
from tests.fakes.people import NOON

WAIVER = Waiver(gate="schema_stable", reason="r", by="ana", at=NOON, expires_at=NOON, comment_id=1)


def answers(*outcomes: Outcome, waived: tuple[int, ...] = ()) -> list[Answer]:
    return [
        Answer(gate=gate, outcome=outcome, headline=gate, waiver=WAIVER if number in waived else None)
        for number, (gate, outcome) in enumerate(zip(GATE_NAMES, outcomes, strict=True), start=1)
    ]


P, F, V, W = Outcome.PASSED, Outcome.FAILED, Outcome.VAGUE, Outcome.WAITING


@pytest.mark.parametrize(
    ("outcomes", "waived", "max_vague", "expected"),
    [
        ((P, P, P, P, P, P, P), (), 1, DecisionKind.APPROVED),
        ((P, P, P, P, P, P, W), (), 1, DecisionKind.READY),
        ((P, P, P, P, P, V, P), (), 1, DecisionKind.APPROVED),
        ((P, P, P, P, P, V, P), (), 0, DecisionKind.IMMATURE),
        ((P, P, P, P, V, V, P), (), 1, DecisionKind.IMMATURE),
        ((P, P, P, P, V, V, P), (), 2, DecisionKind.APPROVED),
        ((P, P, P, P, V, P, V), (), 1, DecisionKind.IMMATURE),
        ((P, P, P, P, P, P, V), (), 1, DecisionKind.READY),
        ((F, V, V, V, V, V, P), (), 1, DecisionKind.BLOCKED),
        ((F, P, P, P, P, P, P), (1,), 1, DecisionKind.APPROVED),
        ((V, V, P, P, P, P, P), (2,), 1, DecisionKind.APPROVED),
        ((P, P, P, P, P, P, F), (), 1, DecisionKind.BLOCKED),
    ],
)
def test_the_decision_follows_the_order_of_precedence(
    outcomes: tuple[Outcome, ...], waived: tuple[int, ...], max_vague: int, expected: DecisionKind
) -> None:
    assert decide(answers(*outcomes, waived=waived), max_vague=max_vague).kind is expected


def test_a_blocker_blocks_whatever_the_gates_say() -> None:
    blocker = Finding(code="base.moved", text="The base moved.", fix="Update.")
    decision = decide(answers(P, P, P, P, P, P, P), blockers=[blocker])
    assert (decision.kind, decision.reason) == (DecisionKind.BLOCKED, "The base moved.")


def test_the_reasons_count_in_words() -> None:
    assert decide(answers(F, P, P, P, P, P, W)).reason == "1 gate failed"
    assert decide(answers(F, F, P, P, P, P, W)).reason == "2 gates failed"
    assert decide(answers(V, V, P, P, P, P, W)).reason == "2 answers vague, 1 allowed"


def test_gate_7_must_come_last() -> None:
    for wrong in ([], answers(P, P, P, P, P, P, P)[:6]):
        with pytest.raises(ValueError, match="gate 7 last"):
            decide(wrong)


def test_governance_is_decided_by_gate_7_alone() -> None:
    assert decide(answers(P, P, P, P, P, P, P)[6:]).kind is DecisionKind.APPROVED


@given(
    st.lists(st.sampled_from([P, F, V]), min_size=6, max_size=6),
    st.sampled_from(list(Outcome)),
    st.integers(0, 5),
)
def test_only_a_release_without_failures_that_somebody_approved_opens_the_merge(
    six: list[Outcome], seventh: Outcome, max_vague: int
) -> None:
    all_seven = (*six, seventh)
    opened = decide(answers(*all_seven), max_vague=max_vague).kind.opens_the_merge
    assert opened == (F not in all_seven and all_seven.count(V) <= max_vague and seventh is P)


def test_the_worst_decision_of_several_stands() -> None:
    for one, other in product(DecisionKind, repeat=2):
        both = worst([one, other])
        assert both in {one, other}
        assert both.opens_the_merge == (one.opens_the_merge and other.opens_the_merge)
    assert worst([]) is DecisionKind.NOT_APPLICABLE


def test_an_answer_knows_its_number_and_its_codes() -> None:
    found = tuple(Finding(code=code, text="", fix="") for code in ("b.b", "a.a", "b.b"))
    answer = Answer(gate="review_scope", outcome=F, headline="", findings=found)
    assert (answer.number, answer.codes) == (3, ("a.a", "b.b"))


def test_who_approves_is_no_risk_that_an_approval_accepts() -> None:
    nobody = decide(answers(P, P, P, P, P, P, V))
    assert (nobody.kind, nobody.risks, nobody.leaderless) == (DecisionKind.READY, (), True)
    other = decide(answers(V, P, P, P, P, P, W))
    assert (other.risks, other.leaderless) == ((GATE_NAMES[0],), False)
