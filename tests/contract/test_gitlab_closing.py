"""What closes a merge on GitLab beside the status, by tier; and our note, which carries out nothing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.forges.base import CheckState
from bot.forges.errors import ForgeError, NotReadyError
from bot.forges.gitlab import notes
from bot.forges.gitlab.closing import RULE, Closing
from bot.forges.gitlab.publishing import DETACHED, NOWHERE, TAKEN
from bot.forges.gitlab.threads import BODY as THREAD
from tests.contract.gitlab_desk import NAME, Desk, desk
from tests.fakes.faults import Fault
from tests.fakes.gitlab.model import ApprovalRule, Discussion, Level, Tier
from tests.fakes.gitlab.threads import threads_of

PENDING, SUCCESS, FAILURE = CheckState.PENDING, CheckState.SUCCESS, CheckState.FAILURE
WITH_RULE, WITH_THREAD = Closing(approval_rule=True), Closing(thread=True)
NOTE = "<!-- sevengates v1 #1 -->\n\nNot ready."


@pytest.fixture
def free() -> Iterator[Desk]:
    with desk() as made:
        yield made


@pytest.fixture
def premium() -> Iterator[Desk]:
    with desk(tier=Tier.PREMIUM) as made:
        made.world.grant(made.project, Level.MAINTAINER, made.bot)
        yield made


@pytest.fixture
def ultimate() -> Iterator[Desk]:
    with desk(tier=Tier.ULTIMATE) as made:
        made.world.add_status_check(made.project, NAME)
        made.project.only_allow_merge_if_all_status_checks_passed = True
        yield made


def _codes(desk: Desk, state: CheckState = PENDING, closing: Closing | None = None) -> list[str]:
    return [problem.code for problem in desk.publish(desk.check(state), closing=closing).problems]


@pytest.mark.parametrize("tier", list(Tier))
def test_a_project_that_does_not_wait_for_pipelines_is_told_so(tier: Tier) -> None:
    with desk(tier=tier) as made:
        made.project.only_allow_merge_if_pipeline_succeeds = False
        assert _codes(made) == ["closing.pipeline-not-required"]


def test_a_project_that_takes_skipped_pipelines_for_successful_is_told_so(free: Desk) -> None:
    free.project.allow_merge_on_skipped_pipeline = True
    assert _codes(free) == ["closing.skipped-pipeline"]


def test_nobody_is_told_of_problems_while_the_release_is_evaluated(free: Desk) -> None:
    free.project.only_allow_merge_if_pipeline_succeeds = False
    assert free.publish(free.interim()).problems == ()


def test_the_check_of_the_policy_tells_of_no_closing(free: Desk) -> None:
    free.project.only_allow_merge_if_pipeline_succeeds = False
    check = free.check(FAILURE, name="sevengates/policy", external_id="")
    assert free.publish(check, closing=Closing(approval_rule=True, thread=True)).problems == ()
    assert free.mr.notes == []


# External status checks (Ultimate).


def _answers(desk: Desk) -> list[str]:
    return [one.status for one in desk.mr.responses]


def test_an_external_status_check_is_answered_and_not_twice(ultimate: Desk) -> None:
    for state in (FAILURE, FAILURE, SUCCESS, SUCCESS, PENDING, FAILURE):
        ultimate.publish(ultimate.check(state))
    assert _answers(ultimate) == ["failed", "passed", "pending", "failed"]


def test_only_a_passed_status_check_opens_the_merge(ultimate: Desk) -> None:
    for state, status in ((FAILURE, "status_checks_must_pass"), (SUCCESS, "mergeable")):
        ultimate.publish(ultimate.check(state))
        assert ultimate.merge_status == status


def test_a_status_check_that_gitlab_failed_for_its_age_is_left_so(ultimate: Desk) -> None:
    ultimate.publish(ultimate.check(SUCCESS))
    ultimate.publish(ultimate.check())
    ultimate.world.clock.at += timedelta(minutes=3)
    ultimate.publish(ultimate.check())
    assert _answers(ultimate) == ["passed", "pending"]


def test_status_checks_that_must_succeed_are_enough(ultimate: Desk) -> None:
    ultimate.project.only_allow_merge_if_pipeline_succeeds = False
    assert _codes(ultimate) == []
    ultimate.mr.head_pipeline = None
    assert _codes(ultimate) == []


def test_a_status_check_that_need_not_succeed_is_named_and_no_help(ultimate: Desk) -> None:
    ultimate.project.only_allow_merge_if_all_status_checks_passed = False
    ultimate.project.only_allow_merge_if_pipeline_succeeds = False
    assert _codes(ultimate) == ["closing.pipeline-not-required", "closing.status-checks-not-required"]


def test_a_pipeline_that_we_fail_is_explained_whatever_else_closes_the_merge(ultimate: Desk) -> None:
    ultimate.world.run_pipeline(ultimate.project, "release", by=ultimate.ben, jobs=(NAME,), outcome="success")
    assert _codes(ultimate) == [TAKEN.code]


def test_a_status_check_of_a_moved_head_is_not_ready(ultimate: Desk) -> None:
    before = ultimate.pull
    ultimate.push("2")
    with pytest.raises(NotReadyError, match="head"):
        ultimate.publish(ultimate.check(FAILURE), pull=before)
    assert _answers(ultimate) == []


def test_what_opens_the_merge_is_written_last(ultimate: Desk) -> None:
    ultimate.publish(ultimate.check(FAILURE))
    ultimate.world.faults.bad_gateway(method="POST", path=".*/statuses/.*")
    with pytest.raises(ForgeError):
        ultimate.publish(ultimate.check(SUCCESS))
    assert _answers(ultimate) == ["failed"]

    ultimate.publish(ultimate.check(SUCCESS))
    ultimate.world.faults.bad_gateway(method="POST", path=".*/statuses/.*")
    with pytest.raises(ForgeError):
        ultimate.publish(ultimate.check(FAILURE))
    assert _answers(ultimate)[-1] == "failed"


def test_status_checks_of_other_services_are_left_alone(ultimate: Desk) -> None:
    ultimate.world.add_status_check(ultimate.project, "Compliance")
    ultimate.publish(ultimate.check(SUCCESS))
    assert [one.check.name for one in ultimate.mr.responses] == [NAME]


# The approval rule (Premium).


def _rules(desk: Desk) -> list[ApprovalRule]:
    return [rule for rule in desk.mr.rules if rule.name == RULE]


def test_without_being_asked_there_is_neither_rule_nor_thread(premium: Desk) -> None:
    premium.publish(premium.check(FAILURE, approvers=(premium.account(premium.person("ana")),)))
    assert _rules(premium) == []
    assert premium.mr.notes == []


def test_the_rule_names_those_who_may_release_and_is_kept_in_step(premium: Desk) -> None:
    ana, bob = premium.person("ana"), premium.person("bob")
    check = premium.check(FAILURE, approvers=(premium.account(ana),))
    premium.publish(check, closing=WITH_RULE)
    (rule,) = _rules(premium)
    assert (rule.approvals_required, rule.users) == (1, [ana])

    writes = premium.writes()
    premium.publish(check, closing=WITH_RULE)
    assert premium.writes() == writes

    both = replace(check, approvers=(premium.account(bob), premium.account(ana)))
    rule.approvals_required, rule.groups = 0, [premium.world.group("acme")]
    premium.publish(both, closing=WITH_RULE)
    assert {user.username for user in rule.users} == {"ana", "bob"}
    assert (rule.approvals_required, rule.groups) == (1, [])


@pytest.mark.parametrize("state", [PENDING, FAILURE])
def test_a_rule_stays_while_nobody_could_release(premium: Desk, state: CheckState) -> None:
    named = premium.check(FAILURE, approvers=(premium.account(premium.person("ana")),))
    premium.publish(named, closing=WITH_RULE)
    premium.publish(premium.check(state), closing=WITH_RULE)
    premium.publish(premium.interim(), closing=WITH_RULE)
    assert len(_rules(premium)) == 1


def test_a_rule_goes_when_there_is_nothing_to_release(premium: Desk) -> None:
    named = premium.check(FAILURE, approvers=(premium.account(premium.person("ana")),))
    premium.publish(named, closing=WITH_RULE)
    premium.publish(premium.check(SUCCESS, external_id=""), closing=WITH_RULE)
    assert _rules(premium) == []


def test_a_tier_without_rules_is_named(free: Desk) -> None:
    assert _codes(free, closing=WITH_RULE) == ["closing.no-approval-rules"]


def test_rules_that_we_may_not_edit_are_named(premium: Desk) -> None:
    named = premium.check(FAILURE, approvers=(premium.account(premium.person("ana")),))
    for prevented, level in ((True, Level.MAINTAINER), (False, Level.DEVELOPER)):
        premium.project.prevent_editing_rules = prevented
        premium.world.grant(premium.project, level, premium.bot)
        problems = premium.publish(named, closing=WITH_RULE).problems
        assert [problem.code for problem in problems] == ["closing.no-approval-rules"]
    assert _rules(premium) == []


# The thread (any tier).


def _threads(desk: Desk) -> list[Discussion]:
    return [one for one in threads_of(desk.mr) if one.notes[0].body == THREAD]


def test_the_text_of_the_thread_carries_out_nothing() -> None:
    notes.refuse_quick_actions(THREAD)


def test_the_thread_follows_the_decision(free: Desk) -> None:
    free.project.only_allow_merge_if_all_discussions_are_resolved = True
    for state, resolved in ((FAILURE, False), (SUCCESS, True), (PENDING, False)):
        for _ in range(2):
            free.publish(free.check(state), closing=WITH_THREAD)
        (thread,) = _threads(free)
        assert thread.resolved is resolved
    free.publish(free.check(SUCCESS), closing=WITH_THREAD)
    assert free.merge_status == "mergeable"


def test_a_thread_that_somebody_resolved_is_opened_again(free: Desk) -> None:
    free.project.only_allow_merge_if_all_discussions_are_resolved = True
    free.publish(free.check(FAILURE), closing=WITH_THREAD)
    (thread,) = _threads(free)
    free.world.reply(free.mr, thread, "I think it is fine", by=free.ben)
    free.world.resolve(free.mr, thread, by=free.ben)
    free.publish(free.interim(), closing=WITH_THREAD)
    assert free.merge_status == "discussions_not_resolved"


def test_a_merge_request_that_releases_nothing_gets_no_thread(free: Desk) -> None:
    for check in (free.interim(), free.check(SUCCESS, external_id="")):
        free.publish(check, closing=WITH_THREAD)
    assert free.mr.notes == []


def test_threads_of_workers_that_met_become_one(free: Desk) -> None:
    for _ in range(3):
        free.world.discuss(free.mr, THREAD, by=free.bot)
    free.publish(free.check(FAILURE), closing=WITH_THREAD)
    assert len(_threads(free)) == 1


def test_a_thread_with_our_marker_by_somebody_else_is_left_alone(free: Desk) -> None:
    free.world.discuss(free.mr, THREAD, by=free.ben)
    free.publish(free.check(FAILURE), closing=WITH_THREAD)
    assert [one.notes[0].author for one in _threads(free)] == [free.ben, free.bot]
    free.publish(free.check(SUCCESS), closing=WITH_THREAD)
    assert [one.resolved for one in _threads(free)] == [False, True]


def test_threads_that_need_not_be_resolved_are_named(free: Desk) -> None:
    assert _codes(free, closing=WITH_THREAD) == ["closing.threads-not-required"]


def test_problems_are_sentences_with_one_cure_each(free: Desk) -> None:
    free.project.only_allow_merge_if_pipeline_succeeds = False
    found = free.publish(free.check(), closing=Closing(approval_rule=True, thread=True)).problems
    for problem in (*found, NOWHERE, DETACHED, TAKEN):
        assert problem.text.endswith(".")
        assert problem.fix.endswith(".")
        assert "pull request" not in problem.text + problem.fix


# The note.


def _notes(desk: Desk) -> list[str]:
    return [note.body for note in desk.mr.notes]


def test_the_thread_and_the_note_do_not_take_one_another_for_a_duplicate(free: Desk) -> None:
    free.publish(free.check(FAILURE), closing=WITH_THREAD)
    for body in (NOTE, NOTE + "!"):
        free.comment(body)
        free.publish(free.check(FAILURE), closing=WITH_THREAD)
    assert _notes(free) == [THREAD, NOTE + "!"]


def test_notes_of_workers_that_met_become_the_oldest_one(free: Desk) -> None:
    for body in ("first", "second", "third"):
        free.world.comment(free.mr, f"{NOTE} {body}", by=free.bot)
    oldest = free.mr.notes[0]
    free.comment(NOTE)
    assert free.mr.notes == [oldest]
    assert oldest.body == NOTE


def test_a_duplicate_that_is_gone_already_is_no_trouble(free: Desk) -> None:
    for _ in range(2):
        free.world.comment(free.mr, NOTE, by=free.bot)
    free.world.faults.add(Fault("DELETE", status=404, body={"message": "404 Not found"}))
    free.comment(NOTE)
    assert _notes(free)[0] == NOTE


def test_a_note_that_somebody_edited_is_written_again(free: Desk) -> None:
    free.comment(NOTE)
    free.mr.notes[0].body = NOTE.replace("Not ready", "Approved")
    free.comment(NOTE)
    assert _notes(free) == [NOTE]


@pytest.mark.parametrize("line_break", ["\n", "\r", "\r\n", "\u2028", "\x85", "\v"], ids=repr)
@pytest.mark.parametrize("line", ["/merge", "  /merge", "\t/approve", "\u3000/close"])
def test_a_note_with_a_quick_action_is_never_sent(free: Desk, line_break: str, line: str) -> None:
    with pytest.raises(ValueError, match="slash"):
        free.comment(f"{NOTE}{line_break}{line}{line_break}")
    assert free.writes() == 0
    assert free.world.quick_actions == []


@pytest.mark.parametrize("body", ["no marker", NOTE + "x" * 1_000_000], ids=["marker", "length"])
def test_a_note_that_cannot_be_found_again_or_stored_is_refused(free: Desk, body: str) -> None:
    with pytest.raises(ValueError, match="comment"):
        free.comment(body)


def test_reactions_have_the_names_of_gitlab_and_may_be_repeated(free: Desk) -> None:
    note = free.world.comment(free.mr, "/sevengates recheck", by=free.ben)
    assert note is not None
    for reaction in ("eyes", "eyes", "+1", "-1", "confused"):
        notes.react(free.view, free.mr.iid, note.id, reaction)
    assert [award.name for award in note.awards] == ["eyes", "thumbsup", "thumbsdown", "confused"]
