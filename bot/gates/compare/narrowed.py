"""What two snapshots do not share: by an engine for large ones, as they are for small ones."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.evidence.model import Annotation, Item, Snapshot
from bot.gates.compare.counts import Counts
from bot.gates.compare.oddities import Oddities, oddities


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """What two snapshots do not share, and what is counted over all of them.

    `old` and `new` are annotations, `old_items` and `new_items` items without their like on the
    other side. `common`: ids of annotations both sides know; `renumbered`: annotations that kept
    their content under another id and are left out. The splits are those of the items that `old`
    and `new` are on. `suspects_…` hold every item that two splits may share. `odd` is what looks
    wrong on the new side. `has_ids`: both sides have ids of their own
    (`bot.evidence.model.Snapshot`).
    """

    old: Sequence[Annotation]
    new: Sequence[Annotation]
    old_items: Sequence[Item]
    new_items: Sequence[Item]
    common: int
    renumbered: int
    old_splits: dict[str, str]
    new_splits: dict[str, str]
    before: Counts
    after: Counts
    suspects_before: Sequence[Item]
    suspects_after: Sequence[Item]
    odd: Oddities
    has_ids: bool = True


def as_they_are(before: Snapshot, after: Snapshot) -> Narrowed:
    """Nothing taken away: for snapshots that are small, and the measure of what an engine takes away."""
    old_splits, new_splits = split_of(before.items), split_of(after.items)
    old_ids, new_ids = (_single(one.id for one in side.annotations) for side in (before, after))
    return Narrowed(
        old=before.annotations,
        new=after.annotations,
        old_items=before.items,
        new_items=after.items,
        common=len(old_ids & new_ids),
        renumbered=0,
        old_splits=_under(before.annotations, old_splits),
        new_splits=_under(after.annotations, new_splits),
        before=_counted(before, old_splits),
        after=_counted(after, new_splits),
        suspects_before=before.items,
        suspects_after=after.items,
        odd=oddities(after),
    )


def split_of(items: Iterable[Item]) -> dict[str, str]:
    """Item id → split; an item that is (wrongly) in several splits counts for the first by name."""
    splits: dict[str, str] = {}
    for item in items:
        known = splits.get(item.id)
        splits[item.id] = item.split if known is None else min(known, item.split)
    return splits


def _under(annotations: Sequence[Annotation], splits: dict[str, str]) -> dict[str, str]:
    """The splits of the items that some annotations are on, where there are such items."""
    return {one.item: splits[one.item] for one in annotations if one.item in splits}


def _single(ids: Iterable[str]) -> set[str]:
    return {id_ for id_, times in Counter(ids).items() if times == 1}


def _counted(snapshot: Snapshot, splits: dict[str, str]) -> Counts:
    return Counts(
        annotations=Counter((splits.get(one.item, ""), one.label) for one in snapshot.annotations),
        items=Counter(item.split for item in snapshot.items),
    )
