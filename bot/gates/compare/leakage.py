"""Items that are in two splits, by exact evidence only: the same id, file, content digest, address or group.

Files and digests are compared in one form (`bot.evidence.item_keys`). Items of one group (a scene, a
video, a patient) are not the same, but what a model learns of one it knows of the other. Near
duplicates need the pictures themselves and are out of reach here.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.evidence.item_keys import algorithm_of, content_key, file_key
from bot.evidence.model import Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """The items that all of `splits` share; `known` are those the baseline shared already."""

    splits: tuple[str, ...]
    items: tuple[str, ...]
    known: tuple[str, ...]
    shared: tuple[str, ...]
    """What is the same: "id", "file", "content", "address" or "group", each once."""


def leaks(candidate: Sequence[Item], baseline: Sequence[Item]) -> tuple[Leak, ...]:
    """Every set of named splits that share items, sorted; of each snapshot at least the suspects."""
    before = set(_shared(baseline))
    items: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    known: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    words: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    for splits, word, item in _shared(candidate):
        items[splits].add(item)
        words[splits].add(word)
        if (splits, word, item) in before:
            known[splits].add(item)
    return tuple(
        Leak(
            splits=splits,
            items=tuple(sorted(items[splits])),
            known=tuple(sorted(known[splits])),
            shared=tuple(sorted(words[splits], reverse=True)),
        )
        for splits in sorted(items)
    )


_KEYS: Mapping[str, Callable[[Item], str]] = {
    "id": lambda item: item.id,
    "file": lambda item: file_key(item.file),
    "content": lambda item: content_key(item.digest),
    "address": lambda item: file_key(item.url),
    "group": lambda item: item.group,
}


_NAMES = frozenset({"file", "address"})
"""What says nothing where digests of one algorithm tell the contents."""


def _shared(items: Iterable[Item]) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """(splits, what is the same, item id) for every item that is in more than one split."""
    in_splits = [item for item in items if item.split]
    for word, key in _KEYS.items():
        for group in _across_splits(in_splits, key):
            splits = tuple(sorted({item.split for item in group}))
            algorithms = {algorithm_of(item.digest) for item in group}
            told_by_content = word in _NAMES and len(algorithms) == 1 and algorithms != {""}
            if not told_by_content:
                yield from ((splits, word, item.id) for item in group)


def _across_splits(items: Sequence[Item], key: Callable[[Item], str]) -> Iterable[list[Item]]:
    """Groups of items that have the same non-empty key, in more than one split."""
    first: dict[str, str] = {}
    keys = list(map(key, items))
    shared = {k for k, item in zip(keys, items, strict=True) if first.setdefault(k, item.split) != item.split}
    groups: defaultdict[str, list[Item]] = defaultdict(list)
    if shared:
        for k, item in zip(keys, items, strict=True):
            if k and k in shared:
                groups[k].append(item)
    return groups.values()
