"""Which waivers hold."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.answers import Answer, Outcome
from bot.approvals import Candidate, Role
from bot.forges.base import Comment
from bot.policy import WaiverRule
from bot.waivers import Waivers, judge_waivers
from tests.fakes.people import NOON, account, at, comment, published

LEAD, AUTHOR, EVE = account(2, "ana"), account(1, "author"), account(8, "eve")
NAMED = (
    Candidate(account=LEAD, role=Role.LEAD),
    Candidate(account=AUTHOR, role=Role.DEPUTY, barred="is the author of this pull request"),
)
ANSWERS = (
    Answer(gate="schema_stable", outcome=Outcome.PASSED, headline=""),
    Answer(gate="review_scope", outcome=Outcome.FAILED, headline=""),
    Answer(gate="rejections_resolved", outcome=Outcome.VAGUE, headline=""),
)
WAIVE_3 = "/sevengates waive 3 reviewed by the customer"


def judged(*comments: Comment, days: int = 0, shown: bool = True, rule: WaiverRule | None = None) -> Waivers:
    return judge_waivers(
        comments,
        ANSWERS,
        NAMED,
        fingerprint="f",
        publications=published({"f": NOON} if shown else {}),
        rule=rule or WaiverRule(),
        now=NOON + timedelta(days=days),
    )


def test_the_lead_waives_a_failed_gate_after_the_release_was_shown() -> None:
    result = judged(comment(7, LEAD, WAIVE_3, at(5)))
    (waiver,) = result.accepted
    assert (waiver.gate, waiver.by, waiver.reason) == ("review_scope", "ana", "reviewed by the customer")
    assert waiver.expires_at == at(5) + timedelta(days=7)
    assert result.refused == ()


@pytest.mark.parametrize(
    ("given", "days", "shown", "why"),
    [
        (comment(7, EVE, WAIVE_3, at(5)), 0, True, "is neither the release lead nor a deputy"),
        (comment(7, AUTHOR, WAIVE_3, at(5)), 0, True, "is the author of this pull request"),
        (comment(7, LEAD, WAIVE_3, at(0)), 0, True, "was written while this release was not shown: it is of another state"),
        (comment(7, LEAD, WAIVE_3, at(5)), 0, False, "was written while this release was not shown: it is of another state"),
        (comment(7, LEAD, WAIVE_3, at(5)), 8, True, "expired on 2026-12-01"),
        (comment(7, LEAD, "/sevengates waive 3 because", at(5)), 0, True, "the reason is shorter than 10 characters"),
        (comment(7, LEAD, "/sevengates waive 7 I am the lead here", at(5)), 0, True, "gate 7 cannot be waived: somebody must approve"),
    ],
)  # fmt: skip
def test_every_other_waiver_is_refused_with_the_reason(
    given: Comment, days: int, shown: bool, why: str
) -> None:
    result = judged(given, days=days, shown=shown)
    assert result.accepted == ()
    assert [refused.why for refused in result.refused] == [why]


def test_the_policy_can_keep_a_gate_from_being_waived() -> None:
    result = judged(comment(7, LEAD, WAIVE_3, at(5)), rule=WaiverRule(unwaivable=("review_scope",)))
    assert [refused.why for refused in result.refused] == ["the policy does not let this gate be waived"]


def test_there_is_nothing_to_waive_in_a_gate_that_passed() -> None:
    assert judged(comment(7, LEAD, "/sevengates waive 1 for good reasons", at(5))) == Waivers()


def test_an_edited_comment_waives_nothing() -> None:
    edited = replace(comment(7, LEAD, WAIVE_3, at(5)), updated_at=at(6))
    assert [refused.why for refused in judged(edited).refused] == [
        "was edited: nobody can say who wrote what it says now"
    ]
    assert judged(replace(comment(7, LEAD, WAIVE_3, at(5)), ours=True)) == Waivers()


def test_the_latest_of_two_waivers_stands_and_gates_keep_their_order() -> None:
    result = judged(
        comment(9, LEAD, "/sevengates waive 4 the other team takes it", at(9)),
        comment(7, LEAD, WAIVE_3, at(5)),
        comment(8, LEAD, "/sevengates waive 3 a better reason than that", at(6)),
    )
    assert [(w.gate, w.comment_id) for w in result.accepted] == [
        ("review_scope", 8),
        ("rejections_resolved", 9),
    ]
