"""Which assignments cover which items of a snapshot, and the work that a COMPLETED status hides."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat

from bot.answers import Finding, Table
from bot.evidence.contents import Contents, person
from bot.evidence.frame_rows import marked_empty
from bot.evidence.item_order import ItemOrder, natural_key
from bot.evidence.model import Assignment, AssignmentStatus, Loaded, Snapshot
from bot.evidence.problems import shown
from bot.gates.evidence_state import placed
from bot.gates.wording import counted, named

MOST_PER_ITEM = 50
"""Assignments per item, on average, up to which overlaps are worked out."""

MISSING = "assignments.missing-items"
"""The one kind of hidden work that a snapshot which cannot tell all its items does not prove."""

Assignments = Loaded[tuple[Assignment, ...]]


class Coverage:
    """Every assignment with the items of the snapshot it covers, and the other way round.

    Assignments that overlap without end (a thousand times the whole snapshot) are not worked out:
    `refusals` then says so, and the rest of them cover nothing here. `elsewhere` are items known
    from another snapshot.
    """

    __slots__ = ("by_item", "completed", "missing", "order", "pairs", "refusals")

    def __init__(
        self, assignments: Sequence[Assignment], order: ItemOrder, elsewhere: ItemOrder | None = None
    ) -> None:
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
        self.missing = {
            place: gone
            for place, (one, _) in enumerate(pairs)
            if one.status is AssignmentStatus.COMPLETED and (gone := order.missing(one, elsewhere))
        }
        """Place in `pairs` → items that a completed assignment names or spans and the snapshot lacks."""

    def each(self, assignments: Iterable[Assignment]) -> Iterator[tuple[Assignment, tuple[str, ...]]]:
        """The assignments it was made of with their items; none of those that were not worked out."""
        worked_out = (items for _, items in self.pairs)
        return zip(assignments, chain(worked_out, repeat(())), strict=False)

    def size(self, assignee: str, status: AssignmentStatus) -> int:
        """How many items a person has in a status."""
        return sum(len(i) for one, i in self.pairs if (one.assignee, one.status) == (assignee, status))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """What looks finished in one COMPLETED assignment over `size` items and is not: kind → items."""

    assignment: Assignment
    size: int
    kinds: Mapping[str, tuple[str, ...]]


def hidden_work(coverage: Coverage, snapshot: Snapshot, contents: Contents) -> tuple[Hidden, ...]:
    """The assignments behind whose COMPLETED status work is hidden, in their order."""
    marked = marked_empty(snapshot)
    late = _changed_late(coverage, contents)
    found = []
    for place, (one, items) in enumerate(coverage.pairs):
        if one.status is not AssignmentStatus.COMPLETED:
            continue
        declared = marked | one.empty_items
        kinds = {
            "unannotated": tuple(i for i in items if i not in declared and not contents.classes(i)),
            "changed-after-completion": tuple(late.get(place, ())),
            "no-completion-time": items if one.completed_at is None else (),
            "missing-items": coverage.missing.get(place, ()),
        }
        if any(kinds.values()):
            found.append(Hidden(assignment=one, size=len(items), kinds=kinds))
    return tuple(found)


def hidden_findings(hidden: Sequence[Hidden], evidence: Assignments) -> tuple[Finding, ...]:
    """One finding per assignment and kind of hidden work."""
    return tuple(
        _finding(kind, one.assignment, items, evidence)
        for one in hidden
        for kind, items in one.kinds.items()
        if items
    )


def side_channel(coverage: Coverage, source: Loaded[Snapshot]) -> tuple[Finding, ...]:
    """The items of the snapshot that no assignment covers."""
    outside = () if coverage.refusals else tuple(i for i in coverage.order.ids if i not in coverage.by_item)
    if not outside:
        return ()
    finding = Finding(
        code="assignments.side-channel",
        text=f"{counted(len(outside), 'item')} of the snapshot in no assignment.",
        fix="Assign these items in the labelling tool, or leave them out of the snapshot.",
        items=outside,
    )
    return (placed(finding, source),)


def hidden_table(hidden: Sequence[Hidden]) -> Table:
    """Hidden work per assignment, as numbers of items."""
    rows = [
        (
            one.assignment.id,
            one.assignment.assignee,
            str(one.size),
            *(str(len(one.kinds[kind])) for kind in _SAYS),
        )
        for one in hidden
    ]
    return Table(
        title="Hidden work by assignment",
        columns=("assignment", "assignee", "items", *(kind.replace("-", " ") for kind in _SAYS)),
        rows=tuple(sorted(rows, key=lambda row: (natural_key(row[0]), row))),
    )


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

    An item with a completion of unknown time is left out: that is a finding of its own. So are all
    where assignments were not worked out, one of which may have been completed later.
    """
    late: defaultdict[int, list[str]] = defaultdict(list)
    if coverage.refusals:
        return late
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


def _finding(kind: str, one: Assignment, items: tuple[str, ...], evidence: Assignments) -> Finding:
    says, fix = _SAYS[kind]
    text = (
        f"Assignment {shown(one.id)} of {shown(one.assignee)} {says.format(n=counted(len(items), 'item'))}."
    )
    finding = Finding(code=f"assignments.{kind}", text=text, fix=fix, items=items, annotator=one.assignee)
    return placed(finding, evidence, one.line)


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
