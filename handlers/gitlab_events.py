"""What a GitLab delivery means: which targets to look at again. Pure; the payload decides nothing else."""

import re

from bot.commands import parse
from bot.forges.base import Repository
from bot.targets import Lookup, Target
from handlers import gitlab_payloads as payloads
from handlers.meaning import MARKER, Meaning
from handlers.payloads import MalformedPayloadError, decode

UNFINISHED = frozenset(
    {
        "canceling",
        "created",
        "manual",
        "pending",
        "preparing",
        "running",
        "scheduled",
        "waiting_for_callback",
        "waiting_for_resource",
    }
)
"""States of a job that end nothing; any other, known or new, counts.
https://docs.gitlab.com/ci/jobs/#available-job-statuses"""

_MERGE_REQUEST_REF = re.compile(r"refs/merge-requests/([1-9][0-9]{0,17})/(?:head|merge|train)")


def read(event: str, body: bytes) -> Meaning | None:
    """What a verified delivery means; `event` is ``X-Gitlab-Event``. None: it concerns nobody here.

    Raises:
        MalformedPayloadError: `body` is not JSON, or lacks a field the event must have.
    """
    match event:
        case "Merge Request Hook":
            return _merge_request(decode(body, payloads.MergeRequestEvent))
        case "Note Hook" | "Confidential Note Hook":
            return _note(decode(body, payloads.NoteEvent))
        case "Push Hook":
            return _push(decode(body, payloads.PushEvent))
        case "Pipeline Hook":
            return _pipeline(decode(body, payloads.PipelineEvent))
        case "Job Hook":
            return _job(decode(body, payloads.JobEvent))
        case _:
            return None


def _merge_request(event: payloads.MergeRequestEvent) -> Meaning:
    # Whatever the action says: an approval may come as "approved" or "approval", and as an update.
    # https://gitlab.com/gitlab-org/gitlab/-/issues/558252
    request = event.object_attributes
    return _one(event, request.iid, request.action)


def _note(event: payloads.NoteEvent) -> Meaning | None:
    note, request = event.object_attributes, event.merge_request
    if note.noteable_type != "MergeRequest" or request is None:
        return None
    text = note.note or ""
    if text.startswith(MARKER):
        # Ours. Written by ourselves it must not loop; touched by anybody else it is put right.
        matters = note.updated_by_id not in {None, note.author_id}
    elif note.action in {"", "create"}:
        matters = parse(text) is not None
    else:
        matters = True  # it may have been a command; the text before the edit is not told
    return _one(event, request.iid, note.action) if matters else None


def _push(event: payloads.PushEvent) -> Meaning | None:
    branch = event.ref.removeprefix("refs/heads/")
    if branch == event.ref or not event.after.strip("0"):
        return None
    return _some(event, base_ref=branch)


def _pipeline(event: payloads.PipelineEvent) -> Meaning | None:
    """Our own status moves its pipeline too. That is one more look, which then writes nothing."""
    pipeline, request = event.object_attributes, event.merge_request
    if request is None:
        return _some(event, head_sha=pipeline.sha, action=pipeline.status)
    if request.target_project_id not in {None, _where(event).id}:
        return None  # it ran in a fork, and the number is one of another project
    return _one(event, request.iid, pipeline.status)


def _job(event: payloads.JobEvent) -> Meaning | None:
    """Statuses set through the API, as ours is, are no jobs for this event: a job of our name is foreign.

    A merged result is a commit that heads no merge request, so that its ref is asked first; a
    pipeline runs on such a ref in the project the merge request targets, never in a fork.
    """
    if event.build_status in UNFINISHED or event.project is None:
        return None
    if (ref := _MERGE_REQUEST_REF.fullmatch(event.ref)) is not None:
        return _one(event, int(ref[1]), event.build_status)
    return _some(event, head_sha=event.sha, action=event.build_status)


def _one(event: payloads.Event, number: int, action: str) -> Meaning:
    where = _where(event)
    target = Target(repository=where, number=number)
    return Meaning(action=action, repository=where, number=number, jobs=(target,))


def _some(
    event: payloads.Event, *, head_sha: str | None = None, base_ref: str | None = None, action: str = ""
) -> Meaning:
    where = _where(event)
    lookup = Lookup(repository=where, head_sha=head_sha, base_ref=base_ref)
    return Meaning(action=action, repository=where, jobs=(lookup,))


def _where(event: payloads.Event) -> Repository:
    if event.project is None:
        raise MalformedPayloadError("the payload names no project")
    return Repository(forge="gitlab", id=event.project.id, full_name=event.project.path_with_namespace)
