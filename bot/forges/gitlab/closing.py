"""What closes a merge beside the status in its pipeline, as far as the tier of GitLab has it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What the operator opted in to: an approval rule (Premium), a thread that only we resolve (any tier)."""

    approval_rule: bool = False
    thread: bool = False
