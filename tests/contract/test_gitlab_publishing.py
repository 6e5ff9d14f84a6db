"""Our status on GitLab: in the pipeline that counts, through every turn its rows may take."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from bot.forges.base import CheckState
from bot.forges.errors import ForgeError, NotReadyError
from bot.forges.gitlab.publishing import DETACHED, FOREIGN, FULL, NOWHERE, REFUSED, STALE, TAKEN
from tests.contract.gitlab_desk import NAME, OTHER_PRINT, PRINT, Desk, desk
from tests.fakes.faults import Fault
from tests.fakes.gitlab.model import Level
from tests.fakes.gitlab.pipelines import Kind

PENDING, SUCCESS, FAILURE = CheckState.PENDING, CheckState.SUCCESS, CheckState.FAILURE
STATUSES = r"/api/v4/projects/\d+/statuses/.*"


@pytest.fixture
def gitlab() -> Iterator[Desk]:
    with desk() as made:
        yield made


@pytest.fixture
def forked() -> Iterator[Desk]:
    with desk(fork=True) as made:
        yield made


def test_without_ci_the_status_makes_the_pipeline_that_closes_and_opens_the_merge(gitlab: Desk) -> None:
    assert gitlab.publish(gitlab.check(FAILURE)).problems == ()
    assert gitlab.merge_status == "ci_must_pass"
    assert gitlab.publish(gitlab.check(PENDING)).problems == ()
    assert gitlab.merge_status == "ci_still_running"
    assert gitlab.publish(gitlab.check(SUCCESS)).problems == ()
    assert gitlab.merge_status == "mergeable"
    (pipeline,) = gitlab.project.pipelines
    assert (pipeline.source, pipeline.ref) == ("external", "release")


def test_an_unchanged_check_is_not_written_again(gitlab: Desk) -> None:
    for check in (gitlab.interim(), gitlab.check(), gitlab.check(SUCCESS), gitlab.check(FAILURE)):
        gitlab.publish(check)
        writes = gitlab.writes()
        gitlab.publish(check)
        assert gitlab.writes() == writes


def test_one_row_goes_from_evaluating_to_ready_to_approved(gitlab: Desk) -> None:
    gitlab.publish(gitlab.interim())
    assert gitlab.states() == ["pending"]
    known = gitlab.publish(gitlab.check()).at
    assert gitlab.states() == ["running"]
    gitlab.publish(gitlab.check(SUCCESS, title="Approved by @ana"))

    (row,) = gitlab.rows()
    assert (row.status, row.description) == ("success", f"Approved by @ana [{PRINT}]")
    (check,) = gitlab.observed()
    assert (check.external_id, check.first_published_at) == (PRINT, row.started_at)
    assert row.started_at is not None
    assert row.finished_at is not None
    assert row.created_at < row.started_at <= known < row.finished_at


def test_a_first_fingerprint_on_a_pending_row_is_not_dated_back(gitlab: Desk) -> None:
    gitlab.publish(gitlab.interim())
    before = gitlab.world.clock.tick()
    gitlab.publish(gitlab.check(FAILURE))

    (check,) = gitlab.observed()
    assert check.external_id == PRINT
    assert check.first_published_at is not None
    assert check.first_published_at > before


def test_what_is_evaluated_again_leaves_the_row_that_waits_as_it_is(gitlab: Desk) -> None:
    gitlab.publish(gitlab.check())
    writes = gitlab.writes()
    gitlab.publish(gitlab.interim())

    assert gitlab.writes() == writes
    assert gitlab.live().description == f"Waiting for @ana [{PRINT}]"


def test_a_row_with_a_fingerprint_is_canceled_before_there_is_another(gitlab: Desk) -> None:
    gitlab.publish(gitlab.check())
    gitlab.publish(gitlab.check(external_id=OTHER_PRINT))

    first, second = gitlab.observed()
    assert (first.conclusion, first.external_id) == ("canceled", PRINT)
    assert (second.conclusion, second.external_id) == ("", OTHER_PRINT)
    assert first.first_published_at is not None
    assert second.first_published_at is not None
    assert first.first_published_at < second.first_published_at
    assert gitlab.live().status == "running"


@pytest.mark.parametrize("state", [SUCCESS, FAILURE])
def test_no_end_takes_the_fingerprint_of_a_row_away(gitlab: Desk, state: CheckState) -> None:
    gitlab.publish(gitlab.check())
    gitlab.publish(gitlab.check(state, external_id="", title="Could not evaluate"))

    assert [check.external_id for check in gitlab.observed()] == [PRINT, ""]
    assert gitlab.states() == ["canceled", "success" if state is SUCCESS else "failed"]


def test_a_new_title_of_a_waiting_release_is_shown(gitlab: Desk) -> None:
    gitlab.publish(gitlab.check())
    gitlab.publish(gitlab.check(title="Waiting for @bob"))

    assert gitlab.live().description == f"Waiting for @bob [{PRINT}]"
    assert gitlab.states() == ["canceled", "running"]


def test_a_finished_status_can_wait_again(gitlab: Desk) -> None:
    gitlab.publish(gitlab.check(SUCCESS))
    gitlab.publish(gitlab.interim())

    assert gitlab.states() == ["success", "pending"]
    assert gitlab.merge_status == "ci_still_running"


def test_the_status_goes_to_the_head_pipeline_and_hides_no_failed_one(gitlab: Desk) -> None:
    failed = gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben, outcome="failed")
    assert gitlab.publish(gitlab.check(SUCCESS)).problems == ()

    assert gitlab.mr.head_pipeline is failed
    assert gitlab.live() in failed.statuses
    assert gitlab.merge_status == "ci_must_pass"


@pytest.mark.parametrize("has_ci", [False, True])
def test_a_protected_branch_takes_no_status_of_a_developer_and_we_say_so(gitlab: Desk, has_ci: bool) -> None:
    gitlab.project.protected.add("release")
    if has_ci:
        gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben, outcome="success")
    for check in (gitlab.interim(), gitlab.check(FAILURE), gitlab.check(SUCCESS)):
        assert gitlab.publish(check).problems == (REFUSED,)
    assert gitlab.rows() == []
    gitlab.world.grant(gitlab.project, Level.MAINTAINER, gitlab.bot)
    assert gitlab.publish(gitlab.check(FAILURE)).problems == ()
    assert gitlab.merge_status == "ci_must_pass"


def test_the_status_goes_to_the_merge_requests_own_pipeline_before_any_of_its_branch(gitlab: Desk) -> None:
    detached = gitlab.world.run_merge_request_pipeline(gitlab.mr, by=gitlab.ben, outcome="success")
    branch = gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben, outcome="success")
    gitlab.publish(gitlab.check())

    assert gitlab.live() in detached.statuses
    assert NAME not in {row.name for row in branch.statuses}
    assert gitlab.merge_status == "ci_still_running"


def test_a_pipeline_that_comes_later_gets_the_status_too(gitlab: Desk) -> None:
    gitlab.publish(gitlab.check())
    gitlab.world.run_merge_request_pipeline(gitlab.mr, by=gitlab.ben, outcome="success")
    assert gitlab.merge_status == "mergeable"

    gitlab.publish(gitlab.check())
    assert gitlab.merge_status == "ci_still_running"


@pytest.mark.parametrize("kind", [Kind.MERGE, Kind.TRAIN])
def test_a_success_stands_only_on_the_merged_tree_that_was_evaluated(gitlab: Desk, kind: Kind) -> None:
    merged = gitlab.world.run_merge_request_pipeline(gitlab.mr, kind, by=gitlab.ben, outcome="success")
    with pytest.raises(NotReadyError, match="another commit"):
        gitlab.publish(gitlab.check(SUCCESS))
    assert NAME not in {row.name for row in merged.statuses}
    gitlab.world.clock.at += timedelta(minutes=2)
    assert gitlab.publish(gitlab.check(SUCCESS)).problems == (STALE,)
    assert gitlab.merge_status == "ci_still_running"

    gitlab.publish(gitlab.check(FAILURE))
    assert gitlab.merge_status == "ci_must_pass"
    gitlab.publish(gitlab.check(SUCCESS, head_sha=merged.sha))
    assert gitlab.merge_status == "mergeable"
    assert [check.conclusion for check in gitlab.observed(merged.sha) if check.ours] == ["failure", "success"]


def test_a_head_that_moved_gets_no_decision_but_is_closed(gitlab: Desk) -> None:
    before, check = gitlab.pull, gitlab.check(SUCCESS)
    newer = gitlab.push("2")
    for decided in (check, gitlab.check(FAILURE, head_sha=before.head_sha)):
        with pytest.raises(NotReadyError, match="head"):
            gitlab.publish(decided, pull=before)

    gitlab.publish(gitlab.interim(), pull=before)
    (row,) = gitlab.observed(newer)
    assert (row.name, row.conclusion) == (NAME, "")


def test_the_pipeline_of_an_old_head_is_not_taken_for_that_of_the_new_one(gitlab: Desk) -> None:
    old = gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben, outcome="success")
    gitlab.push("2")
    gitlab.publish(gitlab.check())

    assert gitlab.mr.head_pipeline is not old
    assert NAME not in {row.name for row in old.statuses}


def test_a_pipeline_that_gitlab_does_not_name_as_head_yet_is_said_to_hold_nothing(gitlab: Desk) -> None:
    gitlab.publish(gitlab.check())
    gitlab.mr.head_pipeline = None

    assert gitlab.publish(gitlab.check()).problems == (DETACHED,)
    assert len(gitlab.project.pipelines) == 1


def test_no_success_of_ours_opens_the_merge_before_the_projects_own_ci_begins(gitlab: Desk) -> None:
    files = {"release.yaml": "1", ".gitlab-ci.yml": "test: {script: make}\n"}
    gitlab.world.push(gitlab.project, "release", files, by=gitlab.ben)
    with pytest.raises(NotReadyError, match="CI"):
        gitlab.publish(gitlab.check(SUCCESS))
    gitlab.publish(gitlab.interim())
    with pytest.raises(NotReadyError, match="CI"):
        gitlab.publish(gitlab.check(SUCCESS))
    assert gitlab.merge_status == "ci_still_running"

    gitlab.world.clock.at += timedelta(minutes=2)  # its rules may want no pipeline at all
    gitlab.publish(gitlab.check(SUCCESS))
    assert gitlab.merge_status == "mergeable"


@pytest.mark.parametrize(
    ("settings", "waits"),
    [
        ({}, False),
        ({"auto_devops_enabled": True}, True),
        ({"auto_devops_enabled": True, "builds_access_level": "disabled"}, False),
        ({"ci_config_path": "ci.yml@acme/ci"}, True),
        ({"ci_config_path": "https://ci.example/ci.yml"}, True),
        ({"ci_config_path": "README.md"}, True),
        ({"ci_config_path": "ci/none.yml"}, False),
    ],
)
def test_ci_is_known_by_the_settings_of_the_project(
    gitlab: Desk, settings: dict[str, object], waits: bool
) -> None:
    path = f"/api/v4/projects/{gitlab.project.id}"
    gitlab.world.faults.add(Fault("GET", path, status=200, body=settings, times=2))
    if waits:
        with pytest.raises(NotReadyError, match="CI"):
            gitlab.publish(gitlab.check(SUCCESS))
    else:
        gitlab.publish(gitlab.check(SUCCESS))
        assert gitlab.merge_status == "mergeable"


def test_a_fork_without_a_pipeline_gets_none_of_ours(forked: Desk) -> None:
    assert forked.publish(forked.check(SUCCESS)).problems == (NOWHERE,)
    assert forked.project.pipelines == forked.home.pipelines == []


def test_a_pipeline_inside_a_fork_that_is_closed_to_us_is_named_as_the_problem(forked: Desk) -> None:
    forked.world.run_pipeline(forked.home, "release", by=forked.ben, outcome="success")

    assert forked.publish(forked.check()).problems == (NOWHERE,)


def test_a_pipeline_inside_a_fork_that_lets_us_in_holds_the_status(forked: Desk) -> None:
    forked.world.grant(forked.home, Level.DEVELOPER, forked.bot)
    forked.world.run_pipeline(forked.home, "release", by=forked.ben, outcome="success")

    assert forked.publish(forked.check()).problems == (FOREIGN,)
    assert forked.merge_status == "ci_still_running"


def test_a_fork_whose_pipeline_runs_here_is_like_any_other(forked: Desk) -> None:
    forked.world.run_merge_request_pipeline(
        forked.mr, by=forked.ben, project=forked.project, outcome="success"
    )
    assert forked.publish(forked.check()).problems == ()
    assert forked.merge_status == "ci_still_running"


def test_a_status_that_somebody_forged_is_put_aside_again(gitlab: Desk) -> None:
    gitlab.publish(gitlab.check(FAILURE))
    eve = gitlab.person("eve")
    gitlab.world.post_status(gitlab.project, gitlab.mr.sha, "success", by=eve, name=NAME)
    assert gitlab.merge_status == "mergeable"

    gitlab.publish(gitlab.check(FAILURE))
    assert gitlab.merge_status == "ci_must_pass"
    assert {(one.app, one.ours) for one in gitlab.observed()} == {
        ("eve", False),
        (gitlab.bot.username, True),
    }


@pytest.mark.parametrize("state", [PENDING, FAILURE, SUCCESS])
def test_our_row_that_a_stranger_put_aside_is_not_updated_where_it_lies(
    gitlab: Desk, state: CheckState
) -> None:
    gitlab.publish(gitlab.check())
    eve = gitlab.person("eve")
    gitlab.world.post_status(gitlab.project, gitlab.mr.sha, "success", by=eve, name=NAME)

    gitlab.publish(gitlab.check(state))
    assert gitlab.live().author is gitlab.bot
    assert gitlab.live().status == {PENDING: "running", FAILURE: "failed", SUCCESS: "success"}[state]


def test_a_stranger_who_writes_to_a_row_put_aside_leaves_no_row_that_counts(gitlab: Desk) -> None:
    eve = gitlab.person("eve")
    gitlab.world.post_status(gitlab.project, gitlab.mr.sha, "running", by=eve, name=NAME)
    gitlab.publish(gitlab.check())
    gitlab.world.post_status(gitlab.project, gitlab.mr.sha, "success", by=eve, name=NAME)
    assert all(row.retried for row in gitlab.rows())

    gitlab.publish(gitlab.check())
    assert (gitlab.live().author, gitlab.live().status) == (gitlab.bot, "running")


def test_a_ci_job_of_our_name_cannot_open_the_merge(gitlab: Desk) -> None:
    gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben, jobs=(NAME,), outcome="success")
    assert gitlab.merge_status == "mergeable"

    for state in (PENDING, SUCCESS, FAILURE):
        assert TAKEN in gitlab.publish(gitlab.check(state)).problems
        assert gitlab.merge_status == "ci_must_pass"
    (locks,) = [[row for row in one.statuses if row.author is gitlab.bot] for one in gitlab.project.pipelines]
    assert len(locks) == 1


def test_a_pipeline_that_takes_no_more_jobs_is_named_as_the_problem(gitlab: Desk) -> None:
    gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben, outcome="success")
    body = {"message": "The number of jobs has exceeded the limit"}
    gitlab.world.faults.add(Fault("POST", STATUSES, status=422, body=body))

    assert gitlab.publish(gitlab.check()).problems == (FULL,)


@pytest.mark.parametrize("changes", [{"title": ""}, {"title": "x" * 256}, {"summary": "x" * 65_536}])
def test_a_text_that_is_too_long_is_refused_here(gitlab: Desk, changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="title"):
        gitlab.publish(gitlab.check(**changes))
    assert gitlab.writes() == 0


def test_the_longest_line_is_taken(gitlab: Desk) -> None:
    gitlab.publish(gitlab.check(title="x " * 127, external_id="sg1;" + "a" * 900))
    gitlab.publish(gitlab.check(title="x " * 127, external_id="sg1;" + "a" * 900))
    (check,) = gitlab.observed()
    assert check.external_id.startswith("#")


def test_our_own_project_that_does_not_find_the_commit_is_an_error(gitlab: Desk) -> None:
    gitlab.world.faults.add(Fault("POST", STATUSES, status=404, body={"message": "no"}))
    with pytest.raises(ForgeError, match="setting status"):
        gitlab.publish(gitlab.check())


def test_a_crowded_commit_is_tried_again(gitlab: Desk) -> None:
    gitlab.world.crowd_statuses(times=2)
    gitlab.publish(gitlab.check())
    assert gitlab.states() == ["running"]


def test_a_commit_that_stays_crowded_is_not_ready(gitlab: Desk) -> None:
    gitlab.world.crowd_statuses(times=9)
    with pytest.raises(NotReadyError, match="not done yet"):
        gitlab.publish(gitlab.check())


def test_what_gitlab_declines_for_another_reason_is_an_error(gitlab: Desk) -> None:
    gitlab.world.faults.add(Fault("POST", STATUSES, status=400, body={"message": "no"}))
    with pytest.raises(ForgeError, match="declined"):
        gitlab.publish(gitlab.check())


@pytest.mark.parametrize("state", [PENDING, SUCCESS, FAILURE])
def test_a_status_whose_answer_was_lost_is_found_at_the_next_attempt(gitlab: Desk, state: CheckState) -> None:
    gitlab.world.faults.reset_after_apply(method="POST")
    with pytest.raises(ForgeError):
        gitlab.publish(gitlab.check(state))
    gitlab.publish(gitlab.check(state))

    assert len(gitlab.rows()) == 1


@pytest.mark.parametrize("state", [PENDING, SUCCESS, FAILURE])
def test_workers_that_publish_at_once_agree(gitlab: Desk, state: CheckState) -> None:
    gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben, outcome="success")
    workers = [gitlab.another_worker() for _ in range(2)]
    pull, check = gitlab.pull, gitlab.check(state)
    meeting = threading.Barrier(len(workers))
    gitlab.world.faults.add(Fault("POST", STATUSES, times=len(workers), meeting=meeting))
    with ThreadPoolExecutor(len(workers)) as pool:
        done = [pool.submit(gitlab.publish, check, pull=pull, view=worker) for worker in workers]
    assert [one.result().problems for one in done] == [(), ()]

    assert gitlab.live().description == f"Waiting for @ana [{PRINT}]"
    assert len({check.first_published_at for check in gitlab.observed() if check.ours}) <= len(workers)


def test_conclusions_are_words_of_all_forges_while_jobs_are_seen_with_statuses(gitlab: Desk) -> None:
    pipeline = gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben, jobs=("a", "b", "c", "d"))
    gitlab.world.finish(pipeline, "failed", job="b")
    gitlab.world.finish(pipeline, "success", job="c")
    gitlab.world.finish(pipeline, "skipped", job="d")

    seen = [(one.name, one.conclusion, one.app) for one in gitlab.observed()]
    assert seen == [
        ("a", "", "ben"),
        ("b", "failure", "ben"),
        ("c", "success", "ben"),
        ("d", "skipped", "ben"),
    ]
