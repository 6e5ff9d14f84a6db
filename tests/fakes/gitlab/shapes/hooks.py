"""The parts webhook payloads are made of (https://docs.gitlab.com/user/project/integrations/webhook_events/)."""

from datetime import datetime
from typing import Any

from tests.fakes.git_objects import CommitObject
from tests.fakes.gitlab.merging import detailed_merge_status
from tests.fakes.gitlab.model import MergeRequest, Note, Project, Reviewer, User
from tests.fakes.gitlab.registry import Registry

Json = dict[str, Any]

STATE_IDS = {"opened": 1, "closed": 2, "merged": 3}
VISIBILITY = {"private": 0, "internal": 10, "public": 20}


def stamp(at: datetime | None) -> str | None:
    """A time as hooks have it, unlike the API."""
    return at.strftime("%Y-%m-%d %H:%M:%S UTC") if at else None


def page(world: Registry, project: Project) -> str:
    return f"{world.url}/{project.path_with_namespace}"


def user(world: Registry, one: User) -> Json:
    return {
        "id": one.id,
        "name": one.name,
        "username": one.username,
        "avatar_url": f"{world.url}/uploads/-/system/user/avatar/{one.id}/avatar.png",
        "email": one.public_email or "[REDACTED]",
    }


def reviewer(world: Registry, one: Reviewer) -> Json:
    return {name: value for name, value in user(world, one.user).items() if name != "email"}


def project_in_pipeline(world: Registry, one: Project) -> Json:
    """A project with the fewest fields."""
    return {
        "id": one.id,
        "name": one.path,
        "description": "",
        "web_url": page(world, one),
        "avatar_url": None,
        "git_ssh_url": ssh_url(world, one),
        "git_http_url": f"{page(world, one)}.git",
        "namespace": one.namespace.name,
        "visibility_level": VISIBILITY[one.visibility],
        "path_with_namespace": one.path_with_namespace,
        "default_branch": one.default_branch,
    }


def ssh_url(world: Registry, one: Project) -> str:
    return f"git@{world.host}:{one.path_with_namespace}.git"


def project(world: Registry, one: Project) -> Json:
    return {
        **project_in_pipeline(world, one),
        "homepage": page(world, one),
        "url": ssh_url(world, one),
        "ssh_url": ssh_url(world, one),
        "http_url": f"{page(world, one)}.git",
    }


def _end(world: Registry, one: Project) -> Json:
    """A project as the source or target of a merge request."""
    return {name: value for name, value in project(world, one).items() if name != "id"}


def repository(world: Registry, one: Project) -> Json:
    return {
        "name": one.path,
        "url": ssh_url(world, one),
        "description": "",
        "homepage": page(world, one),
    }


def commit(world: Registry, within: Project, one: CommitObject) -> Json:
    return {
        "id": one.oid,
        "message": one.message,
        "title": one.message.partition("\n")[0],
        "timestamp": one.committer.at.isoformat(timespec="seconds"),
        "url": f"{page(world, within)}/-/commit/{one.oid}",
        "author": {"name": one.author.name, "email": one.author.email},
    }


def pushed_commit(world: Registry, within: Project, one: CommitObject) -> Json:
    """A commit of a push, with the paths it changed; a renamed file is removed and added."""
    paths: dict[str, list[str]] = {"added": [], "modified": [], "removed": []}
    parent = one.parents[0] if one.parents else None
    for change in within.store.changed_files(parent, one.oid) if parent else []:
        kind = "added" if change.status == "renamed" else change.status
        paths[kind].append(change.path)
        if change.previous:
            paths["removed"].append(change.previous)
    return {**commit(world, within, one), **paths}


def _merge_status(mr: MergeRequest) -> str:
    match detailed_merge_status(mr):
        case "preparing":
            return "preparing"
        case "conflict":
            return "cannot_be_merged"
    return "can_be_merged"


def _core(world: Registry, mr: MergeRequest) -> Json:
    """What a merge request's own hook and that of a note say alike."""
    return {
        "id": mr.id,
        "iid": mr.iid,
        "target_branch": mr.target_branch,
        "source_branch": mr.source_branch,
        "source_project_id": mr.source_project.id,
        "target_project_id": mr.project.id,
        "author_id": mr.author.id,
        "assignee_id": None,
        "title": mr.title,
        "description": mr.description,
        "created_at": stamp(mr.created_at),
        "updated_at": stamp(mr.updated_at),
        "milestone_id": None,
        "state": mr.state,
        "merge_status": _merge_status(mr),
        "detailed_merge_status": detailed_merge_status(mr),
        "work_in_progress": mr.draft,
        "source": _end(world, mr.source_project),
        "target": _end(world, mr.project),
        "last_commit": commit(world, mr.source_project, mr.project.store.commits[mr.sha]),
    }


def merge_request_of_note(world: Registry, mr: MergeRequest) -> Json:
    return {**_core(world, mr), "labels": []}


def merge_request_of_pipeline(world: Registry, mr: MergeRequest) -> Json:
    names = (
        "id", "iid", "title", "source_branch", "source_project_id", "target_branch", "target_project_id",
        "state", "merge_status", "detailed_merge_status",
    )  # fmt: skip
    core = _core(world, mr)
    return {**{name: core[name] for name in names}, "url": merge_request_page(world, mr)}


def merge_request_page(world: Registry, mr: MergeRequest) -> str:
    return f"{page(world, mr.project)}/-/merge_requests/{mr.iid}"


def merge_request(world: Registry, mr: MergeRequest) -> Json:
    return {
        **_core(world, mr),
        "url": merge_request_page(world, mr),
        "assignee_ids": [],
        "reviewer_ids": [one.user.id for one in mr.reviewers],
        "blocking_discussions_resolved": all(one.resolved for one in mr.notes if one.resolvable),
        "first_contribution": False,
        "head_pipeline_id": mr.head_pipeline.id if mr.head_pipeline else None,
        "last_edited_at": None,
        "last_edited_by_id": None,
        "merge_commit_sha": mr.merge_commit_sha,
        "merge_error": None,
        "merge_params": {"force_remove_source_branch": "0"},
        "merge_user_id": mr.merge_user.id if mr.merge_user else None,
        "merge_when_pipeline_succeeds": False,
        "state_id": STATE_IDS[mr.state],
        "time_estimate": 0,
        "total_time_spent": 0,
        "time_change": 0,
        "human_total_time_spent": None,
        "human_time_change": None,
        "human_time_estimate": None,
        "updated_by_id": None,
        "labels": [],
    }


def note(world: Registry, mr: MergeRequest, one: Note, action: str) -> Json:
    return {
        "id": one.id,
        "note": one.body,
        "noteable_type": "MergeRequest",
        "noteable_id": mr.id,
        "author_id": one.author.id,
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.updated_at),
        "project_id": mr.project.id,
        "attachment": None,
        "line_code": None,
        "commit_id": "",
        "system": one.system,
        "st_diff": None,
        "action": action,
        "url": f"{merge_request_page(world, mr)}#note_{one.id}",
    }
