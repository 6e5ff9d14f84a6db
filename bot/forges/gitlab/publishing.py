"""Commit statuses in the pipeline of a merge request: what "Pipelines must succeed" waits for.

A status is a row of a pipeline. GitLab updates the pending or running row of the same name and
author, otherwise it makes a new one, which puts older rows of that name aside, whoever wrote them;
a row put aside stays aside when it is updated. A row never goes back: ``pending`` on pending and
``running`` on running are HTTP 400, and nothing of such a request is kept.
(https://docs.gitlab.com/api/commits/#set-commit-pipeline-status)

So "evaluating" is ``pending``, and a release that waits for its lead is ``running``. A row that
carries a fingerprint is never given another one: it is canceled, and a new row follows. So every
published fingerprint keeps the time of its own publication, readable without our database.

Whoever may not push or merge to a protected branch may not write to its pipelines either (403).
(https://docs.gitlab.com/ci/pipelines/#pipeline-security-on-protected-branches)
"""

import secrets
from dataclasses import replace
from datetime import datetime

from bot.answers import Finding
from bot.forges.base import Check, CheckState, PullRequest, Standing
from bot.forges.errors import NotFoundError, NotReadyError, UnauthorizedError
from bot.forges.gitlab import wire
from bot.forges.gitlab.closing import Closing, close
from bot.forges.gitlab.errors import ConflictError, DeclinedError, Reason
from bot.forges.gitlab.pipelines import Place, is_interim, is_new, place_of, wait_for_ci
from bot.forges.gitlab.statuses import (
    OPEN,
    fingerprints,
    is_idle,
    is_ours,
    newest_of,
    rows,
    unfinished_of,
)
from bot.forges.gitlab.view import View
from bot.forges.status_line import LineLimits, code, describe

MAX_TITLE = 255
MAX_SUMMARY = 65_535
LIMITS = LineLimits(line=255, verbatim=150)
"""https://docs.gitlab.com/api/commits/#set-commit-pipeline-status"""
ATTEMPTS = 4

NOWHERE = Finding(
    code="closing.no-pipeline",
    text="No pipeline of this merge request can hold our status, so our status cannot block the merge.",
    fix="Let a member of this project run a pipeline for the merge request.",
)
TAKEN = Finding(
    code="closing.name-taken",
    text="A CI job is named like our status and takes its place; this pipeline was made to fail.",
    fix="Rename the CI job and push.",
)
FULL = Finding(
    code="closing.pipeline-full",
    text="The pipeline holds as many jobs as GitLab allows, so our status cannot block the merge.",
    fix="Take jobs out of the CI configuration and push.",
)
REFUSED = Finding(
    code="closing.status-refused",
    text="GitLab refuses our status in the pipeline of this merge request, so our status cannot block the "
    "merge: its branch is protected, and our account may neither push nor merge there.",
    fix="Let the bot push or merge to that branch, or give it the role Maintainer; then comment "
    "with /sevengates recheck.",
)
DETACHED = Finding(
    code="closing.not-attached",
    text="The head pipeline of this merge request does not hold our status, so our status does not "
    "block the merge.",
    fix="Run a new pipeline for the merge request.",
)

STALE = Finding(
    code="closing.stale-pipeline",
    text="The pipeline of this merge request tests another tree than the one that merging would make now.",
    fix="Run a new pipeline for the merge request.",
)
IDLE = Finding(
    code="closing.nothing-ran",
    text="No job ran in the pipeline of this merge request: our success would be all that opens the merge.",
    fix="Run a new pipeline for the merge request.",
)
FOREIGN = Finding(
    code="closing.pipeline-in-fork",
    text="The pipeline of this merge request runs in a fork, where others may write a status of our name.",
    fix="Let a member of this project run a pipeline for the merge request.",
)


def publish(view: View, pull: PullRequest, check: Check, our_user_id: int, closing: Closing) -> Standing:
    """Make the check stand on the merge request; what closes the merge comes first, what opens it last.

    Raises:
        NotReadyError: the merge request moved on, or GitLab is still writing.
        ValueError: no title, or title or summary too long; the caller cuts.
    """
    if not check.title or len(check.title) > MAX_TITLE or len(check.summary) > MAX_SUMMARY:
        raise ValueError(
            f"a check has a title of 1 to {MAX_TITLE} and a summary of up to {MAX_SUMMARY} characters"
        )
    if check.state is CheckState.SUCCESS:
        at, gaps = _stand(view, pull, check, our_user_id)
        closed = close(view, pull, check, our_user_id, closing)
    else:
        try:
            closed = close(view, pull, check, our_user_id, closing)
        finally:  # whatever failed there, this closes the merge
            at, gaps = _stand(view, pull, check, our_user_id)
    if closed.is_enough:
        gaps = tuple(gap for gap in gaps if gap in {TAKEN, IDLE, STALE})
    return Standing(at=at, problems=(*gaps, *closed.problems))


def _stand(
    view: View, pull: PullRequest, check: Check, our_user_id: int
) -> tuple[datetime, tuple[Finding, ...]]:
    """Write until the status stands where it must; GitLab's time at which it did, and what is missing.

    Everything is read again after a write: the head pipeline may be another one by then.
    """
    for _ in range(ATTEMPTS):
        place = place_of(view, pull, check)
        if place is None:
            return view.session.forge_time, (NOWHERE,)
        if check.state is CheckState.SUCCESS and place.sha != check.head_sha:
            return _close_stale(view, pull, check, our_user_id, place), (STALE,)
        try:
            newest = newest_of(place, check.name)
            if newest is not None and _stands(newest, check, our_user_id):
                return _known_since(newest, view.session.forge_time), _gaps(place, view)
            if check.state is CheckState.SUCCESS:
                wait_for_ci(place, view.session.forge_time)
                if is_idle(view, place, our_user_id):
                    return view.session.forge_time, (IDLE,)
            obstacle = _write(place, check, newest, our_user_id)
            if obstacle is not None:
                return view.session.forge_time, (obstacle,)
        except (NotFoundError, UnauthorizedError) as error:
            return view.session.forge_time, (_refusal(place, view, error),)
    raise NotReadyError(f"setting status {check.name} on merge request {pull.number}: GitLab is not done yet")


def _refusal(place: Place, view: View, error: NotFoundError | UnauthorizedError) -> Finding:
    """Why the status may not be written there; the `error` itself is raised where it says something else."""
    if place.view.project_id != view.project_id:
        return NOWHERE  # a fork that is closed to us
    if isinstance(error, NotFoundError):
        raise error
    return REFUSED


def _close_stale(view: View, pull: PullRequest, check: Check, our_user_id: int, place: Place) -> datetime:
    """Close a pipeline that tests another tree than the one evaluated.

    Raises:
        NotReadyError: it is so new that it may not have been there when the evaluation began.
    """
    if place.pipeline_id is None or is_new(place, view.session.forge_time):
        raise NotReadyError(
            f"publishing on merge request {pull.number} of {view.full_name}: "
            "its pipeline tests another commit than the evaluated one"
        )
    waiting = replace(check, state=CheckState.PENDING, title=STALE.text, external_id="")
    at, _ = _stand(view, pull, waiting, our_user_id)
    return at


def _gaps(place: Place, view: View) -> tuple[Finding, ...]:
    if not place.is_head:
        return (DETACHED,)
    return () if place.view.project_id == view.project_id else (FOREIGN,)


def _stands(row: wire.Status, check: Check, our_user_id: int) -> bool:
    if not is_ours(row, our_user_id):
        return False
    if is_interim(check):
        return row.status in OPEN
    return (row.status, row.description) == (_state(check), _line(check))


def _write(place: Place, check: Check, newest: wire.Status | None, our_user_id: int) -> Finding | None:
    """Write once; why the pipeline will never take this status, if that is so."""
    unfinished = unfinished_of(place, check.name, our_user_id)
    try:
        if not (unfinished == [newest] and _may_become(unfinished[0], check)):
            for _ in unfinished:
                _send(place, check.name, {"state": "canceled"})
        _send(place, check.name, {"state": _state(check), "description": _line(check)})
    except ConflictError:
        return None  # somebody else writes to this commit: what that left is read next
    except DeclinedError as declined:
        match declined.reason:
            case Reason.NO_TRANSITION:
                return None  # it says so already, or something stands between that is read next
            case Reason.NAME_TAKEN:
                _lock(place, check.name, our_user_id)
                return TAKEN
            case Reason.PIPELINE_FULL:
                return FULL
            case Reason.UNKNOWN:
                raise
    return None


def _lock(place: Place, name: str, our_user_id: int) -> None:
    """Fail the pipeline under a name nobody can have taken: the author of a change names its CI jobs."""
    locks = (row for row in rows(place) if row.name.startswith(f"{name}: locked "))
    if not any(is_ours(row, our_user_id) for row in locks):
        body: dict[str, object] = {"state": "failed", "description": f"A CI job is named {name}: rename it"}
        _send(place, f"{name}: locked {secrets.token_hex(4)}", body)


def _may_become(row: wire.Status, check: Check) -> bool:
    """Whether an update keeps what the row says of fingerprints and of the time they were shown."""
    if row.status == "pending":
        return not is_interim(check) and not fingerprints(row)
    return _state(check) != "running" and fingerprints(row) == code(check.external_id, LIMITS)


def _send(place: Place, name: str, body: dict[str, object]) -> None:
    what = f"setting status {name} on {place.sha}"
    place.view.send(
        what, "POST", f"/statuses/{place.sha}", wire.Status, {**body, "name": name, **place.address}
    )


def _state(check: Check) -> str:
    match check.state:
        case CheckState.PENDING:
            return "running" if check.external_id else "pending"
        case CheckState.SUCCESS:
            return "success"
        case CheckState.FAILURE:
            return "failed"


def _line(check: Check) -> str:
    return describe(check.title, check.external_id, LIMITS)


def _known_since(row: wire.Status, now: datetime) -> datetime:
    """No earlier than the row says: the clock of an answer has no fractions of a second."""
    return max(at for at in (now, row.created_at, row.started_at, row.finished_at) if at is not None)
