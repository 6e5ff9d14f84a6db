"""By what two items are the same picture, however their file or digest is written."""

import re
import unicodedata

import pyarrow as pa
import pyarrow.compute as pc

_ODD = r"[^\x20-\x7e]|[\\?#:]|(^|/)\.?(/|$)"
"""What a file name holds whose key may be another than itself."""
_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://")
_ALGORITHMS = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}


def file_key(file: str) -> str:
    """A file's name or address in one form: NFC, with plain slashes, without ``./`` and ``//``.

    Of an address only the place counts: signatures, expiry times and fragments change with every export.
    """
    text = unicodedata.normalize("NFC", file)
    scheme = _SCHEME.match(text)
    if scheme is None:
        return _short(text.replace("\\", "/"))
    return scheme[0].lower() + _short(re.split(r"[?#]", text[scheme.end() :], maxsplit=1)[0])


def _short(path: str) -> str:
    parts = "/".join(part for part in path.split("/") if part not in {"", "."})
    return f"/{parts}" if path.startswith("/") else parts


def content_key(digest: str) -> str:
    """A digest as ``algorithm:value`` in lower case; a bare one is told by its length, "" is none."""
    algorithm, colon, value = digest.strip().lower().rpartition(":")
    if colon:
        return f"{algorithm.replace('-', '')}:{value}"
    return f"{_ALGORITHMS.get(len(value), 'unnamed')}:{value}" if value else ""


def algorithm_of(digest: str) -> str:
    """The algorithm of a digest, "" where there is none: digests of two algorithms say nothing together."""
    return content_key(digest).partition(":")[0]


def differ(one: str, other: str) -> bool:
    """Whether two digests show that contents differ; "" and digests of two algorithms show nothing."""
    return content_key(one) != content_key(other) and algorithm_of(one) == algorithm_of(other)


def with_keys(items: pa.Table) -> pa.Table:
    """A table of items whose digests are in one form, with the column ``file_key``."""
    if "file" in items.column_names and "file_key" not in items.column_names:
        files = items.column("file").cast(pa.string())
        odd = pc.any(pc.match_substring_regex(files, _ODD)).as_py()
        keys = pa.array(map(file_key, files.to_pylist()), pa.string()) if odd else files
        items = items.append_column("file_key", keys)
    if "digest" not in items.column_names:
        return items
    place = items.column_names.index("digest")
    digests = items.column(place).cast(pa.string()).to_pylist()
    return items.set_column(place, "digest", pa.array(map(content_key, digests), pa.string()))
