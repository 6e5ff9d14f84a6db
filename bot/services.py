"""What an evaluation may use of the running service, handed over explicitly."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.settings import Settings
from bot.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The parts of the service that outlive one job. `now` is the clock (aware UTC)."""

    settings: Settings
    store: Store
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
