"""Answering gates 1 to 6 of large releases in a process of their own, under a budget.

A file that needs more memory or time than the budget costs its own answer, never the service: the
child process ends, and the answers that rest on a snapshot are vague and say so.
"""

import gc
import multiprocessing
import resource
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import monotonic

import duckdb
import pyarrow as pa

from bot.answers import Finding
from bot.converting import Panlabel
from bot.documents import resolve
from bot.evaluation.answering import Answers, Questions, answer_here
from bot.evaluation.trees import TreeFiles
from bot.evidence.archives.files import is_archive
from bot.evidence.baseline import LAST_RELEASE
from bot.evidence.exports.conversion import Converter
from bot.evidence.remote import NOWHERE, Remote
from bot.evidence.shelf import Kept, Shelf
from bot.evidence.sources import RefusedSourceError
from bot.forges.base import Tree
from bot.forges.errors import ForgeError, NotFoundError, TooLargeError
from bot.gates import vague_answers
from bot.shelf import DirectoryShelf
from bot.weighing import weight

LARGE = 8 << 20
"""Bytes of evidence from which on a child process answers; Parquet may always be large."""

OVER = 77
"""With what a child leaves that was refused memory."""
REFUSED = (MemoryError, duckdb.OutOfMemoryException, SystemError)
"""What memory that is refused is raised as; the last by C code that forgets to say MemoryError."""
_HANGING_UP = 5.0
"""Seconds between a child's last word and its end."""

_START = multiprocessing.get_context("forkserver")
_START.set_forkserver_preload([__name__])  # or every child would import all of it for itself


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
    convert: Converter = field(default_factory=Panlabel)
    remote: Remote = NOWHERE

    def __call__(self, questions: Questions, candidate: TreeFiles, base: TreeFiles) -> Answers:
        """Raises ForgeError when reading fails."""
        small = weight(questions, candidate.tree, base.tree) < self.large
        if small and not _has_archive(questions) and not may_fetch(questions, self.remote):
            shelf = DirectoryShelf(self.folder)
            return answer_here(questions, candidate, base, shelf, convert=self.convert, remote=self.remote)
        try:
            return self._in_a_child(questions, candidate, base)
        except OverBudgetError:
            over = _over(self.budget)
        try:  # the other evidence, still not in the service itself
            return self._in_a_child(questions, candidate, base, refusing=over)
        except OverBudgetError:
            return Answers(answers=vague_answers(over))

    def _in_a_child(
        self, questions: Questions, candidate: TreeFiles, base: TreeFiles, refusing: Finding | None = None
    ) -> Answers:
        here, there = _START.Pipe()
        job = (there, questions, (candidate.tree, base.tree), self, refusing)
        child = _START.Process(target=_work, args=job, daemon=True)
        child.start()
        there.close()
        try:
            said = _served(here, candidate.read_blob, self.budget.seconds)
            if said is None:
                raise ended(child)
            return said
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
    """A shelf that lets no snapshot and no exported files be read."""

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
        text=f"Reading and comparing snapshots and exports takes more than {budget.memory >> 20:,} MiB of "
        f"memory or {budget.seconds:g} seconds.",
        fix="Commit them as Parquet, split the data set, or have the operator raise the budget.",
    )


def _has_archive(questions: Questions) -> bool:
    """Whether exported files lie in an archive, which becomes many times larger when it is read."""
    named = (export.artefact for export in questions.manifest.exports)
    paths = (resolve(questions.path, source.path or "") for source in named if source is not None)
    return any(is_archive(path or "") for path in paths)


def ended(child: BaseProcess) -> Exception:
    """Why a child that hung up said nothing.

    It is killed by the kernel, or leaves with `OVER`, when it needs too much memory. Any other
    end is a failure: a child that cannot start is no release that is too large.
    """
    child.join(_HANGING_UP)
    code = child.exitcode
    if code is None or code < 0 or code == OVER:
        return OverBudgetError()
    return WorkshopError(f"the child process ended with {code} and without a word")


def _served(pipe: Connection, read_blob: Callable[..., bytes], seconds: float) -> Answers | None:
    """Hand the child the blobs it asks for until it answers; None: it hung up.

    Raises:
        OverBudgetError: it did not answer in time.
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
            return None
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


def _work(
    pipe: Connection,
    questions: Questions,
    trees: tuple[Tree, Tree],
    workshop: Workshop,
    refusing: Finding | None,
) -> None:
    """The child's life. Memory that the kernel or a library refuses ends it without a word."""
    memory = workshop.budget.memory
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    gc.disable()  # it lives for one evaluation, and records hold no cycles
    pa.set_memory_pool(pa.system_memory_pool())  # which gives back what large columns took

    def read_blob(oid: str, *, max_bytes: int) -> bytes:
        pipe.send((oid, max_bytes))
        reply = pipe.recv()
        if isinstance(reply, ForgeError):
            raise reply
        return bytes(reply)

    try:
        candidate, base = (TreeFiles(tree, read_blob) for tree in trees)
        shelf = DirectoryShelf(workshop.folder) if refusing is None else _Refusing(refusing)
        pipe.send(_said(questions, candidate, base, shelf, workshop))
    except REFUSED:
        sys.exit(OVER)


def _said(
    questions: Questions, candidate: TreeFiles, base: TreeFiles, shelf: Shelf, workshop: Workshop
) -> Answers | str:
    """The answers, or the traceback of what failed. Raises MemoryError, duckdb.OutOfMemoryException."""
    try:
        return answer_here(
            questions, candidate, base, shelf, convert=workshop.convert, remote=workshop.remote
        )
    except REFUSED:
        raise
    except Exception:  # noqa: BLE001  the edge of the process
        return traceback.format_exc()
