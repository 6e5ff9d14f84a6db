"""The review rules that demand whole sets of items: which items those are, and what is still lacking."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.answers import Finding, Table
from bot.evidence.contents import plain
from bot.evidence.model import Assignment
from bot.evidence.problems import shown
from bot.evidence.review_history import Standing
from bot.gates.evidence_state import age_in_days
from bot.gates.review_state import ReviewState, first_completions
from bot.gates.wording import counted, named
from bot.policy import ReviewRule

NOBODY = "(nobody named)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a rule finds. `to_review` is by annotator, `unknown` are items in its scope.

    `headline` is the sentence for a scope that fails or passes; when it is vague only, the gate
    says so itself.
    """

    headline: str
    failing: tuple[Finding, ...] = ()
    vague: tuple[Finding, ...] = ()
    to_review: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    facts: tuple[Table, ...] = ()


def full(state: ReviewState) -> Demand:
    """Every item, with every class that concerns it."""
    return _complete(state, dict.fromkeys(state.items), "a full review")


def targeted(
    state: ReviewState,
    rule: ReviewRule,
    assignments: Sequence[Assignment],
    classes: frozenset[str],
    now: datetime,
) -> Demand:
    """Every item with a targeted class, and every item of new annotators.

    `classes` are the class names the snapshot knows, used or not.
    """
    targets = frozenset(map(plain, rule.classes))
    scope: dict[str, frozenset[str] | None] = {}
    undated = []
    first = first_completions(assignments)
    for item in state.items:
        if held := state.contents.classes(item) & targets:
            scope[item] = held
        if rule.annotators_newer_than_days is None:
            continue
        since = [first.get(name) for name in state.people[item]]
        if any(at and age_in_days(at, now) < rule.annotators_newer_than_days for at in since):
            scope[item] = None
        elif (not since or None in since) and state.standing(item) is Standing.UNREVIEWED:
            undated.append(item)
    demand = _complete(state, scope, "a targeted review")
    return replace(demand, vague=_target_doubts(targets - classes, tuple(undated)))


def _complete(state: ReviewState, scope: Mapping[str, frozenset[str] | None], what: str) -> Demand:
    """The demand that every item in `scope` (item → classes, None: all) is reviewed."""
    lacking: defaultdict[str, list[str]] = defaultdict(list)
    unknown = []
    for item, classes in scope.items():
        standing = state.standing(item, classes)
        if standing is Standing.UNREVIEWED:
            lacking[", ".join(sorted(state.people[item])) or NOBODY].append(item)
        elif standing is Standing.UNKNOWN:
            unknown.append(item)
    to_review = {annotator: tuple(items) for annotator, items in sorted(lacking.items())}
    missing = sum(map(len, to_review.values()))
    done = counted(len(scope), "item")
    return Demand(
        headline=f"{missing:,} of {done} that {what} covers not reviewed yet."
        if missing
        else f"{done} reviewed, all that {what} covers.",
        failing=tuple(_not_reviewed(annotator, items) for annotator, items in to_review.items()),
        to_review=to_review,
        unknown=tuple(unknown),
    )


def _not_reviewed(annotator: str, items: tuple[str, ...]) -> Finding:
    return Finding(
        code="review.not-reviewed",
        text=f"{counted(len(items), 'item')} of {shown(annotator)} not reviewed by somebody else "
        "since they last changed.",
        fix=f"Have these {counted(len(items), 'item')} reviewed and export the reviews again.",
        items=items,
        annotator=annotator if annotator != NOBODY else "",
    )


def _target_doubts(strange: frozenset[str], undated: tuple[str, ...]) -> tuple[Finding, ...]:
    found = []
    if strange:
        found.append(
            Finding(
                code="review.target-unknown",
                text=f"The snapshot knows no class {named(sorted(strange))} of the targeted review rule.",
                fix="Correct the class names in the policy on the base branch.",
            )
        )
    if undated:
        found.append(
            Finding(
                code="review.annotator-age-unknown",
                text=f"{counted(len(undated), 'unreviewed item')} by annotators whose first completed work "
                "is not known.",
                fix="Export all assignments with assignee and completed_at, or have these items reviewed.",
                items=undated,
            )
        )
    return tuple(found)
