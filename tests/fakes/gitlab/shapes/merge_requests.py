"""JSON of merge requests, their versions, approvals, reviewers and notes."""

from tests.fakes.git_objects import CommitObject
from tests.fakes.gitlab.merging import detailed_merge_status, satisfied
from tests.fakes.gitlab.model import Level, MergeRequest, Note, Pipeline, Reviewer, Tier, User, Version
from tests.fakes.gitlab.registry import Registry
from tests.fakes.gitlab.shapes.people import Json, user, when
from tests.fakes.gitlab.shapes.projects import commit, project_url


def merge_request_url(world: Registry, mr: MergeRequest) -> str:
    return f"{project_url(world, mr.project)}/-/merge_requests/{mr.iid}"


def basic_merge_request(world: Registry, mr: MergeRequest) -> Json:
    """As lists show it."""
    status = detailed_merge_status(mr)
    return {
        "id": mr.id,
        "iid": mr.iid,
        "project_id": mr.project.id,
        "title": mr.title,
        "description": mr.description,
        "state": mr.state,
        "created_at": when(mr.created_at),
        "updated_at": when(mr.updated_at),
        "merged_by": user(world, mr.merge_user) if mr.merge_user else None,
        "merge_user": user(world, mr.merge_user) if mr.merge_user else None,
        "merged_at": when(mr.merged_at),
        "closed_by": user(world, mr.closed_by) if mr.closed_by else None,
        "closed_at": when(mr.closed_at),
        "target_branch": mr.target_branch,
        "source_branch": mr.source_branch,
        "user_notes_count": sum(not note.system for note in mr.notes),
        "upvotes": 0,
        "downvotes": 0,
        "author": user(world, mr.author),
        "assignees": [],
        "assignee": None,
        "reviewers": [user(world, one.user) for one in mr.reviewers],
        "source_project_id": mr.source_project.id,
        "target_project_id": mr.project.id,
        "labels": [],
        "draft": mr.draft,
        "imported": False,
        "imported_from": "none",
        "work_in_progress": mr.draft,
        "milestone": None,
        "merge_when_pipeline_succeeds": False,
        "merge_status": "can_be_merged" if status != "conflict" else "cannot_be_merged",
        "detailed_merge_status": status,
        "merge_after": None,
        "sha": mr.sha,
        "merge_commit_sha": mr.merge_commit_sha,
        "squash_commit_sha": None,
        "discussion_locked": None,
        "should_remove_source_branch": None,
        "force_remove_source_branch": False,
        "prepared_at": when(mr.prepared_at),
        "reference": f"!{mr.iid}",
        "references": {
            "short": f"!{mr.iid}",
            "relative": f"!{mr.iid}",
            "full": f"{mr.project.path_with_namespace}!{mr.iid}",
        },
        "web_url": merge_request_url(world, mr),
        "time_stats": {"time_estimate": 0, "total_time_spent": 0},
        "squash": False,
        "squash_on_merge": False,
        "task_completion_status": {"count": 0, "completed_count": 0},
        "has_conflicts": status == "conflict",
        "blocking_discussions_resolved": all(note.resolved for note in mr.notes if note.resolvable),
    }


def merge_request(world: Registry, mr: MergeRequest, reader: User) -> Json:
    """As a single one is shown; the diff's references are null while it is prepared."""
    newest = mr.versions[-1] if mr.versions else None
    return {
        **basic_merge_request(world, mr),
        "subscribed": False,
        "changes_count": str(len(_changes(mr, newest))) if newest else None,
        "latest_build_started_at": None,
        "latest_build_finished_at": None,
        "first_deployed_to_production_at": None,
        "pipeline": pipeline_basic(world, mr.head_pipeline) if mr.head_pipeline else None,
        "head_pipeline": head_pipeline(world, mr.head_pipeline) if mr.head_pipeline else None,
        "diff_refs": {
            "base_sha": newest.base_commit_sha,
            "head_sha": newest.head_commit_sha,
            "start_sha": newest.start_commit_sha,
        }
        if newest
        else None,
        "merge_error": None,
        "first_contribution": False,
        "user": {"can_merge": mr.project.can(reader, Level.DEVELOPER)},
    }


def _changes(mr: MergeRequest, newest: Version) -> list[str]:
    changed = mr.project.store.changed_files(newest.base_commit_sha, newest.head_commit_sha)
    return [one.path for one in changed]


def pipeline_basic(world: Registry, one: Pipeline) -> Json:
    return {
        "id": one.id,
        "iid": one.iid,
        "project_id": one.project.id,
        "sha": one.sha,
        "ref": one.ref,
        "status": one.status,
        "source": one.source,
        "created_at": when(one.created_at),
        "updated_at": when(one.updated_at),
        "web_url": f"{project_url(world, one.project)}/-/pipelines/{one.id}",
    }


def head_pipeline(world: Registry, one: Pipeline) -> Json:
    return {
        **pipeline_basic(world, one),
        "before_sha": "0" * 40,
        "tag": False,
        "yaml_errors": None,
        "user": user(world, one.user),
        "started_at": when(one.created_at),
        "finished_at": None,
        "committed_at": None,
        "duration": None,
        "queued_duration": None,
        "coverage": None,
        "archived": False,
    }


def listed_commit(world: Registry, mr: MergeRequest, one: CommitObject) -> Json:
    """A commit of a merge request's list, which does not know the parents."""
    return {**commit(world, mr.project, one), "parent_ids": []}


def version(mr: MergeRequest, one: Version) -> Json:
    return {
        "id": one.id,
        "head_commit_sha": one.head_commit_sha,
        "base_commit_sha": one.base_commit_sha,
        "start_commit_sha": one.start_commit_sha,
        "created_at": when(one.created_at),
        "merge_request_id": mr.id,
        "state": "collected",
        "real_size": str(len(_changes(mr, one))),
        "patch_id_sha": None,
    }


def approvals(world: Registry, mr: MergeRequest, reader: User) -> Json:
    """Who approved and when; older servers leave the time out, and none has a SHA."""
    approved_by = [
        {"user": user(world, one.user)}
        | ({"approved_at": when(one.at)} if world.tells_approval_times else {})
        for one in mr.approvals
    ]
    body: Json = {
        "id": mr.id,
        "iid": mr.iid,
        "project_id": mr.project.id,
        "title": mr.title,
        "description": mr.description,
        "state": mr.state,
        "created_at": when(mr.created_at),
        "updated_at": when(mr.updated_at),
        "merge_status": "can_be_merged",
        "approved": bool(mr.approvals) and all(satisfied(rule, mr) for rule in mr.rules),
        "user_has_approved": any(one.user is reader for one in mr.approvals),
        "user_can_approve": mr.project.can(reader, Level.DEVELOPER),
        "approved_by": approved_by,
    }
    if mr.project.tier is not Tier.FREE:
        wanted = max((rule.approvals_required for rule in mr.rules), default=0)
        body |= {"approvals_required": wanted, "approvals_left": max(0, wanted - len(mr.approvals))}
    return body


def reviewer(world: Registry, one: Reviewer) -> Json:
    return {"user": user(world, one.user), "state": one.state, "created_at": when(one.created_at)}


def note(world: Registry, mr: MergeRequest, one: Note) -> Json:
    body: Json = {
        "id": one.id,
        "type": None if one.individual else "DiscussionNote",
        "body": one.body,
        "author": user(world, one.author),
        "created_at": when(one.created_at),
        "updated_at": when(one.updated_at),
        "system": one.system,
        "noteable_id": mr.id,
        "noteable_type": "MergeRequest",
        "project_id": mr.project.id,
        "resolvable": one.resolvable,
        "confidential": False,
        "internal": False,
        "imported": False,
        "imported_from": "none",
        "noteable_iid": mr.iid,
        "commands_changes": {},
    }
    if one.resolvable:
        body |= {
            "resolved": one.resolved,
            "resolved_by": user(world, one.resolved_by) if one.resolved_by else None,
            "resolved_at": when(one.resolved_at),
        }
    return body
