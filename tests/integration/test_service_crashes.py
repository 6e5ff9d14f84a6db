"""Real worker processes, killed with SIGKILL: nothing is lost, and poison is contained."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from bot.queue import Queue
from bot.store import Store
from bot.targets import Target
from tests.fakes import reconciler
from tests.fakes.reconciler import behave, eventually, log, prepare
from tests.fakes.sites import SITES

pytestmark = pytest.mark.slow

Start = Callable[[], "subprocess.Popen[bytes]"]
Pull = Callable[[int], Target]


@pytest.fixture(params=sorted(SITES))
def pull(request: pytest.FixtureRequest) -> Pull:
    """The target of a pull request by its number, of every forge in turn."""
    return partial(reconciler.pull, forge=request.param)


@pytest.fixture
def queue(store: Store) -> Queue:
    prepare(store)
    return Queue(store._pool)


@pytest.fixture
def start_worker(database_url: str) -> Iterator[Start]:
    started: list[subprocess.Popen[bytes]] = []

    def start() -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "tests.fakes.reconciler", database_url]
        started.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_a_worker_killed_during_an_evaluation_loses_nothing(
    store: Store, queue: Queue, start_worker: Start, pull: Pull
) -> None:
    key = pull(3).key
    behave(store, key, "wait")
    queue.enqueue([pull(3)])
    first = start_worker()
    eventually(lambda: log(store, key) == ["started"], what="the evaluation to start")
    first.kill()
    first.wait()
    behave(store, key, "finish")
    start_worker()
    eventually(lambda: log(store, key) == ["started", "started", "finished"], what="the recovery")
    eventually(lambda: store.queue_depths() == () or _only_upkeep(store), what="an empty queue")
    assert store.deaths(key) == 0


def test_a_stalled_job_whose_successor_waits_is_finished_and_the_successor_runs(
    store: Store, queue: Queue, start_worker: Start, pull: Pull
) -> None:
    key = pull(3).key
    behave(store, key, "wait")
    queue.enqueue([pull(3)])
    first = start_worker()
    eventually(lambda: log(store, key) == ["started"], what="the evaluation to start")
    assert queue.enqueue([pull(3)]) == 1
    first.kill()
    first.wait()
    behave(store, key, "finish")
    start_worker()
    eventually(lambda: log(store, key) == ["started", "started", "finished"], what="the successor")
    eventually(lambda: _statuses(store, key) == ["failed"], what="the stalled job to be finished")


def test_an_evaluation_that_kills_its_worker_is_reported_and_spares_the_others(
    store: Store, queue: Queue, start_worker: Start, pull: Pull
) -> None:
    poison, healthy = pull(3).key, pull(4).key
    behave(store, poison, "kill")
    queue.enqueue([pull(3), pull(4)])
    for death in range(1, 4):
        worker = start_worker()
        eventually(lambda w=worker: w.poll() is not None, what="the worker to die")  # type: ignore[misc]
        assert log(store, poison) == ["started"] * death
    start_worker()
    eventually(lambda: "poisoned" in log(store, poison), what="the report")
    assert log(store, poison) == ["started"] * 3 + ["poisoned"]
    eventually(lambda: "finished" in log(store, healthy), what="the other pull request")
    assert "poisoned" not in log(store, healthy)
    behave(store, poison, "finish")
    queue.enqueue([pull(3)])
    eventually(lambda: log(store, poison)[-1] == "finished", what="a later push to be evaluated")
    eventually(lambda: store.deaths(poison) == 0, what="the deaths to be forgotten")


def test_evaluations_that_died_beside_the_guilty_one_are_cleared(
    store: Store, queue: Queue, start_worker: Start, pull: Pull
) -> None:
    poison, others = pull(9).key, [pull(number) for number in (3, 4)]
    for other in others:
        behave(store, other.key, "wait")
    queue.enqueue(others)
    worker = start_worker()
    eventually(lambda: all(log(store, other.key) for other in others), what="the others to run")
    behave(store, poison, "kill")
    queue.enqueue([pull(9)])
    eventually(lambda: worker.poll() is not None, what="the worker to die")
    for other in others:
        behave(store, other.key, "finish")
    for _ in range(3):
        if "poisoned" not in log(store, poison):
            worker = start_worker()
            eventually(
                lambda w=worker: w.poll() is not None or "poisoned" in log(store, poison),  # type: ignore[misc]
                what="death or report",
            )
    eventually(lambda: "poisoned" in log(store, poison), what="the report")
    assert log(store, poison) == ["started"] * 3 + ["poisoned"]
    for other in others:
        assert log(store, other.key) == ["started", "started", "finished"]


def test_sigterm_lets_the_running_evaluation_finish(
    store: Store, queue: Queue, start_worker: Start, pull: Pull
) -> None:
    key = pull(3).key
    behave(store, key, "wait")
    queue.enqueue([pull(3)])
    worker = start_worker()
    eventually(lambda: log(store, key) == ["started"], what="the evaluation to start")
    os.kill(worker.pid, signal.SIGTERM)
    queue.enqueue([pull(4)])
    behave(store, key, "finish")
    assert worker.wait(timeout=20) == 0
    assert log(store, key) == ["started", "finished"]
    # Whether the signal or the second job reached the worker first, no half of a job is left.
    assert log(store, pull(4).key) in ([], ["started", "finished"])
    start_worker()
    eventually(lambda: log(store, pull(4).key) == ["started", "finished"], what="the second job")


def test_two_workers_never_evaluate_one_pull_request_at_once(
    store: Store, queue: Queue, start_worker: Start, pull: Pull
) -> None:
    start_worker()
    start_worker()
    keys = [pull(number).key for number in range(1, 6)]
    for _ in range(30):
        queue.enqueue([pull(number) for number in range(1, 6)])
    eventually(lambda: all(_settled(log(store, key)) for key in keys), what="all evaluations")
    eventually(lambda: _only_upkeep(store), what="an empty queue")
    for key in keys:
        happened = log(store, key)
        assert happened == ["started", "finished"] * (len(happened) // 2)


def test_a_worker_gives_up_when_the_database_goes_away(
    store: Store, queue: Queue, start_worker: Start, pull: Pull, database_url: str
) -> None:
    worker = start_worker()
    queue.enqueue([pull(3)])
    eventually(lambda: "finished" in log(store, pull(3).key), what="the worker to be up")
    with store.connection() as connection:
        # One lock, unlike DROP: nothing the worker holds meanwhile can deadlock with it.
        connection.execute("ALTER TABLE procrastinate_workers RENAME TO gone")
    assert worker.wait(timeout=20) == 1


def _settled(happened: list[str]) -> bool:
    return bool(happened) and happened[-1] == "finished"


def _only_upkeep(store: Store) -> bool:
    return not [depth for depth in store.queue_depths() if depth.task in {"evaluate", "find"} and depth.jobs]


def _statuses(store: Store, key: str) -> list[str]:
    with store.connection() as connection:
        rows = connection.execute("SELECT status::text FROM procrastinate_jobs WHERE lock = %s", (key,))
        return [row[0] for row in rows]
