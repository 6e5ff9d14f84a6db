"""Which items of a very large snapshot are converted: every class of every split, then evenly spaced."""

from collections import Counter
from collections.abc import Collection

from bot.evidence.model import Snapshot

MOST_ITEMS = 10_000
"""Items that are converted: some formats write a file for each."""
MOST_ANNOTATIONS = 100_000


def picked(
    snapshot: Snapshot, most_items: int = MOST_ITEMS, most_annotations: int = MOST_ANNOTATIONS
) -> Collection[str]:
    """Ids of items: all of them, or of a larger snapshot as many as the bounds let through."""
    if len(snapshot.items) <= most_items and len(snapshot.annotations) <= most_annotations:
        return {item.id for item in snapshot.items}
    split_of = {item.id: item.split for item in snapshot.items}
    count: Counter[str] = Counter()
    first: dict[tuple[str, str], str] = {}
    for annotation in snapshot.annotations:
        count[annotation.item] += 1
        first.setdefault((split_of[annotation.item], annotation.label), annotation.item)
    ids = list(split_of)
    step = -(-len(ids) // most_items)
    order = dict.fromkeys((*first.values(), *ids[::step], *ids))
    chosen: set[str] = set()
    left = most_annotations
    for id_ in order:
        if len(chosen) == most_items:
            break
        if count[id_] <= left:
            chosen.add(id_)
            left -= count[id_]
    return chosen
