"""What a GitHub consists of, as plain mutable records; nothing here speaks HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.fakes.git_objects import ObjectStore

ROLES = ("read", "triage", "write", "maintain", "admin")


@dataclass(slots=True, eq=False)
class User:
    id: int
    login: str
    type: str = "User"

    @property
    def email(self) -> str:
        return f"{self.id}+{self.login}@users.noreply.github.com"


@dataclass(slots=True, eq=False)
class Team:
    id: int
    slug: str
    organization: User
    members: list[User] = field(default_factory=list)


@dataclass(slots=True, eq=False, kw_only=True)
class App:
    id: int
    slug: str
    owner: User
    bot: User
    public_key: str
    webhook_secret: str = ""
    permissions: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime


@dataclass(slots=True, eq=False, kw_only=True)
class Comment:
    id: int
    author: User
    body: str
    created_at: datetime
    updated_at: datetime
    app: App | None = None
    reactions: list["Reaction"] = field(default_factory=list)


@dataclass(slots=True, eq=False, kw_only=True)
class Reaction:
    id: int
    author: User
    content: str
    created_at: datetime


@dataclass(slots=True, eq=False, kw_only=True)
class Review:
    id: int
    author: User
    state: str
    body: str
    commit_id: str | None
    submitted_at: datetime | None
    """None while it is a draft of its author."""


@dataclass(slots=True, eq=False, kw_only=True)
class CheckRun:
    id: int
    name: str
    head_sha: str
    app: App
    status: str
    conclusion: str | None
    started_at: datetime
    completed_at: datetime | None
    external_id: str
    details_url: str | None = None
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: list[dict[str, Any]] = field(default_factory=list)
    actions: list[dict[str, Any]] = field(default_factory=list)
    workflow: int = 0
    """With GitHub Actions, runs of different workflows are in different suites."""


@dataclass(slots=True, eq=False, kw_only=True)
class Status:
    id: int
    sha: str
    context: str
    state: str
    description: str | None
    target_url: str | None
    creator: User
    created_at: datetime


@dataclass(slots=True, eq=False, kw_only=True)
class Pull:
    id: int
    number: int
    title: str
    body: str | None
    author: User
    base_ref: str
    head_ref: str
    head_sha: str
    head_owner: User
    created_at: datetime
    updated_at: datetime
    draft: bool = False
    state: str = "open"
    closed_at: datetime | None = None
    merged_at: datetime | None = None
    merged_by: User | None = None
    merge_commit_sha: str | None = None
    comments: list[Comment] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RequiredCheck:
    """A protection rule: this context must be green; `app_id` binds it to one App."""

    context: str
    app_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """An entry of the repository's activity log."""

    id: int
    branch: str
    before: str
    after: str
    actor: User
    kind: str
    at: datetime


@dataclass(slots=True, eq=False, kw_only=True)
class Repo:
    id: int
    name: str
    owner: User
    created_at: datetime
    private: bool = True
    default_branch: str = "main"
    store: ObjectStore = field(default_factory=ObjectStore)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    pulls: dict[int, Pull] = field(default_factory=dict)
    roles: dict[int, str] = field(default_factory=dict)
    """Direct and inherited role by user id; who is absent has none."""
    required_checks: dict[str, list[RequiredCheck]] = field(default_factory=dict)
    check_runs: list[CheckRun] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    pushes: list[Push] = field(default_factory=list)
    tree_limit: int = 100_000
    """Entries after which a recursive tree is truncated."""
    tree_entry_sizes: bool = True

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"

    def can(self, user: User, role: str) -> bool:
        mine = self.roles.get(user.id)
        return mine is not None and ROLES.index(mine) >= ROLES.index(role)


@dataclass(slots=True, eq=False, kw_only=True)
class Installation:
    id: int
    app: App
    account: User
    permissions: dict[str, str]
    created_at: datetime
    repositories: list[Repo] = field(default_factory=list)
    suspended_at: datetime | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Token:
    """A credential: an installation's (narrowed) or a user's own (`installation` is None)."""

    value: str
    user: User
    expires_at: datetime
    installation: Installation | None = None
    repository_ids: frozenset[int] | None = None
    permissions: Mapping[str, str] = field(default_factory=dict)
