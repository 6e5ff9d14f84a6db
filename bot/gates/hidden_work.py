"""Which assignments cover which items of a snapshot, and the work that a COMPLETED status hides."""

from collections import defaultdict
from collections.abc import Sequence

from bot.answers import Finding
from bot.evidence.contents import Contents, person
from bot.evidence.item_order import ItemOrder
from bot.evidence.model import Assignment, AssignmentStatus, Loaded, Snapshot
from bot.evidence.problems import shown
from bot.gates.evidence_state import placed
from bot.gates.wording import counted, named

MOST_PER_ITEM = 50
"""Assignments per item, on average, up to which overlaps are worked out."""

Assignments = Loaded[tuple[Assignment, ...]]


class Coverage:
    """Every assignment with the items of the snapshot it covers, and the other way round.

    Assignments that overlap without end (a thousand times the whole snapshot) are not worked out:
    `refusals` then says so, and the rest of them cover nothing here.
    """

    __slots__ = ("by_item", "completed", "missing", "order", "pairs", "refusals")

    def __init__(self, assignments: Sequence[Assignment], order: ItemOrder) -> None:
        self.order = order
        self.by_item: defaultdict[str, list[int]] = defaultdict(list)
        """Item → places in `pairs` of the assignments that cover it."""
        self.refusals: tuple[Finding, ...] = ()
        pairs: list[tuple[Assignment, tuple[str, ...]]] = []
        budget = MOST_PER_ITEM * len(order.ids)
        for one in assignments:
            items = order.covered(one)
            budget -= len(items)
            if budget < 0:
                self.refusals = (_too_many(),)
                break
            for item in items:
                self.by_item[item].append(len(pairs))
            pairs.append((one, items))
        self.pairs = tuple(pairs)
        self.completed = tuple(pair for pair in pairs if pair[0].status is AssignmentStatus.COMPLETED)
        self.missing = tuple((one, gone) for one, _ in self.completed if (gone := order.missing(one)))

    def size(self, assignee: str, status: AssignmentStatus) -> int:
        """How many items a person has in a status."""
        return sum(len(i) for one, i in self.pairs if (one.assignee, one.status) == (assignee, status))


def hidden_work(
    coverage: Coverage,
    snapshot: Snapshot,
    contents: Contents,
    evidence: Assignments,
    source: Loaded[Snapshot],
) -> tuple[Finding, ...]:
    """The work that looks finished and is not, assignment by assignment, then the side channel."""
    marked = frozenset(item.id for item in snapshot.items if item.marked_empty)
    late = _changed_late(coverage, contents)
    found: list[Finding] = []
    for place, (one, items) in enumerate(coverage.pairs):
        if one.status is not AssignmentStatus.COMPLETED:
            continue
        declared = marked | one.empty_items
        empty = tuple(item for item in items if item not in declared and not contents.classes(item))
        found += _finding("unannotated", one, empty, evidence)
        found += _finding("changed-after-completion", one, tuple(late.get(place, ())), evidence)
        found += _finding("no-completion-time", one, items if one.completed_at is None else (), evidence)
    for one, gone in coverage.missing:
        found += _finding("missing-items", one, gone, evidence)
    outside = () if coverage.refusals else tuple(i for i in coverage.order.ids if i not in coverage.by_item)
    if outside:
        finding = Finding(
            code="assignments.side-channel",
            text=f"{counted(len(outside), 'item')} of the snapshot in no assignment.",
            fix="Assign these items in the labelling tool, or leave them out of the snapshot.",
            items=outside,
        )
        found.append(placed(finding, source))
    return tuple(found)


def overlaps(coverage: Coverage, evidence: Assignments) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Items in several assignments: findings where these disagree on the status, or on the person only.

    A status nobody understands disagrees with none; it is vague by itself.
    """
    groups: defaultdict[tuple[int, ...], list[str]] = defaultdict(list)
    for item in coverage.order.ids:
        places = tuple(coverage.by_item.get(item, ()))
        if len(places) > 1:
            groups[places].append(item)
    disagreeing, shared = [], []
    for places, items in groups.items():
        several = [coverage.pairs[place][0] for place in places]
        if len({one.status for one in several} - {AssignmentStatus.UNKNOWN}) > 1:
            disagreeing.append(_overlap("assignments.overlap-status", several, items, evidence))
        elif len({person(one.assignee) for one in several}) > 1:
            shared.append(_overlap("assignments.overlap-person", several, items, evidence))
    return tuple(disagreeing), tuple(shared)


def _changed_late(coverage: Coverage, contents: Contents) -> dict[int, list[str]]:
    """Items changed after their last completion, by the place of the assignment completed last.

    An item with a completion of unknown time is left out: that is a finding of its own.
    """
    late: defaultdict[int, list[str]] = defaultdict(list)
    for item in coverage.order.ids:
        changed_at = contents.changed_at(item, None)
        done = [(coverage.pairs[place][0], place) for place in coverage.by_item.get(item, ())]
        done = [(one, place) for one, place in done if one.status is AssignmentStatus.COMPLETED]
        times = [(one.completed_at, place) for one, place in done if one.completed_at is not None]
        if changed_at is None or not done or len(times) < len(done):
            continue
        completed_at, place = max(times)
        if changed_at > completed_at:
            late[place].append(item)
    return late


_SAYS = {
    "unannotated": (
        "is COMPLETED, but {n} without annotation and not marked empty",
        "Annotate these items or mark them empty in the labelling tool.",
    ),
    "changed-after-completion": (
        "was completed before {n} last changed",
        "Complete the assignment again, now that its items have changed.",
    ),
    "no-completion-time": (
        "is COMPLETED over {n}, but does not say when",
        "Export the assignments with completed_at.",
    ),
    "missing-items": (
        "is COMPLETED, but {n} missing from the snapshot",
        "Put these items into the snapshot or take them out of the assignment.",
    ),
}


def _finding(kind: str, one: Assignment, items: tuple[str, ...], evidence: Assignments) -> list[Finding]:
    """One finding about `items` of an assignment; none without items."""
    if not items:
        return []
    says, fix = _SAYS[kind]
    text = (
        f"Assignment {shown(one.id)} of {shown(one.assignee)} {says.format(n=counted(len(items), 'item'))}."
    )
    return [placed(Finding(code=f"assignments.{kind}", text=text, fix=fix, items=items), evidence, one.line)]


def _overlap(code: str, several: Sequence[Assignment], items: list[str], evidence: Assignments) -> Finding:
    claims = sorted(f"{one.id}: {one.assignee}, {one.status}" for one in several)
    finding = Finding(
        code=code,
        text=f"{counted(len(items), 'item')} in several assignments ({named(claims)}).",
        fix="Close or correct the assignments that no longer apply.",
        items=tuple(items),
    )
    return placed(finding, evidence, several[0].line)


def _too_many() -> Finding:
    return Finding(
        code="assignments.too-many-overlaps",
        text=f"The assignments cover the snapshot more than {MOST_PER_ITEM} times over.",
        fix="Export only the assignments that apply.",
    )
