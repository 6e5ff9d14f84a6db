"""JSON of pipelines' rows: commit statuses and jobs."""

from tests.fakes.gitlab.model import CommitStatus, Pipeline
from tests.fakes.gitlab.registry import Registry
from tests.fakes.gitlab.shapes.merge_requests import pipeline_basic
from tests.fakes.gitlab.shapes.people import Json, user, when
from tests.fakes.gitlab.shapes.projects import commit, project_url


def status(world: Registry, pipeline: Pipeline, row: CommitStatus) -> Json:
    """A row as a commit status; jobs are shown like statuses from outside."""
    return {
        "id": row.id,
        "sha": row.sha,
        "ref": row.ref,
        "status": row.status,
        "name": row.name,
        "target_url": row.target_url or (None if row.generic else _page(world, pipeline, row)),
        "description": row.description,
        "created_at": when(row.created_at),
        "started_at": when(row.started_at),
        "finished_at": when(row.finished_at),
        "allow_failure": row.allow_failure,
        "coverage": None,
        "pipeline_id": pipeline.id,
        "author": user(world, row.author),
    }


def job(world: Registry, pipeline: Pipeline, row: CommitStatus) -> Json:
    return {
        "id": row.id,
        "status": row.status,
        "stage": row.stage,
        "name": row.name,
        "ref": row.ref,
        "tag": False,
        "coverage": None,
        "allow_failure": row.allow_failure,
        "created_at": when(row.created_at),
        "started_at": when(row.started_at),
        "finished_at": when(row.finished_at),
        "erased_at": None,
        "duration": None,
        "queued_duration": None,
        "user": user(world, row.author),
        "commit": commit(world, pipeline.project, pipeline.project.store.commits[row.sha]),
        "pipeline": pipeline_basic(world, pipeline),
        "failure_reason": "script_failure" if row.status == "failed" else None,
        "web_url": _page(world, pipeline, row),
    }


def _page(world: Registry, pipeline: Pipeline, row: CommitStatus) -> str:
    return f"{project_url(world, pipeline.project)}/-/jobs/{row.id}"
