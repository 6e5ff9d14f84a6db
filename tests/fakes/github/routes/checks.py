"""Routes of check runs, annotations and commit statuses."""

from datetime import datetime
from typing import Any

from tests.fakes.exchange import Answer, RefusedError
from tests.fakes.github.exchange import Call
from tests.fakes.github.model import CheckRun, Repo
from tests.fakes.github.routes.table import route
from tests.fakes.github.shapes import checks as shapes

MAX_ANNOTATIONS = 50
MAX_TEXT = 65_535
MAX_DESCRIPTION = 140


@route("GET", "/repos/<owner>/<name>/commits/<sha>/check-runs")
def list_check_runs(call: Call, owner: str, name: str, sha: str) -> Answer:
    """Newest first; ``filter=latest`` (the default) shows one run per App and name."""
    repo = call.repo(owner, name, checks="read")
    check_name, app_id = call.flag("check_name"), call.flag("app_id")
    runs = [
        run
        for run in reversed(repo.check_runs)
        if run.head_sha == sha
        and check_name in (None, run.name)
        and app_id in (None, str(run.app.id))
        and call.flag("status") in (None, run.status)
    ]
    if call.flag("filter") != "all":
        newest: dict[tuple[int, str], CheckRun] = {}
        for run in runs:
            newest.setdefault((run.app.id, run.name), run)
        runs = list(newest.values())
    shown = [shapes.check_run(call.world, repo, run) for run in call.page(runs)]
    return {"total_count": len(runs), "check_runs": shown}, 200, {}


@route("POST", "/repos/<owner>/<name>/check-runs")
def create_check_run(call: Call, owner: str, name: str) -> Answer:
    repo = call.repo(owner, name, checks="write")
    installation = call.token.installation
    if installation is None:
        raise RefusedError(403, "You must authenticate via a GitHub App.")
    fields = _fields(call)
    if fields.get("head_sha") not in repo.store.commits:
        raise RefusedError(422, f"No commit found for SHA: {fields.get('head_sha')}")
    run = call.world.check_run(repo, installation.app, **fields)
    return shapes.check_run(call.world, repo, run), 201, {}


@route("PATCH", "/repos/<owner>/<name>/check-runs/<int:number>")
def edit_check_run(call: Call, owner: str, name: str, number: int) -> Answer:
    repo = call.repo(owner, name, checks="write")
    run, installation = _run(repo, number), call.token.installation
    if installation is None or run.app is not installation.app:
        raise RefusedError(403, "Invalid app_id for check run")
    call.world.edit_check_run(repo, run, **_fields(call))
    return shapes.check_run(call.world, repo, run), 200, {}


@route("GET", "/repos/<owner>/<name>/check-runs/<int:number>")
def get_check_run(call: Call, owner: str, name: str, number: int) -> Answer:
    repo = call.repo(owner, name, checks="read")
    return shapes.check_run(call.world, repo, _run(repo, number)), 200, {}


@route("GET", "/repos/<owner>/<name>/check-runs/<int:number>/annotations")
def list_annotations(call: Call, owner: str, name: str, number: int) -> Answer:
    repo = call.repo(owner, name, checks="read")
    run = _run(repo, number)
    return [shapes.annotation(call.world, repo, run, one) for one in call.page(run.annotations)], 200, {}


@route("GET", "/repos/<owner>/<name>/commits/<sha>/statuses")
def list_statuses(call: Call, owner: str, name: str, sha: str) -> Answer:
    repo = call.repo(owner, name, statuses="read")
    found = [one for one in reversed(repo.statuses) if one.sha == sha]
    return [shapes.status(call.world, repo, one) for one in call.page(found)], 200, {}


@route("POST", "/repos/<owner>/<name>/statuses/<sha>")
def create_status(call: Call, owner: str, name: str, sha: str) -> Answer:
    repo = call.repo(owner, name, statuses="write")
    if sha not in repo.store.commits:
        raise RefusedError(422, f"No commit found for SHA: {sha}")
    sent = call.sent
    if len(sent.get("description") or "") > MAX_DESCRIPTION:
        raise RefusedError(422, "Validation Failed: description is too long (maximum is 140 characters)")
    made = call.world.status(
        repo,
        sha,
        sent.get("context", "default"),
        sent["state"],
        by=call.token.user,
        description=sent.get("description"),
        target_url=sent.get("target_url"),
    )
    return shapes.status(call.world, repo, made), 201, {}


def _run(repo: Repo, number: int) -> CheckRun:
    for run in repo.check_runs:
        if run.id == number:
            return run
    raise RefusedError(404, "Not Found")


def _fields(call: Call) -> dict[str, Any]:
    fields = dict(call.sent)
    for name in ("started_at", "completed_at"):
        if name in fields:
            fields[name] = datetime.fromisoformat(fields[name])
    output = fields.get("output", {})
    if len(output.get("annotations", [])) > MAX_ANNOTATIONS:
        raise RefusedError(422, "Invalid request. No more than 50 items are allowed in annotations")
    if any(len(output.get(name) or "") > MAX_TEXT for name in ("summary", "text")):
        raise RefusedError(422, "Invalid request. Only 65535 characters are allowed")
    if len(fields.get("actions", [])) > 3:
        raise RefusedError(422, "Invalid request. No more than 3 items are allowed in actions")
    return fields
