"""The files behind the frame numbers of a CVAT task."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """The frames of one task, numbered from 0 as its jobs number them, and those deleted from it."""

    names: Mapping[int, str]
    deleted: frozenset[int] = frozenset()

    def between(self, first: int, last: int) -> tuple[str, ...] | None:
        """The files of the frames from `first` to `last` that are not deleted; None if one is unknown."""
        if last >= first + len(self.names) + len(self.deleted):
            return None  # a range of absurd length is not walked through
        wanted = [number for number in range(first, last + 1) if number not in self.deleted]
        if any(number not in self.names for number in wanted):
            return None
        return tuple(self.names[number] for number in wanted)
