"""Work in a process of its own: what it returns, what it raises, and how it ends."""

import os
import signal
import time

import pytest

from bot.bounded import bounded
from bot.forges.errors import NotFoundError
from bot.workshop import Budget, OverBudgetError, WorkshopError

pytestmark = pytest.mark.slow
BUDGET = Budget(memory=300 << 20, seconds=60)


def doubled(number: int) -> int | None:
    return 2 * number if number else None


def missing(path: str) -> None:
    raise NotFoundError(f"reading {path}")


def broken(_: object) -> None:
    raise ZeroDivisionError("a bug")


def hungry(size: int) -> int:
    return len(bytearray(size))


def talkative(size: int) -> list[bytes]:
    return [bytes(1000) for _ in range(size // 1000)]


def slow(seconds: float) -> None:
    time.sleep(seconds)


def leaving(code: int) -> None:
    os._exit(code)


def killed(number: int) -> None:
    os.kill(os.getpid(), number)


class Poison:
    """What a child cannot even take."""

    def __reduce__(self) -> tuple[object, ...]:
        return (broken, (0,))


def test_what_comes_of_it_is_returned_nothing_included() -> None:
    assert bounded(doubled, 21, BUDGET) == 42
    assert bounded(doubled, 0, BUDGET) is None


def test_errors_of_reading_are_raised_and_others_with_their_traceback() -> None:
    with pytest.raises(NotFoundError, match="reading x"):
        bounded(missing, "x", BUDGET)
    with pytest.raises(WorkshopError, match="a bug"):
        bounded(broken, 0, BUDGET)


@pytest.mark.parametrize(
    ("work", "argument", "budget"),
    [
        (hungry, 1 << 30, BUDGET),
        (talkative, 200 << 20, BUDGET),
        (slow, 60, Budget(seconds=0.5)),
        (killed, signal.SIGKILL, BUDGET),
    ],
)
def test_too_much_memory_or_time_is_over_budget(work, argument, budget: Budget) -> None:
    began = time.monotonic()
    with pytest.raises(OverBudgetError):
        bounded(work, argument, budget)
    assert time.monotonic() - began < 45


@pytest.mark.parametrize(("work", "argument"), [(leaving, 3), (leaving, 0), (doubled, Poison())])
def test_a_child_that_cannot_start_or_leaves_by_itself_is_no_work_that_is_too_large(work, argument) -> None:
    with pytest.raises(WorkshopError, match="without a word"):
        bounded(work, argument, BUDGET)
