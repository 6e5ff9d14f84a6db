"""The queue over a real PostgreSQL: serialised, coalesced, retried without raising."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from procrastinate import App

from bot.database import Pool
from bot.forges.errors import ForgeError, NotFoundError, RateLimitedError
from bot.jobs import LAST_ATTEMPT, QUICK_ATTEMPTS, Jobs, backoff
from bot.queue import UPKEEP, WORK, Queue
from bot.services import Services
from bot.settings import Settings
from bot.store import Store
from bot.sweep import Sweep
from bot.targets import Lookup, Target
from bot.worker import Timing, build_app
from tests.fakes.reconciler import REPOSITORY, RecordingReconciler, pull

pytestmark = pytest.mark.slow


@dataclass(kw_only=True)
class Workshop:
    """One database, one queue, and a worker that runs until nothing is left to start now."""

    url: str
    pool: Pool
    reconciler: RecordingReconciler
    queue: Queue
    store: Store
    jobs: Jobs

    def work(self, queue: str = WORK) -> None:
        while True:
            self._drain(queue)
            if not any(seconds <= 0 for _, seconds in self.jobs_in("todo", queue)):
                return

    def _drain(self, queue: str) -> None:
        app: App = build_app(self.url, self.jobs, Timing())
        app.run_worker(
            queues=[queue],
            wait=False,
            concurrency=4,
            install_signal_handlers=False,
            listen_notify=False,
            delete_jobs="successful",
        )

    def jobs_in(self, status: str, queue: str = WORK) -> list[tuple[str, float]]:
        """Task and seconds until its scheduled time of every job in `status`."""
        with self.store.connection() as connection:
            rows = connection.execute(
                "SELECT task_name, coalesce(extract(epoch FROM scheduled_at - now()), 0)::float"
                " FROM procrastinate_jobs WHERE status::text = %s AND queue_name = %s ORDER BY id",
                (status, queue),
            )
            return [(row[0], row[1]) for row in rows]


@pytest.fixture
def shop(database_url: str, store: Store) -> Workshop:
    pool = store._pool
    queue, reconciler = Queue(pool), RecordingReconciler()
    services = Services(settings=Settings(), store=store)
    jobs = Jobs(reconciler=reconciler, services=services, queue=queue)
    return Workshop(url=database_url, pool=pool, reconciler=reconciler, queue=queue, store=store, jobs=jobs)


def failing(error: Exception) -> RecordingReconciler:
    def fail(_: Target) -> None:
        raise error

    return RecordingReconciler(on_handle=fail)


def test_a_burst_of_twenty_becomes_one_evaluation(shop: Workshop) -> None:
    assert [shop.queue.enqueue([pull(3)]) for _ in range(20)] == [1] + [0] * 19
    shop.work()
    assert shop.reconciler.handled == [pull(3).key]


def test_events_during_an_evaluation_cause_exactly_one_more_after_them(shop: Workshop) -> None:
    events: list[int] = []

    def receive_ten(target: Target) -> None:
        events.append(len(events))
        if len(events) == 1:
            assert sum(shop.queue.enqueue([target]) for _ in range(10)) == 1

    shop.reconciler.on_handle = receive_ten
    shop.queue.enqueue([pull(3)])
    shop.work()
    assert shop.reconciler.handled == [pull(3).key] * 2


def test_different_pull_requests_do_not_wait_for_each_other(shop: Workshop) -> None:
    assert shop.queue.enqueue([pull(1), pull(2), Lookup(repository=REPOSITORY)]) == 3
    shop.work()
    assert sorted(shop.reconciler.handled) == [pull(1).key, pull(2).key]
    assert shop.reconciler.looked_up == [Lookup(repository=REPOSITORY)]


def test_a_lookup_enqueues_what_it_finds(shop: Workshop) -> None:
    shop.reconciler.found = (pull(4), pull(5))
    shop.queue.enqueue([Lookup(repository=REPOSITORY, head_sha="a" * 40)])
    shop.work()
    assert sorted(shop.reconciler.handled) == [pull(4).key, pull(5).key]


def test_a_rolled_back_transaction_enqueues_nothing_and_a_refused_job_spoils_none(shop: Workshop) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero), shop.store.transaction() as connection:  # noqa: PT012
        shop.queue.enqueue([pull(1)], connection=connection)
        connection.execute("SELECT 1 / 0")
    assert shop.jobs_in("todo") == []
    with shop.store.transaction() as connection:
        assert shop.queue.enqueue([pull(1), pull(1), pull(2)], connection=connection) == 2
    assert len(shop.jobs_in("todo")) == 2


@pytest.mark.parametrize("error", [ForgeError("reading the pull request: 502"), RuntimeError("bug")])
def test_a_failed_evaluation_is_finished_and_enqueued_again_soon(shop: Workshop, error: Exception) -> None:
    shop.jobs = Jobs(reconciler=failing(error), services=shop.jobs.services, queue=shop.queue)
    shop.queue.enqueue([pull(3)])
    shop.work()
    ((task, seconds),) = shop.jobs_in("todo")
    assert task == "evaluate"
    assert 0 < seconds <= backoff(1)
    assert shop.jobs_in("doing") == shop.jobs_in("failed") == []


def test_a_retry_whose_successor_already_waits_neither_sticks_nor_doubles(shop: Workshop) -> None:
    def event_then_failure(target: Target) -> None:
        if len(reconciler.handled) == 1:
            shop.queue.enqueue([target])
            raise ForgeError("reading the pull request: 502")

    reconciler = RecordingReconciler(on_handle=event_then_failure)
    shop.jobs = Jobs(reconciler=reconciler, services=shop.jobs.services, queue=shop.queue)
    shop.queue.enqueue([pull(3)])
    shop.work()
    assert reconciler.handled == [pull(3).key] * 2
    assert [shop.jobs_in(status) for status in ("todo", "doing", "failed")] == [[], [], []]


def test_waits_double_up_to_a_minute() -> None:
    assert [backoff(attempt) for attempt in range(1, 9)] == [2, 4, 8, 16, 32, 60, 60, 60]


def test_after_the_quick_attempts_the_sweep_takes_over(shop: Workshop) -> None:
    jobs = Jobs(reconciler=failing(ForgeError("502")), services=shop.jobs.services, queue=shop.queue)
    jobs.evaluate(pull(3), QUICK_ATTEMPTS)
    assert shop.jobs_in("todo") == []
    state = shop.store.state(REPOSITORY, 3)
    assert state is not None
    assert state.next_look_at is not None
    assert timedelta(minutes=4) < state.next_look_at - datetime.now(UTC) <= timedelta(minutes=5)


def test_what_has_no_place_in_the_due_list_keeps_its_job_and_is_given_up_in_the_end(shop: Workshop) -> None:
    group = Target(repository=REPOSITORY, merge_group_head="a" * 40)
    jobs = Jobs(reconciler=failing(ForgeError("502")), services=shop.jobs.services, queue=shop.queue)
    jobs.evaluate(group, QUICK_ATTEMPTS)
    ((_, seconds),) = shop.jobs_in("todo")
    assert 55 < seconds <= 60
    jobs.evaluate(group, LAST_ATTEMPT)
    assert len(shop.jobs_in("todo")) == 1


def test_a_pull_request_that_is_gone_is_forgotten(shop: Workshop) -> None:
    shop.store.look_again_at(REPOSITORY, 3, datetime.now(UTC))
    jobs = Jobs(
        reconciler=failing(NotFoundError("no pull request 3")), services=shop.jobs.services, queue=shop.queue
    )
    jobs.evaluate(pull(3), QUICK_ATTEMPTS)
    assert shop.store.state(REPOSITORY, 3) is None
    assert shop.jobs_in("todo") == []


def test_a_long_rate_limit_goes_to_the_due_list_and_a_short_one_to_the_queue(shop: Workshop) -> None:
    reset = datetime.now(UTC) + timedelta(minutes=40)
    for number, at in ((3, reset), (4, datetime.now(UTC) + timedelta(seconds=20))):
        error = RateLimitedError("come back later", retry_at=at)
        Jobs(reconciler=failing(error), services=shop.jobs.services, queue=shop.queue).evaluate(
            pull(number), 1
        )
    state = shop.store.state(REPOSITORY, 3)
    assert state is not None
    assert state.next_look_at == reset
    ((_, seconds),) = shop.jobs_in("todo")
    assert 15 < seconds <= 20


def test_a_survived_evaluation_forgets_deaths_even_when_it_failed(shop: Workshop) -> None:
    shop.store.add_death(pull(3).key, "1/0")
    Jobs(reconciler=failing(RuntimeError()), services=shop.jobs.services, queue=shop.queue).evaluate(
        pull(3), 1
    )
    assert shop.store.deaths(pull(3).key) == 0


def test_a_poison_report_is_dropped_when_an_evaluation_survived_meanwhile(shop: Workshop) -> None:
    shop.queue.enqueue_poison_report(pull(3))
    shop.work()
    assert shop.reconciler.poisoned == []
    for death in range(3):
        shop.store.add_death(pull(3).key, f"{death}/0")
    shop.queue.enqueue_poison_report(pull(3))
    shop.work()
    assert shop.reconciler.poisoned == [pull(3).key]


def test_the_sweep_enqueues_what_is_due_once_and_behind_events(shop: Workshop) -> None:
    now = datetime.now(UTC)
    shop.store.look_again_at(REPOSITORY, 1, now - timedelta(seconds=1))
    shop.store.look_again_at(REPOSITORY, 2, now + timedelta(hours=1))
    sweep = Sweep(jobs=shop.jobs)
    assert (sweep.look_at_due(), sweep.look_at_due()) == (1, 0)
    shop.queue.enqueue([pull(9)])
    with shop.store.connection() as connection:
        order = connection.execute(
            "SELECT args->'target'->>'number' FROM procrastinate_jobs ORDER BY priority DESC"
        )
        assert [row[0] for row in order] == ["9", "1"]
    shop.work()
    assert set(shop.reconciler.handled) == {pull(9).key, pull(1).key}


def test_discovery_enqueues_what_the_reconciler_names(shop: Workshop) -> None:
    shop.reconciler.discovered = (Lookup(repository=REPOSITORY), pull(6))
    assert Sweep(jobs=shop.jobs).discover() == 2


def test_upkeep_runs_beside_the_work_and_survives_its_own_failures(shop: Workshop) -> None:
    shop.queue._app.configure_task("tidy", queue=UPKEEP).defer(timestamp=0)
    shop.queue._app.configure_task("look_at_due", queue=UPKEEP).defer(timestamp=0)
    with shop.store.connection() as connection:
        connection.execute("DROP TABLE deliveries")
    shop.work(UPKEEP)
    with shop.store.connection() as connection:
        row = connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone()
    assert row == (0,)


def test_totals_of_jobs_are_counted_for_the_metrics(shop: Workshop) -> None:
    shop.queue.enqueue([pull(3)])
    shop.work()
    assert [(total.task, total.outcome, total.jobs) for total in shop.store.job_totals()] == [
        ("evaluate", "done", 1)
    ]
