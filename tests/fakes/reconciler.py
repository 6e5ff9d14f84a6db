"""A reconciler that only writes down what it was asked, in the database, so that processes can share it.

Run as a program it is a whole worker process: ``python -m tests.fakes.reconciler CONNINFO``.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from bot import worker
from bot.forges.base import Repository
from bot.services import Services
from bot.settings import Settings
from bot.store import Store
from bot.targets import Lookup, Target

REPOSITORY = Repository(forge="github", id=7, full_name="acme/streets", installation=70)
FAST = worker.Timing(
    heartbeat=0.2,
    stalled_after=1.0,
    recover="* * * * * *",
    look="* * * * * *",
)
DEADLINE = 60.0


def pull(number: int, forge: str = "github") -> Target:
    return Target(repository=replace(REPOSITORY, forge=forge), number=number)


def eventually(condition: Callable[[], bool], *, what: str) -> None:
    """Poll until `condition` holds, for at most `DEADLINE` seconds."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.02)


@dataclass(kw_only=True)
class RecordingReconciler:
    """In-process: `on_handle` is what happens inside an evaluation."""

    on_handle: Callable[[Target], None] = lambda _: None
    found: tuple[Target, ...] = ()
    discovered: tuple[Target | Lookup, ...] = ()
    handled: list[str] = field(default_factory=list)
    poisoned: list[str] = field(default_factory=list)
    looked_up: list[Lookup] = field(default_factory=list)

    def handle(self, target: Target, services: Services) -> None:
        self.handled.append(target.key)
        self.on_handle(target)

    def report_poison(self, target: Target, services: Services) -> None:
        self.poisoned.append(target.key)

    def find(self, lookup: Lookup, services: Services) -> Iterable[Target]:
        self.looked_up.append(lookup)
        return self.found

    def discover(self, services: Services) -> Iterable[Target | Lookup]:
        return self.discovered


class SharedReconciler:
    """Across processes: `prepare` says what evaluations do, `log` what happened."""

    def handle(self, target: Target, services: Services) -> None:
        store = services.store
        write(store, target.key, "started")
        if behaviour(store, target.key) == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        while behaviour(store, target.key) == "wait":
            time.sleep(0.02)
        write(store, target.key, "finished")

    def report_poison(self, target: Target, services: Services) -> None:
        write(services.store, target.key, "poisoned")

    def find(self, lookup: Lookup, services: Services) -> Iterable[Target]:
        return ()

    def discover(self, services: Services) -> Iterable[Target | Lookup]:
        return ()


def prepare(store: Store) -> None:
    with store.connection() as connection:
        connection.execute(
            "CREATE TABLE spy (id serial, key text, what text, pid int, at timestamptz DEFAULT clock_timestamp())"
        )
        connection.execute("CREATE TABLE spy_behaviour (key text PRIMARY KEY, how text)")


def behave(store: Store, key: str, how: str) -> None:
    with store.connection() as connection:
        connection.execute(
            "INSERT INTO spy_behaviour VALUES (%s, %s) ON CONFLICT (key) DO UPDATE SET how = excluded.how",
            (key, how),
        )


def behaviour(store: Store, key: str) -> str:
    with store.connection() as connection:
        row = connection.execute("SELECT how FROM spy_behaviour WHERE key = %s", (key,)).fetchone()
    return str(row[0]) if row else "finish"


def write(store: Store, key: str, what: str) -> None:
    with store.connection() as connection:
        connection.execute("INSERT INTO spy (key, what, pid) VALUES (%s, %s, %s)", (key, what, os.getpid()))


def log(store: Store, key: str) -> list[str]:
    """What happened to `key`, in order."""
    with store.connection() as connection:
        return [
            row[0] for row in connection.execute("SELECT what FROM spy WHERE key = %s ORDER BY id", (key,))
        ]


if __name__ == "__main__":
    sys.exit(0 if worker.run(sys.argv[1], Settings(), SharedReconciler(), FAST) else 1)
