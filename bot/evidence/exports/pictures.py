"""Whether the pictures of exported files are there: only where there are any at all."""

import posixpath
from collections.abc import Mapping, Sequence

from bot.evidence.exports.found import Found
from bot.evidence.model import Item
from bot.forges.base import TreeEntry

_EMPTY = frozenset(
    {
        "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
        "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
    }
)
"""What Git calls no bytes: not every forge tells sizes."""
_AGAIN = "Export the pictures too, or leave all of them out."


def check_pictures(items: Sequence[Item], pictures: Mapping[str, TreeEntry | None], found: Found) -> None:
    """Note items without a picture, and pictures without bytes; `pictures` is path → entry.

    Pictures that belong to no item are somebody else's: a preview, a logo.
    """
    by_name: dict[str, str] = {}
    for picture in pictures:
        name = posixpath.basename(picture)
        by_name[name] = by_name[posixpath.splitext(name)[0]] = picture
    there = {item.id: by_name.get(_name(item)) for item in items}
    if not any(there.values()):
        return
    for item in items:
        if (path := there[item.id]) is None:
            text = f"the picture of `{item.file}` is not among the exported files, and others are"
            found.fault("pictures-missing", text, _AGAIN, file=item.file, item=item.id)
        elif _is_empty(pictures[path]):
            text = f"the picture `{path}` has no bytes"
            found.fault("picture-empty", text, _AGAIN, file=path, item=item.id)


def _is_empty(entry: TreeEntry | None) -> bool:
    return entry is not None and (entry.size == 0 or entry.oid in _EMPTY)


def _name(item: Item) -> str:
    """The file name; some formats give it without the suffix."""
    return posixpath.basename(item.file)
