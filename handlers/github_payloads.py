"""The fields of GitHub's payloads that are read, with their types; everything else is skipped.

https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from handlers.payloads import Line, Number, Sha

Word = Annotated[str, Meta(pattern=r"\A[a-z_]{0,50}\Z")]
Name = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{1,100}/(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100}\Z")]


class Id(Struct):
    """Any object of which only the id matters."""

    id: Number


class Repo(Struct):
    """A repository."""

    id: Number
    full_name: Name


class Event(Struct):
    """What most events have; which of it they need, each says itself."""

    action: Word = ""
    repository: Repo | None = None
    installation: Id | None = None


class Pull(Struct):
    """A pull request."""

    number: Number


class PullRequestEvent(Event, kw_only=True):
    """`pull_request` and `pull_request_review`."""

    pull_request: Pull


class Issue(Struct):
    """An issue; a pull request when `pull_request` is there."""

    number: Number
    pull_request: dict[str, object] | None = None


class Comment(Struct):
    """A comment; its author may be gone."""

    body: str | None = None
    user: Id | None = None


class OldText(Struct):
    """The text before an edit."""

    text: str = msgspec.field(name="from", default="")


class Changes(Struct):
    """What an edit changed."""

    body: OldText | None = None


class CommentEvent(Event, kw_only=True):
    """`issue_comment`."""

    issue: Issue
    comment: Comment
    sender: Id | None = None
    changes: Changes | None = None


class Suite(Struct):
    """A check suite; `app` is who owns it."""

    head_sha: Sha
    head_branch: Line | None = None
    app: Id | None = None


class SuiteBranch(Struct):
    """The branch a check run belongs to; null for forks."""

    head_branch: Line | None = None


class Run(Struct):
    """A check run; `app` is who owns it."""

    head_sha: Sha
    app: Id | None = None
    check_suite: SuiteBranch | None = None


class CheckRunEvent(Event, kw_only=True):
    """`check_run`."""

    check_run: Run


class CheckSuiteEvent(Event, kw_only=True):
    """`check_suite`."""

    check_suite: Suite


class StatusEvent(Event, kw_only=True):
    """`status`: a commit status was set, by an App or with a token."""

    sha: Sha
    state: Word


class WorkflowRun(Struct):
    """A run of GitHub Actions."""

    head_sha: Sha
    head_branch: Line | None = None


class WorkflowRunEvent(Event, kw_only=True):
    """`workflow_run`."""

    workflow_run: WorkflowRun


class PushEvent(Event, kw_only=True):
    """`push`."""

    ref: Line
    deleted: bool = False


class Group(Struct):
    """A merge group: the commit that would land, and what it is built on."""

    head_sha: Sha
    head_ref: Line
    base_sha: Sha


class MergeGroupEvent(Event, kw_only=True):
    """`merge_group`."""

    merge_group: Group


class Account(Struct):
    """A user or organisation; an enterprise has no login."""

    login: Line = ""


class Installation(Struct):
    """An installation of the App."""

    id: Number
    account: Account | None = None


class InstallationEvent(Struct, kw_only=True):
    """`installation` and `installation_repositories`."""

    action: Word = ""
    installation: Installation
    repositories: list[Repo] = []
    repositories_added: list[Repo] = []
