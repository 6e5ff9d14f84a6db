"""What a delivery means to us, whichever forge sent it."""

from dataclasses import dataclass

from bot.forges.base import Repository
from bot.store import Installation
from bot.targets import Lookup, Target

MARKER = "<!-- sevengates"
"""Every comment of ours begins with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What to do about one delivery.

    `installation` is to be saved, `removed_installation` (an id) to be forgotten.
    """

    action: str = ""
    repository: Repository | None = None
    number: int | None = None
    jobs: tuple[Target | Lookup, ...] = ()
    installation: Installation | None = None
    removed_installation: int | None = None
