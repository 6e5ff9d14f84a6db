"""Routes of commit statuses (https://docs.gitlab.com/api/commits/#commit-status)."""

from tests.fakes.exchange import Answer, RefusedError
from tests.fakes.gitlab.exchange import Call
from tests.fakes.gitlab.model import Level
from tests.fakes.gitlab.routes.table import route
from tests.fakes.gitlab.shapes import pipelines as shapes
from tests.fakes.gitlab.statuses import EVENTS


@route("GET", "/projects/<ident>/repository/commits/<sha>/statuses")
def list_statuses(call: Call, ident: str, sha: str) -> Answer:
    """Oldest first, of all the commit's pipelines; ``all`` shows what was retried too."""
    project = call.project(ident, Level.REPORTER)
    if sha not in project.store.commits:
        raise RefusedError(404, "404 Commit Not Found")
    found = [
        (row, pipeline)
        for pipeline in project.pipelines
        if pipeline.sha == sha and call.flag("pipeline_id") in (None, str(pipeline.id))
        for row in pipeline.statuses
        if (not row.retried or call.flag("all") == "true")
        and call.flag("name") in (None, "", row.name)
        and call.flag("ref") in (None, "", row.ref)
        and call.flag("stage") in (None, "", row.stage)
    ]
    found.sort(key=lambda one: one[0].id, reverse=call.flag("sort") == "desc")
    return [shapes.status(call.world, pipeline, row) for row, pipeline in call.page(found)], 200, {}


@route("POST", "/projects/<ident>/statuses/<sha>")
def create_status(call: Call, ident: str, sha: str) -> Answer:
    project = call.project(ident, Level.DEVELOPER)
    state = call.required("state")
    if state not in EVENTS:
        raise RefusedError(400, "state does not have a valid value")
    sent = call.sent
    row = call.world.post_status(
        project,
        sha,
        state,
        by=call.user,
        name=sent.get("name") or sent.get("context") or "default",
        ref=sent.get("ref"),
        pipeline_id=int(sent["pipeline_id"]) if sent.get("pipeline_id") is not None else None,
        description=sent.get("description"),
        target_url=sent.get("target_url"),
    )
    pipeline = next(one for one in project.pipelines if row in one.statuses)
    return shapes.status(call.world, pipeline, row), 201, {}
