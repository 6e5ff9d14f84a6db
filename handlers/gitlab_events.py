"""What a GitLab delivery means: which targets to look at again. Pure; the payload decides nothing else."""

import re

from bot.commands import parse
from bot.forges.base import Repository
from bot.targets import Lookup, Target
from handlers import gitlab_payloads as payloads
from handlers.meaning import MARKER, Meaning
from handlers.payloads import MalformedPayloadError, decode, validated

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


def read(event: str, body: bytes, *, url: str) -> Meaning | None:
    """What a verified delivery means; `event` is ``X-Gitlab-Event``. None: it concerns nobody here.

    `url` is the address of the server, without which older servers' jobs name no project.

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
            return _job(decode(body, payloads.JobEvent), url)
        case _:
            return None


def _merge_request(event: payloads.MergeRequestEvent) -> Meaning:
    # Whatever the action says: an approval may come as "approved" or "approval", and as an update.
    # https://gitlab.com/gitlab-org/gitlab/-/issues/558252
    request = event.object_attributes
    return _one(_where(event.project), request.iid, request.action)


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
    return _one(_where(event.project), request.iid, note.action) if matters else None


def _push(event: payloads.PushEvent) -> Meaning | None:
    branch = event.ref.removeprefix("refs/heads/")
    if branch == event.ref or not event.after.strip("0"):
        return None
    where = _where(event.project)
    return Meaning(repository=where, jobs=(Lookup(repository=where, base_ref=branch),))


def _pipeline(event: payloads.PipelineEvent) -> Meaning | None:
    """Our own status moves its pipeline too. That is one more look, which then writes nothing."""
    where, pipeline, request = _where(event.project), event.object_attributes, event.merge_request
    if request is None:
        return _with_head(where, pipeline.sha, pipeline.status)
    if request.target_project_id not in {None, where.id}:
        return None  # it ran in a fork, and the number is one of another project
    return _one(where, request.iid, pipeline.status)


def _job(event: payloads.JobEvent, url: str) -> Meaning | None:
    """Statuses set through the API, as ours is, are no jobs for this event: a job of our name is foreign.

    A merged result is a commit that heads no merge request, so that its ref is asked first; a
    pipeline runs on such a ref in the project the merge request targets, never in a fork.
    """
    if event.build_status in UNFINISHED:
        return None
    where = _where(event.project or _project_at_home(event, url))
    if (ref := _MERGE_REQUEST_REF.fullmatch(event.ref)) is not None:
        return _one(where, int(ref[1]), event.build_status)
    return _with_head(where, event.sha, event.build_status)


def _project_at_home(event: payloads.JobEvent, url: str) -> payloads.Project | None:
    home = event.repository.homepage if event.repository else ""
    root = url.rstrip("/") + "/"
    if not home.startswith(root):
        return None
    named = {"id": event.project_id, "path_with_namespace": home.removeprefix(root)}
    return validated(named, payloads.Project)


def _one(where: Repository, number: int, action: str) -> Meaning:
    target = Target(repository=where, number=number)
    return Meaning(action=action, repository=where, number=number, jobs=(target,))


def _with_head(where: Repository, sha: str, action: str) -> Meaning:
    return Meaning(action=action, repository=where, jobs=(Lookup(repository=where, head_sha=sha),))


def _where(project: payloads.Project | None) -> Repository:
    if project is None:
        raise MalformedPayloadError("the payload names no project")
    return Repository(forge="gitlab", id=project.id, full_name=project.path_with_namespace)
