"""Which changes and items stand behind what happened to a class: drift, coming up, vanishing."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property

from bot.evidence.frame_rows import labels_on
from bot.evidence.model import Annotation
from bot.gates.compare.changes import Change
from bot.gates.compare.groups import Named, named


class Concerned:
    """Looks up `changes` by class; `annotations` are the candidate's, looked at only when items changed."""

    def __init__(self, changes: Sequence[Change], annotations: Sequence[Annotation]) -> None:
        self._changes = changes
        self._annotations = annotations

    def behind(self, label: str, split: str | None) -> Named:
        """The changes of a class, in one split or (None) in any, and its items that changed themselves."""
        changes = [one for one in self._changes_of[label] if split is None or split in one.splits]
        items = self._among(split, label)
        if not changes and not items:  # annotations on an item that was not there count for the split ""
            items = self._among(None, label)
        return named(changes, label=label, items=items)

    def _among(self, split: str | None, label: str) -> set[str]:
        """The items of a split that changed themselves and hold the class."""
        changed = self._items_in[split]
        return changed & self._holders[label] if changed else set()

    @cached_property
    def _changes_of(self) -> Mapping[str, Sequence[Change]]:
        """Class → its changes."""
        found: defaultdict[str, list[Change]] = defaultdict(list)
        for change in self._changes:
            for label in change.classes:
                found[label].append(change)
        return found

    @cached_property
    def _items_in(self) -> Mapping[str | None, set[str]]:
        """Split → items that changed themselves, not only their annotations; None → all of them."""
        found: defaultdict[str | None, set[str]] = defaultdict(set)
        for change in self._changes:
            for split in (None, *change.splits) if not change.classes else ():
                found[split].add(change.item)
        return found

    @cached_property
    def _holders(self) -> Mapping[str, set[str]]:
        """Class → the candidate's items that hold it, of those that changed themselves."""
        changed = self._items_in[None]
        held: defaultdict[str, set[str]] = defaultdict(set)
        for item, label in labels_on(self._annotations, changed) if changed else ():
            held[label].add(item)
        return held
