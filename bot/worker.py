"""The worker process: Procrastinate's worker around `Jobs` and `Sweep`."""

import asyncio
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psycopg
import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Job, Status

from bot.database import open_pool
from bot.forges.errors import ForgeError
from bot.jobs import Jobs
from bot.queue import EVALUATE, FIND, REPORT_POISON, SUSPECTS, UPKEEP, WORK, Queue
from bot.services import Services
from bot.settings import Settings
from bot.store import Store
from bot.sweep import Sweep
from bot.targets import Lookup, Reconciler, Target

UPKEEP_THREADS = 2
SUSPECT_THREADS = 1

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds: how soon a dead worker is noticed.

    The cron expressions have six fields, the last one seconds.
    """

    heartbeat: float = 5.0
    stalled_after: float = 20.0
    recover: str = "* * * * * */10"
    look: str = "* * * * * */15"
    discover: str = "*/5 * * * * 0"
    tidy: str = "17 * * * * 0"


def run(url: str, settings: Settings, reconciler: Reconciler, timing: Timing | None = None) -> bool:
    """Work until SIGTERM or SIGINT, then finish the running jobs.

    Returns False when the worker gave up by itself, for instance because the database went away:
    whoever started it must start it again.
    """
    timing = timing or Timing()
    threads = _threads(settings.sevengates_concurrency)
    pool = open_pool(url, size=2 * threads)  # an evaluation that publishes holds one connection
    services = Services(settings=settings, store=Store(pool))
    jobs = Jobs(reconciler=reconciler, services=services, queue=Queue(pool))
    try:
        return asyncio.run(_work(build_app(url, jobs, timing), settings.sevengates_concurrency, timing))
    finally:
        services.store.close()


def _threads(concurrency: int) -> int:
    return concurrency + SUSPECT_THREADS + UPKEEP_THREADS


def build_app(url: str, jobs: Jobs, timing: Timing) -> App:
    """The Procrastinate application with every task of the service."""
    app = App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=6))

    @app.task(name=EVALUATE)
    def evaluate(target: dict[str, Any], attempt: int) -> None:
        jobs.evaluate(Target.from_job(target), attempt)

    @app.task(name=FIND)
    def find(lookup: dict[str, Any], attempt: int) -> None:
        jobs.find(Lookup.from_job(lookup), attempt)

    @app.task(name=REPORT_POISON)
    def report_poison(target: dict[str, Any], attempt: int) -> None:
        jobs.report_poison(Target.from_job(target), attempt)

    sweep = Sweep(jobs=jobs)
    _every(app, timing.look, "look_at_due", sweep.look_at_due)
    _every(app, timing.discover, "discover", sweep.discover)
    _every(app, timing.tidy, "tidy", sweep.tidy)

    async def recover_stalled(timestamp: int) -> None:  # noqa: ARG001
        await _recover(app, url, sweep, timing.stalled_after)

    task = app.task(name="recover_stalled", queue=UPKEEP, queueing_lock="recover_stalled")(recover_stalled)
    app.periodic(cron=timing.recover)(task)
    return app


def _every(app: App, cron: str, name: str, work: Callable[[], object]) -> None:
    """Register upkeep. It takes no `lock`: one left by a dead worker would stop all that follow."""

    def guarded(timestamp: int) -> None:  # noqa: ARG001
        try:
            work()
        except ForgeError as error:
            _log.warning("upkeep_failed", task=name, error=str(error))
        except Exception as error:  # noqa: BLE001  the edge of the job
            _log.error("upkeep_failed", task=name, exc_info=error)

    task = app.task(name=name, queue=UPKEEP, queueing_lock=name)(guarded)
    app.periodic(cron=cron)(task)


async def _recover(app: App, url: str, sweep: Sweep, stalled_after: float) -> None:
    """Run again, or finish, the jobs of workers that stopped sending heartbeats."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        cursor = await connection.execute("SELECT pg_try_advisory_lock(hashtextextended('recover', 0))")
        row = await cursor.fetchone()
        if row is None or not row[0]:
            return  # Another worker is at it; the lock ends with its connection.
        stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=stalled_after)
        for job in stalled:
            again = await asyncio.to_thread(sweep.may_run_again, job)
            if not again or not await _run_again(app, job):
                await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)


async def _run_again(app: App, job: Job) -> bool:
    try:
        await app.job_manager.retry_job(job, queue=SUSPECTS)
    except UniqueViolation:
        # Its successor already waits, and will read the live state.
        return False
    return True


async def _work(app: App, concurrency: int, timing: Timing) -> bool:
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(_threads(concurrency), "job"))
    end = loop.create_future()

    def finish(asked_to: bool) -> None:
        if not end.done():
            end.set_result(asked_to)

    def give_up(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        # The end of a job could not be recorded: it counts as running until this process is gone.
        _log.error("worker_gives_up", reason=context.get("message"), exc_info=context.get("exception"))
        finish(False)

    loop.set_exception_handler(give_up)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, finish, True)
    async with app.open_async():
        workers = [
            asyncio.create_task(_run_worker(app, WORK, concurrency, timing)),
            asyncio.create_task(_run_worker(app, SUSPECTS, SUSPECT_THREADS, timing)),
            asyncio.create_task(_run_worker(app, UPKEEP, UPKEEP_THREADS, timing)),
        ]
        await asyncio.wait([end, *workers], return_when=asyncio.FIRST_COMPLETED)
        finish(False)
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    return bool(end.result())


async def _run_worker(app: App, queue: str, concurrency: int, timing: Timing) -> None:
    await app.run_worker_async(
        queues=[queue],
        concurrency=concurrency,
        update_heartbeat_interval=timing.heartbeat,
        stalled_worker_timeout=timing.stalled_after,
        delete_jobs="successful",
        install_signal_handlers=False,
    )
