"""What an evaluation may use of the running service, handed over explicitly."""

from dataclasses import dataclass

from bot.settings import Settings
from bot.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The parts of the service that outlive one job."""

    settings: Settings
    store: Store
