"""Tar archives, plain or gzipped, by the standard library's reader, in one pass and only forwards.

In its streaming mode the standard library refuses to go back, which headers with negative sizes
would make it do for ever (https://nvd.nist.gov/vuln/detail/CVE-2025-8194).
"""

import gzip
import io
import tarfile
import zlib
from typing import BinaryIO, Protocol

from bot.evidence.archives.members import LIMITS, TEXTS, Contents, Limits, RefusedArchiveError
from bot.evidence.problems import shown

_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 20
BROKEN = (
    tarfile.TarError,
    zlib.error,
    EOFError,
    LookupError,
    OSError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What the standard library raises for archives that are damaged, or made to confuse it."""


class _Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class TarArchive:
    """The files of one tar archive; of those that formats read, the bytes. Raises RefusedArchiveError."""

    def __init__(self, data: bytes, limits: Limits = LIMITS) -> None:
        contents = Contents(packed=len(data), limits=limits)
        self._texts: dict[str, bytes] = {}
        packed: BinaryIO = io.BytesIO(data)
        is_gzipped = data.startswith(_GZIP)
        stream: _Readable = gzip.GzipFile(fileobj=packed) if is_gzipped else packed
        try:
            with tarfile.open(fileobj=_Limited(stream, len(data), limits), mode="r|", bufsize=_CHUNK) as file:
                for member in file:
                    self._take(file, member, contents)
        except BROKEN as error:
            text = f"it is no tar archive that can be read: {shown(error)}"
            raise RefusedArchiveError("unreadable", text) from error
        self.sizes = contents.sizes

    def read(self, name: str) -> bytes:
        """The bytes of one file. Raises RefusedArchiveError: it is none that formats read."""
        if name not in self._texts:
            raise RefusedArchiveError("unreadable", f"{shown(name)} is no file of annotations")
        return self._texts[name]

    def _take(self, file: tarfile.TarFile, member: tarfile.TarInfo, contents: Contents) -> None:
        if member.isdir():
            contents.take_directory(member.name)
            return
        if member.issym() or member.islnk():
            raise RefusedArchiveError("link", f"{shown(member.name)} is a link")
        if not member.isreg() or member.issparse():
            kind = "sparse" if member.issparse() else "special"
            raise RefusedArchiveError("special", f"{shown(member.name)} is a {kind} file")
        name = contents.take_file(member.name, member.size)
        reader = file.extractfile(member) if name.lower().endswith(TEXTS) else None
        if reader is not None:
            self._texts[name] = reader.read()


class _Limited(io.RawIOBase):
    """A stream that gives out no more than the limits allow."""

    def __init__(self, stream: _Readable, packed: int, limits: Limits) -> None:
        super().__init__()
        self._stream = stream
        self._most = self._left = min(limits.unpacked, max(limits.ratio_from, limits.ratio * packed))

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes. Raises RefusedArchiveError when they become too many."""
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise RefusedArchiveError("bomb", f"it becomes more than {self._most:,} bytes unpacked")
        return data
