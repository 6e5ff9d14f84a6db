"""Gate 7: who leads, who could approve, who did."""

import pytest

from bot.answers import Finding, Outcome
from bot.approvals import Candidate, IgnoredApproval, Judgement, Role
from bot.codeowners import Leadership
from bot.forges.base import Account, ReviewState
from bot.gates.release_owned import check, who
from bot.waivers import RefusedWaiver
from tests.fakes.people import account, at, review

ANA = Leadership(lead="@ana", owners=("@ana",), line=3, file="CODEOWNERS")
TEAM = Leadership(lead="@acme/leads", owners=("@acme/leads",), line=3, file="CODEOWNERS")
LEAD = Candidate(account=account(2, "ana"), role=Role.LEAD)
DEPUTY = Candidate(account=account(3, "dora"), role=Role.DEPUTY)
BARRED = Candidate(account=account(2, "ana"), role=Role.LEAD, barred="is the author of this pull request")


def named(*candidates: Candidate, **parts: object) -> Judgement:
    return Judgement(candidates=candidates, **parts)  # type: ignore[arg-type]


def finding(code: str) -> Finding:
    return Finding(code=code, text="Something.", fix="Do it.")


def approval(by: Account) -> tuple[Candidate, object]:
    role = LEAD if by.id == 2 else DEPUTY
    return role, review(1, by, ReviewState.APPROVED, at(5))


def test_it_waits_for_the_lead_who_has_not_decided() -> None:
    answer = check(ANA, named(LEAD))
    assert (answer.outcome, answer.headline) == (Outcome.WAITING, "Waiting for @ana.")


def test_it_waits_for_any_member_of_a_team() -> None:
    assert check(TEAM, named(LEAD)).headline == "Waiting for a member of @acme/leads."


def test_it_waits_for_the_deputies_when_the_lead_cannot_decide() -> None:
    assert check(ANA, named(BARRED, DEPUTY)).headline == "Waiting for @dora."


@pytest.mark.parametrize(
    ("by", "headline"),
    [
        (LEAD.account, "Approved by @ana on 2026-11-24 12:00 UTC."),
        (DEPUTY.account, "Approved by @dora as deputy on 2026-11-24 12:00 UTC."),
    ],
)
def test_it_passes_with_the_name_of_who_approved(by: Account, headline: str) -> None:
    answer = check(ANA, named(LEAD, DEPUTY, approved=approval(by)))
    assert (answer.outcome, answer.headline) == (Outcome.PASSED, headline)


def test_requested_changes_fail_it_even_beside_an_approval() -> None:
    answer = check(ANA, named(LEAD, DEPUTY, approved=approval(DEPUTY.account), blocking=(LEAD,)))
    assert (answer.outcome, answer.headline) == (Outcome.FAILED, "@ana requested changes.")
    assert answer.codes == ("lead.changes-requested",)


def test_it_fails_closed_when_nobody_can_decide_and_says_why() -> None:
    answer = check(ANA, named(BARRED))
    assert answer.outcome is Outcome.FAILED
    (only,) = answer.findings
    assert only.code == "lead.nobody-eligible"
    assert "@ana is the author of this pull request" in only.text
    assert (only.file, only.line) == ("CODEOWNERS", 3)


def test_a_lead_without_members_is_nobody() -> None:
    (only,) = check(TEAM, named()).findings
    assert "@acme/leads has no members we can see" in only.text


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("lead.shared", Outcome.VAGUE),
        ("lead.not-in-codeowners", Outcome.VAGUE),
        ("codeowners.unclear", Outcome.VAGUE),
        ("lead.no-owner", Outcome.FAILED),
        ("codeowners.missing", Outcome.FAILED),
        ("codeowners.too-large", Outcome.FAILED),
    ],
)
def test_without_a_lead_it_is_vague_or_failed_by_the_reason(code: str, outcome: Outcome) -> None:
    answer = check(Leadership(findings=(finding(code),)), named())
    assert (answer.outcome, answer.codes) == (outcome, (code,))


def test_offline_it_names_the_lead_and_no_more() -> None:
    answer = check(ANA, None)
    assert answer.outcome is Outcome.WAITING
    assert answer.headline.startswith("@ana leads")
    assert who(ANA, None) == "@ana"


def test_what_does_not_count_is_listed_with_its_reason() -> None:
    ignored = IgnoredApproval(login="eve", at=at(5), why="is neither the release lead nor a deputy")
    refused = RefusedWaiver(comment_id=1, login="eve", gate="review_scope", why="expired on 2026-12-01")
    answer = check(ANA, named(LEAD, BARRED, ignored=(ignored,)), refused_waivers=(refused,))
    assert {table.title: table.rows for table in answer.facts} == {
        "Who could approve": (
            ("@ana", "release lead", "yes"),
            ("@ana", "release lead", "no: is the author of this pull request"),
        ),
        "Approvals that do not count": (
            ("@eve", "2026-11-24 12:00:05 UTC", "is neither the release lead nor a deputy"),
        ),
        "Waivers that do not count": (("@eve", "review_scope", "expired on 2026-12-01"),),
    }


def test_commits_of_unknown_people_are_a_finding() -> None:
    answer = check(ANA, named(LEAD, unknown_commits=("c3",)))
    assert answer.outcome is Outcome.WAITING
    assert answer.findings[0].items == ("c3",)


def test_who_cannot_be_named_is_found_whatever_was_decided() -> None:
    assert check(ANA, named(LEAD)).codes == ()
    assert check(ANA, named(LEAD, pushers_known=False)).codes == ("commits.unknown-pusher",)
    both = named(LEAD, pushers_known=False, unknown_commits=("c1",))
    assert check(ANA, both).codes == ("commits.unknown-author", "commits.unknown-pusher")
