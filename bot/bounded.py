"""Work in a process of its own, which ends when it needs more memory or time than its budget."""

import multiprocessing
import resource
import sys
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TypeVar

import duckdb

from bot.forges.errors import ForgeError
from bot.workshop import OVER, Budget, OverBudgetError, WorkshopError, ended

_START = multiprocessing.get_context("forkserver")

A = TypeVar("A")
T = TypeVar("T")


def bounded(work: Callable[[A], T], argument: A, budget: Budget) -> T:
    """What `work`, a function of a module, returns for `argument`; both are pickled.

    Raises:
        OverBudgetError: it took too much memory or time.
        ForgeError: it raised this error.
        WorkshopError: it failed in any other way.
    """
    here, there = _START.Pipe(duplex=False)
    child = _START.Process(target=_live, args=(there, work, argument, budget.memory), daemon=True)
    child.start()
    there.close()
    try:
        if not here.poll(budget.seconds):
            raise OverBudgetError
        said = here.recv()
    except EOFError:
        raise ended(child) from None
    finally:
        child.kill()
        child.join()
        child.close()
        here.close()
    if isinstance(said, ForgeError):
        raise said
    if isinstance(said, str):
        raise WorkshopError(said)
    (value,) = said
    return value  # type: ignore[no-any-return]


def _live(pipe: Connection, work: Callable[[A], T], argument: A, memory: int) -> None:
    """The child's life. Memory that the kernel or a library refuses ends it without a word."""
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    try:
        pipe.send(_said(work, argument))
    except (MemoryError, duckdb.OutOfMemoryException):
        sys.exit(OVER)


def _said(work: Callable[[A], T], argument: A) -> tuple[T] | ForgeError | str:
    """What came of it. Raises MemoryError, duckdb.OutOfMemoryException."""
    try:
        return (work(argument),)
    except (MemoryError, duckdb.OutOfMemoryException):
        raise
    except ForgeError as error:
        return error
    except Exception:  # noqa: BLE001  the edge of the process
        return traceback.format_exc()
