"""Items that kept their picture under another id.

Exporters renumber items and rename files (Roboflow writes another ``.rf.<hash>`` into every name, with
every version). Such items are not gone and come again: they are paired by content digest, then within
a split by file, then within a split by what Roboflow leaves of the name.
"""

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence

from bot.evidence.item_keys import content_key, file_key
from bot.evidence.model import Item
from bot.gates.compare.pairing import Pairs, paired

_ROBOFLOW = re.compile(r"\.rf\.[0-9A-Za-z]{8,}(?=\.[^./]+$)")


def renamed(
    old: Iterable[Item], new: Iterable[Item], taken: frozenset[str]
) -> tuple[Pairs[Item], list[Item], list[Item]]:
    """Pairs of what is left of both sides, and what is left of them then; the ids `taken` are others'."""
    old_single, old_rest = _single(old, taken)
    new_single, new_rest = _single(new, taken)
    pairs: Pairs[Item] = []
    for key in (*_OF_CONTENT, _file, _roboflow):
        found, old_single, new_single = _paired_by(key, old_single, new_single)
        pairs += found
    return pairs, [*old_single, *old_rest], [*new_single, *new_rest]


def _single(items: Iterable[Item], taken: frozenset[str]) -> tuple[list[Item], list[Item]]:
    """Those whose id stands for them alone, and the others."""
    known = list(items)
    times = Counter(item.id for item in known)
    alone = [item for item in known if times[item.id] == 1 and item.id not in taken]
    return alone, [item for item in known if times[item.id] > 1 or item.id in taken]


def _paired_by(
    key: Callable[[Item], Hashable | None], old: Sequence[Item], new: Sequence[Item]
) -> tuple[Pairs[Item], list[Item], list[Item]]:
    """Pair by a key; what has none stays."""
    keyed_old, others_old = _keyed(key, old)
    keyed_new, others_new = _keyed(key, new)
    pairs, old_rest, new_rest = paired(keyed_old, keyed_new, key)
    return pairs, [*others_old, *old_rest], [*others_new, *new_rest]


def _keyed(key: Callable[[Item], Hashable | None], items: Sequence[Item]) -> tuple[list[Item], list[Item]]:
    """Those with a key, and the others; a name that several have tells none of them, a content does."""
    keys = list(map(key, items))
    times = Counter(keys)
    sure = [k is not None and (times[k] == 1 or key in _OF_CONTENT) for k in keys]
    return (
        [item for item, has_key in zip(items, sure, strict=True) if has_key],
        [item for item, has_key in zip(items, sure, strict=True) if not has_key],
    )


def _content(item: Item) -> Hashable | None:
    return content_key(item.digest) or None


def _content_there(item: Item) -> Hashable | None:
    return (content_key(item.digest), item.split) if item.digest else None


def _file(item: Item) -> Hashable | None:
    return (file_key(item.file), item.split) if item.file else None


def _roboflow(item: Item) -> Hashable | None:
    name, changed = _ROBOFLOW.subn("", file_key(item.file))
    return (name, item.split) if changed else None


_OF_CONTENT = (_content_there, _content)
