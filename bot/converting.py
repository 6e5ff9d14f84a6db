"""The converter: panlabel in a process of its own, with limits, in a directory that goes away.

It gets neutral names only, since it writes wherever a file name points to, and never an argument
of the pull request. Why panlabel: docs/export.md.
"""

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from time import time

from bot.evidence.exports.conversion import OUT, READ, Conversion, ConversionError, Target

CHILD = Path(__file__).with_name("converting_child.py")
IN = "in.json"
ERRORS = "errors.txt"
_PREFIX = "sevengates-convert-"
_STALE = 3600.0
"""Seconds after which a directory is of a converter whose caller was killed."""
_TOLD = 300
"""Characters of what the converter says that are passed on."""

_EXHAUSTED = ("MemoryError", *map(os.strerror, (errno.EFBIG, errno.EMFILE, errno.ENOMEM)))
"""What is said last by a process that a limit refuses something, and that is not ended by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one conversion may take: bytes of memory and of one file, seconds, open files."""

    memory: int = 2 << 30
    cpu_seconds: int = 60
    wall_seconds: float = 120.0
    file_size: int = 1 << 30
    open_files: int = 64
    output: int = 512 << 20
    """Bytes of all files that are read back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panlabel:
    """A `bot.evidence.exports.conversion.Converter`."""

    limits: Limits = Limits()
    python: str = sys.executable
    """The interpreter, beside which the command lies."""

    def __call__(self, conversion: Conversion) -> Mapping[str, bytes]:
        """Convert and read back what the core reads itself. Raises ConversionError."""
        _sweep()
        try:
            with TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as folder:
                place = Path(folder)
                (place / IN).write_bytes(conversion.document)
                self._run(conversion.target, place)
                return self._written(conversion.target, place)
        except OSError as error:
            raise ConversionError("failed", f"The converter could not be run: {error.strerror}.") from error

    def _run(self, target: Target, place: Path) -> None:
        """Raises ConversionError, OSError."""
        limits = self.limits
        most = (limits.memory, limits.cpu_seconds, limits.file_size, limits.open_files)
        with (place / ERRORS).open("wb") as errors:
            child = subprocess.Popen(  # noqa: S603  our own file, numbers and a word of `Target`
                [self.python, "-I", str(CHILD), target.value, *map(str, most)],
                cwd=place,
                env={"OPENBLAS_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                start_new_session=True,
            )
            try:
                code = child.wait(limits.wall_seconds)
            except subprocess.TimeoutExpired:
                raise ConversionError("over-limit", self._over()) from None
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        if code < 0 or code > 128:
            raise ConversionError("over-limit", self._over())
        if code:
            said = (place / ERRORS).read_bytes()[-_TOLD:].decode("utf-8", "replace").split("\n")
            if any(word in line for line in said for word in _EXHAUSTED):
                raise ConversionError("over-limit", self._over())
            last = next((line.strip() for line in reversed(said) if line.strip()), "nothing said")
            raise ConversionError("failed", f"The converter ended with status {code}: {last.rstrip('.')}.")

    def _written(self, target: Target, place: Path) -> Mapping[str, bytes]:
        """Raises ConversionError, OSError."""
        if target is Target.COCO:
            return {READ: self._bytes([place / READ])[0]}
        paths = sorted(path for path in (place / OUT).rglob("*") if path.is_file() and not path.is_symlink())
        names = (path.relative_to(place).as_posix() for path in paths)
        return dict(zip(names, self._bytes(paths), strict=True))

    def _bytes(self, paths: list[Path]) -> list[bytes]:
        if sum(path.stat().st_size for path in paths) > self.limits.output:
            raise ConversionError("over-limit", self._over())
        return [path.read_bytes() for path in paths]

    def _over(self) -> str:
        limits = self.limits
        return (
            f"The converter takes more than {limits.memory >> 20:,} MiB of memory, {limits.cpu_seconds} "
            f"seconds of the processor, {limits.wall_seconds:g} seconds of the clock or "
            f"{limits.output >> 20:,} MiB of files, and was stopped."
        )


def _sweep() -> None:
    """Remove what converters left whose callers were killed."""
    for path in Path(gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if path.stat().st_mtime < time() - _STALE:
                shutil.rmtree(path, ignore_errors=True)
