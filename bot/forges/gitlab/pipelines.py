"""Which pipeline a status must go to, so that it blocks the merge and hides nothing.

A merge is blocked by the *head pipeline* of its merge request alone: a status on the same commit
in any other pipeline closes nothing, and a pipeline made by a status would take the place of one
that failed (https://docs.gitlab.com/ci/ci_cd_for_external_repos/external_commit_statuses/).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from bot.forges.base import Check, CheckState, PullRequest
from bot.forges.errors import NotFoundError, NotReadyError
from bot.forges.gitlab import merging, wire
from bot.forges.gitlab.history import read_merge_request
from bot.forges.gitlab.view import View
from bot.forges.gitlab.wire_publishing import CiSettings

GRACE = timedelta(seconds=60)
"""How long after a push GitLab may still be making the pipeline of the CI configuration."""
EXTERNAL = "external"
"""The source of a pipeline that a status made (https://docs.gitlab.com/api/pipelines/)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a status goes: a pipeline, or a branch of which GitLab then makes one.

    `view` is of the project in which the pipeline runs, perhaps a fork. `is_head`: the merge is
    blocked by what stands here. `is_external`: statuses alone made the pipeline.
    """

    view: View
    sha: str
    pipeline_id: int | None = None
    ref: str | None = None
    is_head: bool = False
    made_at: datetime | None = None
    is_external: bool = False

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
        NotReadyError: the head moved.
    """
    what = f"publishing on merge request {pull.number} of {view.full_name}"
    request = read_merge_request(view, pull.number)
    if not request.sha or (request.sha != pull.head_sha and not is_interim(check)):
        raise NotReadyError(f"{what}: its head is no longer the evaluated one")
    return _place(view, request, request.sha)


def wait_for_ci(place: Place, now: datetime) -> None:
    """Let no success of ours be all that a merge waits for, while the project's own CI is to come.

    Raises:
        NotReadyError: there is a CI configuration, and its pipeline may not have been made yet.
    """
    alone = place.pipeline_id is None or (place.is_external and is_new(place, now))
    if alone and _has_ci(place):
        raise NotReadyError(
            f"publishing on {place.sha[:7]} of {place.view.full_name}: its CI has not begun yet"
        )


def is_new(place: Place, now: datetime) -> bool:
    """Whether its pipeline was made a moment ago, so that what we know may be older."""
    return place.made_at is not None and now - place.made_at < GRACE


def _place(view: View, request: wire.MergeRequest, sha: str) -> Place | None:
    head = request.head_pipeline
    found = head if head and _is_current(view, head, request) else _newest(view, request, sha)
    if found is not None:
        return Place(
            view=view.of(found.project_id or view.project_id),
            sha=found.sha,
            pipeline_id=found.id,
            is_head=head is not None and head.id == found.id,
            made_at=found.created_at,
            is_external=found.source == EXTERNAL,
        )
    if _is_from_fork(view, request):
        return None
    return Place(view=view, sha=sha, ref=request.source_branch)


def _is_current(view: View, pipeline: wire.Pipeline, request: wire.MergeRequest) -> bool:
    """A pipeline of the merged result or of a train runs on a merge of the head, others on the head."""
    return pipeline.sha == request.sha or merging.merged_commit(view, request) is not None


def _newest(view: View, request: wire.MergeRequest, sha: str) -> wire.Pipeline | None:
    """The newest pipeline of the merge request on its head: GitLab names the head pipeline a little later."""
    listed = view.pages(f"listing the pipelines on {sha}", "/pipelines", wire.Pipeline, {"sha": sha})
    return max(
        (pipeline for pipeline in listed if _belongs(pipeline, view, request)),
        key=lambda pipeline: pipeline.id,
        default=None,
    )


def _belongs(pipeline: wire.Pipeline, view: View, request: wire.MergeRequest) -> bool:
    ref = pipeline.ref or ""
    own_branch = ref == request.source_branch and not _is_from_fork(view, request)
    return own_branch or ref.startswith(f"refs/merge-requests/{request.iid}/")


def _is_from_fork(view: View, request: wire.MergeRequest) -> bool:
    return request.source_project_id != view.project_id


def _has_ci(place: Place) -> bool:
    """Whether GitLab may make a pipeline of its own: from a file at the commit, or from elsewhere."""
    settings = place.view.get("reading the CI settings", "", CiSettings)
    if settings.builds_access_level == "disabled":
        return False
    path = settings.ci_config_path or ".gitlab-ci.yml"
    if settings.auto_devops_enabled or "@" in path or "://" in path:
        return True
    try:
        file = f"/repository/files/{quote(path, safe='')}"
        place.view.get(f"looking for {path}", file, object, {"ref": place.sha})
    except NotFoundError:
        return False
    return True
