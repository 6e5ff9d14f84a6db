"""The ordered table of the gates, and all six evidence gates answering together."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answers import GATE_NAMES, Finding, Outcome
from bot.evidence.model import Loaded
from bot.evidence.release import ReleaseEvidence
from bot.gates import GATES, answer_evidence_gates, explain, unreadable_manifest_answers
from bot.policy import GateRules, ReviewRule
from tests.fakes.cases import NOW
from tests.fakes.evidence import assignments, labels, reviews, snapshots


def test_the_table_holds_the_seven_gates_in_their_order() -> None:
    assert tuple(gate.name for gate in GATES) == GATE_NAMES


@pytest.mark.parametrize("number", range(1, 8), ids=GATE_NAMES)
def test_every_gate_asks_a_question_and_documents_its_outcomes(number: int) -> None:
    row = GATES[number - 1]
    assert row.question.endswith("?")
    assert explain(row.name) == row.documentation
    assert row.documentation.startswith(f"Gate {number}")
    for word in ("**pass", "fail", "vague"):
        assert word in row.documentation.lower()


def test_a_gate_that_does_not_exist_has_no_explanation() -> None:
    with pytest.raises(KeyError):
        explain("release_owner")


def test_an_unreadable_manifest_leaves_six_vague_answers_that_point_to_it() -> None:
    problem = Finding(code="manifest.unknown-key", text="No.", fix="Do.", file="release.yaml", line=4)
    answers = unreadable_manifest_answers((problem, problem))
    assert tuple(answer.gate for answer in answers) == GATE_NAMES[:-1]
    assert {answer.outcome for answer in answers} == {Outcome.VAGUE}
    assert [(f.code, f.file, f.line) for a in answers for f in a.findings] == [
        ("manifest.unreadable", "release.yaml", 4)
    ]


def test_an_unreadable_manifest_without_a_known_place_is_told_all_the_same() -> None:
    assert [finding.file for answer in unreadable_manifest_answers(()) for finding in answer.findings] == [
        None
    ]


def missing(code: str) -> Loaded[object]:
    return Loaded(problems=(Finding(code=code, text="It is missing.", fix="Name it."),))


def test_without_any_evidence_no_gate_passes() -> None:
    nothing = missing("evidence.missing")
    evidence = ReleaseEvidence(
        labels=nothing,
        labels_before=nothing,
        snapshot=nothing,
        baseline=nothing,
        baseline_name="",
        assignments=nothing,
        reviews=nothing,
    )
    answers = answer_evidence_gates(
        evidence=evidence, manifest_intent=None, rules=GateRules(), downstream=(), now=NOW
    )
    assert tuple(answer.gate for answer in answers) == GATE_NAMES[:-1]
    assert {answer.outcome for answer in answers} == {Outcome.VAGUE}
    assert all(answer.findings for answer in answers)


def loaded(records: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    whole = st.lists(records, max_size=6).map(tuple)
    return whole.map(lambda value: Loaded(value=value)) | st.just(missing("evidence.missing"))


snapshot = snapshots().map(lambda value: Loaded(value=value)) | st.just(missing("evidence.missing"))


@settings(deadline=None, max_examples=60)
@given(
    evidence=st.builds(
        ReleaseEvidence,
        labels=loaded(labels()),
        labels_before=loaded(labels()),
        snapshot=snapshot,
        baseline=snapshot,
        baseline_name=st.sampled_from(["", "1.0"]),
        assignments=loaded(assignments()),
        reviews=loaded(reviews()),
        exports=st.just(()),
    ),
    review=st.none() | st.builds(ReviewRule, rule=st.sampled_from(["full", "sample"])),
)
def test_six_gates_answer_whatever_the_evidence_is(
    evidence: ReleaseEvidence, review: ReviewRule | None
) -> None:
    answers = answer_evidence_gates(
        evidence=evidence, manifest_intent=(), rules=GateRules(review=review), downstream=(), now=NOW
    )
    assert tuple(answer.gate for answer in answers) == GATE_NAMES[:-1]
    assert all(answer.findings for answer in answers if answer.outcome is not Outcome.PASSED)
