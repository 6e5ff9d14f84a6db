"""Merge requests and commits: live state, the three revisions, and a file's past."""

import re
from collections.abc import Iterator
from urllib.parse import quote

from bot.forges.base import PullRequest, Revisions
from bot.forges.errors import NotReadyError
from bot.forges.gitlab import merging, wire
from bot.forges.gitlab import wire_reading as read
from bot.forges.gitlab.view import NOBODY, View, account

_DRAFT = re.compile(r"\A((\[draft\]|\(draft\)|draft:)\s*)+", re.IGNORECASE)
"""How the title of a draft begins: GitLab keeps that nowhere else
(https://docs.gitlab.com/user/project/merge_requests/drafts/)."""
_OPEN = frozenset({"opened", "locked"})
"""``locked``: GitLab is merging it this moment."""


def pull_request(view: View, number: int) -> PullRequest:
    """https://docs.gitlab.com/api/merge_requests/#get-single-mr

    Raises:
        NotReadyError: GitLab did not make its first diff yet.
    """
    live = read_merge_request(view, number)
    if live.state in _OPEN and not _is_prepared(live):
        raise NotReadyError(f"reading merge request {number} of {view.full_name}: GitLab is preparing it")
    return _pull(live, default_branch(view))


def read_merge_request(view: View, number: int) -> wire.MergeRequest:
    """The merge request with what our own value leaves out: its head pipeline, where it comes from."""
    return view.get(f"reading merge request {number}", f"/merge_requests/{number}", wire.MergeRequest)


def open_pull_requests(view: View) -> Iterator[PullRequest]:
    """Oldest first, so that one opened meanwhile moves none to another page.

    One that is still being prepared may have no head yet.
    (https://docs.gitlab.com/api/merge_requests/#list-project-merge-requests)
    """
    query = {"state": "opened", "order_by": "created_at", "sort": "asc"}
    what = "listing the open merge requests"
    default: str | None = None
    for listed in view.pages(what, "/merge_requests", wire.MergeRequest, query):
        default = default_branch(view) if default is None else default
        yield _pull(listed, default)


def revisions(view: View, pull: PullRequest) -> Revisions:
    """Base tip, merge base and head; those of the merged result where its pipeline tests that."""
    name = pull.base_ref
    branch = f"/repository/branches/{quote(name, safe='')}"  # a bare ref could be a tag of that name
    base = view.get(f"resolving branch {name}", branch, read.Branch).commit.id
    live = read_merge_request(view, pull.number)
    if (live.sha, live.target_branch) == (pull.head_sha, name):
        merged = merging.merged_revisions(view, live, base)
        if merged is not None:
            return merged
    start = merging.merge_base(view, base, pull.head_sha)
    return Revisions(base_sha=base, merge_base_sha=start, head_sha=pull.head_sha)


def touching(view: View, path: str, sha: str) -> Iterator[str]:
    """https://docs.gitlab.com/api/commits/#list-repository-commits"""
    query = {"ref_name": sha, "path": path}
    for commit in view.pages(f"reading the history of {path}", "/repository/commits", read.Commit, query):
        yield commit.id


def _is_prepared(live: wire.MergeRequest) -> bool:
    has_diff = live.diff_refs is not None and live.diff_refs.head_sha is not None
    return live.detailed_merge_status != "preparing" and bool(live.sha) and has_diff


def default_branch(view: View) -> str:
    """https://docs.gitlab.com/api/projects/#get-a-single-project"""
    return view.get("reading the default branch", "", wire.Home).default_branch or ""


def _pull(live: wire.MergeRequest, default: str) -> PullRequest:
    return PullRequest(
        number=live.iid,
        title=_DRAFT.sub("", live.title, count=1) if live.draft else live.title,
        author=account(live.author) or NOBODY,
        is_open=live.state in _OPEN,
        is_merged=live.state == "merged",
        is_draft=live.draft,
        base_ref=live.target_branch,
        default_branch=default,
        head_sha=live.sha or "",
        url=live.web_url,
    )
