"""What outlives a job: how often its worker died, and totals for the metrics."""

from dataclasses import dataclass

from bot.store.base import Connected


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """Jobs of one task in one state (``todo``, ``doing``, ``failed``)."""

    task: str
    status: str
    jobs: int


@dataclass(frozen=True, slots=True)
class JobTotal:
    """Finished jobs of one task with one outcome, and the seconds they took together."""

    task: str
    outcome: str
    jobs: int
    seconds: float


class JobStore(Connected):
    """Worker deaths per key, totals, and the queue as seen from outside."""

    def add_death(self, key: str, job: str) -> int:
        """Count a worker that died over `key`; returns how many did in a row.

        `job` names the run that was lost, so that recovering it twice counts once.
        """
        with self.connection() as connection:
            row = connection.execute(
                "INSERT INTO worker_deaths (key, deaths, last_job) VALUES (%s, 1, %s)"
                " ON CONFLICT (key) DO UPDATE SET"
                " deaths = worker_deaths.deaths + (worker_deaths.last_job <> excluded.last_job)::int,"
                " last_job = excluded.last_job, last_at = now()"
                " RETURNING deaths",
                (key, job),
            ).fetchone()
        return int(row[0]) if row else 1

    def deaths(self, key: str) -> int:
        """How many workers died over `key` since one last survived it."""
        with self.connection() as connection:
            row = connection.execute("SELECT deaths FROM worker_deaths WHERE key = %s", (key,)).fetchone()
        return int(row[0]) if row else 0

    def forget_deaths(self, key: str) -> None:
        """A worker survived `key`."""
        with self.connection() as connection:
            connection.execute("DELETE FROM worker_deaths WHERE key = %s", (key,))

    def count_job(self, task: str, outcome: str, seconds: float) -> None:
        """Add one finished job to the totals."""
        with self.connection() as connection:
            connection.execute(
                "INSERT INTO job_totals (task, outcome, jobs, seconds) VALUES (%s, %s, 1, %s)"
                " ON CONFLICT (task, outcome) DO UPDATE"
                " SET jobs = job_totals.jobs + 1, seconds = job_totals.seconds + excluded.seconds",
                (task, outcome, seconds),
            )

    def job_totals(self) -> tuple[JobTotal, ...]:
        """Totals since the database was created."""
        with self.connection() as connection:
            rows = connection.execute("SELECT task, outcome, jobs, seconds FROM job_totals ORDER BY 1, 2")
            return tuple(JobTotal(*row) for row in rows)

    def queue_depths(self) -> tuple[QueueDepth, ...]:
        """Unfinished and failed jobs by task."""
        with self.connection() as connection:
            rows = connection.execute(
                "SELECT task_name, status::text, count(*) FROM procrastinate_jobs"
                " WHERE status IN ('todo', 'doing', 'failed') GROUP BY 1, 2 ORDER BY 1, 2"
            )
            return tuple(QueueDepth(*row) for row in rows)
