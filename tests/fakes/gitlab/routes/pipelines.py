"""Routes of pipelines and their jobs (https://docs.gitlab.com/api/pipelines/)."""

from tests.fakes.exchange import Answer, RefusedError
from tests.fakes.gitlab.exchange import Call
from tests.fakes.gitlab.model import Level, Pipeline, Project
from tests.fakes.gitlab.pipelines import pipelines_of
from tests.fakes.gitlab.routes.merge_requests import MR
from tests.fakes.gitlab.routes.table import route
from tests.fakes.gitlab.shapes import merge_requests
from tests.fakes.gitlab.shapes import pipelines as shapes


@route("GET", "/projects/<ident>/pipelines")
def list_pipelines(call: Call, ident: str) -> Answer:
    """Newest first."""
    project = call.project(ident, Level.REPORTER)
    found = [
        one
        for one in reversed(project.pipelines)
        if all(
            call.flag(name) in (None, value)
            for name, value in {
                "sha": one.sha,
                "ref": one.ref,
                "status": one.status,
                "source": one.source,
            }.items()
        )
    ]
    if call.flag("sort") == "asc":
        found.reverse()
    return [merge_requests.pipeline_basic(call.world, one) for one in call.page(found)], 200, {}


@route("GET", "/projects/<ident>/pipelines/<int:number>")
def get_pipeline(call: Call, ident: str, number: int) -> Answer:
    project = call.project(ident, Level.REPORTER)
    return merge_requests.head_pipeline(call.world, _find(project, number)), 200, {}


@route("GET", "/projects/<ident>/pipelines/<int:number>/jobs")
def list_jobs(call: Call, ident: str, number: int) -> Answer:
    """CI jobs only, newest first; statuses from outside are no jobs."""
    project = call.project(ident, Level.REPORTER)
    pipeline = _find(project, number)
    kept = [
        row
        for row in reversed(pipeline.statuses)
        if not row.generic and (not row.retried or call.flag("include_retried") == "true")
    ]
    return [shapes.job(call.world, pipeline, row) for row in call.page(kept)], 200, {}


@route("GET", f"{MR}/pipelines")
def list_merge_request_pipelines(call: Call, ident: str, iid: int) -> Answer:
    """Those made for the merge request first, then those of its branch; a fork's only to its members."""
    mr = call.merge_request(ident, iid)
    seen = [one for one in pipelines_of(mr) if one.project.can(call.user, Level.REPORTER)]
    return [merge_requests.pipeline_basic(call.world, one) for one in call.page(seen)], 200, {}


def _find(project: Project, number: int) -> Pipeline:
    for one in project.pipelines:
        if one.id == number:
            return one
    raise RefusedError(404, "404 Not Found")
