"""JSON of pull requests, reviews, comments and reactions."""

from collections.abc import Sequence
from dataclasses import replace

from tests.fakes.github.merging import mergeable_state
from tests.fakes.github.model import Comment, Pull, Reaction, Repo, Review, User
from tests.fakes.github.registry import Registry
from tests.fakes.github.shapes.people import Json, app, node, user, when
from tests.fakes.github.shapes.repositories import api_url, html_url, repository

_SHARED_WITH_ISSUE = (
    "active_lock_reason", "assignee", "assignees", "author_association", "body", "closed_at", "created_at",
    "draft", "labels", "locked", "milestone", "number", "state", "title", "updated_at", "user",
)  # fmt: skip
REACTIONS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")


def pull_simple(world: Registry, repo: Repo, pull: Pull) -> Json:
    url = f"{api_url(world, repo)}/pulls/{pull.number}"
    issue = f"{api_url(world, repo)}/issues/{pull.number}"
    page = f"{html_url(world, repo)}/pull/{pull.number}"
    statuses = f"{api_url(world, repo)}/statuses/{pull.head_sha}"
    links = {
        "self": url,
        "html": page,
        "issue": issue,
        "comments": f"{issue}/comments",
        "review_comments": f"{url}/comments",
        "review_comment": f"{api_url(world, repo)}/pulls/comments{{/number}}",
        "commits": f"{url}/commits",
        "statuses": statuses,
    }
    return {
        "id": pull.id,
        "node_id": node("PR", pull.id),
        "number": pull.number,
        "url": url,
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": issue,
        "commits_url": links["commits"],
        "comments_url": links["comments"],
        "review_comments_url": links["review_comments"],
        "review_comment_url": links["review_comment"],
        "statuses_url": statuses,
        "state": pull.state,
        "locked": False,
        "title": pull.title,
        "body": pull.body,
        "user": user(world, pull.author),
        "created_at": when(pull.created_at),
        "updated_at": when(pull.updated_at),
        "closed_at": when(pull.closed_at),
        "merged_at": when(pull.merged_at),
        "merge_commit_sha": pull.merge_commit_sha,
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "labels": [],
        "milestone": None,
        "draft": pull.draft,
        "head": _side(world, repo, pull.head_owner, pull.head_ref, pull.head_sha),
        "base": _side(world, repo, repo.owner, pull.base_ref, repo.branches[pull.base_ref]),
        "_links": {name: {"href": target} for name, target in links.items()},
        "author_association": "NONE",
        "auto_merge": None,
        "active_lock_reason": None,
    }


def pull_request(world: Registry, repo: Repo, pull: Pull) -> Json:
    store = repo.store
    merge_base = store.merge_base(repo.branches[pull.base_ref], pull.head_sha)
    files = store.changed_files(merge_base, pull.head_sha) if merge_base else []
    commits = store.between(repo.branches[pull.base_ref], pull.head_sha)
    merged = pull.merged_at is not None
    return {
        **pull_simple(world, repo, pull),
        "merged": merged,
        "mergeable": None if merged else True,
        "rebaseable": None,
        "mergeable_state": mergeable_state(repo, pull),
        "merged_by": user(world, pull.merged_by) if pull.merged_by else None,
        "comments": len(pull.comments),
        "review_comments": 0,
        "maintainer_can_modify": False,
        "commits": len(commits),
        "additions": 0,
        "deletions": 0,
        "changed_files": len(files),
    }


def _side(world: Registry, repo: Repo, owner: User, ref: str, sha: str) -> Json:
    source = repository(world, repo)
    if owner is not repo.owner:
        fork = replace(repo, id=repo.id + owner.id * 1_000_000, owner=owner)
        source = {**repository(world, fork), "fork": True}
    return {
        "label": f"{owner.login}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": user(world, owner),
        "repo": source,
    }


def review(world: Registry, repo: Repo, pull: Pull, one: Review) -> Json:
    url = f"{api_url(world, repo)}/pulls/{pull.number}"
    page = f"{html_url(world, repo)}/pull/{pull.number}#pullrequestreview-{one.id}"
    return {
        "id": one.id,
        "node_id": node("PRR", one.id),
        "user": user(world, one.author),
        "body": one.body,
        "state": one.state,
        "html_url": page,
        "pull_request_url": url,
        "_links": {"html": {"href": page}, "pull_request": {"href": url}},
        **({"submitted_at": when(one.submitted_at)} if one.submitted_at else {}),
        "commit_id": one.commit_id,
        "author_association": "NONE",
    }


def comment(world: Registry, repo: Repo, pull: Pull, one: Comment) -> Json:
    url = f"{api_url(world, repo)}/issues/comments/{one.id}"
    return {
        "id": one.id,
        "node_id": node("IC", one.id),
        "url": url,
        "html_url": f"{html_url(world, repo)}/pull/{pull.number}#issuecomment-{one.id}",
        "issue_url": f"{api_url(world, repo)}/issues/{pull.number}",
        "body": one.body,
        "user": user(world, one.author),
        "created_at": when(one.created_at),
        "updated_at": when(one.updated_at),
        "author_association": "NONE",
        "performed_via_github_app": app(world, one.app) if one.app else None,
        "reactions": _rollup(url, one.reactions),
    }


def _rollup(url: str, reactions: Sequence[Reaction]) -> Json:
    counts = {name: sum(one.content == name for one in reactions) for name in REACTIONS}
    return {"url": f"{url}/reactions", "total_count": len(reactions), **counts}


def issue(world: Registry, repo: Repo, pull: Pull) -> Json:
    """The issue half of a pull request, as ``issue_comment`` deliveries carry it."""
    url = f"{api_url(world, repo)}/issues/{pull.number}"
    page = f"{html_url(world, repo)}/pull/{pull.number}"
    half = pull_simple(world, repo, pull)
    same = {name: half[name] for name in _SHARED_WITH_ISSUE}
    return {
        "id": pull.id,
        "node_id": node("I", pull.id),
        "url": url,
        "repository_url": api_url(world, repo),
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "html_url": page,
        **same,
        "comments": len(pull.comments),
        "reactions": _rollup(url, ()),
        "pull_request": {
            "url": half["url"],
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
        },
    }


def reaction(world: Registry, one: Reaction) -> Json:
    return {
        "id": one.id,
        "node_id": node("REA", one.id),
        "user": user(world, one.author),
        "content": one.content,
        "created_at": when(one.created_at),
    }
