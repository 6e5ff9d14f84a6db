"""JSON of check runs, annotations and commit statuses."""

from tests.fakes.github.model import CheckRun, Pull, Repo, Status
from tests.fakes.github.registry import Registry
from tests.fakes.github.shapes.people import Json, app, node, user, when
from tests.fakes.github.shapes.repositories import api_url, html_url


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
    """One suite per App, commit and workflow."""
    return int(run.head_sha[:10], 16) + run.app.id + (run.workflow << 48)


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
