"""JSON of approval rules, external status checks and merge trains."""

from tests.fakes.gitlab.licensed import check_status
from tests.fakes.gitlab.merging import eligible, satisfied
from tests.fakes.gitlab.model import ApprovalRule, ExternalStatusCheck, MergeRequest, StatusCheckResponse
from tests.fakes.gitlab.registry import Registry
from tests.fakes.gitlab.shapes.merge_requests import basic_merge_request, pipeline_basic
from tests.fakes.gitlab.shapes.people import Json, group, user, when


def rule(world: Registry, mr: MergeRequest, one: ApprovalRule) -> Json:
    able = eligible(one, mr)
    return {
        "id": one.id,
        "name": one.name,
        "rule_type": one.rule_type,
        "report_type": None,
        "eligible_approvers": [user(world, who) for who in world.users.values() if who.id in able],
        "approvals_required": one.approvals_required,
        "users": [user(world, who) for who in one.users],
        "groups": [group(world, some) for some in one.groups],
        "contains_hidden_groups": False,
        "section": None,
        "source_rule": {"id": one.source_rule_id} if one.source_rule_id else None,
        "overridden": False,
    }


def rule_state(world: Registry, mr: MergeRequest, one: ApprovalRule) -> Json:
    """A rule in the state of approvals: with who approved."""
    able = eligible(one, mr)
    return {
        **rule(world, mr, one),
        "code_owner": False,
        "approved_by": [user(world, a.user) for a in mr.approvals if a.user.id in able],
        "approved": satisfied(one, mr),
    }


def project_check(mr_project_id: int, one: ExternalStatusCheck) -> Json:
    branches = [{"id": place, "name": name} for place, name in enumerate(one.protected_branches, 1)]
    return {
        "id": one.id,
        "name": one.name,
        "project_id": mr_project_id,
        "external_url": one.external_url,
        "hmac": False,
        "protected_branches": branches,
    }


def check(world: Registry, mr: MergeRequest, one: ExternalStatusCheck) -> Json:
    """A check as one merge request has it."""
    return {
        "id": one.id,
        "name": one.name,
        "external_url": one.external_url,
        "status": check_status(mr, one, world.clock.at),
    }


def response(world: Registry, mr: MergeRequest, one: StatusCheckResponse) -> Json:
    return {
        "id": one.id,
        "merge_request": basic_merge_request(world, mr),
        "external_status_check": project_check(mr.project.id, one.check),
    }


def car(world: Registry, mr: MergeRequest) -> Json:
    """A merge request in its merge train."""
    basic = basic_merge_request(world, mr)
    names = (
        "id", "iid", "project_id", "title", "description", "state", "created_at", "updated_at", "web_url",
    )  # fmt: skip
    pipeline = mr.head_pipeline
    return {
        "id": mr.id,
        "merge_request": {name: basic[name] for name in names},
        "user": user(world, pipeline.user if pipeline else mr.author),
        "pipeline": pipeline_basic(world, pipeline) if pipeline else None,
        "created_at": when(pipeline.created_at if pipeline else mr.updated_at),
        "updated_at": when(mr.updated_at),
        "target_branch": mr.target_branch,
        "status": "fresh",
        "merged_at": when(mr.merged_at),
        "duration": None,
    }
