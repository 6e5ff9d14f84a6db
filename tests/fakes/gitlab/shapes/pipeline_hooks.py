"""The parts of webhook payloads about pipelines and their jobs."""

from tests.fakes.gitlab.model import FINISHED, CommitStatus, Pipeline
from tests.fakes.gitlab.registry import Registry
from tests.fakes.gitlab.shapes import hooks
from tests.fakes.gitlab.shapes.hooks import Json


def pipeline(one: Pipeline) -> Json:
    jobs = [row for row in one.statuses if not row.generic and not row.retried]
    finished = one.updated_at if one.status in FINISHED else None
    return {
        "id": one.id,
        "iid": one.iid,
        "ref": one.ref,
        "tag": False,
        "sha": one.sha,
        "before_sha": "0" * 40,
        "source": one.source,
        "status": one.status,
        "detailed_status": "passed" if one.status == "success" else one.status,
        "stages": list(dict.fromkeys(row.stage for row in jobs)),
        "created_at": hooks.stamp(one.created_at),
        "finished_at": hooks.stamp(finished),
        "duration": int((finished - one.created_at).total_seconds()) if finished else None,
        "queued_duration": None,
        "variables": [],
    }


def build(world: Registry, row: CommitStatus) -> Json:
    """A job in the hook of its pipeline."""
    return {
        "id": row.id,
        "stage": row.stage,
        "name": row.name,
        "status": row.status,
        "created_at": hooks.stamp(row.created_at),
        "started_at": hooks.stamp(row.started_at),
        "finished_at": hooks.stamp(row.finished_at),
        "duration": None,
        "queued_duration": None,
        "when": "on_success",
        "manual": False,
        "allow_failure": row.allow_failure,
        "user": hooks.user(world, row.author),
        "runner": None,
        "artifacts_file": {"filename": None, "size": None},
    }
