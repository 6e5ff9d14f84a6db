"""When a merge request may be merged: the words of ``detailed_merge_status``, in their order.

https://docs.gitlab.com/api/merge_requests/#merge-status
"""

from collections.abc import Iterator

from tests.fakes.gitlab.model import ApprovalRule, ExternalStatusCheck, MergeRequest, Pipeline, Project, Tier

ANYBODY = "any_approver"
"""The type of a rule that anybody's approval fulfils."""
ACTIVE = frozenset({"created", "waiting_for_resource", "preparing", "pending", "running"})


def detailed_merge_status(mr: MergeRequest) -> str:
    """The first reason against merging, or ``mergeable``."""
    return next(_reasons(mr), "mergeable")


def refusal(mr: MergeRequest) -> str | None:
    """Why the merge request may not be merged now; None when it may."""
    status = detailed_merge_status(mr)
    return None if status == "mergeable" else status


def current_pipeline(mr: MergeRequest) -> Pipeline | None:
    """The head pipeline, if it ran on the source branch's head or on a merge of it."""
    pipeline = mr.head_pipeline
    if pipeline is None:
        return None
    commit = mr.project.store.commits[pipeline.sha]
    merged = pipeline.merge_request is mr and mr.sha in commit.parents
    return pipeline if merged or pipeline.sha == mr.sha else None


def _reasons(mr: MergeRequest) -> Iterator[str]:
    project = mr.project
    if mr.prepared_at is None:
        yield "preparing"
    if mr.approvals_syncing:
        yield "approvals_syncing"
    if not mr.is_open:
        yield "not_open"
    if mr.draft:
        yield "draft_status"
    if mr.sha == project.branches.get(mr.target_branch):
        yield "commits_status"
    if project.only_allow_merge_if_all_discussions_are_resolved and _unresolved(mr):
        yield "discussions_not_resolved"
    if project.tier is not Tier.FREE:
        yield from _licensed(project, mr)
    if project.store.merged_tree(project.branches[mr.target_branch], mr.sha) is None:
        yield "conflict"
    if project.only_allow_merge_if_pipeline_succeeds:
        yield from _pipeline(project, mr)


def _unresolved(mr: MergeRequest) -> bool:
    return any(note.resolvable and not note.resolved for note in mr.notes)


def _licensed(project: Project, mr: MergeRequest) -> Iterator[str]:
    """What Premium and Ultimate ask for besides."""
    if mr.changes_requested_by:
        yield "requested_changes"
    if any(not satisfied(rule, mr) for rule in mr.rules):
        yield "not_approved"
    if project.tier is Tier.ULTIMATE and project.only_allow_merge_if_all_status_checks_passed:
        latest = {one.check.id: one.status for one in mr.responses if one.sha == mr.sha}
        if any(latest.get(check.id) != "passed" for check in asked_checks(mr)):
            yield "status_checks_must_pass"


def asked_checks(mr: MergeRequest) -> list[ExternalStatusCheck]:
    """The external status checks that apply to the target branch."""
    return [
        one
        for one in mr.project.status_checks
        if not one.protected_branches or mr.target_branch in one.protected_branches
    ]


def eligible(rule: ApprovalRule, mr: MergeRequest) -> set[int]:
    """The accounts whose approval counts for a rule, by id."""
    if rule.rule_type == ANYBODY:
        return {one.user.id for one in mr.approvals}
    able = {user.id for user in rule.users} | {number for group in rule.groups for number in group.members}
    return able if mr.project.merge_requests_author_approval else able - {mr.author.id}


def satisfied(rule: ApprovalRule, mr: MergeRequest) -> bool:
    """Whether enough of the rule's people approved.

    A rule that nobody can fulfil is fulfilled: GitLab approves it by itself
    (https://docs.gitlab.com/user/project/merge_requests/approvals/#invalid-rules).
    """
    able = eligible(rule, mr)
    counted = [one for one in mr.approvals if one.user.id in able]
    possible = (
        rule.approvals_required if rule.rule_type == ANYBODY else min(rule.approvals_required, len(able))
    )
    return len(counted) >= possible


def _pipeline(project: Project, mr: MergeRequest) -> Iterator[str]:
    pipeline = current_pipeline(mr)
    if pipeline is None:
        yield "ci_must_pass"
        return
    skipped = pipeline.status == "skipped" and project.allow_merge_on_skipped_pipeline
    if pipeline.status != "success" and not skipped:
        yield "ci_still_running" if pipeline.status in ACTIVE else "ci_must_pass"
