"""The time of a stand-in."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


@dataclass(slots=True)
class Clock:
    """The stand-in's own time: it moves one second with every write, so that times are distinct."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    step: timedelta = timedelta(seconds=1)

    def tick(self) -> datetime:
        self.at += self.step
        return self.at
