"""Which of two kinds of things occur together, and when they last did, as sorted columns."""

import numpy as np
from numpy.typing import NDArray

NEVER = np.iinfo(np.int64).min
"""The time of what has none."""

_STRIDE = 1 << 31
"""More than there are things of the second kind."""


class Pairs:
    """Pairs of numbers (one, other), each once, with its latest time, sorted."""

    __slots__ = ("_keys", "_times")

    def __init__(self) -> None:
        self._keys: list[NDArray[np.int64]] = []
        self._times: list[NDArray[np.int64]] = []

    def add(self, one: NDArray[np.int64], other: NDArray[np.int64], times: NDArray[np.int64]) -> None:
        """Take pairs; `times` in microseconds since 1970, or `NEVER`."""
        keys, latest = _latest(one * _STRIDE + other, times)
        self._keys.append(keys)
        self._times.append(latest)

    def by_one(self, count: int) -> "ByOne":
        """All of them, to be looked up by the first number, of which there are `count`."""
        none = np.empty(0, np.int64)
        keys, times = _latest(np.concatenate([none, *self._keys]), np.concatenate([none, *self._times]))
        return ByOne(keys // _STRIDE, keys % _STRIDE, times, count)


class ByOne:
    """Pairs by their first number."""

    __slots__ = ("_begins", "_latest", "_ones", "_others", "_times")

    def __init__(
        self, ones: NDArray[np.int64], others: NDArray[np.int64], times: NDArray[np.int64], count: int
    ) -> None:
        self._ones, self._others = ones, others
        self._times = memoryview(times.data)
        begins = np.searchsorted(ones, np.arange(count + 1))
        self._begins = begins.tolist()
        last = np.maximum.reduceat(times, begins[:-1]) if len(times) else times
        self._latest = memoryview(last.data)

    def others(self, one: int) -> list[int]:
        """What occurs together with one."""
        found: list[int] = self._others[self._begins[one] : self._begins[one + 1]].tolist()
        return found

    def ones(self, other: int) -> list[int]:
        """What occurs together with the other."""
        found: list[int] = self._ones[self._others == other].tolist()
        return found

    def latest(self, one: int, other: int | None) -> int:
        """When the pair, or (None) any pair of the first, last occurred; `NEVER`."""
        if other is None:
            return self._latest[one]
        begin = self._begins[one]
        found = self.others(one)
        return self._times[begin + found.index(other)] if other in found else NEVER


def _latest(keys: NDArray[np.int64], times: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each key once, sorted, with the latest of its times."""
    if not len(keys):
        return keys, times
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    begins = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    return ordered[begins], np.maximum.reduceat(times[order], begins)
