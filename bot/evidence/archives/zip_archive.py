"""ZIP archives, by the standard library's reader.

https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT. Only stored and deflated members are
read: these unpack piece by piece, while the standard library's other decompressors give out at
once whatever a few bytes stand for. Members that overlap are the trick of bombs without nesting
(https://www.bamsoftware.com/hacks/zipbomb/).
"""

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable

from bot.evidence.archives.members import LIMITS, Contents, Limits, RefusedArchiveError
from bot.evidence.problems import shown

_CENTRAL = b"PK\x01\x02"
_LOCAL_HEADER = 30
_ENCRYPTED = 0x1
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    OverflowError,
    ValueError,
)
"""What the standard library raises for archives that are damaged, or made to confuse it."""


class ZipArchive:
    """The files of one ZIP archive in memory. Raises RefusedArchiveError."""

    def __init__(self, data: bytes, limits: Limits = LIMITS) -> None:
        if data.count(_CENTRAL) > limits.members:  # before an object is made for each
            raise RefusedArchiveError("too-large", f"it has more than {limits.members:,} members")
        contents = Contents(packed=len(data), limits=limits)
        self._members: dict[str, zipfile.ZipInfo] = {}
        try:
            self._file = zipfile.ZipFile(io.BytesIO(data))
            members = self._file.infolist()
        except BROKEN as error:
            raise _unreadable(error) from error
        _check_places(members, self._file.start_dir)
        for member in members:
            self._take(member, contents)
        self.sizes = contents.sizes

    def read(self, name: str) -> bytes:
        """The bytes of one file. Raises RefusedArchiveError."""
        member = self._members[name]
        try:
            with self._file.open(member) as file:
                data = file.read(member.file_size + 1)
        except BROKEN as error:
            raise _unreadable(error, name) from error
        if len(data) != member.file_size:
            raise RefusedArchiveError("unreadable", f"{shown(name)} has another size than the archive says")
        return data

    def _take(self, member: zipfile.ZipInfo, contents: Contents) -> None:
        written = member.orig_filename
        mode = member.external_attr >> 16
        if stat.S_ISLNK(mode):
            raise RefusedArchiveError("link", f"{shown(written)} is a link")
        if stat.S_IFMT(mode) not in {0, stat.S_IFREG, stat.S_IFDIR}:
            raise RefusedArchiveError("special", f"{shown(written)} is a special file")
        if written.endswith("/"):
            contents.take_directory(written)
            return
        if member.flag_bits & _ENCRYPTED:
            raise RefusedArchiveError("unreadable", f"{shown(written)} is encrypted")
        if member.compress_type not in _METHODS:
            raise RefusedArchiveError(
                "unreadable", f"{shown(written)} is compressed by a method that is not read"
            )
        name = contents.take_file(written, member.file_size, member.compress_size)
        self._members[name] = member


def _check_places(members: Iterable[zipfile.ZipInfo], end: int) -> None:
    """Every member has bytes of its own, before those of the next. Raises RefusedArchiveError."""
    before: zipfile.ZipInfo | None = None
    free = 0
    for member in sorted(members, key=lambda one: one.header_offset):
        if member.header_offset < free and before is not None:
            both = f"{shown(before.orig_filename)} and {shown(member.orig_filename)}"
            raise RefusedArchiveError("bomb", f"{both} overlap")
        free = member.header_offset + _LOCAL_HEADER + member.compress_size
        before = member
    if free > end:
        raise RefusedArchiveError("unreadable", "it is cut off")


def _unreadable(error: Exception, name: str = "") -> RefusedArchiveError:
    what = f"{shown(name)} cannot be read" if name else "it is no ZIP archive that can be read"
    return RefusedArchiveError("unreadable", f"{what}: {shown(error)}")
