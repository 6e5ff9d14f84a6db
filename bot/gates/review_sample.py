"""The review rule that samples: of every annotator's items enough to bound the errors among them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.answers import Finding, Table
from bot.evidence.item_order import in_natural_order
from bot.evidence.problems import shown
from bot.evidence.review_history import Standing
from bot.gates.review_lots import Lot, accused, p_values
from bot.gates.review_plans import LotPlan, lot_plan
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
        plan = lot_plan(rule, len(lot.items))
        if plan is None and lot.annotator in culprits and not lot.shown_good(rule):
            failing.append(_too_many_errors(lot, rule))
        elif not hopeful.shown_good(rule):
            drawn = state.contents.draw(lot.items - hopeful.reviewed, hopeful.more(rule))
            if drawn:
                to_review[lot.annotator] = drawn
            failing.append(_too_small(lot, drawn, rule) if plan is None else _not_accepted(lot, drawn, plan))
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
    approved = {item for item, standing in standings.items() if standing is Standing.APPROVED}
    wrong = {item: at for item in approved if (at := state.last_rejected(item))}
    lots = []
    for name, items in sorted(owned.items()):
        redone = _redone(state, items - rejected - approved)
        corrected = {item for item in items & wrong.keys() if redone is None or wrong[item] >= redone}
        lot = Lot(
            annotator=name,
            items=frozenset(items),
            reviewed=frozenset(items & (rejected | approved)),
            rejected=frozenset(items & rejected | corrected),
            corrected=frozenset(corrected),
        )
        lots.append(lot)
    return lots


def _redone(state: ReviewState, unreviewed: Iterable[str]) -> datetime | None:
    """Since when everything that nobody reviewed is other work than before; None: some of it never changed.

    Errors corrected before that say nothing of what is there now.
    """
    changes = [state.contents.changed_at(item, None) for item in unreviewed]
    known = [at for at in changes if at is not None]
    return min(known, default=None) if len(known) == len(changes) else None


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
        f"limit ({certain} confidence, for a random sample).",
        fix=f"Have these {counted(len(items), 'item')} reviewed (enough if none is rejected{advice}).",
        items=items,
        annotator=lot.annotator,
    )


def _too_many_errors(lot: Lot, rule: ReviewRule) -> Finding:
    return Finding(
        code="review.too-many-errors",
        text=f"{len(lot.rejected):,} of {counted(len(lot.reviewed), 'reviewed item')} of "
        f"{shown(lot.annotator)} rejected: more than {percent(rule.max_error_rate)} of "
        f"{counted(len(lot.items), 'item')} are wrong.",
        fix=f"Have the work of {shown(lot.annotator)} corrected, and the corrected items reviewed again.",
        items=in_natural_order(lot.rejected),
        annotator=lot.annotator,
    )


def _not_accepted(lot: Lot, items: tuple[str, ...], plan: LotPlan) -> Finding:
    errors, shown_name = len(lot.rejected), shown(lot.annotator)
    demand = f"the plan ({plan.name}) demands {plan.first.size:,} and accepts {plan.first.accepts:,} wrong"
    reviewed = f"{len(lot.reviewed):,} of {counted(len(lot.items), 'item')} of {shown_name} reviewed"
    asked = f"Have these {counted(len(items), 'item')} reviewed"
    refused = errors > plan.first.accepts
    if not items:
        items = in_natural_order(lot.open)
        fix = f"Have these {counted(len(items), 'item')} corrected and reviewed again."
    elif refused and plan.size(errors) == plan.lot:
        fix = f"{asked}, which is all the rest, and every error corrected."
    else:
        fix = f"{asked} (enough if none is rejected)."
    code = "review.sample-refused" if refused else "review.sample-too-small"
    return Finding(
        code=code if lot.reviewed else "review.not-reviewed",
        text=f"{reviewed}, {counted(errors, 'rejection')}: {demand}.",
        fix=fix,
        items=items,
        annotator=lot.annotator,
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
        if rule.plan is not None:
            return f"The sampling plan accepts the work of {people}."
        worst = max((lot.bound(rule) / len(lot.items) for lot in lots), default=0.0)
        reviewed = counted(len({item for lot in lots for item in lot.reviewed}), "item")
        certain = percent(rule.confidence)
        bound = f"at most {percent(worst)} wrong ({certain} confidence, for a random sample)"
        return f"{reviewed} reviewed: each of {people} {bound}."
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
        columns=(
            "annotator",
            "items",
            "sample",
            "reviewed",
            "rejected",
            "corrected since",
            "at most wrong",
            "error rate",
            "p within limit (Holm)",
            "more reviews",
        ),
        rows=tuple(
            (
                lot.annotator,
                str(len(lot.items)),
                _demanded(lot, rule),
                str(len(lot.reviewed)),
                str(len(lot.rejected)),
                str(len(lot.corrected)),
                percent(lot.bound(rule) / len(lot.items)),
                " to ".join(map(percent, lot.error_rate(rule))),
                f"{p:.3f}",
                str(lot.more(rule)),
            )
            for lot, p in zip(lots, p_values(lots, rule), strict=True)
        ),
    )


def _demanded(lot: Lot, rule: ReviewRule) -> str:
    if plan := lot_plan(rule, len(lot.items)):
        return f"{plan.first.size}, accept {plan.first.accepts}"
    return f"at least {lot.required(rule)}"
