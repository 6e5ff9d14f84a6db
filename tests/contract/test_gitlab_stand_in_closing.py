"""What else closes a merge on the stand-in, by tier: threads, rules, external status checks, drafts."""

from datetime import timedelta

import pytest

from tests.contract.bench import Bench, bench
from tests.fakes.gitlab.model import ApprovalRule, Level, Tier


def _mr(gitlab: Bench, path: str = "") -> str:
    return f"/merge_requests/{gitlab.mr.iid}{path}"


def _merge(gitlab: Bench) -> int:
    return gitlab.call("PUT", _mr(gitlab, "/merge")).status_code


def test_an_open_thread_blocks_only_by_the_setting_and_anybody_who_may_push_resolves_it() -> None:
    with bench(only_allow_merge_if_all_discussions_are_resolved=True) as gitlab:
        thread = gitlab.call("POST", _mr(gitlab, "/discussions"), {"body": "Wait."}, by=gitlab.ana).json()
        assert (gitlab.merge_status, _merge(gitlab)) == ("discussions_not_resolved", 405)
        path = _mr(gitlab, f"/discussions/{thread['id']}")

        resolved = gitlab.call("PUT", path, {"resolved": True}).json()
        assert [note["resolved_by"]["username"] for note in resolved["notes"]] == ["ben"]
        assert gitlab.merge_status == "mergeable"
        gitlab.call("PUT", path, {"resolved": False}, by=gitlab.ana)
        assert gitlab.merge_status == "discussions_not_resolved"
        gitlab.project.only_allow_merge_if_all_discussions_are_resolved = False

        assert gitlab.merge_status == "mergeable"


def test_threads_are_listed_with_notes_that_stand_alone_and_take_replies() -> None:
    with bench() as gitlab:
        alone = gitlab.call("POST", _mr(gitlab, "/notes"), {"body": "hello"}).json()
        thread = gitlab.call("POST", _mr(gitlab, "/discussions"), {"body": "Wait."}).json()
        reply = gitlab.call("POST", _mr(gitlab, f"/discussions/{thread['id']}/notes"), {"body": "Why?"})

        listed = gitlab.get(_mr(gitlab, "/discussions"))
        assert [(one["individual_note"], [note["body"] for note in one["notes"]]) for one in listed] == [
            (True, ["hello"]),
            (False, ["Wait.", "Why?"]),
        ]
        assert reply.json()["type"] == "DiscussionNote"
        path = _mr(gitlab, f"/discussions/{listed[0]['id']}")
        assert gitlab.get(path)["notes"][0]["id"] == alone["id"]
        assert gitlab.call("PUT", path, {"resolved": True}).status_code == 403
        unknown = gitlab.call("PUT", _mr(gitlab, "/discussions/none"), {"resolved": True})
        assert (unknown.status_code, unknown.json()) == (404, {"message": "404 Discussion Not Found"})


def test_a_thread_of_nothing_but_commands_is_none() -> None:
    with bench() as gitlab:
        answer = gitlab.call("POST", _mr(gitlab, "/discussions"), {"body": "/close"})

        assert (answer.status_code, gitlab.mr.notes) == (202, [])
        assert gitlab.world.quick_actions == [("ben", "close")]


def test_the_same_emoji_again_is_404_in_gitlabs_words() -> None:
    with bench() as gitlab:
        note = gitlab.call("POST", _mr(gitlab, "/notes"), {"body": "hello"}).json()
        path = _mr(gitlab, f"/notes/{note['id']}/award_emoji")

        first, again = (gitlab.call("POST", path, {"name": "thumbsup"}) for _ in range(2))
        assert (first.status_code, again.status_code) == (201, 404)
        assert again.json() == {"message": "404 Award Emoji Name has already been taken Not Found"}
        unknown = gitlab.call("POST", path, {"name": "no_such"})
        assert unknown.json() == {"message": "404 Award Emoji Name is not a valid emoji name Not Found"}
        assert gitlab.call("POST", path, {"name": "thumbsup"}, by=gitlab.ana).status_code == 201
        shown = gitlab.get(path)
        assert [(one["name"], one["user"]["username"]) for one in shown] == [
            ("thumbsup", "ben"),
            ("thumbsup", "ana"),
        ]

        mine, hers = (f"{path}/{one['id']}" for one in shown)
        assert [gitlab.call("DELETE", one).status_code for one in (mine, hers)] == [204, 401]


def test_what_a_tier_lacks_is_not_there() -> None:
    paths = {"/approval_rules": 404, "/status_checks": 404}
    with bench(Tier.FREE) as gitlab:
        assert {path: gitlab.call("GET", _mr(gitlab, path)).status_code for path in paths} == paths
        assert gitlab.call("POST", _mr(gitlab, "/status_check_responses"), {}).status_code == 404
        assert gitlab.call("GET", "/external_status_checks", by=gitlab.ana).status_code == 404
        assert gitlab.get(_mr(gitlab, "/approval_state"))["rules"] == []
    with bench(Tier.PREMIUM) as gitlab:
        assert gitlab.get(_mr(gitlab, "/approval_rules")) == []
        assert gitlab.call("GET", _mr(gitlab, "/status_checks")).status_code == 401


def test_an_approval_rule_blocks_until_enough_of_its_people_approved() -> None:
    with bench(Tier.PREMIUM) as gitlab:
        lead = gitlab.world.user("lead")
        gitlab.world.grant(gitlab.project, Level.DEVELOPER, lead)
        wanted = {"name": "release lead", "approvals_required": 1, "user_ids": [lead.id]}
        made = gitlab.call("POST", _mr(gitlab, "/approval_rules"), wanted).json()
        taken = gitlab.call("POST", _mr(gitlab, "/approval_rules"), wanted)
        assert (taken.status_code, taken.json()) == (400, {"message": {"name": ["has already been taken"]}})

        assert (gitlab.merge_status, _merge(gitlab)) == ("not_approved", 405)
        gitlab.call("POST", _mr(gitlab, "/approve"), {}, by=gitlab.ana)
        assert gitlab.merge_status == "not_approved"
        gitlab.call("POST", _mr(gitlab, "/approve"), {}, by=lead)
        assert gitlab.merge_status == "mergeable"
        rule = gitlab.get(_mr(gitlab, "/approval_state"))["rules"][0]
        assert (rule["approved"], [one["username"] for one in rule["approved_by"]]) == (True, ["lead"])

        path = _mr(gitlab, f"/approval_rules/{made['id']}")
        gitlab.call("PUT", path, {"approvals_required": 1, "user_ids": [gitlab.ana.id]})
        assert gitlab.merge_status == "mergeable"
        gitlab.call("POST", _mr(gitlab, "/unapprove"), {}, by=gitlab.ana)
        assert gitlab.merge_status == "not_approved"
        assert [gitlab.call("DELETE", path).status_code for _ in range(2)] == [204, 404]
        assert gitlab.merge_status == "mergeable"


@pytest.mark.parametrize("named", ["stranger", "author"])
def test_a_rule_that_nobody_can_fulfil_is_fulfilled(named: str) -> None:
    with bench(Tier.PREMIUM) as gitlab:
        who = gitlab.ben if named == "author" else gitlab.world.user("zoe")
        wanted = {"name": "release lead", "approvals_required": 1, "user_ids": [who.id]}

        gitlab.call("POST", _mr(gitlab, "/approval_rules"), wanted)

        assert gitlab.merge_status == "mergeable"


def test_a_rule_for_anybody_takes_anybodys_approval() -> None:
    with bench(Tier.PREMIUM) as gitlab:
        rule = ApprovalRule(id=1, name="All", approvals_required=1, rule_type="any_approver")
        gitlab.mr.rules.append(rule)
        assert gitlab.merge_status == "not_approved"

        gitlab.world.approve(gitlab.mr, by=gitlab.ana)

        assert gitlab.merge_status == "mergeable"


def test_a_push_resets_approvals_a_little_later_and_until_then_nothing_is_decided() -> None:
    with bench(Tier.PREMIUM, reset_approvals_on_push=True) as gitlab:
        gitlab.world.add_rule(gitlab.mr, "release lead", [gitlab.ana])
        gitlab.world.approve(gitlab.mr, by=gitlab.ana)
        assert gitlab.merge_status == "mergeable"

        gitlab.world.push(gitlab.project, "release", {"x": "1"}, by=gitlab.ben)
        assert gitlab.merge_status == "approvals_syncing"
        assert len(gitlab.get(_mr(gitlab, "/approvals"))["approved_by"]) == 1
        gitlab.world.sync_approvals(gitlab.mr, by=gitlab.ben)

        assert gitlab.merge_status == "not_approved"
        assert gitlab.get(_mr(gitlab, "/approvals"))["approved_by"] == []


def test_an_external_status_check_must_have_passed_on_the_present_head() -> None:
    with bench(Tier.ULTIMATE, only_allow_merge_if_all_status_checks_passed=True) as gitlab:
        check = gitlab.world.add_status_check(gitlab.project, "sevengates")
        gitlab.world.add_status_check(gitlab.project, "elsewhere", branches=["stable"])
        path = _mr(gitlab, "/status_check_responses")

        def answer(status: str, sha: str = "") -> int:
            said = {"sha": sha or gitlab.mr.sha, "external_status_check_id": check.id, "status": status}
            return gitlab.call("POST", path, said).status_code

        assert (gitlab.merge_status, _merge(gitlab)) == ("status_checks_must_pass", 405)
        assert [answer(status) for status in ("failed", "passed", "neutral")] == [201, 201, 400]
        assert gitlab.merge_status == "mergeable"
        listed = gitlab.get(_mr(gitlab, "/status_checks"))
        assert [(one["name"], one["status"]) for one in listed] == [("sevengates", "passed")]

        old = gitlab.mr.sha
        gitlab.world.push(gitlab.project, "release", {"x": "1"}, by=gitlab.ben)

        assert answer("passed", old) == 409
        assert gitlab.merge_status == "status_checks_must_pass"
        gitlab.project.only_allow_merge_if_all_status_checks_passed = False
        assert gitlab.merge_status == "mergeable"


def test_a_check_that_stays_pending_for_two_minutes_has_failed() -> None:
    with bench(Tier.ULTIMATE) as gitlab:
        check = gitlab.world.add_status_check(gitlab.project, "sevengates")
        gitlab.world.answer_status_check(gitlab.mr, check, "pending")
        assert gitlab.get(_mr(gitlab, "/status_checks"))[0]["status"] == "pending"

        gitlab.world.clock.at += timedelta(minutes=3)

        assert gitlab.get(_mr(gitlab, "/status_checks"))[0]["status"] == "failed"


def test_only_maintainers_list_the_status_checks_of_a_project() -> None:
    with bench(Tier.ULTIMATE) as gitlab:
        gitlab.world.add_status_check(gitlab.project, "sevengates")

        assert gitlab.get("/external_status_checks", by=gitlab.ana)[0]["name"] == "sevengates"
        assert gitlab.call("GET", "/external_status_checks").status_code == 401


def test_a_draft_and_a_stale_sha_are_not_merged() -> None:
    with bench() as gitlab:
        stale = gitlab.call("PUT", _mr(gitlab, "/merge"), {"sha": "0" * 40})
        assert stale.status_code == 409
        gitlab.world.set_draft(gitlab.mr, True, by=gitlab.ben)

        assert (gitlab.merge_status, _merge(gitlab)) == ("draft_status", 405)
