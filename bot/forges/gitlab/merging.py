"""Merged-results and merge-train pipelines: what GitLab tests is a commit that it merged itself.

Its SHA is the pipeline's, its ref ``refs/merge-requests/<iid>/merge`` or ``/train``, to which only
GitLab writes (https://docs.gitlab.com/ci/pipelines/merged_results_pipelines/).
"""

from bot.forges.base import Revisions
from bot.forges.errors import NotFoundError, UnauthorizedError
from bot.forges.gitlab import wire
from bot.forges.gitlab import wire_reading as read
from bot.forges.gitlab.view import View

MADE_BY_GITLAB = "merge_request_event"
"""The source of pipelines that GitLab made for a merge request: a branch can have such a ref too."""


def merged_revisions(view: View, live: wire.MergeRequest, base_sha: str) -> Revisions | None:
    """The revisions of the merged result that the head pipeline tests; None when it tests none.

    None too when that was merged into what the base does not have, such as the branch that the merge
    request was aimed at before: its tree is not the one that would come of merging it now.
    """
    found = merged_commit(view, live)
    if found is None:
        return None
    commit, queued = found
    built_on = _built_on(view, commit, base_sha, queued=queued)
    if not queued and built_on != commit.parent_ids[0]:
        return None
    return Revisions(
        base_sha=base_sha,
        merge_base_sha=built_on,
        head_sha=commit.id,
        queued=queued,
    )


def merged_commit(view: View, live: wire.MergeRequest) -> tuple[read.Commit, bool] | None:
    """The merged result that the head pipeline tests, and whether it waits in a train; None for none.

    None too when that commit was made for another head: GitLab shows an old pipeline until there
    is a new one.
    """
    pipeline = live.head_pipeline
    if pipeline is None or (pipeline.project_id, pipeline.source) != (view.project_id, MADE_BY_GITLAB):
        return None
    ref = (pipeline.ref or "").removeprefix(f"refs/merge-requests/{live.iid}/")
    if ref not in {"merge", "train"}:
        return None
    commit = _commit(view, pipeline.sha)
    queued = ref == "train" and _rides(view, live, pipeline)
    return (commit, queued) if queued or live.sha in commit.parent_ids[1:] else None


def merge_base(view: View, one: str, other: str) -> str:
    """https://docs.gitlab.com/api/repositories/#merge-base"""
    what = f"finding the merge base of {one[:7]} and {other[:7]}"
    return view.get(what, "/repository/merge_base", read.Commit, {"refs[]": [one, other]}).id


def _commit(view: View, sha: str) -> read.Commit:
    return view.get(f"reading commit {sha[:7]}", f"/repository/commits/{sha}", read.Commit)


def _built_on(view: View, commit: read.Commit, base_sha: str, *, queued: bool) -> str:
    """The commit it was merged into, as far as that is known to become part of the base.

    In a train that is the merge request before it, which has to pass first; in one that rebases or
    squashes into a single commit, everything that the base lacks is a change.
    """
    first, *others = commit.parent_ids
    if queued and others:
        return first
    return merge_base(view, base_sha, first if others else commit.id)


def _rides(view: View, live: wire.MergeRequest, pipeline: wire.Pipeline) -> bool:
    """Whether it waits in the train of its target branch, with this very pipeline."""
    path = f"/merge_trains/merge_requests/{live.iid}"
    try:
        car = view.get(f"finding merge request {live.iid} in its merge train", path, read.Car)
    except (NotFoundError, UnauthorizedError):  # not in a train, or no trains here
        return False
    tested = car.pipeline is not None and car.pipeline.id == pipeline.id
    return tested and car.merged_at is None and car.target_branch == live.target_branch
