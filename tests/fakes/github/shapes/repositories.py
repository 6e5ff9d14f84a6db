"""JSON of repositories, Git objects and commits."""

from typing import Any

from tests.fakes.git_objects import DIRECTORY, SUBMODULE, ChangedFile, CommitObject, Leaf, Signature
from tests.fakes.github.model import Push, Repo, User
from tests.fakes.github.registry import Registry
from tests.fakes.github.shapes.people import Json, node, user, when

_TEMPLATES = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}
_ZEROES = (
    "forks", "forks_count", "open_issues", "open_issues_count", "size", "stargazers_count", "watchers",
    "watchers_count",
)  # fmt: skip
_FEATURES = ("has_issues", "has_projects", "has_wiki", "has_pages", "has_downloads", "has_discussions")


def api_url(world: Registry, repo: Repo) -> str:
    return f"{world.api}/repos/{repo.full_name}"


def html_url(world: Registry, repo: Repo) -> str:
    return f"{world.html}/{repo.full_name}"


def repository(world: Registry, repo: Repo) -> Json:
    url, page, moment = api_url(world, repo), html_url(world, repo), when(repo.created_at)
    return {
        "id": repo.id,
        "node_id": node("R", repo.id),
        "name": repo.name,
        "full_name": repo.full_name,
        "private": repo.private,
        "owner": user(world, repo.owner),
        "html_url": page,
        "description": None,
        "fork": False,
        "url": url,
        **{name: url + tail for name, tail in _TEMPLATES.items()},
        "clone_url": f"{page}.git",
        "git_url": f"git://github.example/{repo.full_name}.git",
        "ssh_url": f"git@github.example:{repo.full_name}.git",
        "svn_url": page,
        "mirror_url": None,
        "homepage": None,
        "language": None,
        "license": None,
        "archived": False,
        "disabled": False,
        "default_branch": repo.default_branch,
        "visibility": "private" if repo.private else "public",
        "created_at": moment,
        "updated_at": moment,
        "pushed_at": when(world.clock.at),
        **dict.fromkeys(_ZEROES, 0),
        **dict.fromkeys(_FEATURES, False),
    }


def full_repository(world: Registry, repo: Repo) -> Json:
    return {**repository(world, repo), "network_count": 0, "subscribers_count": 0}


def ref(world: Registry, repo: Repo, name: str, sha: str) -> Json:
    url = f"{api_url(world, repo)}/git/refs/{name}"
    target = {"type": "commit", "sha": sha, "url": f"{api_url(world, repo)}/git/commits/{sha}"}
    return {"ref": f"refs/{name}", "node_id": node("REF", name), "url": url, "object": target}


def tree(world: Registry, repo: Repo, sha: str, *, recursive: bool) -> Json:
    entries = repo.store.walk(sha) if recursive else repo.store.trees[sha].items()
    listed = [_entry(world, repo, path, leaf) for path, leaf in entries]
    limit = repo.tree_limit if recursive else len(listed)
    return {
        "sha": sha,
        "url": f"{api_url(world, repo)}/git/trees/{sha}",
        "tree": listed[:limit],
        "truncated": len(listed) > limit,
    }


def _entry(world: Registry, repo: Repo, path: str, leaf: Leaf) -> Json:
    entry: Json = {"path": path, "mode": leaf.mode, "sha": leaf.oid}
    if leaf.mode == SUBMODULE:
        return {**entry, "type": "commit"}
    kind = "tree" if leaf.mode == DIRECTORY else "blob"
    entry |= {"type": kind, "url": f"{api_url(world, repo)}/git/{kind}s/{leaf.oid}"}
    if kind == "blob" and repo.tree_entry_sizes:
        entry["size"] = len(repo.store.blobs[leaf.oid])
    return entry


def push(world: Registry, one: Push) -> Json:
    """An entry of the activity log."""
    return {
        "id": one.id,
        "node_id": node("PSH", one.id),
        "before": one.before,
        "after": one.after,
        "ref": f"refs/heads/{one.branch}",
        "timestamp": when(one.at),
        "activity_type": one.kind,
        "actor": user(world, one.actor),
    }


def account_of(world: Registry, signature: Signature) -> User | None:
    """The account a commit's e-mail belongs to."""
    return next((one for one in world.users.values() if one.email == signature.email), None)


def commit(world: Registry, repo: Repo, one: CommitObject) -> Json:
    url = f"{api_url(world, repo)}/commits/{one.oid}"
    author, committer = account_of(world, one.author), account_of(world, one.committer)
    return {
        "sha": one.oid,
        "node_id": node("C", one.oid),
        "url": url,
        "html_url": f"{html_url(world, repo)}/commit/{one.oid}",
        "comments_url": f"{url}/comments",
        "commit": {
            "url": f"{api_url(world, repo)}/git/commits/{one.oid}",
            "author": _signature(one.author),
            "committer": _signature(one.committer),
            "message": one.message,
            "comment_count": 0,
            "tree": {"sha": one.tree, "url": f"{api_url(world, repo)}/git/trees/{one.tree}"},
            "verification": {
                "verified": False,
                "reason": "unsigned",
                "signature": None,
                "payload": None,
                "verified_at": None,
            },
        },
        "author": user(world, author) if author else None,
        "committer": user(world, committer) if committer else None,
        "parents": [
            {
                "sha": parent,
                "url": f"{api_url(world, repo)}/commits/{parent}",
                "html_url": f"{html_url(world, repo)}/commit/{parent}",
            }
            for parent in one.parents
        ],
    }


def changed_file(world: Registry, repo: Repo, head: str, one: ChangedFile) -> Json:
    page = html_url(world, repo)
    lines = repo.store.blobs.get(one.oid, b"").count(b"\n")
    added = lines if one.status in {"added", "modified"} else 0
    removed = lines if one.status == "removed" else 0
    entry: Json = {
        "sha": one.oid,
        "filename": one.path,
        "status": one.status,
        "additions": added,
        "deletions": removed,
        "changes": added + removed,
        "blob_url": f"{page}/blob/{head}/{one.path}",
        "raw_url": f"{page}/raw/{head}/{one.path}",
        "contents_url": f"{api_url(world, repo)}/contents/{one.path}?ref={head}",
    }
    return entry | ({"previous_filename": one.previous} if one.previous else {})


def comparison(world: Registry, repo: Repo, base: str, head: str, page: slice) -> Json | None:
    store = repo.store
    merge_base = store.merge_base(base, head)
    if merge_base is None:
        return None
    ahead, behind = store.between(base, head), store.between(head, base)
    url = f"{api_url(world, repo)}/compare/{base}...{head}"
    html = f"{html_url(world, repo)}/compare/{base}...{head}"
    status = {
        (False, False): "identical",
        (True, False): "ahead",
        (False, True): "behind",
        (True, True): "diverged",
    }[bool(ahead), bool(behind)]
    files = store.changed_files(merge_base, head)[:300]
    return {
        "url": url,
        "html_url": html,
        "permalink_url": html,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "base_commit": commit(world, repo, store.commits[base]),
        "merge_base_commit": commit(world, repo, store.commits[merge_base]),
        "status": status,
        "ahead_by": len(ahead),
        "behind_by": len(behind),
        "total_commits": len(ahead),
        "commits": [commit(world, repo, one) for one in ahead[page]],
        "files": [changed_file(world, repo, head, one) for one in files],
    }


def _signature(one: Signature) -> dict[str, Any]:
    return {"name": one.name, "email": one.email, "date": when(one.at)}
