"""What a pointer stands for: files by name, digest and size, so far as it says.

Two pointers can then be compared file by file without any of the bytes; see `pointers` for the
kinds and their specifications.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import msgspec

from bot.documents import read_yaml
from bot.evidence.pointers import PointerKind, pointer_kind
from bot.evidence.problems import shown
from bot.evidence.values import DECODE_ERRORS

MAX_BYTES = 8 << 20
"""Bytes of one pointer whose targets are read; a listing of 60,000 files has these."""

_DIGESTS = ("sha256", "md5", "etag", "checksum")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One file (or, of DVC, directory) elsewhere: `digest` as ``sha256:…`` or ``md5:…``, empty: not said."""

    name: str
    digest: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """What a file stands for; no targets: it does not say, or is damaged."""

    kind: PointerKind
    targets: tuple[Target, ...]

    def __str__(self) -> str:
        """What it is and what it stands for, for a sentence."""
        match self.targets:
            case ():
                return str(self.kind)
            case (one,):
                size = () if one.size is None else (f"{one.size:,} bytes",)
                said = ", ".join(part for part in (one.name and shown(one.name), one.digest, *size) if part)
                return f"{self.kind} ({said})" if said else str(self.kind)
            case several:
                return f"{self.kind} of {len(several):,} files"


def read_pointer(data: bytes, *, file: str) -> Pointer | None:
    """What a file stands for, or None when it is no pointer."""
    kind = pointer_kind(data)
    if kind is None:
        return None
    read = _READERS[kind]
    return Pointer(kind=kind, targets=tuple(read(data, file)) if len(data) <= MAX_BYTES else ())


def changed_targets(before: Pointer, after: Pointer) -> tuple[str, ...]:
    """The names of files that came, went or have another digest or size, sorted."""
    old = {target.name: target for target in before.targets}
    new = {target.name: target for target in after.targets}
    return tuple(sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name)))


def _lfs(data: bytes, _: str) -> Iterator[Target]:
    lines = dict(line.partition(" ")[::2] for line in data.decode("utf-8", "replace").splitlines())
    yield Target(name="", digest=lines.get("oid", ""), size=_size(lines.get("size")))


def _dvc(data: bytes, file: str) -> Iterator[Target]:
    document = _mapping(read_yaml(data, file=file).data)
    yield from _outs(document.get("outs"))
    for stage in _mapping(document.get("stages")).values():
        yield from _outs(_mapping(stage).get("outs"))


def _outs(outs: object) -> Iterator[Target]:
    for out in _records(outs):
        yield Target(name=_text(out.get("path")), digest=_digest(out), size=_size(out.get("size")))


def _listing(data: bytes, _: str) -> Iterator[Target]:
    for entry in _records(_json(data)):
        yield Target(name=_text(entry.get("relpath")), digest=_digest(entry))


def _lakefs(data: bytes, file: str) -> Iterator[Target]:
    document = _mapping(read_yaml(data, file=file).data)
    head = _text(document.get("at_head"))
    yield Target(name=_text(document.get("src")), digest=f"commit:{head}" if head else "")


def _croissant(data: bytes, _: str) -> Iterator[Target]:
    for entry in _records(_mapping(_json(data)).get("distribution")):
        if "contentUrl" in entry:
            size = _size(entry.get("contentSize"))
            yield Target(name=_text(entry["contentUrl"]), digest=_digest(entry), size=size)


def _card(data: bytes, file: str) -> Iterator[Target]:
    if data.lstrip().startswith(b"{"):
        for config in _mapping(_json(data)).values():
            for url, said in _mapping(_mapping(config).get("download_checksums")).items():
                digest = _text(_mapping(said).get("checksum"))
                size = _size(_mapping(said).get("num_bytes"))
                yield Target(name=url, digest=f"sha256:{digest}" if digest else "", size=size)
        return
    front = data.replace(b"\r\n", b"\n").split(b"\n---", 1)[0].removeprefix(b"---")
    card = _mapping(read_yaml(front, file=file).data)
    infos = card.get("dataset_info")
    for info in _records([infos] if isinstance(infos, Mapping) else infos):
        config = _text(info.get("config_name"))
        for split in _records(info.get("splits")):
            name = "/".join(part for part in (config, _text(split.get("name"))) if part)
            yield Target(name=name, size=_size(split.get("num_bytes")))


_READERS: Mapping[PointerKind, Callable[[bytes, str], Iterator[Target]]] = {
    PointerKind.LFS: _lfs,
    PointerKind.DVC: _dvc,
    PointerKind.DVC_LISTING: _listing,
    PointerKind.LAKEFS: _lakefs,
    PointerKind.CROISSANT: _croissant,
    PointerKind.HUGGING_FACE: _card,
}


def _json(data: bytes) -> object:
    try:
        return msgspec.json.decode(data)
    except DECODE_ERRORS:
        return None


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _records(value: object) -> Iterator[Mapping[str, object]]:
    yield from (_mapping(entry) for entry in (value if isinstance(value, list) else ()))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _digest(entry: Mapping[str, object]) -> str:
    """The first digest an entry states; DVC's ``….dir`` is the MD5 of a directory's listing."""
    return next((f"{name}:{entry[name]}" for name in _DIGESTS if isinstance(entry.get(name), str)), "")


def _size(value: object) -> int | None:
    if isinstance(value, int):
        return value
    digits = _text(value).removesuffix(" B")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None
