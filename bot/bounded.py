"""Work in a process of its own, which ends when it needs more memory or time than its budget."""

import multiprocessing
import resource
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TypeVar

import duckdb

from bot.forges.errors import ForgeError
from bot.workshop import Budget, OverBudgetError, WorkshopError

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
        said = here.recv() if here.poll(budget.seconds) else None
    except EOFError:
        said = None
    finally:
        child.kill()
        child.join()
        child.close()
        here.close()
    match said:
        case None:
            raise OverBudgetError
        case ForgeError():
            raise said
        case str():
            raise WorkshopError(said)
        case (value,):
            return value  # type: ignore[no-any-return]
    raise WorkshopError(f"the child answered {said!r}")


def _live(pipe: Connection, work: Callable[[A], T], argument: A, memory: int) -> None:
    """The child's life. Memory that the kernel or a library refuses ends it without a word."""
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    said: tuple[T] | ForgeError | str
    try:
        said = (work(argument),)
    except (MemoryError, duckdb.OutOfMemoryException):
        return
    except ForgeError as error:
        said = error
    except Exception:  # noqa: BLE001  the edge of the process
        said = traceback.format_exc()
    pipe.send(said)
