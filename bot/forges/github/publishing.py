"""Check runs of our GitHub App (https://docs.github.com/en/rest/checks/runs).

A run that carries a fingerprint is never given another one, and a finished run is never
rewritten: a newer run supersedes it. So every published fingerprint keeps the time of its own
first publication, readable on the forge without our database.
"""

from collections.abc import Sequence
from datetime import datetime

from bot.answers import Finding
from bot.forges.base import Check, CheckState, ObservedCheck
from bot.forges.github import wire
from bot.forges.github.client import Query
from bot.forges.github.view import View

MAX_TITLE = 255
MAX_SUMMARY = 65_535
ANNOTATIONS_PER_REQUEST = 50
MAX_MESSAGE = 4_000
RECHECK = {"label": "Re-check", "description": "Evaluate this release again", "identifier": "recheck"}

_STATES = {
    CheckState.PENDING: {"status": "in_progress"},
    CheckState.SUCCESS: {"status": "completed", "conclusion": "success"},
    CheckState.FAILURE: {"status": "completed", "conclusion": "failure"},
}

Json = dict[str, object]


def observed(view: View, sha: str, our_app_id: int | None) -> tuple[ObservedCheck, ...]:
    """Every check run on a commit, superseded ones too, oldest first."""
    return tuple(
        ObservedCheck(
            name=run.name,
            conclusion=run.conclusion or "",
            app=run.app.slug if run.app else "",
            ours=_is_ours(run, our_app_id),
            external_id=run.external_id or "",
            first_published_at=_published_at(run),
            suite=str(run.check_suite.id) if run.check_suite else "",
        )
        for run in _runs(view, sha)
    )


def publish(view: View, check: Check, our_app_id: int) -> datetime:
    """Make the check stand on its commit; GitHub's time at which it was known to stand.

    Raises:
        ValueError: no title, or title or summary too long; the caller cuts.
    """
    if not check.title or len(check.title) > MAX_TITLE or len(check.summary) > MAX_SUMMARY:
        raise ValueError(
            f"a check has a title of 1 to {MAX_TITLE} and a summary of up to {MAX_SUMMARY} characters"
        )
    listed = _runs(view, check.head_sha, {"check_name": check.name, "app_id": our_app_id})
    ours = [run for run in listed if _is_ours(run, our_app_id)]
    _write(view, ours[-1] if ours else None, check)
    return view.session.forge_time


def _write(view: View, newest: wire.CheckRun | None, check: Check) -> wire.CheckRun:
    wanted = _annotations(check)
    if newest is None:
        return _create(view, check, wanted)
    stands = _stands(newest, check)
    missing = _missing(view, newest, wanted, stands=stands)
    if missing is not None and stands:
        return _annotate(view, newest, check, missing)
    if missing is not None and _may_become(newest, check):
        return _edit(view, newest, check, missing)
    if newest.status != "completed":
        _close(view, newest)
    return _create(view, check, wanted)


def _stands(run: wire.CheckRun, check: Check) -> bool:
    state = _STATES[check.state]
    return (
        run.status == state["status"]
        and run.conclusion == state.get("conclusion")
        and check.external_id in {"", run.external_id}
        and run.output.title == check.title
        and (run.output.summary or "").rstrip() == _summary(check).rstrip()
    )


def _may_become(run: wire.CheckRun, check: Check) -> bool:
    keeps_its_fingerprint = not run.external_id or check.external_id in {"", run.external_id}
    return run.status != "completed" and keeps_its_fingerprint


def _create(view: View, check: Check, annotations: Sequence[Json]) -> wire.CheckRun:
    body = {
        **_body(check, annotations[:ANNOTATIONS_PER_REQUEST]),
        "name": check.name,
        "head_sha": check.head_sha,
    }
    what = f"creating check run {check.name} on {check.head_sha}"
    run = view.send(what, "POST", "/check-runs", wire.CheckRun, body)
    return _annotate(view, run, check, annotations[ANNOTATIONS_PER_REQUEST:])


def _edit(view: View, run: wire.CheckRun, check: Check, annotations: Sequence[Json]) -> wire.CheckRun:
    body = _body(check, annotations[:ANNOTATIONS_PER_REQUEST])
    if check.external_id and not run.external_id:  # first published now, not when the run began
        body["started_at"] = view.session.forge_time.strftime("%Y-%m-%dT%H:%M:%SZ")
    edited = _patch(view, run, body)
    return _annotate(view, edited, check, annotations[ANNOTATIONS_PER_REQUEST:])


def _annotate(view: View, run: wire.CheckRun, check: Check, annotations: Sequence[Json]) -> wire.CheckRun:
    """Append annotations, as many per request as GitHub takes."""
    for start in range(0, len(annotations), ANNOTATIONS_PER_REQUEST):
        batch = annotations[start : start + ANNOTATIONS_PER_REQUEST]
        _patch(view, run, {"output": _output(check, batch)})
    return run


def _close(view: View, run: wire.CheckRun) -> None:
    """End an unfinished run that is about to be superseded, lest its suite stays open."""
    _patch(view, run, {"status": "completed", "conclusion": "failure"})


def _patch(view: View, run: wire.CheckRun, body: Json) -> wire.CheckRun:
    return view.send(f"updating check run {run.id}", "PATCH", f"/check-runs/{run.id}", wire.CheckRun, body)


def _body(check: Check, annotations: Sequence[Json]) -> Json:
    body: Json = {**_STATES[check.state], "output": _output(check, annotations), "actions": [RECHECK]}
    if check.external_id:
        body["external_id"] = check.external_id
    return body


def _output(check: Check, annotations: Sequence[Json]) -> Json:
    output: Json = {"title": check.title, "summary": _summary(check)}
    return {**output, "annotations": list(annotations)} if annotations else output


def _summary(check: Check) -> str:
    """GitHub wants one."""
    return check.summary or check.title


def _annotations(check: Check) -> list[Json]:
    level = "failure" if check.state is CheckState.FAILURE else "warning"
    distinct = {
        _key(shown): shown
        for finding in check.annotations
        if (shown := _annotation(finding, level)) is not None
    }
    return list(distinct.values())


def _annotation(finding: Finding, level: str) -> Json | None:
    if finding.file is None:
        return None
    line = finding.line or 1
    return {
        "path": finding.file,
        "start_line": line,
        "end_line": line,
        "annotation_level": level,
        "title": finding.code[:MAX_TITLE],
        "message": f"{finding.text}\n{finding.fix}"[:MAX_MESSAGE],
    }


def _key(shown: Json) -> tuple[object, ...]:
    return shown["path"], shown["start_line"], shown["title"], shown["message"]


def _missing(
    view: View, run: wire.CheckRun, wanted: Sequence[Json], *, stands: bool
) -> Sequence[Json] | None:
    """The annotations the run still lacks; None when it shows some that are not wanted.

    Annotations can be appended, never taken back.
    """
    count = run.output.annotations_count
    if count == 0:
        return wanted
    if stands and count == len(wanted):
        return ()
    what, path = f"reading the annotations of check run {run.id}", f"/check-runs/{run.id}/annotations"
    shown = {
        (one.path, one.start_line, one.title, one.message) for one in view.pages(what, path, wire.Annotation)
    }
    if shown - {_key(one) for one in wanted}:
        return None
    return [one for one in wanted if _key(one) not in shown]


def _runs(view: View, sha: str, query: Query | None = None) -> list[wire.CheckRun]:
    what, path = f"listing the check runs on {sha}", f"/commits/{sha}/check-runs"
    listed = view.pages(what, path, wire.CheckRun, {"filter": "all", **(query or {})}, item="check_runs")
    return sorted(listed, key=lambda run: run.id)


def _is_ours(run: wire.CheckRun, our_app_id: int | None) -> bool:
    return run.app is not None and run.app.id == our_app_id


def _published_at(run: wire.CheckRun) -> datetime | None:
    return run.started_at or run.completed_at
