"""The parts of GitLab's JSON that we read (https://docs.gitlab.com/api/rest/); the rest is ignored."""

from datetime import datetime

from msgspec import Struct, field


class User(Struct, frozen=True):
    """``UserBasic``; `bot`, mail addresses are only in single users."""

    id: int = 0
    username: str = ""
    state: str = "active"
    bot: bool = False
    public_email: str | None = None


class Project(Struct, frozen=True):
    """``Project``: the settings on which the closing of a merge depends."""

    id: int
    path_with_namespace: str
    only_allow_merge_if_pipeline_succeeds: bool = False
    allow_merge_on_skipped_pipeline: bool | None = None
    only_allow_merge_if_all_discussions_are_resolved: bool | None = None
    only_allow_merge_if_all_status_checks_passed: bool | None = None


class Home(Struct, frozen=True):
    """``Project``, for its default branch alone: null while the repository is empty."""

    default_branch: str | None = None


class Pipeline(Struct, frozen=True):
    """``Ci::Pipeline``. `ref` is a branch or ``refs/merge-requests/<iid>/head``, ``/merge``, ``/train``."""

    id: int
    sha: str
    ref: str | None = None
    project_id: int = 0
    status: str = ""
    source: str = ""
    created_at: datetime | None = None


class DiffRefs(Struct, frozen=True):
    """``DiffRefs``."""

    head_sha: str | None = None


class MergeRequest(Struct, frozen=True):
    """``MergeRequest`` and, in lists, ``MergeRequestBasic`` (without `diff_refs` and `head_pipeline`)."""

    iid: int
    title: str
    state: str
    source_branch: str
    target_branch: str
    web_url: str
    project_id: int
    sha: str | None = None
    author: User | None = None
    draft: bool = False
    source_project_id: int | None = None
    """Null when the fork was deleted."""
    detailed_merge_status: str = ""
    diff_refs: DiffRefs | None = None
    head_pipeline: Pipeline | None = None


class Status(Struct, frozen=True):
    """``CommitStatus``."""

    id: int
    name: str
    status: str
    sha: str
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    ref: str | None = None
    description: str | None = None
    target_url: str | None = None
    author: User | None = None
    pipeline_id: int | None = None


class Job(Struct, frozen=True):
    """``Ci::Job``: a row of a pipeline that CI made, not a status from outside."""

    id: int


class Note(Struct, frozen=True):
    """``Note``."""

    id: int
    body: str
    created_at: datetime
    updated_at: datetime
    author: User | None = None
    system: bool = False
    resolvable: bool = False
    resolved: bool | None = None


class Discussion(Struct, frozen=True):
    """``Discussion``: a thread and its notes."""

    id: str
    notes: list[Note] = field(default_factory=list)


class Award(Struct, frozen=True):
    """``AwardEmoji``; `name` without colons."""

    id: int
    name: str
    user: User | None = None
