"""The whole service in one process: signed deliveries, a real database and queue, a forge over HTTP.

Nothing happens by itself. People act on the forge; `settle` delivers what the forge announced and
runs every job until nothing is left, so that a test needs no sleeping and no polling. Tests name
people by login and look at checks and comments only, which every forge has.
"""

import html
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot import reconcile
from bot.database import open_pool
from bot.forges import connect
from bot.forges.base import Repository
from bot.jobs import Jobs
from bot.migrations import migrate
from bot.queue import WORK, Queue
from bot.services import Services
from bot.settings import Settings, load
from bot.store import PullRequestState, Store
from bot.sweep import Sweep
from bot.targets import Target
from bot.worker import Timing, build_app
from demo import seed
from handlers.app import create_app
from tests.fakes.clock import Clock
from tests.fakes.exchange import Exchange
from tests.fakes.git_objects import Content
from tests.fakes.github.deliveries import Delivery, signed_headers
from tests.fakes.github.model import App, CheckRun, Comment, Pull, Repo, Review, User
from tests.fakes.github.registry import app_key
from tests.fakes.github.server import GitHubServer, serve
from tests.fakes.github.world import World

START = datetime(2026, 11, 24, 10, tzinfo=UTC)
SECRET = "0123456789abcdef0123456789abcdef"
ROUNDS = 12
"""Deliveries cause jobs, which cause deliveries; more rounds than this are a loop."""

WATCHED = "exports/street-notes.md"
"""A watched file that no gate reads: changing it changes the release and no answer."""

Files = Mapping[str, Content]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A check as the forge shows it; `state` is ``pending``, ``success`` or ``failure``."""

    state: str
    title: str
    text: str
    lines: tuple[str, ...] = ()
    """``path:line`` of every line annotation."""


@dataclass(slots=True, kw_only=True)
class Service:
    """One dataset repository (`demo.seed`) behind the service.

    @ana leads, @bea is the deputy, @bob and @dana may write, @eve may only read.
    """

    server: GitHubServer
    repo: Repo
    app: App
    identity: User
    """Who we are on the forge: the App's bot, or the account of a token."""
    url: str
    settings: Settings
    web: FlaskClient
    store: Store
    jobs: Jobs
    start: datetime
    delivered: int = 0
    """How many entries of the forge's delivery log were posted already."""
    answers: list[TestResponse] = field(default_factory=list)

    @property
    def world(self) -> World:
        return self.server.world

    @property
    def repository(self) -> Repository:
        """The repository as jobs name it."""
        installation = self.world.installation_of(self.repo, self.app)
        return Repository(
            forge="github",
            id=self.repo.id,
            full_name=self.repo.full_name,
            installation=installation.id if installation else 0,
        )

    # People and their acts.

    def person(self, login: str) -> User:
        return self.world.user(login)

    def push(
        self,
        files: Files,
        *,
        by: str = "dana",
        branch: str = seed.BRANCH,
        onto: str | None = None,
        message: str = "Change files",
    ) -> str:
        """Commit on `branch` (rebuilt on `onto`: a force push); the new head SHA."""
        return self.world.push(self.repo, branch, dict(files), by=self.person(by), onto=onto, message=message)

    def open(self, *, by: str = "dana", branch: str = seed.BRANCH, **more: object) -> Pull:
        title = "Release street-scenes v2"
        return self.world.open_pull_request(self.repo, branch, by=self.person(by), title=title, **more)

    def release(self, files: Files | None = None, *, by: str = "dana", settled: bool = True) -> Pull:
        """A pull request whose gates 1 to 6 pass: push, open, settle."""
        self.push({**cured(self.start), **(files or {})}, by=by)
        pull = self.open(by=by)
        if settled:
            self.settle()
        return pull

    def review(self, pull: Pull, *, by: str, state: str = "APPROVED") -> Review:
        return self.world.review(self.repo, pull, by=self.person(by), state=state)

    def say(self, pull: Pull, body: str, *, by: str) -> Comment:
        return self.world.comment(self.repo, pull, body, by=self.person(by))

    # What the service does about it.

    def settle(self) -> None:
        """Deliver and work until nothing is left to do now; what waits for a later time stays."""
        for _ in range(ROUNDS):
            delivered, worked = self.deliver(), self.work()
            bugs = [total for total in self.store.job_totals() if total.outcome == "failed"]
            assert not bugs, "a job failed by something else than the forge; its log says how"
            if not delivered and not worked:
                return
        raise AssertionError(f"not settled after {ROUNDS} rounds: a loop")

    def deliver(self) -> int:
        """Post every new delivery of the forge, in order; how many."""
        news = self.world.deliveries.log[self.delivered :]
        self.delivered += len(news)
        for delivery in news:
            self.post(delivery)
        return len(news)

    def post(self, delivery: Delivery) -> TestResponse:
        answer = self.web.post("/webhooks/github", data=delivery.body, headers=signed_headers(delivery))
        assert answer.status_code == 202, (delivery.event, answer.text)
        delivery.status, delivery.status_code = "OK", answer.status_code
        self.answers.append(answer)
        return answer

    def work(self) -> int:
        """Run the real worker until no job is due; how many jobs it found."""
        found = 0
        while due := self.waiting(due=True):
            found += due
            build_app(self.url, self.jobs, Timing()).run_worker(
                queues=[WORK],
                wait=False,
                concurrency=1,
                install_signal_handlers=False,
                listen_notify=False,
                delete_jobs="successful",
            )
        return found

    def waiting(self, *, due: bool = False) -> int:
        """Jobs that wait; `due`: only those that may start now."""
        condition = " AND coalesce(scheduled_at, now()) <= now()" if due else ""
        with self.store.connection() as connection:
            row = connection.execute(
                "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' AND queue_name = %s"  # type: ignore[arg-type]
                + condition,
                (WORK,),
            ).fetchone()
        return int(row[0]) if row else 0

    def later(self, by: timedelta = timedelta(minutes=2)) -> None:
        """Let time pass: waiting jobs and due pull requests start, then settle."""
        self.world.clock.at += by
        with self.store.connection() as connection:
            connection.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
        Sweep(jobs=self.jobs).look_at_due()
        self.settle()

    def lose_database(self) -> None:
        """Every row of ours is gone, as after a restore of nothing."""
        with self.store.connection() as connection:
            connection.execute(
                "TRUNCATE deliveries, pull_requests, publications, evaluations, blobs, installations,"
                " worker_deaths, job_totals, procrastinate_jobs CASCADE"
            )
        migrate(self.url)

    def wake(self, pull: Pull) -> None:
        """Evaluate once more without any event, as the sweep does."""
        self.jobs.queue.enqueue([Target(repository=self.repository, number=pull.number)])
        self.settle()

    def evaluations(self, pull: Pull) -> int:
        """How often people's activity was read: once for each evaluation."""
        return len(self.server.calls("GET", f"/repos/{self.repo.full_name}/pulls/{pull.number}/reviews"))

    def state(self, pull: Pull) -> PullRequestState | None:
        return self.store.state(self.repository, pull.number)

    # What the forge shows then.

    def check(self, at: Pull | str, name: str = "sevengates") -> Shown:
        """Our newest check of that name on a head commit."""
        if self.identity is not self.app.bot:
            return self._status(at if isinstance(at, str) else at.head_sha, name)
        runs = [run for run in self.runs(at, name) if run.app is self.app]
        assert runs, f"no check {name}"
        run = runs[-1]
        lines = tuple(f"{one['path']}:{one['start_line']}" for one in run.annotations)
        return Shown(
            state=run.conclusion or "pending", title=run.title or "", text=run.summary or "", lines=lines
        )

    def _status(self, sha: str, name: str) -> Shown:
        ours = [one for one in self.repo.statuses if (one.sha, one.context) == (sha, name)]
        assert ours, f"no status {name}"
        return Shown(state=ours[-1].state, title=ours[-1].description or "", text="")

    def runs(self, at: Pull | str, name: str = "sevengates") -> list[CheckRun]:
        """Every check run of that name, oldest first, whoever wrote it."""
        sha = at if isinstance(at, str) else at.head_sha
        return list(self.world.runs(self.repo, sha, name))

    def comment(self, pull: Pull) -> str:
        """Our one comment, "" for none."""
        ours = [one for one in pull.comments if one.author is self.identity]
        assert len(ours) <= 1, "more than one comment of ours"
        return ours[0].body if ours else ""

    def reads(self, pull: Pull) -> str:
        """Our comment as plain text: without the escapes that keep foreign text from acting."""
        return plain(self.comment(pull))

    def writes(self) -> list[Exchange]:
        """Every write of ours to the repository so far."""
        return [
            one
            for one in self.server.exchanges
            if one.method != "GET" and one.path.startswith("/repos/") and not one.faulty
        ]


def plain(text: str) -> str:
    """Markdown of ours without its escapes."""
    return html.unescape(text).replace("\u2060", "")


def cured(start: datetime, *, fixes: int | None = None) -> dict[str, bytes]:
    """The release of `demo.seed` with every problem cured, or the first `fixes` of them."""
    files = dict(seed.candidate(start))
    for fix in list(seed.fixes(start))[:fixes]:
        files |= fix.files
    return files


@contextmanager
def running(
    database_url: str, *, start: datetime = START, token: bool = False, **more: Content
) -> Iterator[Service]:
    """A service over a fresh database, and its repository with version 1 released.

    With `token` it is no App but an account with a personal token. `more` are further files of
    the main branch.
    """
    for known in (connect._app, connect._token):
        known.cache_clear()  # another stand-in may have had the same port
    with serve(World(clock=Clock(at=start))) as server:
        repo, app = _people(server.world)
        service = _service(server, repo, app, database_url, start, token=token)
        service.push({**seed.baseline(start), **more}, by="ana", branch="main", message="Release v1")
        try:
            yield service
        finally:
            service.store.close()
            service.web.application.extensions["sevengates_store"].close()


def _people(world: World) -> tuple[Repo, App]:
    app = world.app(webhook_secret=SECRET)
    repo = world.repository("acme/street-scenes")
    ana, bea, bob, dana, eve = (world.user(login) for login in ("ana", "bea", "bob", "dana", "eve"))
    world.grant(repo, "write", ana, bea, bob, dana)
    world.grant(repo, "read", eve)
    world.install(app, repo)
    world.require(repo, "sevengates", app=app)
    return repo, app


def _service(
    server: GitHubServer, repo: Repo, app: App, url: str, start: datetime, *, token: bool
) -> Service:
    world = server.world
    identity = world.user("gatekeeper") if token else app.bot
    secrets = {"GITHUB_APP_ID": str(app.id), "GITHUB_PRIVATE_KEY": app_key()[0]}
    if token:
        world.grant(repo, "write", identity)
        secrets = {"GITHUB_TOKEN": world.user_token(identity)}
    common = {"DATABASE_URL": url, "GITHUB_API_URL": server.url, "GITHUB_WEBHOOK_SECRET": SECRET}
    settings = load({**common, **secrets})
    pool = open_pool(url)
    store = Store(pool)

    def now() -> datetime:
        return world.clock.at

    services = Services(settings=settings, store=store, now=now)
    return Service(
        server=server,
        repo=repo,
        app=app,
        identity=identity,
        url=url,
        settings=settings,
        web=create_app(settings).test_client(),
        store=store,
        jobs=Jobs(reconciler=reconcile, services=services, queue=Queue(pool), now=now),
        start=start,
    )
