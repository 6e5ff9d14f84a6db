"""The real worker, killed with SIGKILL in the middle of a real evaluation, after each of its writes."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from bot.publications import NOTHING
from tests.fakes.reconciler import eventually
from tests.fakes.service import Service, running
from tests.fakes.site import MakeSite

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def live(database_url: str, make_site: MakeSite) -> Iterator[Service]:
    """By the real clock, which is the worker's."""
    with running(database_url, make=make_site, start=datetime.now(UTC).replace(microsecond=0)) as service:
        yield service


@contextmanager
def worker(service: Service) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {**os.environ, "DATABASE_URL": service.url, **service.site.environment}
    command = [sys.executable, "-m", "tests.fakes.real_worker"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("writes", [1, 2, 3], ids=["pending", "check", "comment"])
def test_an_evaluation_killed_after_a_write_is_finished_by_the_next_worker(
    live: Service, writes: int
) -> None:
    pull = live.release(settled=False)
    live.deliver()
    assert live.waiting()
    with worker(live) as doomed:
        eventually(lambda: len(live.site.writes()) >= writes, what=f"{writes} writes")
        doomed.kill()
        doomed.wait()
    with worker(live):
        eventually(lambda: bool(live.site.all_shown(pull)), what="a check")
        eventually(lambda: "waiting for @ana" in live.check(pull).title, what="the decision")
        eventually(lambda: ": READY" in live.comment(pull), what="the comment")
        eventually(lambda: not live.waiting() and not running_jobs(live), what="an empty queue")
    known = live.store.publications(live.repository, pull).known
    (publication,) = {one.fingerprint for one in known} - {NOTHING}
    assert publication[:4] in live.comment(pull)


def running_jobs(service: Service) -> int:
    with service.store.connection() as connection:
        row = connection.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing' AND task_name = 'evaluate'"
        ).fetchone()
    return int(row[0]) if row else 0
