"""How many annotations each class has in each split, before and after, and how far that drifted."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

Cell = tuple[str, str]
"""(split, class)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Annotations per (split, class) and items per split, of one snapshot.

    Annotations whose item is missing count for the split "".
    """

    annotations: Counter[Cell]
    items: Counter[str]

    @property
    def classes(self) -> Mapping[str, int]:
        """Annotations per class over all splits."""
        total: Counter[str] = Counter()
        for (_, name), count in self.annotations.items():
            total[name] += count
        return total


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A class whose count in a split changed by more than the limit; `before` may be 0."""

    split: str
    label: str
    before: int
    after: int

    @property
    def grew(self) -> bool:
        """Whether there are more of them now."""
        return self.after > self.before


def drifts(before: Counts, after: Counts, *, limit: float) -> tuple[Drift, ...]:
    """Every (split, class) whose count changed by more than the share `limit` of what it was."""
    cells = sorted(before.annotations.keys() | after.annotations.keys())
    found = (
        Drift(
            split=s, label=c, before=before.annotations.get((s, c), 0), after=after.annotations.get((s, c), 0)
        )
        for s, c in cells
    )
    return tuple(d for d in found if exceeds(abs(d.after - d.before), share=limit, of=d.before))


def exceeds(part: int, *, share: float, of: int) -> bool:
    """Whether `part` is more than `share` of `of`, decimally exact (29 is not more than 0.29 of 100)."""
    return part > (Decimal(str(share)) * of if of else 0)


def total_variation(before: Counts, after: Counts) -> float:
    """Half the sum of the absolute differences of all (split, class) shares: 0 the same, 1 disjoint.

    One number to look at, never a verdict: a class of 5 % that doubles moves it by 0.04.
    """
    old, new = before.annotations, after.annotations
    old_sum, new_sum = max(sum(old.values()), 1), max(sum(new.values()), 1)
    return sum(abs(old.get(c, 0) / old_sum - new.get(c, 0) / new_sum) for c in old.keys() | new.keys()) / 2
