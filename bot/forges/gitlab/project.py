"""`bot.forges.base.Forge` for one GitLab project."""

from collections.abc import Callable, Iterator
from datetime import datetime

from bot.forges.base import (
    Account,
    Activity,
    Check,
    ObservedCheck,
    PullRequest,
    Repository,
    Revisions,
    Standing,
    Tree,
)
from bot.forges.gitlab import history, notes, owners, people, publishing, statuses
from bot.forges.gitlab.accounts import Accounts
from bot.forges.gitlab.client import Session
from bot.forges.gitlab.closing import Closing
from bot.forges.gitlab.trees import TreeReader
from bot.forges.gitlab.view import View


class GitLabProject:
    """One project, through one client; for one thread. A pull request is a merge request, by its iid.

    `bots` is filled with what becomes known of accounts.
    """

    def __init__(
        self,
        repository: Repository,
        session: Session,
        *,
        our_user_id: Callable[[], int],
        bots: dict[int, bool],
        closing: Closing,
    ) -> None:
        self._repository = repository
        self._our_user_id = our_user_id
        self._closing = closing
        self._view = View(session, repository.id, repository.full_name)
        self._trees = TreeReader(self._view)
        self._accounts = Accounts(self._view, bots)

    @property
    def repository(self) -> Repository:
        """The repository all methods speak of."""
        return self._repository

    def pull_request(self, number: int) -> PullRequest:
        """Live state. Raises NotFoundError, and NotReadyError while it is being prepared."""
        return history.pull_request(self._view, number)

    def open_pull_requests(self) -> Iterator[PullRequest]:
        """Every open merge request."""
        return history.open_pull_requests(self._view)

    def revisions(self, pull: PullRequest) -> Revisions:
        """Base tip, merge base and head, or the merged result that the head pipeline tests."""
        return history.revisions(self._view, pull)

    def history(self, path: str, sha: str) -> Iterator[str]:
        """Commits at or before `sha` that touched `path`, newest first."""
        return history.touching(self._view, path, sha)

    def tree(self, sha: str) -> Tree:
        """The recursive tree of a commit."""
        return self._trees.tree(sha)

    def blob(self, oid: str, *, max_bytes: int) -> bytes:
        """The bytes of a blob. Raises TooLargeError."""
        return self._trees.blob(oid, max_bytes=max_bytes)

    def activity(self, pull: PullRequest) -> Activity:
        """All commits, approvals, comments and pushers. Raises NotReadyError while approvals sync."""
        return people.activity(self._view, pull, self._accounts, our_user_id=self._our_user_id())

    def members(self, owner: str) -> tuple[Account, ...]:
        """Accounts behind ``@user``, ``@group``, ``@@role`` or a public address."""
        return owners.members(self._view, owner, self._accounts)

    def checks(self, sha: str) -> tuple[ObservedCheck, ...]:
        """All commit statuses on a commit."""
        return statuses.observed(self._view, sha, self._our_user_id())

    def publish(self, pull: PullRequest, check: Check) -> Standing:
        """Publish as a status in the merge request's head pipeline, and in what else closes the merge."""
        return publishing.publish(self._view, pull, check, self._our_user_id(), self._closing)

    def comment(self, pull: PullRequest, body: str) -> datetime:
        """Make `body` our one note; the forge's time at which it stood."""
        return notes.comment(self._view, pull.number, body, self._our_user_id())

    def react(self, pull: PullRequest, comment_id: int, reaction: str) -> None:
        """Award a note an emoji; GitLab keeps one of a kind per account."""
        notes.react(self._view, pull.number, comment_id, reaction)
