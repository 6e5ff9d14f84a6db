"""What gate 4 says of rejections: findings, and the tables of reasons and of their rates."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import TypedDict

from bot.answers import Finding, Table
from bot.evidence.contents import person, plain
from bot.evidence.item_order import in_natural_order
from bot.evidence.model import Loaded, ReviewOutcome, ReviewRecord
from bot.evidence.problems import shown
from bot.evidence.review_history import ReviewHistory
from bot.gates.evidence_state import placed
from bot.gates.rejection_reasons import Episode, Trend
from bot.gates.wording import counted, percent
from bot.policy import RejectionsRule
from bot.statistics import clopper_pearson

Reviews = Loaded[tuple[ReviewRecord, ...]]


def live(episode: Episode, left: Sequence[ReviewRecord], evidence: Reviews, rule: RejectionsRule) -> Finding:
    """The failure of a repeated reason: `left` are its rejections that nothing settled."""
    items = _items(left)
    finding = Finding(
        code="rejections.live",
        text=f"Reason {shown(episode.wording)} was given {episode.peak} times within "
        f"{counted(rule.window_days, 'day')} (last on {episode.last:%Y-%m-%d}; {_mostly(episode)}); "
        f"{counted(len(items), 'item')} not settled since.",
        fix=f"Correct {counted(len(items), 'item')} and have them approved by another reviewer, "
        "or defer the reason in writing.",
        items=items,
        **_concerned(left),
    )
    return placed(finding, evidence, left[-1].line)


def no_reason(episode: Episode, left: Sequence[ReviewRecord], evidence: Reviews) -> Finding:
    """The doubt that repeated rejections without a reason leave."""
    items = _items(left)
    finding = Finding(
        code="rejections.no-reason",
        text=f"{counted(len(episode.rejections), 'rejection')} without a reason: nobody can tell whether "
        "one repeats.",
        fix=f"State the reasons, or have {counted(len(items), 'item')} corrected and approved.",
        items=items,
        **_concerned(left),
    )
    return placed(finding, evidence, left[-1].line)


def not_understood(
    past: Sequence[ReviewRecord], history: ReviewHistory, evidence: Reviews
) -> tuple[Finding, ...]:
    """The reviews that may be rejections or not, and the absence of any."""
    unknown = [review for review in past if review.outcome is ReviewOutcome.UNKNOWN]
    found = []
    if unknown:
        finding = Finding(
            code="rejections.unknown-outcome",
            text=f"{counted(len(unknown), 'review')} with an outcome that may be a rejection or not.",
            fix="Map the tool's outcome to approved, rejected or needs_revision.",
            items=_items(unknown),
        )
        found.append(placed(finding, evidence, unknown[0].line))
    if history.future:
        finding = Finding(
            code="rejections.in-future",
            text=f"{counted(len(history.future), 'review')} dated in the future and not counted.",
            fix="Correct the time of these reviews.",
            items=_items(history.future),
        )
        found.append(placed(finding, evidence, history.future[0].line))
    if not past:
        finding = Finding(
            code="rejections.no-reviews",
            text="No review was made, so nothing could be rejected.",
            fix="Export the reviews of this dataset.",
        )
        found.append(placed(finding, evidence))
    return tuple(found)


def deferred(episode: Episode, waiting: Sequence[ReviewRecord], evidence: Reviews) -> Finding:
    """The named risk of a repeated reason that somebody decided to leave for later."""
    items = _items(waiting)
    finding = Finding(
        code="rejections.deferred",
        text=f"Reason {shown(episode.wording)} is deferred on {counted(len(items), 'item')}: "
        f"{shown(plain(waiting[-1].deferred))}.",
        fix="Accept the risk, or correct these items before the release.",
        items=items,
        **_concerned(waiting),
    )
    return placed(finding, evidence, waiting[-1].line)


def isolated(left: Sequence[ReviewRecord], evidence: Reviews) -> tuple[Finding, ...]:
    """The accidents that are still open; none where there are none."""
    if not left:
        return ()
    finding = Finding(
        code="rejections.open-isolated",
        text=f"{counted(len(left), 'isolated rejection')} still open.",
        fix="Correct these items and have them reviewed again.",
        items=_items(left),
        **_concerned(left),
    )
    return (placed(finding, evidence, left[0].line),)


def rising(trends: Iterable[Trend], wordings: dict[str, str], evidence: Reviews) -> tuple[Finding, ...]:
    """Reasons that grow per reviewed item, whether they repeat yet or not."""
    return tuple(
        placed(
            Finding(
                code="rejections.rising",
                text=f"Reason {shown(wordings[trend.reason])} grows: "
                f"{' → '.join(f'{x} of {n}' for x, n in zip(trend.rejected, trend.reviewed, strict=True))} "
                "reviewed items.",
                fix="Clarify the rule behind this reason with the annotators.",
                items=trend.items,
            ),
            evidence,
        )
        for trend in trends
        if trend.rising
    )


def breakdown(episodes: Iterable[Episode], rule: RejectionsRule) -> Table:
    """Rejections by reason, class and annotator, and whether the reason repeats in that episode."""
    rows = []
    for episode in episodes:
        repeats = "repeated" if episode.peak >= rule.repeated else "isolated"
        last = f"{episode.last:%Y-%m-%d}"
        for (name, annotator), count in sorted(_groups(episode).items()):
            rows.append((episode.wording or "(no reason)", name, annotator, str(count), repeats, last))
    columns = ("reason", "class", "annotator", "rejections", "pattern", "last seen")
    return Table(title="Reasons by class and annotator", columns=columns, rows=tuple(rows))


def rates(trends: Iterable[Trend], wordings: dict[str, str]) -> Table:
    """Rejected per reviewed item and window, the latest window is 0 ago; exact 95 % intervals."""
    return Table(
        title="Rejected items per window",
        columns=("reason", "windows ago", "rejected", "reviewed", "share", "95 % interval"),
        rows=tuple(
            (
                wordings[trend.reason] or "(no reason)",
                str(len(trend.reviewed) - 1 - place),
                str(rejected),
                str(reviewed),
                percent(rejected / reviewed),
                " to ".join(map(percent, clopper_pearson(rejected, reviewed))),
            )
            for trend in trends
            for place, (rejected, reviewed) in enumerate(zip(trend.rejected, trend.reviewed, strict=True))
            if reviewed
        ),
    )


def tests(trends: Iterable[Trend], wordings: dict[str, str], repeated: Collection[str]) -> Table:
    """Every reason of the last windows: whether it repeats, and how sure it is that it grows."""
    return Table(
        title="Growth of reasons",
        columns=(
            "reason",
            "pattern",
            "p last two windows (Poisson)",
            "p all windows (Cochran-Armitage)",
            "grows",
        ),
        rows=tuple(
            (
                wordings[trend.reason] or "(no reason)",
                "repeated" if trend.reason in repeated else "isolated",
                _p(trend.p_rise),
                _p(trend.p_trend),
                "yes" if trend.rising else "not shown",
            )
            for trend in trends
        ),
    )


def _p(value: float | None) -> str:
    return "too few windows" if value is None else f"{value:.3f}"


class _Concerned(TypedDict):
    label: str
    annotator: str


def _concerned(reviews: Iterable[ReviewRecord]) -> _Concerned:
    """The class and the annotator of all these reviews, each empty where they differ."""
    labels, people = set(), set()
    for review in reviews:
        labels.add(plain(review.label or ""))
        people.add(person(review.annotator))
    return {
        "label": labels.pop() if len(labels) == 1 else "",
        "annotator": people.pop() if len(people) == 1 else "",
    }


def _groups(episode: Episode) -> Counter[tuple[str, str]]:
    return Counter(
        (plain(review.label or "") or "(whole item)", person(review.annotator) or "(not named)")
        for review in episode.rejections
    )


def _mostly(episode: Episode) -> str:
    """The class and annotator most concerned; of several the first by name."""
    (name, annotator), count = max(sorted(_groups(episode).items()), key=lambda group: group[1])
    return f"{count} of {len(episode.rejections)} on {shown(name)} by {shown(annotator)}"


def _items(reviews: Iterable[ReviewRecord]) -> tuple[str, ...]:
    return in_natural_order(review.item for review in reviews)
