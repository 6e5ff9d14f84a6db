"""Which checks on a GitLab commit are CI jobs, and of which pipeline: a status of the same name is not."""

from collections.abc import Iterator

import pytest

from bot.evidence.model import CheckResult
from bot.forges.gitlab import statuses
from bot.reconcile.inputs import conclusions
from tests.contract.gitlab_desk import Desk, desk

JOB = "export-smoke"


@pytest.fixture
def gitlab() -> Iterator[Desk]:
    with desk() as made:
        yield made


def seen(gitlab: Desk) -> set[tuple[str, str, str]]:
    found = statuses.observed(gitlab.view, gitlab.mr.sha, gitlab.bot.id)
    return {(one.app, one.conclusion, one.pipeline) for one in found if one.name == JOB}


def test_a_job_has_the_source_of_its_pipeline(gitlab: Desk) -> None:
    gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben, jobs=(JOB,), outcome="failed")
    gitlab.world.run_merge_request_pipeline(gitlab.mr, by=gitlab.ben, jobs=(JOB,), outcome="success")

    assert seen(gitlab) == {("ben", "failure", "push"), ("ben", "success", "merge_request_event")}


def test_a_status_that_somebody_puts_into_the_pipeline_is_no_job_of_it(gitlab: Desk) -> None:
    eve = gitlab.person("eve")
    made = gitlab.world.run_merge_request_pipeline(gitlab.mr, by=gitlab.ben, outcome="success")
    gitlab.world.post_status(gitlab.project, gitlab.mr.sha, "success", by=eve, name=JOB, pipeline_id=made.id)

    assert seen(gitlab) == {("eve", "success", "")}


def test_conclusions_keep_apart_who_reported_and_from_which_pipeline(gitlab: Desk) -> None:
    gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben, jobs=(JOB,), outcome="failed")
    gitlab.world.run_merge_request_pipeline(gitlab.mr, by=gitlab.ben, jobs=(JOB,), outcome="success")

    assert conclusions(statuses.observed(gitlab.view, gitlab.mr.sha, gitlab.bot.id)) == (
        CheckResult(name=JOB, conclusion="success", app="ben", pipeline="merge_request_event"),
        CheckResult(name=JOB, conclusion="failure", app="ben", pipeline="push"),
    )
