"""The parts of GitHub's JSON that we read (https://docs.github.com/en/rest); the rest is ignored."""

from datetime import datetime

from msgspec import Struct, field


class User(Struct, frozen=True):
    """``simple-user``. `id` is 0 in the empty object that stands for "nobody"."""

    id: int = 0
    login: str = ""
    type: str = ""


class App(Struct, frozen=True):
    """``integration``."""

    id: int
    slug: str = ""


class Repository(Struct, frozen=True):
    """``repository``."""

    id: int
    full_name: str
    default_branch: str = ""


class Side(Struct, frozen=True):
    """Head or base of a pull request; `repo` is null when its fork was deleted."""

    ref: str
    sha: str
    repo: Repository | None = None


class Pull(Struct, frozen=True):
    """``pull-request`` and ``pull-request-simple``; a listed one has neither count nor `merged`."""

    number: int
    title: str
    state: str
    head: Side
    base: Side
    html_url: str
    user: User | None = None
    draft: bool = False
    merged_at: datetime | None = None
    commits: int = 0


class Target(Struct, frozen=True):
    """Anything named by its SHA."""

    sha: str


class Ref(Struct, frozen=True):
    """``git-ref``."""

    object: Target


class Comparison(Struct, frozen=True):
    """``commit-comparison``."""

    merge_base_commit: Target


class Entry(Struct, frozen=True):
    """An entry of ``git-tree``; `sha` is missing from entries GitHub cannot name."""

    path: str
    mode: str
    sha: str
    size: int | None = None


class Tree(Struct, frozen=True):
    """``git-tree``."""

    tree: list[Entry]
    truncated: bool


class Signature(Struct, frozen=True):
    """Author or committer as Git knows them."""

    email: str = ""


class Message(Struct, frozen=True):
    """The Git half of ``commit``."""

    message: str
    author: Signature | None = None
    committer: Signature | None = None


class Commit(Struct, frozen=True):
    """``commit``."""

    sha: str
    commit: Message
    author: User | None = None
    committer: User | None = None


class Review(Struct, frozen=True):
    """``pull-request-review``. A review without `submitted_at` is a draft of its own author."""

    id: int
    state: str
    user: User | None = None
    submitted_at: datetime | None = None
    commit_id: str | None = None
    html_url: str = ""


class Comment(Struct, frozen=True):
    """``issue-comment``."""

    id: int
    created_at: datetime
    updated_at: datetime
    body: str | None = None
    user: User | None = None


class Rights(Struct, frozen=True):
    """``permissions`` of a collaborator."""

    push: bool = False


class Collaborator(Struct, frozen=True):
    """``collaborator``."""

    id: int
    permissions: Rights = field(default_factory=Rights)


class Permission(Struct, frozen=True):
    """``repository-collaborator-permission``: admin, write, read or none."""

    permission: str
    user: User | None = None


class Output(Struct, frozen=True):
    """``output`` of a check run."""

    title: str | None = None
    summary: str | None = None
    annotations_count: int = 0


class Suite(Struct, frozen=True):
    """The suite of a check run: with GitHub Actions, one run of one workflow."""

    id: int


class CheckRun(Struct, frozen=True):
    """``check-run``."""

    id: int
    name: str
    status: str
    output: Output
    conclusion: str | None = None
    external_id: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    app: App | None = None
    check_suite: Suite | None = None


class Annotation(Struct, frozen=True):
    """``check-annotation``."""

    path: str
    start_line: int
    message: str | None = None
    title: str | None = None


class Status(Struct, frozen=True):
    """``status``: a commit status."""

    id: int
    state: str
    context: str
    created_at: datetime
    description: str | None = None
    creator: User | None = None


class Token(Struct, frozen=True):
    """``installation-token``."""

    token: str
    expires_at: datetime


class Installation(Struct, frozen=True):
    """``installation``."""

    id: int
    suspended_at: datetime | None = None


class Push(Struct, frozen=True):
    """``activity``: an entry of the repository's activity log."""

    after: str
    actor: User | None = None


class Delivery(Struct, frozen=True):
    """``hook-delivery-item``."""

    id: int
    guid: str
    delivered_at: datetime
    status: str
    event: str
