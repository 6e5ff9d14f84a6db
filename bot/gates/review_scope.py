"""Gate 3: was the required review scope completed?

**Asks** whether everything that the review rule demands was reviewed. The rule is policy, decided
on the base branch before this release; without one the answer is vague.

**What counts.** A review counts when its reviewer is not the annotator: neither whom the review
names, nor an assignee of the item, nor whom one of its annotations names. A review by one of the
latter two that names somebody else contradicts them, and is vague. The latest review of a class of
an item decides over it, a review of the whole item speaks of all its classes; rejected and
needs_revision are reviews, with an error. An approval from before the item's last known change is
none. The lot of an item is that of whom the review names, else the assignee, else the annotation.

**Passes**

- `full`: when every item was reviewed;
- `targeted`: when every item that holds one of `classes` was reviewed for these, and every item of
  annotators whose first completed work is younger than `annotators_newer_than_days` altogether;
- `sample`: when of each annotator's items at least `min_items` and `min_share` were reviewed (all,
  where there are fewer than `min_items`), and the exact upper bound on the share of wrong items
  (hypergeometric, at `confidence`) is at most `max_error_rate`. `bot.gates.review_lots` says why
  these bounds hold for many annotators together;
- `sample` with a `plan`, which fixes sample size and acceptance number beforehand: when the sample
  of each annotator has that size and shows no more errors than the plan accepts. The plans are
  `iso_2859_1: {aql, level, severity}` (`aql` in per cent, `level` S-1 to S-4 and I to III, `severity`
  normal, tightened or reduced), `accept_zero: {bad}` (c = 0) and
  `two_point: {good, bad, producer_risk}`, the latter two for the finite lot and at `confidence`.

An error counts where it was found, also after it was corrected: correcting what a sample happened
to show says nothing of the items that nobody looked at. It stops counting when all of these were
changed since.

**Fails** when items in scope are not reviewed, when an annotator's sample is missing, too small or
too weak to show the limit is kept, when an annotator shows too many errors (certainly, or by an
exact test at `confidence` after Holm's correction over all annotators), and when a plan does not
accept. A refused lot passes after the larger sample that the finding names, or once all of it is
reviewed and corrected.

**Is vague** without a rule; when nothing fails and reviews, assignments or the snapshot are missing
or in doubt (without assignments, or where the snapshot cannot tell all its items, nobody's lot is
known, and no sample fails); and as far as an answer hangs on reviews with an unknown outcome, without
or with contradictory people, or from the future, on items whose annotator nobody names, or on a
targeted rule that targets nothing known.

Self-reviews and items whose latest review is a rejection are shown; they decide nothing beyond the
above. The baseline only tells which of the items to review are new or changed: without it that
column says "unknown".

**To fix it**, have the listed items reviewed and export the reviews again. Lists are drawn by chance,
the same for everybody: a hash of snapshot and item, which nobody chooses. Reviews of other items of
the annotator count as well, and every bound presumes that these too were chosen at random: how they
were, gate 3 cannot see. The error rate in the facts is the exact interval (Clopper-Pearson) of the
annotator, beyond this snapshot.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from bot.answers import Answer, Finding, Outcome, Table
from bot.evidence.contents import plain
from bot.evidence.likeness import unlike
from bot.evidence.model import Assignment, Loaded, ReviewRecord, Snapshot
from bot.evidence.review_history import Standing
from bot.gates.evidence_state import Weighed, conclude, not_judgeable, placed
from bot.gates.review_rules import Demand, full, targeted
from bot.gates.review_sample import sample
from bot.gates.review_state import ReviewState
from bot.gates.wording import counted
from bot.policy import ReviewRule

GATE = "review_scope"


def check(
    *,
    reviews: Loaded[tuple[ReviewRecord, ...]],
    assignments: Loaded[tuple[Assignment, ...]],
    snapshot: Loaded[Snapshot],
    baseline: Loaded[Snapshot],
    rule: ReviewRule | None,
    now: datetime,
) -> Answer:
    """Answer gate 3. See the module for the rules."""
    if rule is None:
        return _undecided()
    if reviews.value is None or snapshot.value is None:
        return not_judgeable(GATE, reviews, assignments, snapshot)
    known = assignments.value or ()
    state = ReviewState(snapshot.value, reviews.value, known, now)
    demand = _demand(state, rule, known, snapshot.value, now)
    if rule.rule == "sample" and (assignments.value is None or not snapshot.whole):
        demand = replace(demand, failing=(), vague=(*demand.failing, *demand.vague))
    if assignments.value is None and not demand.failing:
        return not_judgeable(GATE, reviews, assignments, snapshot)
    weighed = Weighed(
        failing=tuple(placed(finding, reviews) for finding in demand.failing),
        vague=tuple(placed(finding, reviews) for finding in (*demand.vague, *_unknown(state, demand))),
        risks=tuple(placed(finding, reviews) for finding in _shown_only(state)),
    )
    vague_only = weighed.outcome is Outcome.VAGUE
    return conclude(
        GATE,
        rests_on=(reviews, assignments, snapshot),
        weighed=weighed,
        headline=f"The review scope leaves {counted(len(weighed.vague), 'question')} open."
        if vague_only
        else demand.headline,
        facts=(_to_review(state, demand.to_review, snapshot.value, baseline), *demand.facts),
    )


def _demand(
    state: ReviewState,
    rule: ReviewRule,
    assignments: tuple[Assignment, ...],
    snapshot: Snapshot,
    now: datetime,
) -> Demand:
    if rule.rule == "full":
        return full(state)
    if rule.rule == "targeted":
        known = {plain(name) for name in snapshot.classes.values()} | set(state.contents.items_by_class)
        return targeted(state, rule, assignments, frozenset(known), now)
    return sample(state, rule)


def _undecided() -> Answer:
    finding = Finding(
        code="review.rule-undecided",
        text="The policy does not say which items must be reviewed.",
        fix="Decide gates.review in the policy on the base branch: full, targeted or sample.",
    )
    headline = "No review rule was decided before this release."
    return conclude(GATE, rests_on=(), weighed=Weighed(vague=(finding,)), headline=headline, facts=())


def _unknown(state: ReviewState, demand: Demand) -> tuple[Finding, ...]:
    """What keeps the reviews from being a sure answer."""
    found = list(state.refusals)
    if not state.items:
        found.append(
            Finding(
                code="review.empty-snapshot",
                text="The snapshot holds no item, so no review can speak of it.",
                fix="Name the snapshot that is to be released.",
            )
        )
    contradictory = state.contradictory(demand.unknown)
    unknown = tuple(item for item in demand.unknown if item not in set(contradictory))
    if contradictory:
        found.append(
            Finding(
                code="review.annotator-contradicted",
                text=f"The deciding review of {counted(len(contradictory), 'item')} is by an annotator "
                "(by assignments or annotations) and names another as the annotator.",
                fix="Correct the annotator or the assignee, or have somebody else review these items.",
                items=contradictory,
            )
        )
    if unknown:
        found.append(
            Finding(
                code="review.unknown-outcome",
                text=f"The deciding review of {counted(len(unknown), 'item')} has an unknown outcome, "
                "or does not name reviewer or annotator.",
                fix="Export the reviews with known outcomes, reviewers and annotators.",
                items=unknown,
            )
        )
    return (*found, *_from_the_future(state))


def _from_the_future(state: ReviewState) -> Iterator[Finding]:
    if future := state.history.future:
        yield Finding(
            code="review.in-future",
            text=f"{counted(len(future), 'review')} dated in the future and not counted.",
            fix="Correct the time of these reviews.",
            items=tuple(sorted({review.item for review in future})),
        )


def _shown_only(state: ReviewState) -> tuple[Finding, ...]:
    found = []
    if own := state.self_reviewed():
        found.append(
            Finding(
                code="review.self-review",
                text=f"{counted(len(own), 'item')} reviewed by their own annotator, which does not count.",
                fix="Have somebody else review these items.",
                items=own,
            )
        )
    if wrong := tuple(item for item in state.items if state.standing(item) is Standing.REJECTED):
        found.append(
            Finding(
                code="review.open-rejections",
                text=f"The latest review of {counted(len(wrong), 'item')} is a rejection.",
                fix="Correct these items and have them reviewed again.",
                items=wrong,
            )
        )
    return tuple(found)


def _to_review(
    state: ReviewState,
    to_review: Mapping[str, tuple[str, ...]],
    snapshot: Snapshot,
    baseline: Loaded[Snapshot],
) -> Table:
    """What is still to be reviewed by annotator and class; an item counts once for each class it holds."""
    changed = unlike(snapshot, baseline.value) if to_review and baseline.value is not None else None
    rows = []
    for annotator, items in to_review.items():
        by_class: Counter[str] = Counter()
        fresh: Counter[str] = Counter()
        for item in items:
            for name in state.concerned(item):
                by_class[name] += 1
                fresh[name] += changed is not None and item in changed
        for name in sorted(by_class):
            news = "unknown" if changed is None else str(fresh[name])
            rows.append((annotator, name or "(no class)", str(by_class[name]), news))
    columns = ("annotator", "class", "items", "new or changed")
    return Table(title="Still to review", columns=columns, rows=tuple(rows))
