"""The stand-in's pipelines and statuses must have every trap of GitLab's own."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.bench import Bench, bench
from tests.fakes.gitlab.model import CommitStatus, Level, Tier
from tests.fakes.gitlab.pipelines import Kind, composite


@pytest.fixture
def gitlab() -> Iterator[Bench]:
    with bench(only_allow_merge_if_pipeline_succeeds=True) as made:
        yield made


@pytest.fixture
def premium() -> Iterator[Bench]:
    settings = {"merge_pipelines_enabled": True, "merge_trains_enabled": True}
    with bench(Tier.PREMIUM, only_allow_merge_if_pipeline_succeeds=True, **settings) as made:
        yield made


def _head(gitlab: Bench) -> int:
    return int(gitlab.get(f"/merge_requests/{gitlab.mr.iid}")["head_pipeline"]["id"])


def _as(field: str, value: str) -> dict[str, Any]:
    return {field: value}


def _seen(gitlab: Bench, query: str = "") -> list[tuple[str, str | None]]:
    rows = gitlab.get(f"/repository/commits/{gitlab.mr.sha}/statuses{query}")
    return [(row["status"], row["description"]) for row in rows if row["name"] == "sevengates"]


def test_a_status_goes_from_pending_over_running_to_success_in_one_row(gitlab: Bench) -> None:
    gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben)

    ids = [gitlab.status(state).json()["id"] for state in ("pending", "running", "success")]

    assert len(set(ids)) == 1
    assert _seen(gitlab, "?all=true") == [("success", None)]


@pytest.mark.parametrize("state", ["pending", "running"])
def test_the_same_state_again_is_refused_and_nothing_of_it_is_kept(gitlab: Bench, state: str) -> None:
    gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben)
    event = {"pending": "enqueue", "running": "run"}[state]
    assert gitlab.status(state, description="first").status_code == 201

    again = gitlab.status(state, description="second")

    assert again.status_code == 400
    assert again.json() == {
        "message": f"Cannot transition status via :{event} from :{state} "
        f'(Reason(s): Status cannot transition via "{event}")'
    }
    assert _seen(gitlab) == [(state, "first")]


def test_a_running_status_cannot_go_back_to_pending_nor_be_skipped(gitlab: Bench) -> None:
    gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben)
    gitlab.status("running")

    assert [gitlab.status(state).status_code for state in ("pending", "skipped")] == [400, 400]


def test_a_finished_status_is_followed_by_a_new_row_that_retires_it(gitlab: Bench) -> None:
    gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben)
    gitlab.status("failed", description="blocked")

    gitlab.status("pending", description="evaluating")

    assert _seen(gitlab) == [("pending", "evaluating")]
    assert _seen(gitlab, "?all=true") == [("failed", "blocked"), ("pending", "evaluating")]


def test_a_status_of_somebody_else_retires_ours_and_ours_does_not_come_back(gitlab: Bench) -> None:
    """An update finds its user's unfinished row though it was retried, retires the other, and stays retried."""
    gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben)
    gitlab.status("running", description="ours")

    gitlab.status("success", by=gitlab.ana, description="forged")
    assert _seen(gitlab) == [("success", "forged")]

    gitlab.status("failed", description="ours again")
    assert _seen(gitlab) == []


def test_rows_that_were_all_retried_make_a_success_of_a_pipeline_when_it_is_next_looked_at(
    gitlab: Bench,
) -> None:
    made = gitlab.status("running", by=gitlab.ana, ref="release").json()
    gitlab.status("failed")
    gitlab.status("success", by=gitlab.ana)
    assert (_seen(gitlab), gitlab.merge_status) == ([], "ci_must_pass")

    pipeline = next(one for one in gitlab.project.pipelines if one.id == made["pipeline_id"])
    gitlab.world.settle_pipeline(pipeline)

    assert gitlab.merge_status == "mergeable"


def test_a_status_named_like_a_job_is_refused(gitlab: Bench) -> None:
    gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben, jobs=["sevengates"])

    answer = gitlab.status("success")

    assert (answer.status_code, answer.json()) == (400, {"message": {"name": ["has already been taken"]}})


@pytest.mark.parametrize("field", ["description", "target_url"])
def test_texts_of_a_status_have_at_most_255_characters(gitlab: Bench, field: str) -> None:
    gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben)
    long = "https://x.example/" + "y" * 237

    assert gitlab.status("pending", **_as(field, long)).status_code == 201
    answer = gitlab.status("running", **_as(field, long + "z"))

    assert answer.status_code == 400
    assert answer.json() == {"message": {field: ["is too long (maximum is 255 characters)"]}}


def test_bad_parameters_of_a_status_are_named(gitlab: Bench) -> None:
    url = f"/statuses/{gitlab.mr.sha}"

    assert gitlab.call("POST", url, {}).json() == {"error": "state is missing"}
    assert gitlab.status("error").json() == {"error": "state does not have a valid value"}
    blocked = gitlab.status("pending", target_url="javascript:alert(1)")
    assert blocked.json() == {"message": {"target_url": ["is blocked: Only allowed schemes are http, https"]}}
    assert gitlab.status("pending", sha="0" * 40).json() == {"message": "404 Commit Not Found"}


def test_a_pipeline_id_must_be_of_that_commit(gitlab: Bench) -> None:
    elsewhere = gitlab.world.run_pipeline(gitlab.project, "main", by=gitlab.ana)

    answer = gitlab.status("pending", pipeline_id=elsewhere.id)

    assert answer.status_code == 404
    assert answer.json() == {"message": "404 Pipeline for pipeline_id, sha and ref Not Found"}


def test_a_commit_on_no_branch_and_in_no_pipeline_takes_no_status(gitlab: Bench) -> None:
    old = gitlab.mr.sha
    gitlab.world.push(
        gitlab.project, "release", {"x": "1"}, by=gitlab.ben, onto=gitlab.project.branches["main"]
    )

    answer = gitlab.status("pending", sha=old)

    assert (answer.status_code, answer.json()) == (404, {"message": "404 References for commit Not Found"})


def test_a_busy_commit_is_409_and_then_takes_the_status(gitlab: Bench) -> None:
    gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben)
    gitlab.world.crowd_statuses()

    assert [gitlab.status("pending").status_code for _ in range(2)] == [409, 201]


def test_a_reporter_writes_no_status(gitlab: Bench) -> None:
    rita = gitlab.world.user("rita")
    assert gitlab.status("pending", by=rita).status_code == 404
    gitlab.world.grant(gitlab.project, Level.REPORTER, rita)
    assert gitlab.status("pending", by=rita).status_code == 403


def test_a_status_for_a_ref_without_a_pipeline_makes_one(gitlab: Bench) -> None:
    made = gitlab.status("success", ref="release").json()

    shown = gitlab.get(f"/pipelines/{made['pipeline_id']}")
    assert (shown["source"], shown["ref"], shown["status"]) == ("external", "release", "success")
    assert (_head(gitlab), gitlab.merge_status) == (shown["id"], "mergeable")


def test_the_pipeline_a_status_makes_opens_the_merge_before_ci_began(gitlab: Bench) -> None:
    gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben, outcome="failed")
    gitlab.world.push(gitlab.project, "release", {"x": "1"}, by=gitlab.ben)
    assert gitlab.merge_status == "ci_must_pass"

    gitlab.status("success", ref="release")
    assert gitlab.merge_status == "mergeable"
    gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben)

    assert gitlab.merge_status == "ci_still_running"


def test_a_status_of_the_branch_cannot_take_the_place_of_a_merge_requests_pipeline(gitlab: Bench) -> None:
    failed = gitlab.world.run_merge_request_pipeline(gitlab.mr, by=gitlab.ben, outcome="failed")

    made = gitlab.status("success", ref="release").json()

    assert made["pipeline_id"] != failed.id
    assert (_head(gitlab), gitlab.merge_status) == (failed.id, "ci_must_pass")


def test_a_status_finds_the_newest_pipeline_of_the_commit_whatever_its_ref(gitlab: Bench) -> None:
    gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben)
    detached = gitlab.world.run_merge_request_pipeline(gitlab.mr, by=gitlab.ben)

    assert gitlab.status("pending").json()["pipeline_id"] == detached.id
    assert gitlab.status("pending", ref="release").json()["pipeline_id"] != detached.id


def test_a_pipeline_made_for_the_merge_request_goes_before_a_newer_one_of_its_branch(gitlab: Bench) -> None:
    detached = gitlab.world.run_merge_request_pipeline(gitlab.mr, by=gitlab.ben)
    newer = gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben)

    assert _head(gitlab) == detached.id
    listed = gitlab.get(f"/merge_requests/{gitlab.mr.iid}/pipelines")
    assert [one["id"] for one in listed] == [detached.id, newer.id]
    assert listed[0]["ref"] == f"refs/merge-requests/{gitlab.mr.iid}/head"


def test_after_a_push_the_old_head_pipeline_is_shown_and_blocks(gitlab: Bench) -> None:
    old = gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben, outcome="success")
    assert gitlab.merge_status == "mergeable"

    gitlab.world.push(gitlab.project, "release", {"x": "1"}, by=gitlab.ben)

    assert (_head(gitlab), gitlab.merge_status) == (old.id, "ci_must_pass")


def test_without_any_pipeline_a_required_one_blocks_and_merging_is_405(gitlab: Bench) -> None:
    answer = gitlab.call("PUT", f"/merge_requests/{gitlab.mr.iid}/merge")

    assert gitlab.merge_status == "ci_must_pass"
    assert (answer.status_code, answer.json()) == (405, {"message": "405 Method Not Allowed"})


def test_our_status_keeps_the_pipeline_running_and_lets_it_pass(gitlab: Bench) -> None:
    gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben, outcome="success")
    gitlab.status("pending")
    assert gitlab.merge_status == "ci_still_running"

    gitlab.status("success")

    assert gitlab.merge_status == "mergeable"
    assert gitlab.call("PUT", f"/merge_requests/{gitlab.mr.iid}/merge").json()["state"] == "merged"


def test_a_skipped_pipeline_lets_pass_only_by_the_setting(gitlab: Bench) -> None:
    gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben, jobs=[], outcome="skipped")
    assert gitlab.merge_status == "ci_must_pass"

    gitlab.project.allow_merge_on_skipped_pipeline = True

    assert gitlab.merge_status == "mergeable"


def test_a_retried_job_replaces_the_failed_one(gitlab: Bench) -> None:
    pipeline = gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben, outcome="failed")

    gitlab.world.retry(pipeline, "test", by=gitlab.ben)
    assert gitlab.get(f"/pipelines/{pipeline.id}")["status"] == "running"
    gitlab.world.finish(pipeline)

    assert gitlab.get(f"/pipelines/{pipeline.id}")["status"] == "success"
    jobs = gitlab.get(f"/pipelines/{pipeline.id}/jobs?include_retried=true")
    assert [job["status"] for job in jobs] == ["success", "failed"]


def test_a_merged_results_pipeline_runs_on_a_merge_of_both_sides(gitlab: Bench) -> None:
    gitlab.world.push(gitlab.project, "main", {"other": "1"}, by=gitlab.ana)

    merged = gitlab.world.run_merge_request_pipeline(gitlab.mr, Kind.MERGE, by=gitlab.ben, outcome="success")

    commit = gitlab.get(f"/repository/commits/{merged.sha}")
    assert commit["parent_ids"] == [gitlab.project.branches["main"], gitlab.mr.sha]
    files = gitlab.project.store.files(gitlab.project.store.commits[merged.sha].tree)
    assert {path for path, _ in files} == {"README.md", "other", "release.yaml"}
    assert (_head(gitlab), gitlab.merge_status) == (merged.id, "mergeable")


def test_a_status_on_the_branchs_head_does_not_block_a_merged_results_pipeline(gitlab: Bench) -> None:
    gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben, outcome="success")
    merged = gitlab.world.run_merge_request_pipeline(gitlab.mr, Kind.MERGE, by=gitlab.ben, outcome="success")

    gitlab.status("failed")
    assert gitlab.merge_status == "mergeable"
    gitlab.status("failed", sha=merged.sha, pipeline_id=merged.id)

    assert gitlab.merge_status == "ci_must_pass"


def test_the_pipeline_of_a_forks_merge_request_runs_in_the_fork(gitlab: Bench) -> None:
    zoe = gitlab.world.user("zoe")
    fork = gitlab.world.fork(gitlab.project, "zoe")
    gitlab.world.grant(fork, Level.OWNER, zoe)
    gitlab.world.push(fork, "mine", {"x": "1"}, by=zoe)
    mr = gitlab.world.open_merge_request(gitlab.project, "mine", by=zoe, fork=fork)

    made = gitlab.world.run_merge_request_pipeline(mr, by=zoe)

    shown = gitlab.get(f"/merge_requests/{mr.iid}")["head_pipeline"]
    assert (shown["id"], shown["project_id"]) == (made.id, fork.id)
    assert gitlab.get(f"/merge_requests/{mr.iid}/pipelines") == []
    assert gitlab.status("pending", sha=mr.sha, pipeline_id=made.id).status_code == 404


def test_cars_of_a_merge_train_are_tested_on_top_of_each_other_and_merged_in_order(premium: Bench) -> None:
    world, project = premium.world, premium.project
    world.push(project, "second", {"second": "1"}, by=premium.ben)
    second = world.open_merge_request(project, "second", by=premium.ben)
    for branch in ("release", "second"):
        world.run_pipeline(project, branch, by=premium.ben, outcome="success")

    path = f"/merge_trains/merge_requests/{premium.mr.iid}"
    assert premium.call("POST", path).json()[0]["merge_request"]["iid"] == premium.mr.iid
    last = world.join_train(second, by=premium.ben)
    first = premium.mr.head_pipeline
    assert first is not None
    assert first.ref == f"refs/merge-requests/{premium.mr.iid}/train"
    assert project.store.commits[last.sha].parents == (first.sha, second.sha)

    world.finish(last)
    assert (premium.mr.state, second.state) == ("opened", "opened")
    world.finish(first)

    assert (premium.mr.state, second.state) == ("merged", "merged")
    assert project.branches["main"] == last.sha


def test_a_car_that_fails_leaves_and_the_next_is_tested_anew(premium: Bench) -> None:
    world, project = premium.world, premium.project
    world.push(project, "second", {"second": "1"}, by=premium.ben)
    second = world.open_merge_request(project, "second", by=premium.ben)
    for branch in ("release", "second"):
        world.run_pipeline(project, branch, by=premium.ben, outcome="success")
    first, stale = (world.join_train(mr, by=premium.ben) for mr in (premium.mr, second))

    premium.status("failed", sha=first.sha, pipeline_id=first.id)
    assert project.train == [premium.mr, second]
    world.finish(first)

    assert project.train == [second]
    assert second.head_pipeline is not stale
    assert project.store.commits[premium.get("/merge_trains")[0]["pipeline"]["sha"]].parents == (
        project.branches["main"],
        second.sha,
    )


def test_without_merge_trains_joining_one_is_403(gitlab: Bench) -> None:
    path = f"/merge_trains/merge_requests/{gitlab.mr.iid}"
    assert [gitlab.call(method, path).status_code for method in ("GET", "POST")] == [403, 403]


def _row(gitlab: Bench, status: str, *, allow_failure: bool = False) -> CommitStatus:
    now = gitlab.world.clock.at
    return CommitStatus(
        id=1,
        name=status,
        status=status,
        sha=gitlab.mr.sha,
        ref="release",
        author=gitlab.ben,
        created_at=now,
        updated_at=now,
        allow_failure=allow_failure,
    )


@pytest.mark.parametrize(
    ("rows", "together"),
    [
        (["success", "skipped"], "success"),
        (["skipped"], "skipped"),
        (["success", "failed"], "failed"),
        (["failed", "pending"], "running"),
        (["success", "pending"], "running"),
        (["pending", "skipped"], "pending"),
        (["success", "canceled"], "canceled"),
        (["failed", "canceled"], "failed"),
        (["success", "created"], "running"),
        (["success", "manual"], "manual"),
    ],
)
def test_a_pipelines_status_is_that_of_its_rows_together(
    gitlab: Bench, rows: list[str], together: str
) -> None:
    assert composite([_row(gitlab, status) for status in rows]) == together


def test_rows_that_may_fail_do_not_count_as_failed(gitlab: Bench) -> None:
    rows = [_row(gitlab, "success"), _row(gitlab, "failed", allow_failure=True)]
    assert composite(rows) == "success"
    assert composite([]) is None
