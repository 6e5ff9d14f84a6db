"""The difference of two snapshots as a list of changes, blind to record order.

Records that are equal cancel, by id first and then by content, so a renumbering exporter makes no
difference (`bot.gates.compare.statements`). Only the rest is sorted and paired: by id as long as ids
can be trusted, by content once more than `RENUMBERED_SHARE` of them turned out to stand for something
else, or where the format has none. Items that have another id are found again first, and annotations
on them belong to the new one (`bot.gates.compare.renames`).
"""

from collections.abc import Mapping
from dataclasses import replace

from bot.evidence.collector import paused_collector
from bot.evidence.frame_builder import frame_of
from bot.evidence.model import Snapshot
from bot.gates.compare.annotations import AnnotationChanges, Rest, differing, same
from bot.gates.compare.changes import ChangeKind, Difference
from bot.gates.compare.engine import narrow_frames
from bot.gates.compare.items import item_changes
from bot.gates.compare.narrowed import Narrowed, as_they_are
from bot.gates.compare.pairing import without_equals

RENUMBERED_SHARE = 0.2
"""Of the annotation ids both snapshots know: more content under other ids than this is a renumbering."""


LARGE = 50_000
"""Records of two snapshots together from which on an engine narrows them down."""


def narrow(before: Snapshot, after: Snapshot, *, large: int = LARGE) -> Narrowed:
    """What two snapshots do not share; `large`: from so many records on an engine looks."""
    sizes = (len(rows) for side in (before, after) for rows in (side.items, side.annotations))
    if sum(sizes) < large:
        found = as_they_are(before, after)
    else:
        with paused_collector():
            found = narrow_frames(frame_of(before), frame_of(after))
    return replace(found, has_ids=before.has_ids and after.has_ids)


def difference(found: Narrowed) -> Difference:
    """Name what two snapshots do not share."""
    items, renamed = item_changes(found.old_items, found.new_items)
    came = frozenset(change.record for change in items if change.kind is ChangeKind.ADD_ITEMS)
    went = frozenset(change.record for change in items if change.kind is ChangeKind.REMOVE_ITEMS)
    old_splits = {renamed.get(id_, id_): split for id_, split in found.old_splits.items()}
    annotations = AnnotationChanges(old_splits, found.new_splits, came, went)
    rest = _rest(found, renamed)
    renumbered = found.renumbered + rest.renumbered
    trusted = renumbered <= RENUMBERED_SHARE * found.common or not found.has_ids
    annotations.record(rest, ids_trusted=trusted and found.has_ids)
    return Difference(
        changes=(*items, *annotations.found),
        renamed=tuple(sorted(renamed.items())),
        renumbered=renumbered,
        ids_trusted=trusted,
    )


def _rest(found: Narrowed, renamed: Mapping[str, str]) -> Rest:
    """The annotations that differ; what is equal under the old item ids is so before items are renamed."""
    if not renamed:
        return differing(found.old, found.new)
    old, new = without_equals(found.old, found.new, same)
    moved = [replace(one, item=renamed.get(one.item, one.item)) for one in old]
    return differing(moved, new)
