"""Commit statuses: what we publish when we have a personal token and no App.

A status has one line of 140 characters and nothing else that is ours, so the line ends in the
check's `external_id` in brackets: whole when it is short, otherwise ``#`` and 16 hex digits of its
SHA-256. `read_back` takes it off again; a digest can be recognised, not undone.
"""

import hashlib
import re
from datetime import datetime

from bot.forges.base import Check, CheckState, ObservedCheck
from bot.forges.github import wire
from bot.forges.github.view import View

MAX_DESCRIPTION = 140
"""https://docs.github.com/en/rest/commits/statuses"""
MAX_VERBATIM = 60

_STATES = {CheckState.PENDING: "pending", CheckState.SUCCESS: "success", CheckState.FAILURE: "failure"}
_CODE = re.compile(r" \[([^\[\]]+)\]\Z")


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
    state, text = _STATES[check.state], describe(check.title, check.external_id)
    if not ours or (ours[-1].state, ours[-1].description) != (state, text):
        what, path = f"setting status {check.name} on {check.head_sha}", f"/statuses/{check.head_sha}"
        body = {"state": state, "context": check.name, "description": text}
        view.send(what, "POST", path, wire.Status, body)
    return view.session.forge_time


def describe(title: str, external_id: str) -> str:
    """The line of a status: the title, cut at a word where it must be, and the code."""
    code = _code(external_id)
    tail = f" [{code}]" if code else ""
    room = MAX_DESCRIPTION - len(tail)
    if len(title) > room:
        title = title[: room - 1].rsplit(" ", 1)[0].rstrip() + "…"
    return title + tail


def read_back(description: str) -> str:
    """The `external_id` in a status line (or its ``#`` digest); empty when there is none."""
    found = _CODE.search(description)
    return found[1] if found else ""


def _code(external_id: str) -> str:
    if len(external_id) <= MAX_VERBATIM and not re.search(r"[\[\]]", external_id):
        return external_id
    return "#" + hashlib.sha256(external_id.encode()).hexdigest()[:16]


def _statuses(view: View, sha: str) -> list[wire.Status]:
    what = f"listing the statuses on {sha}"
    return sorted(view.pages(what, f"/commits/{sha}/statuses", wire.Status), key=lambda one: one.id)


def _is_ours(status: wire.Status, our_user_id: int | None) -> bool:
    return status.creator is not None and our_user_id is not None and status.creator.id == our_user_id
