"""What sevengates needs of a forge: one narrow protocol and its values; errors are in `bot.forges.errors`.

Only SHAs name trees; `Forge.revisions` resolves a branch once, as ``refs/heads/…`` (a tag must not
shadow it). Accounts are compared by numeric id, never by login.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.answers import Finding


class ObjectKind(StrEnum):
    """What a tree entry is, from its Git mode (https://git-scm.com/docs/git-fast-import#_filemodify)."""

    FILE = "file"  # 100644, 100755
    SYMLINK = "symlink"  # 120000
    SUBMODULE = "submodule"  # 160000
    DIRECTORY = "directory"  # 040000


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One entry of a tree: Git object id, kind, and size in bytes where the forge says it."""

    oid: str
    kind: ObjectKind
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Tree:
    """A whole recursive tree by path, directories included. `truncated`: the forge left entries out."""

    sha: str
    entries: Mapping[str, TreeEntry]
    truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """One repository of one forge. `installation` is the GitHub App installation id (0: token)."""

    forge: str
    id: int
    full_name: str
    installation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A forge account. `human` is False for apps, bots and organisations."""

    id: int
    login: str
    human: bool = True
    can_write: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """The live state of a pull (merge) request, re-read for every evaluation."""

    number: int
    title: str
    author: Account
    is_open: bool
    is_merged: bool
    is_draft: bool
    base_ref: str  # without refs/heads/
    default_branch: str  # of the repository
    head_sha: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Revisions:
    """The three commits of an evaluation, resolved once: base tip, merge base and head.

    Where the forge tests the merged result, the head is that merge commit, and the merge base the
    commit it is merged into. `queued`: it waits in a merge train or queue, where nobody approves.
    """

    base_sha: str
    merge_base_sha: str
    head_sha: str
    queued: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """Who stands behind one commit (None: nobody the forge knows); `co_authors` are raw trailers."""

    sha: str
    author: Account | None
    committer: Account | None
    co_authors: tuple[str, ...] = ()
    co_author_accounts: tuple[Account, ...] = ()


class ReviewState(StrEnum):
    """A review's state (https://docs.github.com/en/rest/pulls/reviews)."""

    APPROVED = "approved"
    CHANGES_REQUESTED = "changes_requested"
    COMMENTED = "commented"
    DISMISSED = "dismissed"
    PENDING = "pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A review of the pull request, chronological. `commit_sha` may be re-pointed by the forge."""

    id: int
    author: Account
    state: ReviewState
    submitted_at: datetime
    commit_sha: str | None
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A comment on the pull request's conversation. `ours`: written by this bot's own account."""

    id: int
    author: Account
    body: str
    created_at: datetime
    updated_at: datetime
    ours: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What people did; without `commits_complete` (GitHub lists at most 250) no approval counts.

    `heads` are those the pull request ever had, where the forge remembers them. Without
    `pushers_known` (a branch of a fork on GitHub) somebody may have pushed who is not in `pushers`.
    """

    commits: tuple[Commit, ...] = ()
    reviews: tuple[Review, ...] = ()
    comments: tuple[Comment, ...] = ()
    pushers: tuple[Account, ...] = ()
    heads: tuple[str, ...] = ()
    commits_complete: bool = True
    pushers_known: bool = True


class CheckState(StrEnum):
    """All we ever publish. Never neutral or skipped: GitHub lets both pass."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedCheck:
    """A check run or commit status found on a commit; `ours` by identity, never by name alone.

    `conclusion` is the forge's own word, "" while running; `app` the slug or login behind it.
    `pipeline` is the source of the GitLab pipeline whose CI job it is; "" for anything else. `suite`
    tells runs of several workflows apart, "" where the forge does not.
    """

    name: str
    conclusion: str
    app: str
    ours: bool
    external_id: str = ""
    first_published_at: datetime | None = None
    pipeline: str = ""
    suite: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What we publish on a commit: a check run (GitHub App) or a commit status (token, GitLab).

    `summary` is Markdown, at most 65,535 characters. `annotations` are shown at their lines where
    the forge can. `external_id` carries the fingerprints, to be read back from the forge.
    `approvers` could approve the release, or did: for a forge that can demand their approval itself.
    """

    name: str
    head_sha: str
    state: CheckState
    title: str
    summary: str = ""
    annotations: tuple[Finding, ...] = field(default=())
    external_id: str = ""
    approvers: tuple[Account, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A check as it stands (or has no place) at the forge's time, and why it may not close the merge."""

    at: datetime
    problems: tuple[Finding, ...] = ()


class Forge(Protocol):
    """One repository of a forge, seen with our credentials. Every method may raise `ForgeError`."""

    @property
    def repository(self) -> Repository:
        """The repository all methods speak of."""

    def pull_request(self, number: int) -> PullRequest:
        """Live state. Raises NotFoundError."""

    def open_pull_requests(self) -> Iterator[PullRequest]:
        """Every open pull request, for the sweep and for heads shared by several."""

    def revisions(self, pull: PullRequest) -> Revisions:
        """Resolve ``refs/heads/<base_ref>`` and the merge base with the head."""

    def history(self, path: str, sha: str) -> Iterator[str]:
        """SHAs of the commits at or before `sha` that touched `path`, newest first."""

    def tree(self, sha: str) -> Tree:
        """The recursive tree of a commit; sub-trees are walked when the forge truncates."""

    def blob(self, oid: str, *, max_bytes: int) -> bytes:
        """The bytes of a blob. Raises TooLargeError before downloading more than `max_bytes`."""

    def activity(self, pull: PullRequest) -> Activity:
        """All commits, reviews and comments, every page of each."""

    def members(self, owner: str) -> tuple[Account, ...]:
        """Accounts behind a CODEOWNERS owner, with `can_write` now; none for an unknown owner."""

    def checks(self, sha: str) -> tuple[ObservedCheck, ...]:
        """All check runs and commit statuses on a commit."""

    def publish(self, pull: PullRequest, check: Check) -> Standing:
        """Make the check stand on the pull request's commit, without a write if it does."""

    def comment(self, pull: PullRequest, body: str) -> datetime:
        """Make `body` our one comment (marker *and* author id); when, by the forge's clock, it stood."""

    def react(self, pull: PullRequest, comment_id: int, reaction: str) -> None:
        """Answer a command by a reaction ("+1", "-1", "eyes"); harmless when repeated."""
