"""What happened to the items themselves."""

from collections.abc import Sequence

from bot.evidence.item_keys import content_key, differ, file_key
from bot.evidence.model import Item
from bot.gates.compare.changes import Change, ChangeKind, once
from bot.gates.compare.pairing import paired, without_equals
from bot.gates.compare.renames import renamed


def item_changes(before: Sequence[Item], after: Sequence[Item]) -> tuple[list[Change], dict[str, str]]:
    """Items that came, went, are another picture now, or lie in another split; and old id → new id."""
    old, new = without_equals(before, after, _same)
    old.sort(key=_item_order)
    new.sort(key=_item_order)
    same_split, old, new = paired(old, new, lambda item: (item.id, item.split))
    same_id, old, new = paired(old, new, lambda item: item.id)
    taken = frozenset(was.id for was, _ in (*same_split, *same_id))
    elsewhere, old, new = renamed(old, new, taken)
    changes: list[Change] = []
    for was, now in (*same_split, *same_id, *elsewhere):
        splits = once(was.split, now.split)
        if was.split != now.split:
            changes.append(_item_change(ChangeKind.CHANGE_SPLIT, now, splits))
        if _replaced(was, now) and not _same_content(was, now):
            changes.append(_item_change(ChangeKind.REPLACE_ITEMS, now, splits))
    changes += [_item_change(ChangeKind.REMOVE_ITEMS, item, (item.split,)) for item in old]
    changes += [_item_change(ChangeKind.ADD_ITEMS, item, (item.split,)) for item in new]
    return changes, {was.id: now.id for was, now in elsewhere}


def _item_change(kind: ChangeKind, item: Item, splits: tuple[str, ...]) -> Change:
    return Change(kind=kind, record=item.id, item=item.id, splits=splits, line=item.line)


def _item_order(item: Item) -> tuple[str, ...]:
    return (item.id, item.split, item.file, content_key(item.digest), str(item.width), str(item.height))


def _same(was: Item, now: Item) -> bool:
    return was.split == now.split and not _replaced(was, now)


def _replaced(was: Item, now: Item) -> bool:
    """Whether the item is another picture now; a digest or size that one side does not state says nothing."""
    return (
        file_key(was.file) != file_key(now.file)
        or differ(was.digest, now.digest)
        or (was.width != now.width and bool(was.width and now.width))
        or (was.height != now.height and bool(was.height and now.height))
    )


def _same_content(was: Item, now: Item) -> bool:
    """Whether an item that has another id is the same picture: by digest, whatever its file is called."""
    return was.id != now.id and bool(was.digest) and content_key(was.digest) == content_key(now.digest)
