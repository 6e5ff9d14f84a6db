"""Changes put together for a reader: by kind, splits and classes, each said once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypedDict

from bot.evidence.item_order import in_natural_order, natural_key
from bot.gates.compare.changes import Change, ChangeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """All changes of one kind that touch the same splits and classes; sorted by record."""

    kind: ChangeKind
    splits: tuple[str, ...]
    classes: tuple[str, ...]
    changes: tuple[Change, ...]

    @property
    def named(self) -> "Named":
        """The items, and of changed annotations also these, their class as it is now and their annotator."""
        return named(self.changes, label=self.classes[-1] if self.classes else "")


class Named(TypedDict):
    """The fields of a finding that say whom and what it concerns."""

    items: tuple[str, ...]
    annotations: tuple[tuple[str, str], ...]
    label: str
    annotator: str


def named(changes: Iterable[Change], *, label: str = "", items: Iterable[str] = ()) -> Named:
    """What `changes` of the class `label` concern, and further `items`; everything once, in natural order."""
    known = list(changes)
    people = {change.annotator for change in known if change.classes}
    return {
        "items": in_natural_order((*(change.item for change in known), *items)),
        "annotations": tuple(
            sorted(
                {(change.item, change.record) for change in known if change.classes},
                key=lambda one: tuple(map(natural_key, one)) + one,
            )
        ),
        "label": label,
        "annotator": people.pop() if len(people) == 1 else "",
    }


def grouped(changes: Iterable[Change]) -> tuple[Group, ...]:
    """`changes` by kind, splits and classes, in a stable order."""
    groups: defaultdict[tuple[ChangeKind, tuple[str, ...], tuple[str, ...]], list[Change]] = defaultdict(list)
    for change in changes:
        groups[change.kind, change.splits, change.classes].append(change)
    order = {kind: place for place, kind in enumerate(ChangeKind)}
    return tuple(
        Group(kind=key[0], splits=key[1], classes=key[2], changes=tuple(sorted(groups[key], key=_record)))
        for key in sorted(groups, key=lambda key: (order[key[0]], key[1:]))
    )


def without_riders(changes: Sequence[Change]) -> tuple[Change, ...]:
    """`changes` without annotations that only came or went with an item which is among them."""
    came = {change.record for change in changes if change.kind is ChangeKind.ADD_ITEMS}
    went = {change.record for change in changes if change.kind is ChangeKind.REMOVE_ITEMS}
    if not came and not went:
        return tuple(changes)
    return tuple(
        change
        for change in changes
        if not (
            change.with_item and change.item in (came if change.kind is ChangeKind.ADD_ANNOTATIONS else went)
        )
    )


def _record(change: Change) -> tuple[str, str]:
    return (change.record, change.item)
