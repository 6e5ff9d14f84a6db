"""The natural order of item ids, in which an assignment's range from `first` to `last` is meant."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from bot.evidence.model import Assignment, ItemRange

_NUMBER = re.compile("([0-9]+)")

NaturalKey = tuple[str | tuple[int, str], ...]


def natural_key(item_id: str) -> NaturalKey:
    """Sort key that reads runs of digits as numbers: ``img-9`` < ``img-10``, ``img-07`` equals ``img-7``.

    Numbers are compared as (length, digits) without leading zeros, so that their size is unlimited.
    """
    parts = _NUMBER.split(item_id)
    return tuple(_number(part) if index % 2 else part for index, part in enumerate(parts))


def in_natural_order(item_ids: Iterable[str]) -> tuple[str, ...]:
    """The distinct ids in natural order; equal keys (``img-07``, ``img-7``) in order of their text."""
    return tuple(sorted(set(item_ids), key=lambda item_id: (natural_key(item_id), item_id)))


class ItemOrder:
    """The items of one snapshot in natural order, and which of them an assignment speaks of."""

    __slots__ = ("_keys", "_places", "ids")

    def __init__(self, item_ids: Iterable[str]) -> None:
        keyed = sorted((natural_key(item_id), item_id) for item_id in set(item_ids))
        self.ids = tuple(item_id for _, item_id in keyed)
        self._keys = [key for key, _ in keyed]
        self._places = {item_id: place for place, item_id in enumerate(self.ids)}

    def covered(self, assignment: Assignment) -> tuple[str, ...]:
        """The items of the snapshot that the assignment names or spans, in natural order."""
        match assignment.items:
            case ItemRange(first=first, last=last):
                start = bisect_left(self._keys, natural_key(first))
                return self.ids[start : bisect_right(self._keys, natural_key(last))]
            case listed:
                places = {self._places[item] for item in listed if item in self._places}
                return tuple(self.ids[place] for place in sorted(places))

    def missing(self, assignment: Assignment, elsewhere: "ItemOrder | None" = None) -> tuple[str, ...]:
        """The items it names that the snapshot lacks, in natural order.

        A range names its two ends, and what it spans of the items known `elsewhere`: any other gap
        between its ends cannot be told from a number that was never given out.
        """
        match assignment.items:
            case ItemRange(first=first, last=last):
                spanned = elsewhere.covered(assignment) if elsewhere else ()
                gone = (item for item in spanned if item not in self._places)
                return in_natural_order((*gone, *(end for end in (first, last) if not self._holds(end))))
            case listed:
                return in_natural_order(item for item in listed if item not in self._places)

    def _holds(self, end: str) -> bool:
        key = natural_key(end)
        return bisect_left(self._keys, key) < bisect_right(self._keys, key)


def _number(digits: str) -> tuple[int, str]:
    significant = digits.lstrip("0")
    return len(significant), significant
