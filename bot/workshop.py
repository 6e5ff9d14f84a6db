"""Answering gates 1 to 6 of large releases in a process of their own, under a budget.

A file that needs more memory or time than the budget costs its own answer, never the service: the
child process ends, and the answers that rest on a snapshot are vague and say so.
"""

import gc
import multiprocessing
import resource
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic

import duckdb

from bot.answers import Finding
from bot.evaluation.answering import Answers, Questions, answer_here
from bot.evaluation.trees import TreeFiles
from bot.evidence.baseline import LAST_RELEASE
from bot.evidence.remote import NOWHERE, Remote
from bot.evidence.shelf import Kept
from bot.evidence.sources import RefusedSourceError
from bot.forges.base import Tree
from bot.forges.errors import ForgeError, NotFoundError, TooLargeError
from bot.shelf import DirectoryShelf
from bot.weighing import weight

LARGE = 8 << 20
"""Bytes of evidence from which on a child process answers; Parquet may always be large."""

_START = multiprocessing.get_context("forkserver")


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What reading and comparing one release may take: bytes of memory, seconds of the clock."""

    memory: int = 3 << 30
    seconds: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """An `Answering` that keeps snapshots below `folder` and keeps to a budget."""

    folder: Path
    budget: Budget = Budget()
    large: int = LARGE
    remote: Remote = NOWHERE

    def __call__(self, questions: Questions, candidate: TreeFiles, base: TreeFiles) -> Answers:
        """Raises ForgeError when reading fails."""
        weighs = weight(questions, candidate.tree, base.tree)
        if weighs < self.large and not may_fetch(questions, self.remote):
            return answer_here(questions, candidate, base, DirectoryShelf(self.folder), self.remote)
        try:
            return self._in_a_child(questions, candidate, base)
        except OverBudgetError:
            return answer_here(questions, candidate, base, _Refusing(_over(self.budget)), self.remote)

    def _in_a_child(self, questions: Questions, candidate: TreeFiles, base: TreeFiles) -> Answers:
        here, there = _START.Pipe()
        job = (there, questions, (candidate.tree, base.tree), self)
        child = _START.Process(target=_work, args=job, daemon=True)
        child.start()
        there.close()
        try:
            return _served(here, candidate.read_blob, self.budget.seconds)
        finally:
            child.kill()
            child.join()
            child.close()
            here.close()


def may_fetch(questions: Questions, remote: Remote) -> bool:
    """Whether a snapshot is fetched: of any size, and only where time and memory are limited."""
    if remote is NOWHERE:
        return False
    manifests = (questions.manifest, questions.before)
    urls = (manifest.snapshot.url for manifest in manifests if manifest is not None)
    named = any(url is not None and remote.allows(url) for url in urls)
    return named or questions.rules.compare.baseline != LAST_RELEASE


class OverBudgetError(Exception):
    """The child took too much memory or time."""


class WorkshopError(Exception):
    """The child failed; its traceback is the message."""


@dataclass(frozen=True, slots=True)
class _Refusing:
    """A shelf that lets no snapshot be read."""

    finding: Finding

    def find(self, key: str) -> Kept | None:  # noqa: ARG002
        """Raises RefusedSourceError."""
        raise RefusedSourceError(self.finding)

    def keep(self, key: str, kept: Kept) -> Kept:  # noqa: ARG002
        """Nothing is kept."""
        return kept

    def pack(self, key: str) -> Mapping[str, bytes]:  # noqa: ARG002
        """There is nothing."""
        return {}

    def keep_pack(self, key: str, pack: Mapping[str, bytes]) -> None:
        """Nothing is kept."""


def _over(budget: Budget) -> Finding:
    return Finding(
        code="evidence.over-budget",
        text=f"Reading and comparing the snapshots takes more than {budget.memory >> 20:,} MiB of memory or "
        f"{budget.seconds:g} seconds.",
        fix="Commit them as Parquet, split the data set, or have the operator raise the budget.",
    )


def _served(pipe: Connection, read_blob: Callable[..., bytes], seconds: float) -> Answers:
    """Hand the child the blobs it asks for until it answers.

    Raises:
        OverBudgetError: it died, or did not answer in time.
        ForgeError: a blob could not be read.
        WorkshopError: it failed in any other way.
    """
    deadline = monotonic() + seconds
    while pipe.poll(max(0.0, deadline - monotonic())):
        try:
            said = pipe.recv()
            if isinstance(said, tuple):
                oid, max_bytes = said
                pipe.send(_blob(read_blob, oid, max_bytes))
                continue
        except (EOFError, BrokenPipeError, ConnectionResetError):
            break
        if isinstance(said, Answers):
            return said
        raise WorkshopError(str(said))
    raise OverBudgetError


def _blob(read_blob: Callable[..., bytes], oid: str, max_bytes: int) -> bytes | ForgeError:
    """The bytes, or what readers make a finding of. Raises ForgeError."""
    try:
        return read_blob(oid, max_bytes=max_bytes)
    except (TooLargeError, NotFoundError) as error:
        return type(error)(str(error))


def _work(pipe: Connection, questions: Questions, trees: tuple[Tree, Tree], workshop: Workshop) -> None:
    """The child's life. Memory that the kernel or a library refuses ends it without a word."""
    resource.setrlimit(resource.RLIMIT_DATA, (workshop.budget.memory, workshop.budget.memory))
    gc.disable()  # it lives for one evaluation, and records hold no cycles

    def read_blob(oid: str, *, max_bytes: int) -> bytes:
        pipe.send((oid, max_bytes))
        reply = pipe.recv()
        if isinstance(reply, ForgeError):
            raise reply
        return bytes(reply)

    candidate, base = (TreeFiles(tree, read_blob) for tree in trees)
    try:
        shelf = DirectoryShelf(workshop.folder)
        said: Answers | str = answer_here(questions, candidate, base, shelf, workshop.remote)
    except (MemoryError, duckdb.OutOfMemoryException):
        return
    except Exception:  # noqa: BLE001  the edge of the process
        said = traceback.format_exc()
    pipe.send(said)
