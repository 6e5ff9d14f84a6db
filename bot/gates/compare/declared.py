"""Which changes the manifest's intent covers, and which it does not."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.gates.compare.changes import Change, ChangeKind
from bot.gates.compare.counts import Cell, Counts, Drift, exceeds
from bot.globs import Glob, compile_glob
from bot.manifest import IntendedChange

_GROWTH = frozenset({"add-items", "add-annotations", "relabel", "change-split"})
_LOSS = frozenset({"remove-items", "remove-annotations", "relabel", "change-split"})

Alike = Mapping[tuple[ChangeKind, bool, tuple[str, ...], tuple[str, ...]], Sequence[Change]]
"""Changes that every entry of an intent treats alike but for their items."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What the intent leaves over: uncovered changes, entries too small, and entries never needed."""

    undeclared: tuple[Change, ...]
    overrun: Mapping[int, tuple[Change, ...]]
    """Places (from 0) of the entries whose `max_share` was exceeded in some split and class, and the
    changes there."""
    unused: tuple[int, ...]
    """Places of the entries that no change fits."""


def coverage(changes: Sequence[Change], intent: Sequence[IntendedChange], before: Counts) -> Coverage:
    """Match `changes` with `intent`; shares are of the counts `before`.

    An entry whose `max_share` is exceeded in a split and class covers nothing there, so the order
    of the entries does not matter.
    """
    alike = _alike(changes)
    entries = [_Entry(intended, tuple(map(compile_glob, intended.items))) for intended in intent]
    for entry in entries:
        entry.measure(alike)
    undeclared = [
        change
        for group in alike.values()
        for change in _left_over(group, [e for e in entries if e.covers_alike(group[0], before)])
    ]
    return Coverage(
        undeclared=tuple(undeclared),
        overrun={n: over for n, entry in enumerate(entries) if (over := entry.overrun(alike, before))},
        unused=tuple(n for n, entry in enumerate(entries) if not entry.touched.total()),
    )


def declares_drift(drift: Drift, intended: IntendedChange) -> bool:
    """Whether an entry declares this drift of a class: by naming the class, or by stating the size."""
    sized = intended.max_share is not None and not exceeds(
        abs(drift.after - drift.before), share=intended.max_share, of=drift.before
    )
    in_split = not intended.splits or drift.split in intended.splits
    return in_split and (
        names_class(drift.label, intended, grew=drift.grew)
        or (sized and not intended.classes and bool(_direction(drift.grew) & set(intended.kinds)))
    )


def names_class(label: str, intended: IntendedChange, *, grew: bool) -> bool:
    """Whether an entry names the class `label` and lets it grow, or else shrink."""
    return label in intended.classes and bool(_direction(grew) & set(intended.kinds))


def _direction(grew: bool) -> frozenset[str]:
    return _GROWTH if grew else _LOSS


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of the intent, and how many records it touches in every split and class."""

    intended: IntendedChange
    globs: tuple[Glob, ...]
    touched: Counter[Cell] = field(default_factory=Counter)

    def measure(self, alike: Alike) -> None:
        for group in alike.values():
            if self._fits_alike(group[0]):
                fitting = len(group) if not self.globs else sum(map(self.takes, group))
                self.touched.update({_cell(group[0]): fitting})

    def covers_alike(self, change: Change, before: Counts) -> bool:
        return self._fits_alike(change) and not self._exceeded(_cell(change), before)

    def takes(self, change: Change) -> bool:
        return not self.globs or any(glob.matches(change.item) for glob in self.globs)

    def overrun(self, alike: Alike, before: Counts) -> tuple[Change, ...]:
        return tuple(
            change
            for group in alike.values()
            if self._fits_alike(group[0]) and self._exceeded(_cell(group[0]), before)
            for change in group
            if self.takes(change)
        )

    def _exceeded(self, cell: Cell, before: Counts) -> bool:
        share = self.intended.max_share
        whole = before.annotations.get(cell, 0) if cell[1] else before.items.get(cell[0], 0)
        return share is not None and exceeds(self.touched[cell], share=share, of=whole)

    def _fits_alike(self, change: Change) -> bool:
        kinds, splits, classes = self.intended.kinds, self.intended.splits, self.intended.classes
        return (
            not _kinds_covering(change).isdisjoint(kinds)
            and (not splits or set(change.splits) <= set(splits))
            and (not classes or set(change.classes) <= set(classes))
        )


def _alike(changes: Sequence[Change]) -> Alike:
    groups: defaultdict[tuple[ChangeKind, bool, tuple[str, ...], tuple[str, ...]], list[Change]]
    groups = defaultdict(list)
    for change in changes:
        groups[change.kind, change.with_item, change.splits, change.classes].append(change)
    return groups


def _left_over(group: Sequence[Change], entries: Sequence[_Entry]) -> list[Change]:
    if not entries:
        return [*group]
    return [change for change in group if not any(entry.takes(change) for entry in entries)]


def _cell(change: Change) -> Cell:
    """The split and class (none for an item) whose records in the baseline are touched."""
    return (change.splits[0], change.classes[0] if change.classes else "")


def _kinds_covering(change: Change) -> frozenset[str]:
    """The declared kinds that allow `change`; what comes or goes with its item needs no kind of its own."""
    if not change.with_item:
        return frozenset({change.kind})
    return frozenset(
        {change.kind, "add-items" if change.kind is ChangeKind.ADD_ANNOTATIONS else "remove-items"}
    )
