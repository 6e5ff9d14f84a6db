"""What a GitLab consists of, as plain mutable records; nothing here speaks HTTP.

Acts (`world.py`, `pipelines.py`) change these records, routes read them, shapes write them as JSON.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

from tests.fakes.git_objects import ObjectStore


class Level(IntEnum):
    """Access levels (https://docs.gitlab.com/api/members/#roles)."""

    GUEST = 10
    PLANNER = 15
    REPORTER = 20
    DEVELOPER = 30
    MAINTAINER = 40
    OWNER = 50


class Tier(StrEnum):
    FREE = "free"
    PREMIUM = "premium"
    ULTIMATE = "ultimate"


@dataclass(slots=True, eq=False, kw_only=True)
class User:
    id: int
    username: str
    name: str
    bot: bool = False
    state: str = "active"
    """``active`` or ``blocked``."""
    public_email: str = ""
    """Shown to everybody, and found by ``GET /users?search=``."""
    commit_email: str = ""
    """What the user's commits carry; "" for the private commit address."""


@dataclass(slots=True, eq=False, kw_only=True)
class Group:
    id: int
    name: str
    path: str
    parent: "Group | None" = None
    members: dict[int, Level] = field(default_factory=dict)
    """Direct members by user id."""

    @property
    def full_path(self) -> str:
        return f"{self.parent.full_path}/{self.path}" if self.parent else self.path

    def lineage(self) -> Iterator["Group"]:
        """The group and the groups above it, nearest first."""
        here: Group | None = self
        while here is not None:
            yield here
            here = here.parent


@dataclass(slots=True, eq=False, kw_only=True)
class Award:
    """An emoji on a note; `name` without colons."""

    id: int
    name: str
    user: User
    created_at: datetime


@dataclass(slots=True, eq=False, kw_only=True)
class Note:
    id: int
    author: User
    body: str
    created_at: datetime
    updated_at: datetime
    last_edited_at: datetime | None = None
    """Of the text; `updated_at` moves with other things too."""
    system: bool = False
    discussion_id: str
    """Every note is in a discussion; that of a plain note is its own (`individual`)."""
    individual: bool = True
    resolvable: bool = False
    resolved_by: User | None = None
    resolved_at: datetime | None = None
    awards: list[Award] = field(default_factory=list)

    @property
    def resolved(self) -> bool:
        return self.resolved_at is not None


@dataclass(slots=True, eq=False, kw_only=True)
class Discussion:
    """A thread; its notes are also in `MergeRequest.notes`."""

    id: str
    notes: list[Note] = field(default_factory=list)

    @property
    def resolved(self) -> bool:
        return all(note.resolved for note in self.notes if note.resolvable)


FINISHED = frozenset({"success", "failed", "canceled", "skipped"})
"""Statuses of rows and pipelines that only a new row changes."""


@dataclass(slots=True, eq=False, kw_only=True)
class CommitStatus:
    """One row of a pipeline: a status from outside (`generic`) or a CI job."""

    id: int
    name: str
    status: str
    sha: str
    ref: str
    author: User
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    description: str | None = None
    target_url: str | None = None
    allow_failure: bool = False
    retried: bool = False
    """A newer row of the same name took its place; lists leave it out unless ``all=true``."""
    generic: bool = True
    stage: str = "external"


@dataclass(slots=True, eq=False, kw_only=True)
class Pipeline:
    id: int
    iid: int
    project: "Project"
    sha: str
    ref: str
    """A branch, or ``refs/merge-requests/<iid>/head``, ``/merge``, ``/train``."""
    source: str
    """``push``, ``merge_request_event``, ``external`` …"""
    status: str
    user: User
    created_at: datetime
    updated_at: datetime
    statuses: list[CommitStatus] = field(default_factory=list)
    merge_request: "MergeRequest | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A diff version of a merge request: one per push, never changed."""

    id: int
    head_commit_sha: str
    base_commit_sha: str
    start_commit_sha: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Approval:
    """No SHA: GitLab does not say what was approved."""

    user: User
    at: datetime


@dataclass(slots=True, eq=False, kw_only=True)
class Reviewer:
    user: User
    state: str
    """``unreviewed``, ``reviewed``, ``requested_changes``, ``approved``, ``unapproved``, ``review_started``."""
    created_at: datetime


@dataclass(slots=True, eq=False, kw_only=True)
class ApprovalRule:
    """A rule of a project or, as its copy or of its own, of a merge request (Premium)."""

    id: int
    name: str
    approvals_required: int
    users: list[User] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    rule_type: str = "regular"
    source_rule_id: int | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class ExternalStatusCheck:
    """A status check of a project (Ultimate)."""

    id: int
    name: str
    external_url: str
    protected_branches: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusCheckResponse:
    id: int
    check: ExternalStatusCheck
    sha: str
    status: str
    at: datetime


@dataclass(slots=True, eq=False, kw_only=True)
class MergeRequest:
    id: int
    iid: int
    title: str
    """With the prefix ``Draft: `` of a draft: GitLab keeps that flag nowhere else."""
    description: str
    author: User
    source_project: "Project"
    project: "Project"
    """The target project, to which `iid` belongs."""
    source_branch: str
    target_branch: str
    sha: str
    created_at: datetime
    updated_at: datetime
    state: str = "opened"
    """``opened``, ``closed``, ``merged``."""
    prepared_at: datetime | None = None
    """None until GitLab made its diffs; then ``detailed_merge_status`` is ``preparing``."""
    versions: list[Version] = field(default_factory=list)
    approvals: list[Approval] = field(default_factory=list)
    approvals_syncing: bool = False
    """A push will reset the approvals, and did not yet."""
    reviewers: list[Reviewer] = field(default_factory=list)
    changes_requested_by: list[User] = field(default_factory=list)
    """Blocks on Premium until that user approves; not all of them are reviewers."""
    notes: list[Note] = field(default_factory=list)
    """Every note, system notes and those of threads too, oldest first."""
    discussions: list[Discussion] = field(default_factory=list)
    pipelines: list[Pipeline] = field(default_factory=list)
    """Oldest first; the last one is the head pipeline if `head_pipeline` says so."""
    head_pipeline: Pipeline | None = None
    rules: list[ApprovalRule] = field(default_factory=list)
    responses: list[StatusCheckResponse] = field(default_factory=list)
    merge_user: User | None = None
    merged_at: datetime | None = None
    merge_commit_sha: str | None = None
    closed_by: User | None = None
    closed_at: datetime | None = None

    @property
    def draft(self) -> bool:
        return self.title.startswith("Draft: ")

    @property
    def is_open(self) -> bool:
        return self.state == "opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class PushEvent:
    id: int
    branch: str
    before: str | None
    after: str
    commits: int
    author: User
    at: datetime


HOOK_EVENTS = ("push", "merge_requests", "note", "pipeline", "job")


@dataclass(slots=True, eq=False, kw_only=True)
class Hook:
    """A webhook of a project."""

    id: int
    url: str
    created_at: datetime
    token: str = ""
    signing_token: str = ""
    """``whsec_…``; "" when none is set."""
    events: set[str] = field(default_factory=lambda: set(HOOK_EVENTS))
    failures: int = 0
    disabled_until: datetime | None = None
    alert_status: str = "executable"
    """``executable``, ``temporarily_disabled`` or ``disabled``."""


@dataclass(slots=True, eq=False, kw_only=True)
class Project:
    id: int
    path: str
    namespace: Group
    created_at: datetime
    visibility: str = "private"
    default_branch: str = "main"
    tier: Tier = Tier.FREE
    only_allow_merge_if_pipeline_succeeds: bool = False
    only_allow_merge_if_all_discussions_are_resolved: bool = False
    only_allow_merge_if_all_status_checks_passed: bool = False
    allow_merge_on_skipped_pipeline: bool = False
    merge_pipelines_enabled: bool = False
    merge_trains_enabled: bool = False
    merge_requests_author_approval: bool = False
    """Premium: whether an author may approve his own merge request; on Free he always may."""
    prevent_editing_rules: bool = False
    """Premium: whether the rules of merge requests are closed to everybody, maintainers too."""
    reset_approvals_on_push: bool = False
    """Premium; a push marks the merge request `approvals_syncing` until `World.sync_approvals`."""
    store: ObjectStore = field(default_factory=ObjectStore)
    """Shared by a project and its forks."""
    branches: dict[str, str] = field(default_factory=dict)
    protected: set[str] = field(default_factory=set)
    """Branches to which maintainers alone push and merge."""
    tags: dict[str, str] = field(default_factory=dict)
    members: dict[int, Level] = field(default_factory=dict)
    """Direct members by user id."""
    invited: list[tuple[Group, Level]] = field(default_factory=list)
    """Groups invited to the project, with the highest level their members get."""
    merge_requests: dict[int, MergeRequest] = field(default_factory=dict)
    pipelines: list[Pipeline] = field(default_factory=list)
    rules: list[ApprovalRule] = field(default_factory=list)
    status_checks: list[ExternalStatusCheck] = field(default_factory=list)
    train: list[MergeRequest] = field(default_factory=list)
    """Merge requests in the merge train, first to merge first."""
    pushes: list[PushEvent] = field(default_factory=list)
    hooks: list[Hook] = field(default_factory=list)
    forked_from: "Project | None" = None

    @property
    def path_with_namespace(self) -> str:
        return f"{self.namespace.full_path}/{self.path}"

    def level(self, user: User) -> Level | None:
        """The highest of the direct, inherited and invited levels; None for a stranger."""
        levels = [holder.members[user.id] for holder in self._holders() if user.id in holder.members]
        levels += [
            min(group.members[user.id], most) for group, most in self.invited if user.id in group.members
        ]
        return max(levels, default=None)

    def may_update(self, user: User, branch: str) -> bool:
        return branch not in self.protected or self.can(user, Level.MAINTAINER)

    def _holders(self) -> Iterator["Project | Group"]:
        yield self
        yield from self.namespace.lineage()

    def can(self, user: User, level: Level) -> bool:
        mine = self.level(user)
        return mine is not None and mine >= level and user.state == "active"


@dataclass(slots=True, eq=False, kw_only=True)
class Token:
    """A personal access token; a project's token belongs to a bot user of its own."""

    value: str
    user: User
    scopes: tuple[str, ...] = ("api",)
    revoked: bool = False
