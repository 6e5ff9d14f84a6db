"""What happens without an event: due pull requests, lost deliveries, dead workers, old rows."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from procrastinate.jobs import Job

from bot.jobs import POISON_DEATHS, Jobs
from bot.queue import EVALUATE, FIND, Priority
from bot.targets import Target

CLAIMED_AT_ONCE = 100
LEASE = timedelta(minutes=5)
KEEP_DELIVERIES = timedelta(days=30)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """The periodic work. Each step may run in any worker, any number of times."""

    jobs: Jobs

    def look_at_due(self) -> int:
        """Enqueue the pull requests whose time has come, longest waiting first; returns how many."""
        store = self.jobs.services.store
        with store.transaction() as connection:
            due = store.claim_due(
                now=self.jobs.now(), limit=CLAIMED_AT_ONCE, lease=LEASE, connection=connection
            )
            targets = [Target(repository=repository, number=number) for repository, number in due]
            self.jobs.queue.enqueue(targets, connection=connection, priority=Priority.SWEEP)
        return len(targets)

    def discover(self) -> int:
        """Enqueue what lost deliveries may have hidden; returns how many jobs were new."""
        found = self.jobs.reconciler.discover(self.jobs.services)
        return self.jobs.queue.enqueue(found, priority=Priority.SWEEP)

    def tidy(self) -> None:
        """Forget what nobody asks for any more."""
        store = self.jobs.services.store
        store.delete_old_deliveries(KEEP_DELIVERIES)
        store.evict_blobs()
        # Without a public address nobody can ask for a list.
        store.delete_old_lists(all_of_them=self.jobs.services.settings.public_url is None)

    def may_run_again(self, job: Job) -> bool:
        """Whether a job of a dead worker is to be tried once more, among the suspects.

        Upkeep is not repeated: its next turn comes by itself. A job over which `POISON_DEATHS`
        workers died in a row is reported.
        """
        if job.task_name not in {EVALUATE, FIND}:
            return False
        key = str(job.lock)
        deaths = self.jobs.services.store.add_death(key, f"{job.id}/{job.attempts}")
        _log.warning("worker_died", task=job.task_name, key=key, deaths=deaths)
        if deaths < POISON_DEATHS:
            return True
        if job.task_name == EVALUATE:
            arguments: dict[str, Any] = job.task_kwargs
            self.jobs.queue.enqueue_poison_report(Target.from_job(arguments["target"]))
        return False
