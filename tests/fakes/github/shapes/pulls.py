"""JSON of pull requests, reviews, comments, reactions, check runs and statuses."""

from dataclasses import replace

from tests.fakes.github.merging import mergeable_state
from tests.fakes.github.model import CheckRun, Comment, Pull, Reaction, Repo, Review, Status, User
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
    counts = {name: sum(r.content == name for r in one.reactions) for name in REACTIONS}
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
        "reactions": {"url": f"{url}/reactions", "total_count": len(one.reactions), **counts},
    }


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


def check_run(world: Registry, repo: Repo, one: CheckRun) -> Json:
    url = f"{api_url(world, repo)}/check-runs/{one.id}"
    page = f"{html_url(world, repo)}/runs/{one.id}"
    pulls = [pull for pull in repo.pulls.values() if pull.head_sha == one.head_sha and pull.state == "open"]
    return {
        "id": one.id,
        "node_id": node("CR", one.id),
        "name": one.name,
        "head_sha": one.head_sha,
        "external_id": one.external_id,
        "url": url,
        "html_url": page,
        "details_url": one.details_url or page,
        "status": one.status,
        "conclusion": one.conclusion,
        "started_at": when(one.started_at),
        "completed_at": when(one.completed_at),
        "output": {
            "title": one.title,
            "summary": one.summary,
            "text": one.text,
            "annotations_count": len(one.annotations),
            "annotations_url": f"{url}/annotations",
        },
        "check_suite": {"id": suite_id(one)},
        "app": app(world, one.app),
        "pull_requests": [_minimal(world, repo, pull) for pull in pulls],
    }


def suite_id(run: CheckRun) -> int:
    """One suite per App and commit."""
    return int(run.head_sha[:10], 16) + run.app.id


def _minimal(world: Registry, repo: Repo, pull: Pull) -> Json:
    source = {"id": repo.id, "url": api_url(world, repo), "name": repo.name}
    return {
        "id": pull.id,
        "number": pull.number,
        "url": f"{api_url(world, repo)}/pulls/{pull.number}",
        "head": {"ref": pull.head_ref, "sha": pull.head_sha, "repo": source},
        "base": {"ref": pull.base_ref, "sha": repo.branches[pull.base_ref], "repo": source},
    }


def annotation(world: Registry, repo: Repo, run: CheckRun, one: Json) -> Json:
    optional = dict.fromkeys(("start_column", "end_column", "title", "raw_details"))
    href = f"{html_url(world, repo)}/blob/{run.head_sha}/{one['path']}"
    return {**optional, **one, "blob_href": href}


def status(world: Registry, repo: Repo, one: Status) -> Json:
    return {
        "id": one.id,
        "node_id": node("SC", one.id),
        "url": f"{api_url(world, repo)}/statuses/{one.sha}",
        "avatar_url": f"{world.html}/avatars/{one.creator.id}",
        "state": one.state,
        "description": one.description,
        "target_url": one.target_url,
        "context": one.context,
        "created_at": when(one.created_at),
        "updated_at": when(one.created_at),
        "creator": user(world, one.creator),
    }
