"""The review rule that samples: of every annotator's items enough to bound the errors among them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.answers import Finding, Table
from bot.evidence.item_order import in_natural_order
from bot.evidence.problems import shown
from bot.evidence.review_history import Standing
from bot.gates.review_lots import Lot, accused
from bot.gates.review_rules import Demand
from bot.gates.review_state import ReviewState
from bot.gates.wording import counted, percent
from bot.policy import ReviewRule


def sample(state: ReviewState, rule: ReviewRule) -> Demand:
    """Enough of every annotator's items, with the upper bound on their errors within the limit."""
    standings = {item: state.standing(item) for item in state.items}
    unknown = tuple(item for item, standing in standings.items() if standing is Standing.UNKNOWN)
    lots = _lots(state, standings)
    culprits = accused(lots, rule)
    failing: list[Finding] = []
    to_review: dict[str, tuple[str, ...]] = {}
    for lot in lots:
        hopeful = replace(lot, reviewed=lot.reviewed | lot.items.intersection(unknown))
        if lot.annotator in culprits and not lot.shown_good(rule):
            failing.append(_too_many_errors(lot, rule))
        elif not hopeful.shown_good(rule):
            to_review[lot.annotator] = state.contents.draw(lot.items - hopeful.reviewed, hopeful.more(rule))
            failing.append(_too_small(lot, to_review[lot.annotator], rule))
    nobodys = tuple(item for item in state.items if not state.people[item])
    return Demand(
        headline=_sample_headline(lots, failing, to_review, rule),
        failing=tuple(failing),
        vague=(_nobodys(nobodys),) if nobodys else (),
        to_review=to_review,
        unknown=unknown,
        facts=(_samples(lots, rule),),
    )


def _lots(state: ReviewState, standings: Mapping[str, Standing]) -> list[Lot]:
    owned: defaultdict[str, set[str]] = defaultdict(set)
    for item, people in state.people.items():
        for name in people:
            owned[name].add(item)
    rejected = {item for item, standing in standings.items() if standing is Standing.REJECTED}
    reviewed = rejected | {item for item, standing in standings.items() if standing is Standing.APPROVED}
    return [
        Lot(
            annotator=name,
            items=frozenset(items),
            reviewed=frozenset(items & reviewed),
            rejected=frozenset(items & rejected),
        )
        for name, items in sorted(owned.items())
    ]


def _too_small(lot: Lot, items: tuple[str, ...], rule: ReviewRule) -> Finding:
    limit, certain = percent(rule.max_error_rate), percent(rule.confidence)
    at_most = percent(lot.bound(rule) / len(lot.items))
    plan = lot.plan(rule)
    advice = (
        f"; {plan[0]:,} in all forgive {counted(plan[1], 'rejection')}"
        if plan and plan[0] > len(lot.reviewed) + len(items)
        else ""
    )
    return Finding(
        code="review.sample-too-small" if lot.reviewed else "review.not-reviewed",
        text=f"{len(lot.reviewed):,} of {counted(len(lot.items), 'item')} of {shown(lot.annotator)} "
        f"reviewed, {counted(len(lot.rejected), 'rejection')}: up to {at_most} may be wrong, {limit} is the "
        f"limit ({certain} confidence).",
        fix=f"Have these {counted(len(items), 'item')} reviewed (enough if none is rejected{advice}).",
        items=items,
    )


def _too_many_errors(lot: Lot, rule: ReviewRule) -> Finding:
    return Finding(
        code="review.too-many-errors",
        text=f"{len(lot.rejected):,} of {counted(len(lot.reviewed), 'reviewed item')} of "
        f"{shown(lot.annotator)} rejected: more than {percent(rule.max_error_rate)} of "
        f"{counted(len(lot.items), 'item')} are wrong.",
        fix=f"Have the work of {shown(lot.annotator)} corrected, and the corrected items reviewed again.",
        items=in_natural_order(lot.rejected),
    )


def _nobodys(items: tuple[str, ...]) -> Finding:
    return Finding(
        code="review.annotator-unknown",
        text=f"Nobody is named as the annotator of {counted(len(items), 'item')}.",
        fix="Name the annotator in the reviews or the assignee in the assignments.",
        items=items,
    )


def _sample_headline(
    lots: Sequence[Lot],
    failing: Sequence[Finding],
    to_review: Mapping[str, tuple[str, ...]],
    rule: ReviewRule,
) -> str:
    people = counted(len(lots), "annotator")
    if not failing:
        worst = max((lot.bound(rule) / len(lot.items) for lot in lots), default=0.0)
        reviewed = counted(len({item for lot in lots for item in lot.reviewed}), "item")
        certain = percent(rule.confidence)
        return f"{reviewed} reviewed: each of {people} at most {percent(worst)} wrong ({certain} confidence)."
    said = []
    if to_review:
        more = counted(sum(map(len, to_review.values())), "more review")
        said.append(f"{len(to_review)} of {people} without enough reviews, {more} needed")
    if bad := len(failing) - len(to_review):
        said.append(f"{bad} of {people} with too many errors")
    return f"{'; '.join(said)}."


def _samples(lots: Sequence[Lot], rule: ReviewRule) -> Table:
    return Table(
        title="Samples by annotator",
        columns=("annotator", "items", "reviewed", "rejected", "at most wrong", "more reviews"),
        rows=tuple(
            (
                lot.annotator,
                str(len(lot.items)),
                str(len(lot.reviewed)),
                str(len(lot.rejected)),
                percent(lot.bound(rule) / len(lot.items)),
                str(lot.more(rule)),
            )
            for lot in lots
        ),
    )
