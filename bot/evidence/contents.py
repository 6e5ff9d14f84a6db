"""What the items of a snapshot hold: classes, times of change, annotators; collected from columns."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

import pyarrow as pa

from bot.evidence.codes import Codes
from bot.evidence.frame_builder import frame_of
from bot.evidence.frame_rows import moment_at
from bot.evidence.item_order import in_natural_order
from bot.evidence.model import Snapshot
from bot.evidence.pairs import NEVER, ByOne, Pairs

_COLUMNS = ("item", "label", "annotator", "changed_at")


class Contents:
    """The annotations of a snapshot by item. Class names are compared without spare white space."""

    __slots__ = (
        "_annotators",
        "_held",
        "_items",
        "_labels",
        "_people",
        "_places",
        "_seed",
        "items_by_class",
        "timed",
    )

    def __init__(self, snapshot: Snapshot) -> None:
        self._seed = snapshot.digest
        items, labels, people = Codes(), Codes(plain), Codes(person)
        held, made = Pairs(), Pairs()
        self.timed = 0
        """How many annotations say when they last changed."""
        for batch in frame_of(snapshot).annotations.batches(_COLUMNS):
            item = items.of(batch.column("item"))
            times = batch.column("changed_at").cast(pa.int64())
            self.timed += len(times) - times.null_count
            moments = times.fill_null(NEVER).to_numpy(zero_copy_only=False)
            held.add(item, labels.of(batch.column("label")), moments)
            made.add(item, people.of(batch.column("annotator")), moments)
        self._places = items.numbers
        self._items, self._labels, self._people = list(items.numbers), labels.numbers, list(people.numbers)
        self._held, self._annotators = (pairs.by_one(len(self._items)) for pairs in (held, made))
        self.items_by_class = _Holders(self._held, self._items, self._labels)
        """Class name → ids of the items that hold it."""

    def classes(self, item: str) -> frozenset[str]:
        """The classes the item holds; empty for an item without annotation."""
        return self._named(self._held, item, self.items_by_class.names)

    def annotators(self, item: str) -> frozenset[str]:
        """Who the annotations themselves name, as `person` writes them."""
        return self._named(self._annotators, item, self._people) - {""}

    def changed_at(self, item: str, label: str | None) -> datetime | None:
        """When the item (or, of it, one class) last changed; None when the snapshot does not say."""
        place, number = self._places.get(item), None if label is None else self._labels.get(label)
        if place is None or (label is not None and number is None):
            return None
        moment = self._held.latest(place, number)
        return None if moment == NEVER else moment_at(moment)

    def draw(self, items: frozenset[str], size: int) -> tuple[str, ...]:
        """`size` of the `items`, in natural order: random, yet the same for everybody who asks.

        The order of SHA-256 over snapshot digest and item id: nobody can choose it to their liking.
        """

        def lot(item: str) -> bytes:
            return sha256(f"{self._seed}\0{item}".encode("utf-8", "surrogatepass")).digest()

        return in_natural_order(sorted(items, key=lot)[:size])

    def _named(self, pairs: ByOne, item: str, names: Sequence[str]) -> frozenset[str]:
        place = self._places.get(item)
        return frozenset() if place is None else frozenset([names[n] for n in pairs.others(place)])


class _Holders(Mapping[str, frozenset[str]]):
    """Class name → ids of the items that hold it; made when somebody asks."""

    def __init__(self, held: ByOne, items: Sequence[str], labels: Mapping[str, int]) -> None:
        self.names = list(labels)
        self._held = held
        self._items = items
        self._labels = labels

    def __getitem__(self, name: str) -> frozenset[str]:
        return frozenset([self._items[place] for place in self._held.ones(self._labels[name])])

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


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
