"""Which item of the snapshot a tool's path or URL means.

A labelling tool knows ``s3://bucket/street/train/0001.jpg``, the snapshot exported from it
``train/0001.jpg``. Both name one item when one path ends with the other, whole segments only, and
no other item of the snapshot does so too. What stays ambiguous or unknown keeps the tool's name, and the
gates say that the snapshot lacks it.
"""

import re
from collections import defaultdict
from collections.abc import Iterable

_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/]*/?")
_ESCAPED = re.compile(rb"%([0-9A-Fa-f]{2})")
_LOCAL = "/data/local-files/?d="
"""Label Studio serves local files so: https://labelstud.io/guide/storage.html"""


class ItemNames:
    """The items of one snapshot, found by the names other tools have for them."""

    __slots__ = ("_by_file", "_ids")

    def __init__(self, ids: Iterable[str]) -> None:
        self._ids = frozenset(ids)
        self._by_file: defaultdict[tuple[str, ...], list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
        for one in sorted(self._ids):
            path = _segments(one)
            self._by_file[path[-1:]].append((one, path))

    def item(self, name: str) -> str:
        """The id of the one item that `name` means, else `name` itself."""
        if name in self._ids:
            return name
        path = _segments(name)
        meant = [one for one, known in self._by_file.get(path[-1:], ()) if _ends_alike(path, known)]
        return meant[0] if path and len(meant) == 1 else name


def _ends_alike(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    shorter = min(len(one), len(other))
    return one[-shorter:] == other[-shorter:]


def _segments(name: str) -> tuple[str, ...]:
    """The path of a name: without scheme and host, query and fragment."""
    if name.startswith(_LOCAL):
        path = name.removeprefix(_LOCAL).partition("&")[0]
    elif _SCHEME.match(name):
        path = re.split(r"[?#]", _SCHEME.sub("", name, count=1), maxsplit=1)[0]
    else:
        path = name
    plain = _ESCAPED.sub(
        lambda found: bytes.fromhex(found[1].decode()), path.encode("utf-8", "surrogatepass")
    )
    parts = plain.decode("utf-8", "replace").replace("\\", "/").split("/")
    return tuple(part for part in parts if part not in {"", "."})
