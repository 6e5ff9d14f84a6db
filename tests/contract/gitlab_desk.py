"""A GitLab project with one merge request, and our publishing on it: what only GitLab has is tested here."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from bot.forges.base import Account, Check, CheckState, ObservedCheck, PullRequest, Standing
from bot.forges.gitlab import history, notes, publishing, statuses
from bot.forges.gitlab.client import Connection, Session
from bot.forges.gitlab.closing import Closing
from bot.forges.gitlab.view import View
from tests.contract.gitlab_openapi import gitlab
from tests.fakes.gitlab.merging import detailed_merge_status
from tests.fakes.gitlab.model import CommitStatus, Level, MergeRequest, Tier, User
from tests.fakes.gitlab.server import GitLabServer, serve
from tests.fakes.gitlab.world import World

NAME = "sevengates"
PRINT = "sg1;0123456789ab,r7k29f3c,="
OTHER_PRINT = "sg1;0123456789ab,zzzz9f3c,="


class Desk:
    """@ben's merge request `mr`, and our project access token."""

    def __init__(self, server: GitLabServer, *, tier: Tier = Tier.FREE, fork: bool = False) -> None:
        self.server = server
        self.world: World = server.world
        self.project = self.world.project("acme/data", tier=tier, only_allow_merge_if_pipeline_succeeds=True)
        self.ben = self.person("ben")
        self.bot, self.token = self.world.project_token(self.project, Level.DEVELOPER)
        self.world.push(self.project, "main", {"README.md": "Street scenes\n"}, by=self.ben)
        self.home = self.world.fork(self.project, "ben") if fork else self.project
        self.push("1")
        self.mr: MergeRequest = self.world.open_merge_request(
            self.project, "release", by=self.ben, fork=self.home if fork else None
        )
        self.view = self.another_worker()

    def another_worker(self) -> View:
        session = Session(Connection(url=self.server.url, token=self.token))
        return View(session, self.project.id, "acme/data")

    def person(self, username: str) -> User:
        user = self.world.user(username)
        self.world.grant(self.project, Level.DEVELOPER, user)
        return user

    def push(self, content: str) -> str:
        return self.world.push(self.home, "release", {"release.yaml": content}, by=self.ben)

    @property
    def pull(self) -> PullRequest:
        return history.pull_request(self.view, self.mr.iid)

    def check(self, state: CheckState = CheckState.PENDING, **changes: Any) -> Check:
        made = Check(
            name=NAME, head_sha=self.mr.sha, state=state, title="Waiting for @ana", external_id=PRINT
        )
        return replace(made, **changes)

    def interim(self) -> Check:
        return self.check(title="Evaluating the release", external_id="")

    def publish(
        self,
        check: Check,
        *,
        pull: PullRequest | None = None,
        closing: Closing | None = None,
        view: View | None = None,
    ) -> Standing:
        view = view or self.view
        return publishing.publish(view, pull or self.pull, check, self.bot.id, closing or Closing())

    def observed(self, sha: str | None = None) -> tuple[ObservedCheck, ...]:
        return statuses.observed(self.view, sha or self.mr.sha, self.bot.id)

    def comment(self, body: str) -> None:
        notes.comment(self.view, self.mr.iid, body, self.bot.id)

    def rows(self) -> list[CommitStatus]:
        """Every row of our name in the head pipeline, oldest first."""
        head = self.mr.head_pipeline
        return [row for row in head.statuses if row.name == NAME] if head else []

    def states(self) -> list[str]:
        return [row.status for row in self.rows()]

    def live(self) -> CommitStatus:
        (row,) = [row for row in self.rows() if not row.retried]
        return row

    def writes(self) -> int:
        return sum(len(self.server.calls(verb)) for verb in ("POST", "PUT", "DELETE"))

    @property
    def merge_status(self) -> str:
        return detailed_merge_status(self.mr)

    def account(self, user: User) -> Account:
        return Account(id=user.id, login=user.username, can_write=True)


@contextmanager
def desk(*, tier: Tier = Tier.FREE, fork: bool = False) -> Iterator[Desk]:
    """A desk at whose end nothing undocumented was said."""
    with serve() as server:
        yield Desk(server, tier=tier, fork=fork)
        judge = gitlab()
        problems = [problem for one in server.exchanges for problem in judge.problems(one)] if judge else []
    assert not problems, "\n".join(dict.fromkeys(problems))
