"""The parts of GitLab's JSON that only reading needs: Git data, people, approvals, hooks."""

from datetime import datetime

from msgspec import Struct, field

from bot.forges.gitlab.wire import Pipeline, User


class Commit(Struct, frozen=True):
    """``Commit``: names and addresses, but no accounts."""

    id: str
    parent_ids: list[str] = field(default_factory=list)
    message: str = ""
    author_email: str = ""
    committer_email: str = ""


class Branch(Struct, frozen=True):
    """``Branch``."""

    commit: Commit


class Entry(Struct, frozen=True):
    """``TreeObject``; without a size."""

    id: str
    path: str
    mode: str


class Car(Struct, frozen=True):
    """A merge request in a merge train (https://docs.gitlab.com/api/merge_trains/)."""

    target_branch: str
    pipeline: Pipeline | None = None
    merged_at: datetime | None = None


class Approval(Struct, frozen=True):
    """One of ``approved_by``; older servers do not say when."""

    user: User
    approved_at: datetime | None = None


class Approvals(Struct, frozen=True):
    """``MergeRequestApprovals``."""

    approved_by: list[Approval]


class Reviewer(Struct, frozen=True):
    """``MergeRequestReviewer``."""

    user: User
    state: str
    created_at: datetime


class Version(Struct, frozen=True):
    """``MergeRequestDiff``: one push, never changed. `head_commit_sha` is null when it has no commits."""

    created_at: datetime
    head_commit_sha: str | None = None


class PushData(Struct, frozen=True):
    """``PushEventPayload``. `action` is created, removed or pushed."""

    action: str = ""
    ref: str | None = None
    ref_type: str = ""
    commit_to: str | None = None


class PushEvent(Struct, frozen=True):
    """``Event`` of a push."""

    author: User | None = None
    push_data: PushData = field(default_factory=PushData)


class Member(User, frozen=True):
    """``Member``: a user with a level."""

    access_level: int = 0
    membership_state: str = "active"


class Group(Struct, frozen=True):
    """``Group``."""

    id: int


class Repository(Struct, frozen=True):
    """``BasicProjectDetails``."""

    id: int
    path_with_namespace: str


class Hook(Struct, frozen=True):
    """``ProjectHook``. `alert_status` is executable, temporarily_disabled or disabled."""

    id: int
    url: str
    alert_status: str = "executable"
    disabled_until: datetime | None = None
