"""Rejections by reason: which wordings are one reason, when it repeats, and whether it grows."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.evidence.item_order import in_natural_order
from bot.evidence.model import ReviewRecord
from bot.evidence.review_history import REJECTIONS
from bot.gates.evidence_state import age_in_days
from bot.statistics import cochran_armitage, holm, poisson_increase

MOST_WINDOWS = 12
"""Windows back from now that a trend looks at."""

SIGNIFICANT = 0.05
"""Level of the trend tests, over all reasons and both tests together (Holm)."""

NO_REASON = ""

_LONG = 4
"""Digits from which on a number is the name of an item rather than that of a rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One reason's rejections in order of time, from one quiet spell to the next.

    A spell of `window_days` without the reason ends an episode: what comes later is new.
    `peak` is the most reviews that gave the reason within any one window of the episode.
    """

    reason: str
    rejections: tuple[ReviewRecord, ...]
    peak: int

    @property
    def last(self) -> datetime:
        """When the reason last appeared."""
        return self.rejections[-1].at

    @property
    def wording(self) -> str:
        """The reason as its latest rejection words it."""
        return self.rejections[-1].reason.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """One reason per window, oldest first: items rejected for it, items reviewed at all.

    `items` are those rejected for it in any of the windows. `p_rise` compares the last two
    windows, `p_trend` all of them from three on; both are adjusted, None where the windows do not
    suffice.
    """

    reason: str
    rejected: tuple[int, ...]
    reviewed: tuple[int, ...]
    items: tuple[str, ...]
    p_rise: float | None
    p_trend: float | None

    @property
    def rising(self) -> bool:
        """Whether either test shows that the reason grows per reviewed item."""
        return any(p is not None and p <= SIGNIFICANT for p in (self.p_rise, self.p_trend))


def normalised(reason: str) -> str:
    """The reason without case, punctuation, spare space and look-alike characters (NFKC)."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", reason).casefold())
    kept = (" " if unicodedata.category(char).startswith("P") else char for char in text)
    return " ".join("".join(char for char in kept if unicodedata.category(char) != "Cf").split())


def reason_of(review: ReviewRecord) -> str:
    """Its normalised reason without the name of the very item: "too loose on 7.jpg" says "too loose on".

    A name is the item's id, its last part, and that without its ending. One without a digit, or of
    few digits alone, may be a word of the reason ("rule 3") and stays; so does a reason that is no
    more than the name.
    """
    reason = normalised(review.reason)
    file = review.item.replace("\\", "/").rpartition("/")[2]
    text = f" {reason} "
    for name in map(normalised, (review.item, file, file.rpartition(".")[0])):
        if any(char.isdigit() for char in name) and (len(name) >= _LONG or not name.isdecimal()):
            text = text.replace(f" {name} ", " ")
    return text.strip() or reason


def episodes(reviews: Iterable[ReviewRecord], window_days: int) -> tuple[Episode, ...]:
    """The episodes of every reason, by reason and time."""
    by_reason: defaultdict[str, list[ReviewRecord]] = defaultdict(list)
    for review in reviews:
        if review.outcome in REJECTIONS:
            by_reason[reason_of(review)].append(review)
    found = []
    for reason in sorted(by_reason):
        rejections = sorted(by_reason[reason], key=_in_time)
        start = 0
        for place, review in enumerate(rejections[1:], 1):
            if age_in_days(rejections[place - 1].at, review.at) >= window_days:
                found.append(_episode(reason, rejections[start:place], window_days))
                start = place
        found.append(_episode(reason, rejections[start:], window_days))
    return tuple(found)


def trends(reviews: Sequence[ReviewRecord], window_days: int, now: datetime) -> dict[str, Trend]:
    """The trend of every reason given in the last windows, Holm's correction over all tests."""
    windows = [(int(age_in_days(review.at, now) // window_days), review) for review in reviews]
    recent = [(window, review) for window, review in windows if window < MOST_WINDOWS]
    if not recent:
        return {}
    count = max(window for window, _ in recent) + 1
    seen: list[set[str]] = [set() for _ in range(count)]
    given: defaultdict[str, list[set[str]]] = defaultdict(lambda: [set() for _ in range(count)])
    for window, review in recent:
        place = count - 1 - window
        seen[place].add(review.item)
        if review.outcome in REJECTIONS:
            given[reason_of(review)][place].add(review.item)
    return _tested(given, tuple(map(len, seen)))


def _in_time(review: ReviewRecord) -> tuple[datetime, str, str, str, str, str]:
    return review.at, review.item, review.label or "", review.reason, review.annotator, review.deferred


def _episode(reason: str, rejections: Sequence[ReviewRecord], window_days: int) -> Episode:
    """Records of one item at one moment (several boxes of one picture) are one review."""
    moments = sorted({(r.at, r.item) for r in rejections})
    peak = start = 0
    for end, (at, _) in enumerate(moments):
        while age_in_days(moments[start][0], at) >= window_days:
            start += 1
        peak = max(peak, end + 1 - start)
    return Episode(reason=reason, rejections=tuple(rejections), peak=peak)


def _tested(given: Mapping[str, Sequence[set[str]]], reviewed: tuple[int, ...]) -> dict[str, Trend]:
    reasons = sorted(given)
    rejected = {reason: tuple(map(len, given[reason])) for reason in reasons}
    comparable = len(reviewed) > 1 and min(reviewed[-2:]) > 0
    several = sum(n > 0 for n in reviewed) > 2
    rises = [_rise(rejected[reason], reviewed) for reason in reasons] if comparable else []
    slopes = [_slope(rejected[reason], reviewed) for reason in reasons] if several else []
    adjusted = holm([*rises, *slopes])
    rise = dict(zip(reasons, adjusted[: len(rises)], strict=False))
    slope = dict(zip(reasons, adjusted[len(rises) :], strict=False))
    return {
        reason: Trend(
            reason=reason,
            rejected=rejected[reason],
            reviewed=reviewed,
            items=in_natural_order(item for items in given[reason] for item in items),
            p_rise=rise.get(reason),
            p_trend=slope.get(reason),
        )
        for reason in reasons
    }


def _rise(rejected: tuple[int, ...], reviewed: tuple[int, ...]) -> float:
    return poisson_increase(
        before=rejected[-2], exposure_before=reviewed[-2], after=rejected[-1], exposure_after=reviewed[-1]
    )


def _slope(rejected: tuple[int, ...], reviewed: tuple[int, ...]) -> float:
    """p of a trend upwards; a trend downwards is none to worry about."""
    z, p = cochran_armitage(rejected, reviewed)
    return p if z > 0 else 1.0
