"""What a GitHub delivery means: which targets to look at again. Pure; the payload decides nothing else."""

from bot.commands import parse
from bot.forges.base import Repository
from bot.store import Installation
from bot.targets import Lookup, Target
from handlers import github_payloads as payloads
from handlers.meaning import MARKER, Meaning
from handlers.payloads import MalformedPayloadError, decode

QUEUE_PREFIX = "gh-readonly-queue/"
REPOSITORIES_AT_ONCE = 200
"""Of an installation; the discovery of the sweep finds the others."""

NOISE = frozenset(
    {
        "assigned",
        "auto_merge_disabled",
        "auto_merge_enabled",
        "demilestoned",
        "dequeued",
        "enqueued",
        "labeled",
        "locked",
        "milestoned",
        "review_request_removed",
        "review_requested",
        "unassigned",
        "unlabeled",
        "unlocked",
    }
)
"""Actions of `pull_request` that change nothing a gate looks at; any other, known or new, counts."""


def read(event: str, body: bytes, *, app_id: int | None) -> Meaning | None:
    """What a verified delivery means; None: an event or action that concerns nobody here.

    `app_id` is the GitHub App we are: its own check runs and suites cause nothing.

    Raises:
        MalformedPayloadError: `body` is not JSON, or lacks a field the event must have.
    """
    match event:
        case "pull_request":
            return _pull_request(decode(body, payloads.PullRequestEvent))
        case "pull_request_review":
            return _review(decode(body, payloads.PullRequestEvent))
        case "issue_comment":
            return _comment(decode(body, payloads.CommentEvent))
        case "check_run" | "check_suite" | "workflow_run" | "status":
            return _check(event, body, app_id)
        case "push":
            return _push(decode(body, payloads.PushEvent))
        case "merge_group":
            return _merge_group(decode(body, payloads.MergeGroupEvent))
        case "installation" | "installation_repositories":
            return _installation(decode(body, payloads.InstallationEvent))
        case _:
            return None


def _pull_request(event: payloads.PullRequestEvent) -> Meaning | None:
    return None if event.action in NOISE else _one_pull(event, event.pull_request.number)


def _review(event: payloads.PullRequestEvent) -> Meaning | None:
    if event.action not in {"submitted", "edited", "dismissed"}:
        return None
    return _one_pull(event, event.pull_request.number)


def _one_pull(event: payloads.Event, number: int) -> Meaning:
    return _meaning(event, Target(repository=_where(event), number=number), number=number)


def _comment(event: payloads.CommentEvent) -> Meaning | None:
    if event.issue.pull_request is None or event.action not in {"created", "edited", "deleted"}:
        return None
    now = event.comment.body or ""
    before = event.changes.body.text if event.changes and event.changes.body else ""
    if MARKER in now or MARKER in before:
        # Ours. Written by ourselves it must not loop; touched by anybody else it is put right.
        matters = event.sender is not None and event.sender != event.comment.user
    else:
        matters = any(parse(text) is not None for text in (now, before))
    return _one_pull(event, event.issue.number) if matters else None


def _check(event: str, body: bytes, app_id: int | None) -> Meaning | None:
    if event == "check_run":
        read_run = decode(body, payloads.CheckRunEvent)
        run = read_run.check_run
        branch = run.check_suite.head_branch if run.check_suite else None
        return _check_on(read_run, run.head_sha, branch, run.app, app_id)
    if event == "workflow_run":
        read_workflow = decode(body, payloads.WorkflowRunEvent)
        workflow = read_workflow.workflow_run
        return _check_on(read_workflow, workflow.head_sha, workflow.head_branch, None, app_id)
    if event == "status":
        return _status(decode(body, payloads.StatusEvent))
    read_suite = decode(body, payloads.CheckSuiteEvent)
    suite = read_suite.check_suite
    return _check_on(read_suite, suite.head_sha, suite.head_branch, suite.app, app_id)


def _check_on(
    event: payloads.Event, head_sha: str, branch: str | None, app: payloads.Id | None, app_id: int | None
) -> Meaning | None:
    ours = app is not None and app.id == app_id
    # Re-runs are asked of the app that owns the check; completions matter when others complete.
    if event.action not in ({"rerequested", "requested_action"} if ours else {"completed"}):
        return None
    if branch is not None and branch.startswith(QUEUE_PREFIX):
        base_sha = branch[-40:]
        return _meaning(event, _group(_where(event), head_sha, base_sha, f"refs/heads/{branch}"))
    # `pull_requests` of the payload is empty for forks: always ask by the head commit.
    return _meaning(event, Lookup(repository=_where(event), head_sha=head_sha))


def _status(event: payloads.StatusEvent) -> Meaning | None:
    """With a token our own status comes too. That is one more look, which then writes nothing."""
    if event.state == "pending":
        return None
    where = _where(event)
    return Meaning(action=event.state, repository=where, jobs=(Lookup(repository=where, head_sha=event.sha),))


def _push(event: payloads.PushEvent) -> Meaning | None:
    branch = event.ref.removeprefix("refs/heads/")
    if event.deleted or branch == event.ref or branch.startswith(QUEUE_PREFIX):
        return None
    return _meaning(event, Lookup(repository=_where(event), base_ref=branch))


def _merge_group(event: payloads.MergeGroupEvent) -> Meaning | None:
    if event.action != "checks_requested":
        return None
    group = event.merge_group
    return _meaning(event, _group(_where(event), group.head_sha, group.base_sha, group.head_ref))


def _group(repository: Repository, head_sha: str, base_sha: str, ref: str) -> Target:
    return Target(
        repository=repository, merge_group_head=head_sha, merge_group_base=base_sha, merge_group_ref=ref
    )


def _installation(event: payloads.InstallationEvent) -> Meaning | None:
    found = event.installation
    if event.action == "deleted":
        return Meaning(action=event.action, removed_installation=found.id)
    installation = Installation(
        forge="github",
        id=found.id,
        account=found.account.login if found.account else "",
        suspended=event.action == "suspend",
    )
    added = (*event.repositories, *event.repositories_added)[:REPOSITORIES_AT_ONCE]
    jobs = tuple(Lookup(repository=_repository(repo, found.id)) for repo in added)
    return Meaning(action=event.action, jobs=jobs, installation=installation)


def _repository(repo: payloads.Repo, installation: int) -> Repository:
    return Repository(forge="github", id=repo.id, full_name=repo.full_name, installation=installation)


def _meaning(event: payloads.Event, job: Target | Lookup, *, number: int | None = None) -> Meaning:
    return Meaning(action=event.action, repository=_where(event), number=number, jobs=(job,))


def _where(event: payloads.Event) -> Repository:
    if event.repository is None:
        raise MalformedPayloadError("the payload names no repository")
    return _repository(event.repository, event.installation.id if event.installation else 0)
