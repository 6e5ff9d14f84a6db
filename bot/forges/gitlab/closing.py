"""What closes a merge beside the status in its pipeline, as far as the tier of GitLab has it.

- An external status check named like ours (Ultimate) is answered; where "Status checks must
  succeed" is on, nothing else is needed.
- An approval rule of the merge request (Premium, opt-in) asks for one of those who may release.
- A thread that only we resolve (any tier, opt-in) closes the merge where all threads must be
  resolved. Anybody may resolve it by hand: it is a second lock only.

And the settings of the project that leave the status advisory are named, each with its cure.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.answers import Finding
from bot.forges.base import Check, CheckState, PullRequest
from bot.forges.errors import NotFoundError, NotReadyError, UnauthorizedError
from bot.forges.gitlab import wire
from bot.forges.gitlab.errors import ConflictError
from bot.forges.gitlab.pipelines import is_interim
from bot.forges.gitlab.threads import keep_thread
from bot.forges.gitlab.view import View
from bot.forges.gitlab.wire_publishing import ApprovalRule, StatusCheck

GATE = "sevengates"
"""The check that decides; others, such as that of the policy, only inform."""
RULE = "sevengates: release lead"

_ANSWERS = {CheckState.PENDING: "pending", CheckState.SUCCESS: "passed", CheckState.FAILURE: "failed"}

_PIPELINE_NOT_REQUIRED = Finding(
    code="closing.pipeline-not-required",
    text='A merge does not wait for our status: "Pipelines must succeed" is off.',
    fix='Turn on "Pipelines must succeed" in the settings of the project.',
)
_SKIPPED_PIPELINE = Finding(
    code="closing.skipped-pipeline",
    text='A push with [skip ci] opens the merge: "Skipped pipelines are considered successful" is on.',
    fix='Turn off "Skipped pipelines are considered successful" in the settings of the project.',
)
_STATUS_CHECKS_NOT_REQUIRED = Finding(
    code="closing.status-checks-not-required",
    text="A merge does not wait for the external status check that we answer: "
    '"Status checks must succeed" is off.',
    fix='Turn on "Status checks must succeed" in the settings of the project.',
)
_THREADS_NOT_REQUIRED = Finding(
    code="closing.threads-not-required",
    text='A merge does not wait for our thread: "All threads must be resolved" is off.',
    fix='Turn on "All threads must be resolved" in the settings of the project.',
)
_NO_APPROVAL_RULES = Finding(
    code="closing.no-approval-rules",
    text="GitLab lets us set no approval rule: its tier has none, our account is no maintainer, or "
    '"Prevent editing approval rules in merge requests" is on.',
    fix="Make the bot a Maintainer and turn that setting off, or unset GITLAB_APPROVAL_RULE.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What the operator opted in to: an approval rule (Premium), a thread that only we resolve (any tier)."""

    approval_rule: bool = False
    thread: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """Why the merge may not be closed. `is_enough`: it is closed whatever the pipeline says."""

    problems: tuple[Finding, ...] = ()
    is_enough: bool = False


def close(view: View, pull: PullRequest, check: Check, our_user_id: int, closing: Closing) -> Closed:
    """Make everything beside the pipeline say what `check` says.

    Raises:
        NotReadyError: the head of the merge request moved.
    """
    answered = _answer_status_check(view, pull, check)
    if check.name != GATE:
        return Closed()
    if closing.thread:
        keep_thread(view, pull.number, check, our_user_id)
    if is_interim(check):  # nobody is named, and nobody told of problems, yet
        return Closed()
    problems = [*_keep_rule(view, pull, check)] if closing.approval_rule else []
    project = view.get("reading the settings", "", wire.Project)
    is_enough = answered and bool(project.only_allow_merge_if_all_status_checks_passed)
    problems += _gaps(project, closing, answered=answered, is_enough=is_enough)
    return Closed(problems=tuple(problems), is_enough=is_enough)


def _gaps(project: wire.Project, closing: Closing, *, answered: bool, is_enough: bool) -> Iterator[Finding]:
    if not is_enough and not project.only_allow_merge_if_pipeline_succeeds:
        yield _PIPELINE_NOT_REQUIRED
    elif not is_enough and project.allow_merge_on_skipped_pipeline:
        yield _SKIPPED_PIPELINE
    if answered and not is_enough:
        yield _STATUS_CHECKS_NOT_REQUIRED
    if closing.thread and not project.only_allow_merge_if_all_discussions_are_resolved:
        yield _THREADS_NOT_REQUIRED


def _answer_status_check(view: View, pull: PullRequest, check: Check) -> bool:
    """Whether GitLab asks for an external status check of this name on this merge request.

    GitLab itself fails one that is pending for two minutes
    (https://docs.gitlab.com/user/project/merge_requests/status_checks/).
    """
    number, wanted = pull.number, _ANSWERS[check.state]
    what, path = f"listing the status checks of merge request {number}", f"/merge_requests/{number}"
    try:
        asked = [
            one for one in view.pages(what, f"{path}/status_checks", StatusCheck) if one.name == check.name
        ]
    except (NotFoundError, UnauthorizedError):
        return False  # not this tier
    for one in asked:
        if one.status == wanted or (wanted, one.status) == ("pending", "failed"):
            continue
        body = {"sha": pull.head_sha, "external_status_check_id": one.id, "status": wanted}
        what = f"answering status check {one.name} of merge request {number}"
        try:
            view.send(what, "POST", f"{path}/status_check_responses", object, body)
        except ConflictError:
            raise NotReadyError(f"{what}: its head moved") from None
    return bool(asked)


def _keep_rule(view: View, pull: PullRequest, check: Check) -> tuple[Finding, ...]:
    """Let the merge request demand the approval of one of `check.approvers`, while there is a release.

    Nobody to name is no reason to open: GitLab takes a rule without approvers as fulfilled.
    """
    path = f"/merge_requests/{pull.number}/approval_rules"
    try:
        rule = next(
            (r for r in view.pages("listing the approval rules", path, ApprovalRule) if r.name == RULE), None
        )
        if check.approvers:
            _demand(view, path, rule, sorted(account.id for account in check.approvers))
        elif rule is not None and check.state is CheckState.SUCCESS:
            view.send("removing our approval rule", "DELETE", f"{path}/{rule.id}", object)
    except (NotFoundError, UnauthorizedError):
        return (_NO_APPROVAL_RULES,)
    return ()


def _demand(view: View, path: str, rule: ApprovalRule | None, users: list[int]) -> None:
    wanted: dict[str, object] = {"name": RULE, "approvals_required": 1, "user_ids": users}
    if rule is None:
        view.send("adding our approval rule", "POST", path, object, wanted)
    elif (rule.approvals_required, sorted(u.id for u in rule.users), rule.groups) != (1, users, []):
        what = "updating our approval rule"
        view.send(what, "PUT", f"{path}/{rule.id}", object, {**wanted, "group_ids": []})
