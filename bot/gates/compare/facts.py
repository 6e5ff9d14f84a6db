"""The tables under gate 5: what the two snapshots hold, and what changed per split and class."""

from collections import Counter
from collections.abc import Iterable, Mapping

from bot.answers import Table
from bot.gates.compare.changes import Change, ChangeKind, Difference
from bot.gates.compare.counts import Counts, total_variation

_Tally = Mapping[tuple[str, str, str], int]


def tables(before: Counts, after: Counts, found: Difference) -> tuple[Table, ...]:
    """Summary, items per split, and annotations per split and class."""
    tally = _tally(found.changes)
    return (_summary(before, after, found), _items(before, after, tally), _annotations(before, after, tally))


def _tally(changes: Iterable[Change]) -> _Tally:
    """Changes per (what happened, split, class): a change between two counts out of one, into the other."""
    tally: Counter[tuple[str, str, str]] = Counter()
    alike = Counter((change.kind, change.splits, change.classes) for change in changes)
    for (kind, splits, classes), times in alike.items():
        was = (splits[0], classes[0] if classes else "")
        now = (splits[-1], classes[-1] if classes else "")
        match kind:
            case ChangeKind.RELABEL | ChangeKind.CHANGE_SPLIT:
                tally[f"{kind} from", *was] += times
                tally[f"{kind} to", *now] += times
            case _:
                tally[kind, *now] += times
    return tally


def _summary(before: Counts, after: Counts, found: Difference) -> Table:
    rows = [
        ("items", str(sum(before.items.values())), str(sum(after.items.values()))),
        ("annotations", str(sum(before.annotations.values())), str(sum(after.annotations.values()))),
        ("total variation of class shares", "", f"{total_variation(before, after):.4f}"),
    ]
    if not found.ids_trusted:
        rows.append(("annotations matched by content, not by id", "", str(found.renumbered)))
    return Table(title="Snapshots", columns=("measure", "baseline", "candidate"), rows=tuple(rows))


def _items(before: Counts, after: Counts, tally: _Tally) -> Table:
    kinds = ("add-items", "remove-items", "replace-items", "change-split to", "change-split from")
    return Table(
        title="Items by split",
        columns=("split", "baseline", "candidate", "added", "removed", "replaced", "moved in", "moved out"),
        rows=tuple(
            (
                split,
                str(before.items.get(split, 0)),
                str(after.items.get(split, 0)),
                *(str(tally.get((kind, split, ""), 0)) for kind in kinds),
            )
            for split in sorted(before.items.keys() | after.items.keys())
        ),
    )


def _annotations(before: Counts, after: Counts, tally: _Tally) -> Table:
    kinds = ("add-annotations", "remove-annotations", "relabel to", "relabel from", "move")
    return Table(
        title="Annotations by split and class",
        columns=(
            "split",
            "class",
            "baseline",
            "candidate",
            "added",
            "removed",
            "relabelled to",
            "relabelled from",
            "moved",
        ),
        rows=tuple(
            (
                split,
                label,
                str(before.annotations.get((split, label), 0)),
                str(after.annotations.get((split, label), 0)),
                *(str(tally.get((kind, split, label), 0)) for kind in kinds),
            )
            for split, label in sorted(before.annotations.keys() | after.annotations.keys())
        ),
    )
