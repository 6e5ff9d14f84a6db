"""`bot.forges.base.Forge` for one GitHub repository."""

import logging
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
from bot.forges.errors import UnauthorizedError
from bot.forges.github import conversation, history, people, publishing, statuses
from bot.forges.github.client import Identity, Session
from bot.forges.github.trees import TreeReader
from bot.forges.github.view import View

logger = logging.getLogger(__name__)


class GitHubRepository:
    """One repository, through one client; for one thread.

    `reads_teams` says whether our token may read team members.
    """

    def __init__(
        self, repository: Repository, session: Session, identity: Identity, *, reads_teams: Callable[[], bool]
    ) -> None:
        self._repository = repository
        self._identity = identity
        self._reads_teams = reads_teams
        self._view = View(session, repository.full_name)
        self._trees = TreeReader(self._view)
        self._reads_statuses = True

    @property
    def repository(self) -> Repository:
        """The repository all methods speak of."""
        return self._repository

    def pull_request(self, number: int) -> PullRequest:
        """Live state. Raises NotFoundError."""
        return history.pull_request(self._view, number)

    def open_pull_requests(self) -> Iterator[PullRequest]:
        """Every open pull request."""
        return history.open_pull_requests(self._view)

    def revisions(self, pull: PullRequest) -> Revisions:
        """Base tip as ``refs/heads/<base_ref>``, merge base and head."""
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
        """All commits, reviews and comments; pushers unless the head lies in a fork."""
        return people.activity(self._view, pull, our_user_id=self._identity.user_id)

    def members(self, owner: str) -> tuple[Account, ...]:
        """Accounts behind ``@user`` or ``@org/team``; an e-mail address names none.

        Raises:
            UnauthorizedError: a team, and our installation lacks ``members: read``.
        """
        if "/" in owner and not self._reads_teams():
            raise UnauthorizedError(
                f"reading the members of {owner}: the installation does not grant 'members: read'"
            )
        return people.members(self._view, owner)

    def checks(self, sha: str) -> tuple[ObservedCheck, ...]:
        """All check runs, then all commit statuses, each oldest first.

        An App without ``statuses: read`` (which we never ask for) sees the statuses of public
        repositories only; elsewhere there are check runs alone.
        """
        runs = publishing.observed(self._view, sha, self._identity.app_id)
        if not self._reads_statuses:
            return runs
        ours = self._identity.user_id if self._identity.app_id is None else None
        try:
            return runs + statuses.observed(self._view, sha, ours)
        except UnauthorizedError:
            if self._identity.app_id is None:
                raise
            self._reads_statuses = False
            logger.info("%s: commit statuses are not visible to us", self._repository.full_name)
            return runs

    def publish(self, pull: PullRequest, check: Check) -> Standing:  # noqa: ARG002
        """Publish as a check run (App) or commit status (token); both belong to the commit alone."""
        app_id = self._identity.app_id
        if app_id is None:
            return Standing(at=statuses.publish(self._view, check, self._identity.user_id))
        return Standing(at=publishing.publish(self._view, check, app_id))

    def comment(self, pull: PullRequest, body: str) -> datetime:
        """Make `body` our one comment; the forge's time at which it stood."""
        alone = self._identity.app_id is not None
        return conversation.comment(self._view, pull.number, body, self._identity.user_id, alone=alone)

    def react(self, pull: PullRequest, comment_id: int, reaction: str) -> None:  # noqa: ARG002
        """React to a comment; GitHub keeps one reaction of a kind per account."""
        conversation.react(self._view, comment_id, reaction)
