"""Putting jobs into Procrastinate: per-key serialised, and coalesced while they wait.

`lock` lets one job of a key run at a time; the same key as `queueing_lock` lets one wait. A second
event while a job waits needs no job of its own: the waiting one reads the live state.
https://procrastinate.readthedocs.io/en/stable/howto/advanced/queueing_locks.html
"""

from collections.abc import Iterable
from contextlib import nullcontext
from enum import IntEnum
from typing import Any

from procrastinate import App, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued

from bot.database import Connection, Pool
from bot.targets import Lookup, Target

EVALUATE = "evaluate"
FIND = "find"
REPORT_POISON = "report_poison"

WORK = "work"
UPKEEP = "upkeep"
"""A queue of its own, so that slow evaluations never keep the sweep and the recovery waiting."""

SUSPECTS = "suspects"
"""Jobs whose worker died. They run one at a time: of several that died together, the guilty one
dies again, the others do not."""


class Priority(IntEnum):
    """Higher runs first."""

    SWEEP = -10
    EVENT = 0


class Queue:
    """Enqueues jobs over the pool of the store, inside the caller's transaction where one is given."""

    def __init__(self, pool: Pool) -> None:
        self._app = App(connector=SyncPsycopgConnector())
        self._app.open(pool)

    def enqueue(
        self,
        jobs: Iterable[Target | Lookup],
        *,
        connection: Connection | None = None,
        priority: Priority = Priority.EVENT,
    ) -> int:
        """Enqueue an evaluation per target and a search per lookup.

        Returns how many were new; the others found an equal job waiting, which is as good.
        """
        return sum(self._enqueue_one(job, connection=connection, priority=priority) for job in jobs)

    def enqueue_again(self, job: Target | Lookup, *, seconds: int, attempt: int) -> bool:
        """Enqueue the next attempt; short waits only, since a waiting job blocks its key."""
        return self._enqueue_one(job, seconds=seconds, attempt=attempt)

    def enqueue_poison_report(self, target: Target, *, seconds: int = 0, attempt: int = 1) -> bool:
        """Enqueue the report that evaluating `target` kills workers."""
        return self._defer(
            REPORT_POISON,
            {"target": target.to_job(), "attempt": attempt},
            lock=target.key,
            queueing_lock=f"{target.key}/poison",
            seconds=seconds,
        )

    def _enqueue_one(
        self,
        job: Target | Lookup,
        *,
        connection: Connection | None = None,
        priority: Priority = Priority.EVENT,
        seconds: int = 0,
        attempt: int = 1,
    ) -> bool:
        task, name = (EVALUATE, "target") if isinstance(job, Target) else (FIND, "lookup")
        return self._defer(
            task,
            {name: job.to_job(), "attempt": attempt},
            lock=job.key,
            queueing_lock=job.key,
            connection=connection,
            priority=priority,
            seconds=seconds,
        )

    def _defer(
        self,
        task: str,
        arguments: dict[str, Any],
        *,
        lock: str,
        queueing_lock: str,
        connection: Connection | None = None,
        priority: Priority = Priority.EVENT,
        seconds: int = 0,
    ) -> bool:
        options: dict[str, Any] = {
            "queue": WORK,
            "lock": lock,
            "queueing_lock": queueing_lock,
            "priority": int(priority),
        }
        if connection is not None:
            options["connection"] = connection
        if seconds:
            options["schedule_in"] = {"seconds": seconds}
        try:
            # A savepoint: a refused insert must not spoil the caller's transaction.
            with connection.transaction() if connection is not None else nullcontext():
                self._app.configure_task(task, **options).defer(**arguments)
        except AlreadyEnqueued:
            return False
        return True
