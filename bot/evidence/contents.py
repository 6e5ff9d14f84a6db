"""What the items of a snapshot hold: classes, times of change, annotators; collected in one pass."""

import unicodedata
from collections import defaultdict
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from bot.evidence.item_order import in_natural_order
from bot.evidence.model import Snapshot


class Contents:
    """The annotations of a snapshot by item. Class names are compared without spare white space."""

    __slots__ = ("_annotators", "_changed", "_classes", "_seed", "items_by_class")

    def __init__(self, snapshot: Snapshot) -> None:
        self._seed = snapshot.digest
        self._classes: defaultdict[str, set[str]] = defaultdict(set)
        self._annotators: defaultdict[str, set[str]] = defaultdict(set)
        self._changed: dict[tuple[str, str | None], datetime] = {}
        self.items_by_class: defaultdict[str, set[str]] = defaultdict(set)
        """Class name → ids of the items that hold it."""
        for annotation in snapshot.annotations:
            name = plain(annotation.label)
            self._classes[annotation.item].add(name)
            self.items_by_class[name].add(annotation.item)
            self._annotators[annotation.item].add(person(annotation.annotator))
            if annotation.changed_at is not None:
                self._note_change(annotation.item, name, annotation.changed_at)

    def classes(self, item: str) -> frozenset[str]:
        """The classes the item holds; empty for an item without annotation."""
        return frozenset(self._classes.get(item, ()))

    def annotators(self, item: str) -> frozenset[str]:
        """Who the annotations themselves name, as `person` writes them."""
        return frozenset(self._annotators.get(item, ())) - {""}

    def changed_at(self, item: str, label: str | None) -> datetime | None:
        """When the item (or, of it, one class) last changed; None when the snapshot does not say."""
        return self._changed.get((item, label))

    def draw(self, items: frozenset[str], size: int) -> tuple[str, ...]:
        """`size` of the `items`, in natural order: random, yet the same for everybody who asks.

        The order of SHA-256 over snapshot digest and item id: nobody can choose it to their liking.
        """

        def lot(item: str) -> bytes:
            return sha256(f"{self._seed}\0{item}".encode("utf-8", "surrogatepass")).digest()

        return in_natural_order(sorted(items, key=lot)[:size])

    def _note_change(self, item: str, name: str, at: datetime) -> None:
        for key in ((item, name), (item, None)):
            known = self._changed.get(key)
            if known is None or known < at:
                self._changed[key] = at


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Text without spare white space: edits of white space alone are no edits."""
    return " ".join(text.split())


@lru_cache(maxsize=4096)
def person(name: str) -> str:
    """A person's name for comparison: tools write ``@Ana``, ``ana `` and ``ana``.

    Look-alike and invisible characters (Unicode's NFKC, class Cf) make no other person.
    """
    text = name if name.isascii() else unicodedata.normalize("NFKC", name)
    shown = "".join(char for char in text if unicodedata.category(char) != "Cf")
    return unicodedata.normalize("NFKC", plain(shown).removeprefix("@").casefold())
