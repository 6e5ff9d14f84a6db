"""The whole service in one process: signed deliveries, a real database and queue, a forge over HTTP.

Nothing happens by itself. People act on the forge; `settle` delivers what the forge announced and
runs every job until nothing is left, so that a test needs no sleeping and no polling. Tests name
people by login and pull requests by number, and look at checks and comments only, which every
forge has.
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
from bot.forges.gitlab.threads import MARKER as THREAD
from bot.jobs import Jobs
from bot.migrations import migrate
from bot.queue import WORK, Queue
from bot.report.words import ForgeWords, words_of
from bot.services import Services
from bot.settings import Settings, load
from bot.store import PullRequestState, Store
from bot.sweep import Sweep
from bot.targets import Target
from bot.worker import Timing, build_app
from demo import seed
from handlers.app import create_app
from tests.fakes.acts import Files
from tests.fakes.clock import Clock
from tests.fakes.git_objects import Content
from tests.fakes.site import OUR_CHECK, Delivery, MakeSite, Shown, Site
from tests.fakes.sites import SITES

START = datetime(2026, 11, 24, 10, tzinfo=UTC)
ROUNDS = 12
"""Deliveries cause jobs, which cause deliveries; more rounds than this are a loop."""

WATCHED = "exports/street-notes.md"
"""A watched file that no gate reads: changing it changes the release and no answer."""

ROLES: Mapping[str, str] = {"ana": "write", "bea": "write", "bob": "write", "dana": "write", "eve": "read"}


@dataclass(slots=True, kw_only=True)
class Service:
    """One dataset repository (`demo.seed`) behind the service.

    @ana leads, @bea is the deputy, @bob and @dana may write, @eve may only read.
    """

    site: Site
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
    def repository(self) -> Repository:
        """The repository as jobs name it."""
        return self.site.repository

    @property
    def words(self) -> ForgeWords:
        """How the forge names its things."""
        return words_of(self.site.kind)

    # People and their acts; those that need no defaults are the site's own.

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
        return self.site.push(branch, files, by=by, onto=onto, message=message)

    def open(
        self,
        *,
        by: str = "dana",
        branch: str = seed.BRANCH,
        base: str = "main",
        draft: bool = False,
        fork: str | None = None,
    ) -> int:
        """Open a pull request; its number."""
        return self.site.open(
            branch, by=by, base=base, draft=draft, title="Release street-scenes v2", fork=fork
        )

    def release(self, files: Files | None = None, *, by: str = "dana", settled: bool = True) -> int:
        """A pull request whose gates 1 to 6 pass: push, open, settle; its number."""
        self.push({**cured(self.start), **(files or {})}, by=by)
        pull = self.open(by=by)
        if settled:
            self.settle()
        return pull

    def approve(self, pull: int, *, by: str) -> None:
        self.site.approve(pull, by=by)

    def say(self, pull: int, body: str, *, by: str) -> int:
        """Write a comment; its id."""
        return self.site.say(pull, body, by=by)

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
        news = self.site.deliveries(self.delivered)
        self.delivered += len(news)
        for delivery in news:
            self.post(delivery)
        return len(news)

    def post(self, delivery: Delivery) -> TestResponse:
        answer = self.web.post(self.site.webhook, data=delivery.body, headers=dict(delivery.headers))
        assert answer.status_code == 202, (delivery.event, answer.text)
        self.site.answered(delivery, answer.status_code)
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
                "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' AND queue_name = %s"
                + condition,
                (WORK,),
            ).fetchone()
        return int(row[0]) if row else 0

    def later(self, by: timedelta = timedelta(minutes=2)) -> None:
        """Let time pass: waiting jobs and due pull requests start, then settle."""
        self.site.clock.at += by
        with self.store.connection() as connection:
            connection.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
        Sweep(jobs=self.jobs).look_at_due()
        self.settle()

    def lose_database(self) -> None:
        """Every row of ours is gone, as after a restore of nothing."""
        with self.store.connection() as connection:
            connection.execute(
                "TRUNCATE deliveries, pull_requests, publications, evaluations, blobs, installations,"
                " worker_deaths, job_totals, item_lists, procrastinate_jobs CASCADE"
            )
        migrate(self.url)

    def wake(self, pull: int) -> None:
        """Evaluate once more without any event, as the sweep does."""
        self.jobs.queue.enqueue([Target(repository=self.repository, number=pull)])
        self.settle()

    def state(self, pull: int) -> PullRequestState | None:
        return self.store.state(self.repository, pull)

    # What the forge shows then.

    def check(self, at: int | str, name: str = OUR_CHECK) -> Shown:
        """Our newest check of that name on a pull request's head or on a commit."""
        return self.site.shown(at, name)

    def explains(self, at: int | str) -> str:
        """What our check says, as plain text: its title where the forge has no room for more."""
        shown = self.check(at)
        return plain(shown.text if self.site.detailed else shown.title)

    def comment(self, pull: int) -> str:
        """Our one comment, "" for none; the thread that closes a merge is none."""
        ours = [
            body
            for login, body in self.site.comments(pull)
            if login == self.site.login and THREAD not in body
        ]
        assert len(ours) <= 1, "more than one comment of ours"
        return ours[0] if ours else ""

    def reads(self, pull: int) -> str:
        """Our comment as plain text: without the escapes that keep foreign text from acting."""
        return plain(self.comment(pull))


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
    database_url: str,
    *,
    make: MakeSite = SITES["github"],
    start: datetime = START,
    environment: Mapping[str, str] | None = None,
    **more: Content,
) -> Iterator[Service]:
    """A service over a fresh database and a site, whose repository has version 1 released.

    `environment` is what the operator sets besides; `more` are further files of the main branch.
    """
    for known in vars(connect).values():
        if hasattr(known, "cache_clear"):
            known.cache_clear()  # another stand-in may have had the same port
    with make("acme/street-scenes", clock=Clock(at=start)) as site:
        for login, role in ROLES.items():
            site.person(login, role=role)
        service = _service(site, database_url, start, environment or {})
        service.push({**seed.baseline(start), **more}, by="ana", branch="main", message="Release v1")
        try:
            yield service
        finally:
            service.store.close()
            service.web.application.extensions["sevengates_store"].close()


def _service(site: Site, url: str, start: datetime, environment: Mapping[str, str]) -> Service:
    settings = load({"DATABASE_URL": url, **site.environment, **environment})
    pool = open_pool(url)
    store = Store(pool)

    def now() -> datetime:
        return site.clock.at

    services = Services(settings=settings, store=store, now=now)
    return Service(
        site=site,
        url=url,
        settings=settings,
        web=create_app(settings).test_client(),
        store=store,
        jobs=Jobs(reconciler=reconcile, services=services, queue=Queue(pool), now=now),
        start=start,
    )
