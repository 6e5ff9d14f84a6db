"""Classes that changed on the way: swapped, shifted by a constant, put in another order, or one by one."""

from collections.abc import Iterator, Mapping, Sequence

from bot.evidence.problems import shown
from bot.gates.export.readback import Cell, ReadBack
from bot.gates.wording import counted

MANY = 3
"""Pairs of classes from which on they are one change of the whole map."""


def class_confusions(
    result: ReadBack, classes: Mapping[str, str]
) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Code, sentence and annotations of every change; `classes` is the export's id → name."""
    pairs = result.relabelled
    ids = [id_ for pair in sorted(pairs) for id_ in pairs[pair]]
    many = counted(len(ids), "annotation")
    if shift := _shift(list(pairs), classes):
        way = "high" if shift > 0 else "low"
        text = f"{many} read back {abs(shift)} class {'id' if abs(shift) == 1 else 'ids'} too {way}"
        other = "1 where 0" if shift > 0 else "0 where 1"
        yield "class-ids-shifted", f"{text}, as if classes were counted from {other} is expected", ids
        return
    if len(pairs) >= MANY and len({one for one, _ in pairs}) == len(pairs):
        told = ", ".join(f"{shown(one)} as {shown(other)}" for one, other in sorted(pairs)[:MANY])
        sorted_ = ", as if sorted by name," if _is_alphabetical(list(pairs), classes) else ""
        yield "classes-reordered", f"{many} read back under another order of the classes{sorted_} {told}", ids
        return
    for one, other in sorted(pairs):
        there, back = pairs[one, other], pairs.get((other, one))
        if back is None:
            text = f"{counted(len(there), 'annotation')} of class {shown(one)} read back as {shown(other)}"
            yield "class-changed", text, there
        elif one < other:
            both = [*there, *back]
            text = (
                f"Classes {shown(one)} and {shown(other)} are swapped in {counted(len(both), 'annotation')}"
            )
            yield "classes-swapped", text, both


def _shift(pairs: Sequence[Cell], classes: Mapping[str, str]) -> int:
    """By how much all ids are too high, by two pairs of classes or one beyond the last; 0: not so."""
    ids = {name: int(id_) for id_, name in classes.items() if id_.isdecimal() and len(id_) < 10}
    steps = set()
    for one, other in pairs:
        here = ids.get(other, _unnamed(other))
        if one not in ids or here is None:
            return 0
        steps.add(here - ids[one])
    beyond = any(other not in ids for _, other in pairs)
    if len(steps) != 1 or (len(pairs) == 1 and not (beyond and steps <= {1, -1})):
        return 0
    return steps.pop()


def _unnamed(label: str) -> int | None:
    """The id of a class that has an id and no name (`unknown_class`)."""
    word, _, id_ = label.partition(" ")
    return int(id_) if word == "class" and id_.isdecimal() and len(id_) < 10 else None


def _is_alphabetical(pairs: Sequence[Cell], classes: Mapping[str, str]) -> bool:
    """Whether the numbers of the file are places in the sorted list of names."""
    names = [classes[id_] for id_ in sorted(classes, key=lambda id_: (len(id_), id_))]
    by_name = dict(zip(sorted(names), names, strict=True))
    return all(by_name.get(one) == other for one, other in pairs)
