"""What an evaluation must be told about people; a local checkout knows nothing of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.evaluation.answering import Answering, answer_here
from bot.evidence.model import CheckResult
from bot.forges.base import Account, Activity
from bot.publications import Publications


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who did what on the pull request, who is behind an owner, and what was published when.

    `head_sha` is the head of the pull request itself, also when a merge group is evaluated.
    `members` resolves a CODEOWNERS owner on the forge; `publications` is everything the forge
    showed for this pull request, by its own clock.
    """

    author: Account
    head_sha: str
    activity: Activity
    members: Callable[[str], tuple[Account, ...]]
    publications: Publications


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What else an evaluation depends on: time, place, people, and the team's own CI.

    `people` is None offline; then gate 7 can name the lead and no more. `downstream` is
    what others' check runs and statuses on the head commit conclude. Gates 1 to 6
    are answered by `answering`.
    """

    number: int
    base_ref: str
    now: datetime
    people: People | None = None
    downstream: tuple[CheckResult, ...] = ()
    answering: Answering = answer_here
