"""Commit statuses: what we publish when we have a personal token and no App."""

from datetime import datetime

from bot.forges.base import Check, CheckState, ObservedCheck
from bot.forges.github import wire
from bot.forges.github.view import View
from bot.forges.status_line import LineLimits, describe, read_back

LIMITS = LineLimits(line=140, verbatim=60)
"""https://docs.github.com/en/rest/commits/statuses"""

_STATES = {CheckState.PENDING: "pending", CheckState.SUCCESS: "success", CheckState.FAILURE: "failure"}


def observed(view: View, sha: str, our_user_id: int | None) -> tuple[ObservedCheck, ...]:
    """Every status on a commit, superseded ones too, oldest first."""
    return tuple(
        ObservedCheck(
            name=status.context,
            conclusion="" if status.state == "pending" else status.state,
            app=status.creator.login if status.creator else "",
            ours=_is_ours(status, our_user_id),
            external_id=read_back(status.description or "") if _is_ours(status, our_user_id) else "",
            first_published_at=status.created_at,
        )
        for status in _statuses(view, sha)
    )


def publish(view: View, check: Check, our_user_id: int) -> datetime:
    """Make the status stand on its commit; GitHub's time at which it was known to stand."""
    listed = _statuses(view, check.head_sha)
    ours = [one for one in listed if _is_ours(one, our_user_id) and one.context == check.name]
    state, text = _STATES[check.state], describe(check.title, check.external_id, LIMITS)
    if not ours or (ours[-1].state, ours[-1].description) != (state, text):
        what, path = f"setting status {check.name} on {check.head_sha}", f"/statuses/{check.head_sha}"
        body = {"state": state, "context": check.name, "description": text}
        view.send(what, "POST", path, wire.Status, body)
    return view.session.forge_time


def _statuses(view: View, sha: str) -> list[wire.Status]:
    what = f"listing the statuses on {sha}"
    return sorted(view.pages(what, f"/commits/{sha}/statuses", wire.Status), key=lambda one: one.id)


def _is_ours(status: wire.Status, our_user_id: int | None) -> bool:
    return status.creator is not None and our_user_id is not None and status.creator.id == our_user_id
