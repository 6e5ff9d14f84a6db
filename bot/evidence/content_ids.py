"""Ids for annotations of formats that give them none: their item, and a digest of what was written.

An inserted, removed or reordered record does not disturb the ids of the others. An annotation that
was edited has another id, so such snapshots say `has_ids=False`.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable


class ContentIds:
    """The ids of one item's annotations; those of equal content are numbered."""

    __slots__ = ("_item", "_seen")

    def __init__(self, item: str) -> None:
        self._item = item
        self._seen: Counter[str] = Counter()

    def next(self, written: Iterable[str]) -> str:
        """The id of the annotation that is written so."""
        digest = hashlib.sha256(" ".join(written).encode()).hexdigest()[:12]
        self._seen[digest] += 1
        again = f"-{self._seen[digest]}" if self._seen[digest] > 1 else ""
        return f"{self._item}#{digest}{again}"
