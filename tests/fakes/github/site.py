"""A site on GitHub: one private repository of an organisation, and our App (or a token) on it."""

import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from bot.forges.base import Forge, Repository
from bot.forges.github import GitHubApp, GitHubToken
from tests.fakes.clock import Clock
from tests.fakes.exchange import Exchange
from tests.fakes.faults import BAD_GATEWAY, Fault
from tests.fakes.github.acting import Acting
from tests.fakes.github.deliveries import signed_headers
from tests.fakes.github.model import App, CheckRun, Status
from tests.fakes.github.registry import app_key
from tests.fakes.github.server import GitHubServer, serve
from tests.fakes.github.world import World
from tests.fakes.site import OUR_CHECK, Delivery, Shown, Write

SLOW_DOWN = {"message": "You have exceeded a secondary rate limit."}
LIMITED = {"read": "/repos/.*/git/trees/.*", "write": "/repos/.*/(check-runs|statuses)/?.*"}
COMMENT = r"/repos/.*/issues/comments/\d+"
OURS = "/repos/.*"


class GitHubSite(Acting):
    """The stand-in, with our App installed."""

    kind = "github"
    webhook = "/webhooks/github"
    detailed = True
    rewords = True
    failure = "failure"

    def __init__(self, server: GitHubServer, full_name: str) -> None:
        super().__init__(server.world, full_name)
        self.server = server
        self.exchanges = server.exchanges
        self.bot: App = self.world.app(webhook_secret=secrets.token_hex(32))
        self.login = self.bot.bot.login
        self.installation = self.world.install(self.bot, self.repo)
        self.world.require(self.repo, OUR_CHECK, app=self.bot)
        self.repository = Repository(
            forge="github",
            id=self.repo.id,
            full_name=self.repo.full_name,
            installation=self.installation.id,
        )
        self.key = app_key()[0]
        self.app = GitHubApp(api_url=server.url, app_id=self.bot.id, private_keys=[self.key])
        self.forge: Forge = self.app.installation(self.repository)

    def adapter(self) -> Forge:
        app = GitHubApp(api_url=self.server.url, app_id=self.bot.id, private_keys=[self.key])
        return app.installation(self.repository)

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            "GITHUB_API_URL": self.server.url,
            "GITHUB_APP_ID": str(self.bot.id),
            "GITHUB_PRIVATE_KEY": self.key,
            "GITHUB_WEBHOOK_SECRET": self.bot.webhook_secret,
        }

    # Checks.

    def shown(self, at: str | int, name: str = OUR_CHECK) -> Shown:
        ours = [run for run in self.runs(at, name) if run.app is self.bot]
        assert ours, f"no check {name}"
        return _shown(ours[-1])

    def all_shown(self, at: str | int, name: str = OUR_CHECK) -> list[Shown]:
        return [_shown(run) for run in self.runs(at, name)]

    def runs(self, at: str | int, name: str = OUR_CHECK) -> list[CheckRun]:
        """Every check run of that name, oldest first, whoever wrote it."""
        return list(self.world.runs(self.repo, self.sha(at), name))

    def sha(self, at: str | int) -> str:
        return at if isinstance(at, str) else self.head(at)

    def foreign_check(self, at: str | int, name: str, conclusion: str, *, by: str | None = None) -> None:
        app = self.world.app(by or f"ci-{len(self.world.apps)}")
        run = self.world.check_run(self.repo, app, name=name, head_sha=self.sha(at), status="in_progress")
        self.world.edit_check_run(self.repo, run, conclusion=conclusion)

    # The wire.

    def deliveries(self, since: int = 0) -> list[Delivery]:
        return [
            Delivery(number=number, event=one.event, headers=signed_headers(one), body=one.body)
            for number, one in enumerate(self.world.deliveries.log)
            if number >= since
        ]

    def answered(self, delivery: Delivery, status: int) -> None:
        logged = self.world.deliveries.log[delivery.number]
        logged.status = "OK" if status < 400 else f"Invalid HTTP Response: {status}"
        logged.status_code = status

    def deliver_to(self, url: str) -> None:
        self.world.deliveries.url = f"{url}{self.webhook}"

    def requests(self, method: str) -> int:
        return len(self.server.calls(method, OURS))

    def writes(self) -> list[Write]:
        return [
            Write(method=one.method, path=one.path, shown=_written(one))
            for one in self.exchanges
            if one.method != "GET" and one.path.startswith("/repos/") and not one.faulty
        ]

    def evaluations(self, number: int) -> int:
        return len(self.server.calls("GET", f"/repos/{self.repo.full_name}/pulls/{number}/reviews"))

    def bad_gateway(self, method: str, *, times: int = 1) -> None:
        self.world.faults.bad_gateway(method=method, path=OURS, times=times)

    def reset_after_apply(self, method: str) -> None:
        self.world.faults.reset_after_apply(method=method, path=OURS)

    def fail_comment(self, *, applied: bool) -> None:
        status = 0 if applied else 502
        self.world.faults.add(
            Fault("PATCH", COMMENT, status=status, body=BAD_GATEWAY, reset=applied, applied=applied)
        )

    def let_meet(self, method: str, count: int) -> None:
        self.world.faults.add(Fault(method, OURS, times=count, meeting=threading.Barrier(count)))

    def rate_limit(self, what: str, *, wait: timedelta) -> None:
        headers = {"retry-after": str(round(wait.total_seconds()))}
        self.world.faults.add(Fault(path=LIMITED[what], status=429, headers=headers, body=SLOW_DOWN))

    def limit_trees(self, entries: int) -> None:
        self.repo.tree_limit = entries


class GitHubTokenSite(GitHubSite):
    """The same repository, where we are an account with a personal token that sets commit statuses."""

    detailed = False

    def __init__(self, server: GitHubServer, full_name: str) -> None:
        super().__init__(server, full_name)
        self.login = "gatekeeper"
        self.person(self.login)
        self.token = self.world.user_token(self.user(self.login))
        self.forge = self.adapter()

    def adapter(self) -> Forge:
        return GitHubToken(api_url=self.server.url, token=self.token).installation(self.repository)

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            "GITHUB_API_URL": self.server.url,
            "GITHUB_TOKEN": self.token,
            "GITHUB_WEBHOOK_SECRET": self.bot.webhook_secret,
        }

    def shown(self, at: str | int, name: str = OUR_CHECK) -> Shown:
        ours = [one for one in self._statuses(at, name) if one.creator.login == self.login]
        assert ours, f"no status {name}"
        return _stated(ours[-1].state, ours[-1].description)

    def all_shown(self, at: str | int, name: str = OUR_CHECK) -> list[Shown]:
        """Check runs of others first, then every status."""
        told = [_stated(one.state, one.description) for one in self._statuses(at, name)]
        return [*super().all_shown(at, name), *told]

    def _statuses(self, at: str | int, name: str) -> list[Status]:
        place = (self.sha(at), name)
        return [one for one in self.repo.statuses if (one.sha, one.context) == place]


def _stated(state: str, description: str | None) -> Shown:
    return Shown(state=state, title=description or "", text="")


def _shown(run: CheckRun) -> Shown:
    lines = tuple(f"{one['path']}:{one['start_line']}" for one in run.annotations)
    return Shown(
        state=run.conclusion or "pending", title=run.title or "", text=run.summary or "", lines=lines
    )


def _written(one: Exchange) -> Shown | None:
    """What a write of a check run or a status says, None for any other."""
    if "/statuses/" in one.path:
        return _stated(one.sent["state"], one.sent.get("description"))
    if "/check-runs" not in one.path:
        return None
    sent: Mapping[str, Any] = one.sent
    output = sent.get("output", {})
    return Shown(
        state=sent.get("conclusion") or "pending",
        title=output.get("title", ""),
        text=output.get("summary", ""),
    )


@contextmanager
def github_site(full_name: str = "acme/data", *, clock: Clock | None = None) -> Iterator[GitHubSite]:
    """A site with our App on it."""
    with serve(World(clock=clock)) as server:
        yield GitHubSite(server, full_name)


@contextmanager
def github_token_site(
    full_name: str = "acme/data", *, clock: Clock | None = None
) -> Iterator[GitHubTokenSite]:
    """A site where we are an account with a token."""
    with serve(World(clock=clock)) as server:
        yield GitHubTokenSite(server, full_name)
