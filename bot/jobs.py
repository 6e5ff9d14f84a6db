"""The edge of every job: nothing raised inside reaches the engine, and nothing is lost.

A job never raises for a retry: with both locks a retry can collide with its waiting successor and
stick. It finishes, and enqueues its next attempt. Waits longer than a minute go to the due list
of the store, because a job scheduled far ahead would block its key.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from bot.forges.errors import ForgeError, NotFoundError, RateLimitedError
from bot.queue import EVALUATE, FIND, REPORT_POISON, Queue
from bot.services import Services
from bot.targets import Lookup, Reconciler, Target

LONGEST_WAIT = 60
QUICK_ATTEMPTS = 6
LAST_ATTEMPT = 30
LATER = timedelta(minutes=5)
POISON_DEATHS = 3

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """What the worker's tasks do; all of it synchronous, each in a thread of its own."""

    reconciler: Reconciler
    services: Services
    queue: Queue
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def evaluate(self, target: Target, attempt: int) -> None:
        """Evaluate one target; whatever goes wrong is tried again."""
        self._run(
            EVALUATE,
            target,
            attempt,
            lambda: self.reconciler.handle(target, self.services),
        )

    def find(self, lookup: Lookup, attempt: int) -> None:
        """Enqueue an evaluation of every pull request that `lookup` means."""
        self._run(
            FIND,
            lookup,
            attempt,
            lambda: self._enqueue_found(lookup),
        )

    def report_poison(self, target: Target, attempt: int) -> None:
        """Publish the failed check, unless an evaluation has survived in the meantime."""
        if self.services.store.deaths(target.key) < POISON_DEATHS:
            return
        started = time.monotonic()
        outcome = "done"
        try:
            self.reconciler.report_poison(target, self.services)
        except Exception as error:  # noqa: BLE001  the edge of the job
            outcome = self._log_failure(REPORT_POISON, target.key, attempt, error)
            if attempt < QUICK_ATTEMPTS:
                self.queue.enqueue_poison_report(target, seconds=backoff(attempt), attempt=attempt + 1)
        self._count(REPORT_POISON, outcome, started)

    def _enqueue_found(self, lookup: Lookup) -> None:
        self.queue.enqueue(self.reconciler.find(lookup, self.services))

    def _run(self, task: str, job: Target | Lookup, attempt: int, work: Callable[[], None]) -> None:
        started = time.monotonic()
        outcome = "done"
        try:
            work()
        except RateLimitedError as error:
            outcome = "rate_limited"
            _log.warning("rate_limited", task=task, key=job.key, retry_at=error.retry_at.isoformat())
            self._wait_until(job, error.retry_at, attempt)
        except Exception as error:  # noqa: BLE001  the edge of the job
            outcome = self._log_failure(task, job.key, attempt, error)
            self._again(job, attempt, error)
        # The process is alive: whatever went wrong, this job does not kill workers.
        self.services.store.forget_deaths(job.key)
        self._count(task, outcome, started)

    def _wait_until(self, job: Target | Lookup, at: datetime, attempt: int) -> None:
        seconds = max(1, round((at - self.now()).total_seconds()))
        if seconds > LONGEST_WAIT and isinstance(job, Target) and job.number is not None:
            self.services.store.look_again_at(job.repository, job.number, at)
        else:
            self.queue.enqueue_again(job, seconds=min(seconds, LONGEST_WAIT), attempt=attempt)

    def _again(self, job: Target | Lookup, attempt: int, error: Exception) -> None:
        number = job.number if isinstance(job, Target) else None
        if attempt < QUICK_ATTEMPTS:
            self.queue.enqueue_again(job, seconds=backoff(attempt), attempt=attempt + 1)
        elif isinstance(error, NotFoundError) or (number is None and attempt >= LAST_ATTEMPT):
            # Deleted, or the App was removed; an event or the next discovery brings it back.
            _log.error("given_up", key=job.key, attempt=attempt, error=str(error))
            if number is not None:
                self.services.store.forget_state(job.repository, number)
        else:
            self._wait_until(job, self.now() + LATER, attempt + 1)

    def _log_failure(self, task: str, key: str, attempt: int, error: Exception) -> str:
        if isinstance(error, ForgeError):
            _log.warning("forge_failed", task=task, key=key, attempt=attempt, error=str(error))
            return "forge_failed"
        _log.error("job_failed", task=task, key=key, attempt=attempt, exc_info=error)
        return "failed"

    def _count(self, task: str, outcome: str, started: float) -> None:
        self.services.store.count_job(task, outcome, time.monotonic() - started)


def backoff(attempt: int) -> int:
    """Seconds before attempt `attempt` + 1: 2, 4, 8 … and never more than a minute."""
    return min(1 << attempt, LONGEST_WAIT)
