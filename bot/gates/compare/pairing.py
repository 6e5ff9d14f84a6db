"""Pairing the records of two snapshots one to one, in linear time, losing none."""

from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Protocol, TypeVar


class Identified(Protocol):
    """A record that has an id, which may repeat."""

    @property
    def id(self) -> str:
        """The id within the snapshot."""


T = TypeVar("T")
R = TypeVar("R", bound=Identified)
Pairs = list[tuple[T, T]]


def without_equals(
    old: Sequence[R], new: Sequence[R], same: Callable[[R, R], bool]
) -> tuple[list[R], list[R]]:
    """What is left of both sides once records of equal id that are the `same` cancelled.

    A repeated id stands for nobody: its records are all left.
    """
    repeated = _repeated(old) | _repeated(new)
    by_id = {record.id: record for record in old if record.id not in repeated}
    old_rest = [record for record in old if record.id in repeated]
    new_rest: list[R] = []
    for record in new:
        was = by_id.pop(record.id, None)
        if was is None:
            new_rest.append(record)
            continue
        if not same(was, record):
            old_rest.append(was)
            new_rest.append(record)
    return [*old_rest, *by_id.values()], new_rest


def _repeated(records: Sequence[Identified]) -> frozenset[str]:
    ids = {record.id for record in records}
    if len(ids) == len(records):
        return frozenset()
    return frozenset(id_ for id_, n in Counter(record.id for record in records).items() if n > 1)


def paired(
    old: Iterable[T], new: Iterable[T], key: Callable[[T], Hashable]
) -> tuple[Pairs[T], list[T], list[T]]:
    """Pair records of equal key in order; returns the pairs and what is left of both sides."""
    waiting: dict[Hashable, T] = {}
    behind: dict[Hashable, deque[T]] = {}  # of a key that repeats; most never do, and a queue each is dear
    for record in old:
        place = key(record)
        if place in waiting:
            behind.setdefault(place, deque()).append(record)
        else:
            waiting[place] = record
    pairs: Pairs[T] = []
    rest: list[T] = []
    for record in new:
        place = key(record)
        if place not in waiting:
            rest.append(record)
            continue
        pairs.append((waiting.pop(place), record))
        if behind.get(place):
            waiting[place] = behind[place].popleft()
    return pairs, [*waiting.values(), *(record for queue in behind.values() for record in queue)], rest
