"""Gate 1: is the label schema stable?

**Asks** whether the classes, and the rules annotators follow for them, have stopped moving. A
class changes when the schema differs from the one of the last release (added, removed, renamed,
merged, rule edited), or when its `changed_at` lies within `freeze_days`. White space is no edit,
inactive classes do not count, and a change exactly `freeze_days` old is settled.

**Passes** when no active class changed within `freeze_days`, or when every class that did has its
*focused review slice*: after the change, at least `review_slice.min_items_per_class` distinct
items that hold the class were reviewed by somebody other than their annotator, and approved. When
fewer items hold the class, it takes all of them; when none does, there is nothing to review.

**Fails** when a changed class lacks its slice, or when the snapshot uses a class that no active
label defines: the latter also where the schema before or the reviews cannot be read.

**Is vague** otherwise when the schema, the one before it, the snapshot, or (only when a slice is
needed) the reviews cannot be read or are in doubt; when `changed_at` lies in the future, or is not
later than that of the last release's schema and its evidence although the text changed; when two
labels share an id or a name; and when the slice depends on reviews whose outcome or people are
unknown. A change whose time is unknown counts as made now, so that no review can be newer: record
`changed_at`. A merge is called one only where the text of a changed class newly names the removed
class; otherwise it is a removal and an edit.

**To fix it**, have the listed items reviewed and export the reviews again, or wait until the
freeze is over. The list is drawn by chance, the same for everybody; reviews of other items that
hold the class count too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.answers import Answer, Finding, Outcome, Table
from bot.evidence.contents import Contents, plain
from bot.evidence.item_order import in_natural_order
from bot.evidence.model import Label, Loaded, ReviewRecord, Snapshot
from bot.evidence.problems import shown
from bot.evidence.review_history import ReviewHistory, Standing
from bot.gates.evidence_state import (
    Piece,
    Weighed,
    age_in_days,
    conclude,
    not_judgeable,
    placed,
    proven_only,
)
from bot.gates.schema_changes import Change, schema_changes
from bot.gates.schema_doubts import doubtful
from bot.gates.wording import counted
from bot.policy import SchemaRule

GATE = "schema_stable"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slice:
    """The focused review slice of one changed class: what it needs, has, and still lacks."""

    change: Change
    holders: int
    needed: int
    approved: int
    unknown: int
    lacking: tuple[str, ...]

    @property
    def sufficient(self) -> bool:
        return self.approved >= self.needed


def check(
    *,
    labels: Loaded[tuple[Label, ...]],
    labels_before: Loaded[tuple[Label, ...]],
    snapshot: Loaded[Snapshot],
    reviews: Loaded[tuple[ReviewRecord, ...]],
    rule: SchemaRule,
    now: datetime,
) -> Answer:
    """Answer gate 1; `labels_before` is empty for a first release. See the module for the rules."""
    if labels.value is None or snapshot.value is None:
        return not_judgeable(GATE, labels, labels_before, snapshot)
    contents = Contents(snapshot.value)
    undefined = _undefined(labels, contents)
    if labels_before.value is None:
        return _undefined_only(undefined, labels, labels_before, snapshot)
    in_force = labels_before.used.as_of if labels_before.used else None
    changes = [
        change
        for change in schema_changes(labels_before.value, labels.value, in_force)
        if _age(change, now) < rule.freeze_days
    ]
    needs_reviews = any(contents.items_by_class.get(change.name) for change in changes)
    if needs_reviews and reviews.value is None:
        return _undefined_only(undefined, labels, labels_before, snapshot, reviews)
    history = ReviewHistory(reviews.value or (), now, lambda item: (contents.annotators(item),))
    slices = [_slice(change, contents, history, rule, now) for change in changes]
    lacking = [_lacks(found, labels, rule) for found in slices if not found.sufficient]
    weighed = Weighed(
        failing=(*undefined, *(finding for finding, vague in lacking if not vague)),
        vague=(*doubtful(labels, changes, now), *(finding for finding, vague in lacking if vague)),
    )
    return conclude(
        GATE,
        rests_on=(labels, labels_before, snapshot, *((reviews,) if needs_reviews else ())),
        weighed=weighed,
        headline=_headline(weighed, slices, undefined, labels.value, rule),
        facts=(_table(slices),),
    )


def _undefined_only(undefined: tuple[Finding, ...], *rests_on: Piece) -> Answer:
    """The answer without knowing what changed or was reviewed: schema and snapshot alone tell the classes."""
    return proven_only(GATE, rests_on=rests_on, failing=undefined, headline=f"{_strange(undefined)}.")


def _age(change: Change, now: datetime) -> float:
    return age_in_days(change.at, now) if change.at else 0.0


def _slice(
    change: Change, contents: Contents, history: ReviewHistory, rule: SchemaRule, now: datetime
) -> _Slice:
    holders = frozenset(contents.items_by_class.get(change.name, ()))
    since = min(change.at or now, now)
    approved, unknown = set(), set()
    for item in holders:
        review = history.deciding(item, change.name)
        if review is None or review.at <= since:
            continue
        standing = history.standing(item, change.name, contents)
        if standing is Standing.APPROVED:
            approved.add(item)
        elif standing is Standing.UNKNOWN:
            unknown.add(item)
    needed = min(rule.review_slice.min_items_per_class, len(holders))
    return _Slice(
        change=change,
        holders=len(holders),
        needed=needed,
        approved=len(approved),
        unknown=len(unknown),
        lacking=contents.draw(holders - approved, max(0, needed - len(approved))),
    )


def _lacks(found: _Slice, labels: Loaded[tuple[Label, ...]], rule: SchemaRule) -> tuple[Finding, bool]:
    """The finding of a class without its slice, and whether unknown reviews leave that open."""
    change, vague = found.change, found.approved + found.unknown >= found.needed
    when = f"on {change.at:%Y-%m-%d}" if change.at else "at an unknown time, which counts as now"
    have = f"{found.approved} of {found.needed} needed items were re-reviewed and approved since"
    unknown = f" ({counted(found.unknown, 'review')} cannot be understood or attributed)" if vague else ""
    act = f"Have {counted(len(found.lacking), 'item')} of class {shown(change.name)} reviewed"
    if not change.at:
        act = f"Record changed_at of class {shown(change.name)} in the schema"
    elif vague:
        act = "Export the reviews with known outcomes, reviewers and annotators"
    finding = Finding(
        code="schema.slice-unknown" if vague else "schema.slice-missing",
        text=f"Class {shown(change.name)} was {change.description} {when}; {have}{unknown}.",
        fix=f"{act}, or wait until it is unchanged for {counted(rule.freeze_days, 'day')}.",
        items=found.lacking,
        label=change.name,
    )
    return placed(finding, labels, change.line), vague


def _undefined(labels: Loaded[tuple[Label, ...]], contents: Contents) -> tuple[Finding, ...]:
    defined = {plain(label.name) for label in labels.value or () if label.active}
    return tuple(
        placed(
            Finding(
                code="schema.undefined-class",
                text=f"{counted(len(items), 'item')} of the snapshot use class {shown(name)}, "
                "which no active label defines.",
                fix=f"Add class {shown(name)} to the schema or relabel its annotations.",
                items=in_natural_order(items),
                label=name,
            ),
            labels,
        )
        for name, items in sorted(contents.items_by_class.items())
        if name not in defined
    )


def _headline(
    weighed: Weighed,
    slices: Sequence[_Slice],
    undefined: Sequence[Finding],
    labels: Sequence[Label],
    rule: SchemaRule,
) -> str:
    window = f"in the last {counted(rule.freeze_days, 'day')}"
    changed = counted(len(slices), "class", "classes")
    short = [found for found in slices if not found.sufficient]
    said = []
    if undefined:
        said.append(_strange(undefined))
    if short:
        lacking = counted(sum(len(found.lacking) for found in short), "review")
        said.append(
            f"{len(short)} of {changed} changed {window} without a focused review slice, {lacking} short"
        )
    if said:
        return f"{'; '.join(said)}."
    if weighed.outcome is Outcome.VAGUE:
        return f"The schema contradicts itself in {counted(len(weighed.vague), 'place')}."
    if slices:
        return f"{changed} changed {window}, each re-reviewed since in a focused slice."
    active = counted(sum(label.active for label in labels), "active class", "active classes")
    return f"None of {active} changed {window}."


def _strange(undefined: Sequence[Finding]) -> str:
    return f"{counted(len(undefined), 'class', 'classes')} of the snapshot defined by no active label"


def _table(slices: Sequence[_Slice]) -> Table:
    return Table(
        title="Changed classes",
        columns=("class", "change", "changed at", "items", "re-reviewed", "needed"),
        rows=tuple(
            (
                found.change.name,
                found.change.description,
                f"{found.change.at:%Y-%m-%d %H:%M}" if found.change.at else "unknown",
                str(found.holders),
                str(found.approved),
                str(found.needed),
            )
            for found in slices
        ),
    )
