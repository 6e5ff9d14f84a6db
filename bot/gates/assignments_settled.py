"""Gate 2: are the assignment statuses real?

**Asks** whether everybody who was given items of this snapshot has really finished, and whether
everything in the snapshot came from an assignment. Ranges are read in natural order of item ids
(img-9 before img-10), both ends included.

**Passes** when every item of the snapshot belongs to a COMPLETED assignment and nothing below holds.

**Fails** on *open work*, an assignment PENDING or IN_PROGRESS over items of the snapshot; and on
*hidden work* behind a finished look:

- a COMPLETED assignment with an item that has no annotation and is not marked empty, neither in
  the snapshot nor by that assignment;
- annotations changed after the last completed assignment of their item;
- items of the snapshot that no assignment covers (they came through a side channel);
- items of a COMPLETED assignment that the snapshot lacks: of a range its two ends, and what the
  baseline holds between them. Any other gap looks like a number that was never given out;
- assignments that overlap and disagree on the status;
- a COMPLETED assignment that does not say when.

Every kind of hidden work is a finding per assignment with its items; the facts count them in one
table.

**Is vague** otherwise when the evidence is missing or in doubt, older than `max_age_hours` or of
unknown age; on any status that is not one of the three; on a range whose ends are swapped, an item
marked empty that has annotations, and a completion in the future. Open and hidden work stay a
failure however old or doubtful the evidence is: waiting makes no answer better. Only items that the
snapshot lacks are none where the snapshot cannot tell all its items.

Annotations without a time of change cannot be compared with completion; the facts count them.
Assignments over the same items that agree on the status but not on the person are shown only.

**To fix it**, finish or correct the assignment in the labelling tool, then export the assignments
(and the snapshot, where items were annotated) again.
"""

from collections.abc import Sequence
from datetime import datetime

from bot.answers import Answer, Finding, Outcome, Table
from bot.evidence.contents import Contents
from bot.evidence.frame_rows import item_ids, marked_empty
from bot.evidence.item_keys import content_key, file_key
from bot.evidence.item_order import ItemOrder, natural_key
from bot.evidence.model import Assignment, AssignmentStatus, Item, ItemRange, Loaded, Snapshot
from bot.evidence.problems import shown
from bot.gates.assignment_doubts import age, unclear
from bot.gates.evidence_state import Weighed, conclude, not_judgeable, placed
from bot.gates.hidden_work import (
    MISSING,
    Coverage,
    hidden_findings,
    hidden_table,
    hidden_work,
    overlaps,
    side_channel,
)
from bot.gates.wording import counted
from bot.policy import AssignmentsRule

GATE = "assignments_settled"

_OPEN = frozenset({AssignmentStatus.PENDING, AssignmentStatus.IN_PROGRESS})


def check(
    *,
    assignments: Loaded[tuple[Assignment, ...]],
    snapshot: Loaded[Snapshot],
    baseline: Loaded[Snapshot],
    rule: AssignmentsRule,
    now: datetime,
) -> Answer:
    """Answer gate 2; of the `baseline` only its items matter. See the module for the rules."""
    if assignments.value is None or snapshot.value is None:
        return not_judgeable(GATE, assignments, snapshot)
    order = ItemOrder(item_ids(snapshot.value))
    contents = Contents(snapshot.value)
    known = sorted(assignments.value, key=lambda assignment: (natural_key(assignment.id), assignment.id))
    coverage = Coverage(known, order, _before(known, snapshot.value, baseline))
    disagreeing, shared = overlaps(coverage, assignments)
    open_work = _open_work(coverage, assignments)
    behind = hidden_work(coverage, snapshot.value, contents)
    found = (*hidden_findings(behind, assignments), *side_channel(coverage, snapshot), *disagreeing)
    hidden = tuple(one for one in found if snapshot.whole or one.code != MISSING)
    weighed = Weighed(
        failing=(*open_work, *hidden),
        vague=(
            *age(assignments, rule, now),
            *(why for one, of in coverage.each(known) for why in unclear(one, of, assignments, now)),
            *_contradictions(coverage, snapshot.value, contents, assignments),
            *_nothing_to_judge(order, snapshot),
            *coverage.refusals,
            *(one for one in found if one not in hidden),
        ),
        risks=shared,
    )
    return conclude(
        GATE,
        rests_on=(assignments, snapshot),
        weighed=weighed,
        headline=_headline(weighed, open_work, hidden, coverage),
        facts=(_by_person(coverage), hidden_table(behind), _times(snapshot.value, contents)),
    )


def _before(
    assignments: Sequence[Assignment], snapshot: Snapshot, baseline: Loaded[Snapshot]
) -> ItemOrder | None:
    """The items of the baseline that the snapshot has under no name, where a range may span them."""
    if baseline.value is None or not any(isinstance(one.items, ItemRange) for one in assignments):
        return None
    here = {key for item in snapshot.items for key in _keys(item)}
    return ItemOrder(item.id for item in baseline.value.items if here.isdisjoint(_keys(item)))


def _keys(item: Item) -> tuple[str, ...]:
    return tuple(filter(None, (file_key(item.file), content_key(item.digest))))


def _open_work(coverage: Coverage, evidence: Loaded[tuple[Assignment, ...]]) -> tuple[Finding, ...]:
    return tuple(
        placed(
            Finding(
                code="assignments.open-work",
                text=f"Assignment {shown(one.id)} of {shown(one.assignee)} is {one.status} over "
                f"{counted(len(items), 'item')} of the snapshot.",
                fix=f"Finish assignment {shown(one.id)}, or leave its items out of the snapshot.",
                items=items,
                annotator=one.assignee,
            ),
            evidence,
            one.line,
        )
        for one, items in coverage.pairs
        if one.status in _OPEN and items
    )


def _contradictions(
    coverage: Coverage,
    snapshot: Snapshot,
    contents: Contents,
    evidence: Loaded[tuple[Assignment, ...]],
) -> tuple[Finding, ...]:
    marked = marked_empty(snapshot)
    found = []
    for one, items in coverage.completed:
        declared = marked | one.empty_items
        both = tuple(item for item in items if item in declared and contents.classes(item))
        if both:
            finding = Finding(
                code="assignments.empty-but-annotated",
                text=f"Assignment {shown(one.id)} marks {counted(len(both), 'annotated item')} empty.",
                fix="Take back the mark or remove the annotations.",
                items=both,
                annotator=one.assignee,
            )
            found.append(placed(finding, evidence, one.line))
    return tuple(found)


def _nothing_to_judge(order: ItemOrder, snapshot: Loaded[Snapshot]) -> tuple[Finding, ...]:
    if order.ids:
        return ()
    finding = Finding(
        code="assignments.empty-snapshot",
        text="The snapshot holds no item, so no assignment can cover it.",
        fix="Name the snapshot that is to be released.",
    )
    return (placed(finding, snapshot),)


def _headline(
    weighed: Weighed,
    open_work: Sequence[Finding],
    hidden: Sequence[Finding],
    coverage: Coverage,
) -> str:
    said = []
    if open_work:
        said.append(f"{counted(len(open_work), 'assignment')} still open over {_items(open_work)}")
    if hidden:
        said.append(f"hidden work on {_items(hidden)}")
    if said:
        text = " and ".join(said)
        return f"{text[0].upper()}{text[1:]}."
    if weighed.outcome is Outcome.VAGUE:
        return f"The assignments leave {counted(len(weighed.vague), 'question')} open."
    covering = counted(sum(bool(items) for _, items in coverage.completed), "completed assignment")
    return f"{counted(len(coverage.order.ids), 'item')} covered by {covering}, nothing open or hidden."


def _items(findings: Sequence[Finding]) -> str:
    return counted(len({item for finding in findings for item in finding.items}), "item")


def _by_person(coverage: Coverage) -> Table:
    """Items of the snapshot by person and status; an item in two assignments counts in both."""
    statuses = tuple(AssignmentStatus)
    people = sorted({one.assignee for one, _ in coverage.pairs})
    return Table(
        title="Items by person and status",
        columns=("assignee", *(status.value for status in statuses)),
        rows=tuple(
            (person, *(str(coverage.size(person, status)) for status in statuses)) for person in people
        ),
    )


def _times(snapshot: Snapshot, contents: Contents) -> Table:
    return Table(
        title="Annotations compared with completion",
        columns=("annotations", "with a time of change"),
        rows=((str(len(snapshot.annotations)), str(contents.timed)),),
    )
