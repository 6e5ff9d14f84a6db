"""Pull requests and commits: live state, the three revisions, and a file's past."""

from collections.abc import Iterator
from urllib.parse import quote

from bot.forges.base import PullRequest, Revisions
from bot.forges.github import wire
from bot.forges.github.view import NOBODY, View, account


def pull_request(view: View, number: int) -> PullRequest:
    """https://docs.github.com/en/rest/pulls/pulls#get-a-pull-request"""
    return _pull(read_pull(view, number))


def read_pull(view: View, number: int) -> wire.Pull:
    """The pull request with what our own value leaves out: head branch, number of commits."""
    return view.get(f"reading pull request {number}", f"/pulls/{number}", wire.Pull)


def open_pull_requests(view: View) -> Iterator[PullRequest]:
    """https://docs.github.com/en/rest/pulls/pulls#list-pull-requests"""
    for pull in view.pages("listing the open pull requests", "/pulls", wire.Pull, {"state": "open"}):
        yield _pull(pull)


def revisions(view: View, pull: PullRequest) -> Revisions:
    """Two calls; one commit per page, because only the merge base is wanted."""
    name = f"heads/{pull.base_ref}"
    base = view.get(f"resolving {name}", f"/git/ref/{quote(name)}", wire.Ref).object.sha
    compared = view.get(
        f"finding the merge base of pull request {pull.number}",
        f"/compare/{base}...{pull.head_sha}",
        wire.Comparison,
        {"per_page": 1},
    )
    return Revisions(base_sha=base, merge_base_sha=compared.merge_base_commit.sha, head_sha=pull.head_sha)


def touching(view: View, path: str, sha: str) -> Iterator[str]:
    """https://docs.github.com/en/rest/commits/commits#list-commits"""
    for commit in view.pages(
        f"reading the history of {path}", "/commits", wire.Target, {"sha": sha, "path": path}
    ):
        yield commit.sha


def _pull(pull: wire.Pull) -> PullRequest:
    return PullRequest(
        number=pull.number,
        title=pull.title,
        author=account(pull.user) or NOBODY,
        is_open=pull.state == "open",
        is_merged=pull.merged_at is not None,
        is_draft=pull.draft,
        base_ref=pull.base.ref,
        default_branch=pull.base.repo.default_branch if pull.base.repo else "",
        head_sha=pull.head.sha,
        url=pull.html_url,
    )
