"""The difference of two snapshots as a list of changes: linear in time, blind to record order.

Records that are equal cancel, by id first and then by content, so a renumbering exporter makes no
difference. Only the rest is sorted and paired: by id as long as ids can be trusted, by content
once more than `RENUMBERED_SHARE` of them turned out to stand for something else.
"""

from bot.evidence.model import Snapshot
from bot.gates.compare.annotations import AnnotationChanges, differing
from bot.gates.compare.changes import ChangeKind, Difference
from bot.gates.compare.items import item_changes

RENUMBERED_SHARE = 0.2
"""Of the annotation ids both snapshots know: more content under other ids than this is a renumbering."""


def difference(before: Snapshot, after: Snapshot) -> Difference:
    """Compare the snapshot `before` with the snapshot `after`."""
    items = item_changes(before, after)
    came = frozenset(change.record for change in items if change.kind is ChangeKind.ADD_ITEMS)
    went = frozenset(change.record for change in items if change.kind is ChangeKind.REMOVE_ITEMS)
    annotations = AnnotationChanges(split_of(before), split_of(after), came, went)
    rest = differing(before.annotations, after.annotations)
    trusted = rest.renumbered <= RENUMBERED_SHARE * rest.common
    annotations.record(rest, ids_trusted=trusted)
    return Difference(changes=(*items, *annotations.found), renumbered=rest.renumbered, ids_trusted=trusted)


def split_of(snapshot: Snapshot) -> dict[str, str]:
    """Item id → split; an item that is (wrongly) in several splits counts for the first by name."""
    splits: dict[str, str] = {}
    for item in snapshot.items:
        known = splits.get(item.id)
        splits[item.id] = item.split if known is None else min(known, item.split)
    return splits
