"""What a GitHub delivery means: which targets to look at again. Pure; the payload decides nothing else.

Only the fields named here are decoded, with their types; everything else in the payload is skipped.
https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from dataclasses import dataclass
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from bot.commands import parse
from bot.forges.base import Repository
from bot.store import Installation
from bot.targets import Lookup, Target

MARKER = "<!-- sevengates"
QUEUE_PREFIX = "gh-readonly-queue/"
REPOSITORIES_AT_ONCE = 200
"""Of an installation; the discovery of the sweep finds the others."""

Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Word = Annotated[str, Meta(pattern=r"\A[a-z_]{0,50}\Z")]
Name = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{1,100}/(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100}\Z")]
Sha = Annotated[str, Meta(pattern=r"\A(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")]
Line = Annotated[str, Meta(pattern=r"\A[^\x00-\x1f\x7f]{0,255}\Z")]

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


class MalformedPayloadError(Exception):
    """A signed payload without the fields its event must have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What to do about one delivery.

    `installation` is to be saved, `removed_installation` (an id) to be forgotten.
    """

    action: str = ""
    repository: Repository | None = None
    number: int | None = None
    jobs: tuple[Target | Lookup, ...] = ()
    installation: Installation | None = None
    removed_installation: int | None = None


class _Id(Struct):
    id: Number


class _Repo(Struct):
    id: Number
    full_name: Name


class _Event(Struct):
    action: Word = ""
    repository: _Repo | None = None
    installation: _Id | None = None

    def meaning(self, *jobs: Target | Lookup, number: int | None = None) -> Meaning:
        return Meaning(action=self.action, repository=self.where(), number=number, jobs=jobs)

    def where(self) -> Repository:
        if self.repository is None:
            raise MalformedPayloadError("the payload names no repository")
        return _repository(self.repository, self.installation.id if self.installation else 0)


class _Pull(Struct):
    number: Number


class _PullRequestEvent(_Event, kw_only=True):
    pull_request: _Pull


class _Issue(Struct):
    number: Number
    pull_request: dict[str, object] | None = None


class _Comment(Struct):
    body: str | None = None
    user: _Id | None = None


class _OldText(Struct):
    text: str = msgspec.field(name="from", default="")


class _Changes(Struct):
    body: _OldText | None = None


class _CommentEvent(_Event, kw_only=True):
    issue: _Issue
    comment: _Comment
    sender: _Id | None = None
    changes: _Changes | None = None


class _Suite(Struct):
    head_sha: Sha
    head_branch: Line | None = None
    app: _Id | None = None


class _SuiteBranch(Struct):
    head_branch: Line | None = None


class _Run(Struct):
    head_sha: Sha
    app: _Id | None = None
    check_suite: _SuiteBranch | None = None


class _CheckRunEvent(_Event, kw_only=True):
    check_run: _Run


class _CheckSuiteEvent(_Event, kw_only=True):
    check_suite: _Suite


class _PushEvent(_Event, kw_only=True):
    ref: Line
    deleted: bool = False


class _Group(Struct):
    head_sha: Sha
    head_ref: Line
    base_sha: Sha


class _MergeGroupEvent(_Event, kw_only=True):
    merge_group: _Group


class _Account(Struct):
    login: Line = ""


class _Installation(Struct):
    id: Number
    account: _Account | None = None


class _InstallationEvent(Struct, kw_only=True):
    action: Word = ""
    installation: _Installation
    repositories: list[_Repo] = []
    repositories_added: list[_Repo] = []


def read(event: str, body: bytes, *, app_id: int | None) -> Meaning | None:
    """What a verified delivery means; None: an event or action that concerns nobody here.

    `app_id` is the GitHub App we are: its own check runs and suites cause nothing.

    Raises:
        MalformedPayloadError: `body` is not JSON, or lacks a field the event must have.
    """
    match event:
        case "pull_request":
            return _pull_request(_decode(body, _PullRequestEvent))
        case "pull_request_review":
            return _review(_decode(body, _PullRequestEvent))
        case "issue_comment":
            return _comment(_decode(body, _CommentEvent))
        case "check_run" | "check_suite":
            return _check(event, body, app_id)
        case "push":
            return _push(_decode(body, _PushEvent))
        case "merge_group":
            return _merge_group(_decode(body, _MergeGroupEvent))
        case "installation" | "installation_repositories":
            return _installation(_decode(body, _InstallationEvent))
        case _:
            return None


T = TypeVar("T")


def _decode(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise MalformedPayloadError(str(error)) from error


def _pull_request(event: _PullRequestEvent) -> Meaning | None:
    return None if event.action in NOISE else _one_pull(event, event.pull_request.number)


def _review(event: _PullRequestEvent) -> Meaning | None:
    if event.action not in {"submitted", "edited", "dismissed"}:
        return None
    return _one_pull(event, event.pull_request.number)


def _one_pull(event: _Event, number: int) -> Meaning:
    return event.meaning(Target(repository=event.where(), number=number), number=number)


def _comment(event: _CommentEvent) -> Meaning | None:
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
        read_run = _decode(body, _CheckRunEvent)
        run = read_run.check_run
        branch = run.check_suite.head_branch if run.check_suite else None
        return _check_on(read_run, run.head_sha, branch, run.app, app_id)
    read_suite = _decode(body, _CheckSuiteEvent)
    suite = read_suite.check_suite
    return _check_on(read_suite, suite.head_sha, suite.head_branch, suite.app, app_id)


def _check_on(
    event: _Event, head_sha: str, branch: str | None, app: _Id | None, app_id: int | None
) -> Meaning | None:
    ours = app is not None and app.id == app_id
    # Re-runs are asked of the app that owns the check; completions matter when others complete.
    if event.action not in ({"rerequested", "requested_action"} if ours else {"completed"}):
        return None
    if branch is not None and branch.startswith(QUEUE_PREFIX):
        base_sha = branch[-40:]
        return event.meaning(_group(event.where(), head_sha, base_sha, f"refs/heads/{branch}"))
    # `pull_requests` of the payload is empty for forks: always ask by the head commit.
    return event.meaning(Lookup(repository=event.where(), head_sha=head_sha))


def _push(event: _PushEvent) -> Meaning | None:
    branch = event.ref.removeprefix("refs/heads/")
    if event.deleted or branch == event.ref or branch.startswith(QUEUE_PREFIX):
        return None
    return event.meaning(Lookup(repository=event.where(), base_ref=branch))


def _merge_group(event: _MergeGroupEvent) -> Meaning | None:
    if event.action != "checks_requested":
        return None
    group = event.merge_group
    return event.meaning(_group(event.where(), group.head_sha, group.base_sha, group.head_ref))


def _group(repository: Repository, head_sha: str, base_sha: str, ref: str) -> Target:
    return Target(
        repository=repository, merge_group_head=head_sha, merge_group_base=base_sha, merge_group_ref=ref
    )


def _installation(event: _InstallationEvent) -> Meaning | None:
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


def _repository(repo: _Repo, installation: int) -> Repository:
    return Repository(forge="github", id=repo.id, full_name=repo.full_name, installation=installation)
