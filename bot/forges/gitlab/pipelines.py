"""Which pipeline a status must go to, so that it blocks the merge and hides nothing.

A merge is blocked by the *head pipeline* of its merge request alone: a status on the same commit
in any other pipeline closes nothing, and a pipeline made by a status would take the place of one
that failed (https://docs.gitlab.com/ci/ci_cd_for_external_repos/external_commit_statuses/).
"""

from dataclasses import dataclass

from bot.forges.base import Check, CheckState, PullRequest
from bot.forges.errors import NotReadyError
from bot.forges.gitlab import wire
from bot.forges.gitlab.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a status goes: a pipeline, or a branch of which GitLab then makes one.

    `view` is of the project in which the pipeline runs, perhaps a fork. `is_head`: the merge is
    blocked by what stands here.
    """

    view: View
    sha: str
    pipeline_id: int | None = None
    ref: str | None = None
    is_head: bool = False

    @property
    def address(self) -> dict[str, object]:
        """The part of a status' body that says where it goes; never both."""
        return {"ref": self.ref} if self.pipeline_id is None else {"pipeline_id": self.pipeline_id}


def is_interim(check: Check) -> bool:
    """Whether it only closes the merge, without saying anything of a release."""
    return check.state is CheckState.PENDING and not check.external_id


def place_of(view: View, pull: PullRequest, check: Check) -> Place | None:
    """Where `check` must stand now; None when there is no place for it.

    Raises:
        NotReadyError: the head moved, or a success would stand on a tree that was not evaluated.
    """
    number = pull.number
    request = view.get(f"reading merge request {number}", f"/merge_requests/{number}", wire.MergeRequest)
    if not request.sha or (request.sha != pull.head_sha and not is_interim(check)):
        raise NotReadyError(f"publishing on merge request {number}: its head is no longer the evaluated one")
    place = _place(view, request)
    if place is not None and check.state is CheckState.SUCCESS and place.sha != check.head_sha:
        raise NotReadyError(f"publishing on merge request {number}: its pipeline tests another commit")
    return place


def _place(view: View, request: wire.MergeRequest) -> Place | None:
    head = request.head_pipeline
    found = head if head and _is_current(head, request) else _newest(view, request)
    if found is not None:
        home = view.of(found.project_id or view.project_id)
        is_head = head is not None and head.id == found.id
        return Place(view=home, sha=found.sha, pipeline_id=found.id, is_head=is_head)
    if request.sha is None or _is_from_fork(view, request):
        return None
    return Place(view=view, sha=request.sha, ref=request.source_branch)


def _is_current(pipeline: wire.Pipeline, request: wire.MergeRequest) -> bool:
    """A pipeline of the merged result or of a train runs on a merge commit; others on the head itself."""
    merged = (f"refs/merge-requests/{request.iid}/merge", f"refs/merge-requests/{request.iid}/train")
    return pipeline.ref in merged or pipeline.sha == request.sha


def _newest(view: View, request: wire.MergeRequest) -> wire.Pipeline | None:
    """The newest pipeline of the merge request on its head: GitLab names the head pipeline a little later."""
    what, query = f"listing the pipelines on {request.sha}", {"sha": request.sha or ""}
    ours = [
        pipeline
        for pipeline in view.pages(what, "/pipelines", wire.Pipeline, query)
        if (pipeline.ref or "").startswith(f"refs/merge-requests/{request.iid}/")
        or (pipeline.ref == request.source_branch and not _is_from_fork(view, request))
    ]
    return max(ours, key=lambda pipeline: pipeline.id, default=None)


def _is_from_fork(view: View, request: wire.MergeRequest) -> bool:
    return request.source_project_id != view.project_id
