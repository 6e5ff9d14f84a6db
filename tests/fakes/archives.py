"""Archives, honest and hostile, in memory."""

import gzip
import io
import stat
import struct
import tarfile
import zipfile
from collections.abc import Iterable, Mapping

ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz")


def packed(files: Mapping[str, bytes], ending: str) -> bytes:
    """The files as an archive of that kind."""
    if ending == ".zip":
        return zipped(files.items())
    plain = tarred((member(name, len(data)), data) for name, data in files.items())
    return plain if ending == ".tar" else gzip.compress(plain, mtime=0)


def zipped(files: Iterable[tuple[str | zipfile.ZipInfo, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return out.getvalue()


def zip_link(name: str, target: str, mode: int = stat.S_IFLNK) -> tuple[zipfile.ZipInfo, bytes]:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (mode | 0o777) << 16
    return info, target.encode()


def member(name: str, size: int = 0, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = size, kind, link
    return info


def tarred(members: Iterable[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def sparse_tar(name: str, size: int) -> bytes:
    """A GNU tar of one sparse file that claims `size` bytes and holds none."""
    header = bytearray(member(name).tobuf(tarfile.GNU_FORMAT))
    header[156:157] = b"S"
    header[386:410] = b"%011o\0" % 0 + b"%011o\0" % 0
    header[482] = 0
    header[483:495] = struct.pack(">I", 0x80000000) + struct.pack(">Q", size)
    return _summed(header) + bytes(1024)


def negative_tar(name: str) -> bytes:
    """A tar whose next header lies before this one: a reader that may go back reads it for ever."""
    header = bytearray(member(name).tobuf(tarfile.GNU_FORMAT))
    header[124:136] = struct.pack(">i", -1) + struct.pack(">q", -512)
    return _summed(header) + bytes(1024)


def _summed(header: bytearray) -> bytes:
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


def edited(data: bytes, place: int, value: bytes, *, entry: int = 0) -> bytes:
    """A ZIP archive with other bytes at a place of one central header
    (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.12)."""
    start = -1
    for _ in range(entry + 1):
        start = data.index(b"PK\x01\x02", start + 1)
    return data[: start + place] + value + data[start + place + len(value) :]


FLAGS, METHOD, FILE_SIZE, OFFSET = 8, 10, 24, 42
"""Places of fields in a central header."""


def overlapping() -> bytes:
    """Two members with the bytes of one, as bombs without nesting have thousands."""
    data = zipped([("a.txt", b"0 0.5 0.5 0.1 0.1\n"), ("b.txt", b"0 0.5 0.5 0.1 0.1\n")])
    return edited(data, OFFSET, struct.pack("<I", 0), entry=1)


def forty_two() -> bytes:
    """Archives within archives, as 42.zip has five levels of."""
    inner = zipped([("0.txt", bytes(1 << 20))])
    return zipped([(f"lib {number}.zip", inner) for number in range(16)])
