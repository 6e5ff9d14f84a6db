"""The CI job that keeps a pipeline red until our status is in it, run as a runner would."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.contract.gitlab_desk import Desk, desk

JOB = Path(__file__).parents[2] / "docs" / "workflows" / "gitlab-wait.yml"
DOWN = "http://127.0.0.1:9/api/v4"


@pytest.fixture
def gitlab() -> Iterator[Desk]:
    with desk() as made:
        made.world.run_merge_request_pipeline(made.mr, by=made.ben)
        yield made


def run(gitlab: Desk, api: str = "") -> "subprocess.CompletedProcess[str]":
    """One look, with the variables that GitLab sets and the operator adds."""
    (job,) = yaml.safe_load(JOB.read_text(encoding="utf-8")).values()
    (script,) = job["script"]
    pipeline = gitlab.mr.pipelines[-1]
    variables = {
        "PATH": os.environ["PATH"],
        "CI_API_V4_URL": api or f"{gitlab.server.url}/api/v4",
        "CI_PROJECT_ID": str(pipeline.project.id),
        "CI_PIPELINE_ID": str(pipeline.id),
        "CI_COMMIT_SHA": pipeline.sha,
        "SEVENGATES_BOT": gitlab.bot.username,
        "SEVENGATES_TOKEN": gitlab.token,
        **job["variables"],
        "SEVENGATES_WAIT_SECONDS": "0",
    }
    return subprocess.run(["sh", "-c", script], env=variables, capture_output=True, text=True, check=False)


def test_the_job_fails_until_our_status_is_in_its_pipeline(gitlab: Desk) -> None:
    gitlab.world.post_status(gitlab.project, gitlab.mr.sha, "success", by=gitlab.ben, name="sevengates")
    waited = run(gitlab)
    assert (waited.returncode, waited.stderr) == (
        1,
        "sevengates did not answer; ask its operator, then retry this job\n",
    )
    gitlab.publish(gitlab.interim())
    assert run(gitlab).returncode == 0


def test_a_status_in_another_pipeline_of_the_commit_does_not_count(gitlab: Desk) -> None:
    gitlab.publish(gitlab.check())
    gitlab.world.run_merge_request_pipeline(gitlab.mr, by=gitlab.ben)
    assert run(gitlab).returncode == 1


def test_a_gitlab_that_does_not_answer_is_named(gitlab: Desk) -> None:
    failed = run(gitlab, DOWN)
    assert failed.returncode == 1
    assert "reading the statuses of this pipeline" in failed.stdout


def test_the_job_is_not_named_like_the_status_it_waits_for() -> None:
    assert "sevengates" not in yaml.safe_load(JOB.read_text(encoding="utf-8"))
