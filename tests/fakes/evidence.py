"""Hypothesis strategies for arbitrary evidence, from a small world so that records meet."""

from datetime import timedelta

from hypothesis import strategies as st

from bot.evidence.model import (
    Annotation,
    Assignment,
    AssignmentStatus,
    Item,
    ItemRange,
    Label,
    ReviewOutcome,
    ReviewRecord,
    Snapshot,
)
from tests.fakes.cases import NOW

ITEMS = st.sampled_from([f"img-{n}" for n in range(1, 13)] + ["", "07", "\ud800"])
CLASSES = st.sampled_from(["car", "dog", " car", "tram", ""])
PEOPLE = st.sampled_from(["ana", "@Ana", "ben", "rob", ""])
REASONS = st.sampled_from(["", "Loose box", "loose  box!", "wrong class", "-", "²"])
TIMES = st.one_of(
    st.integers(-100, 5).map(lambda days: NOW + timedelta(days=days)),
    st.sampled_from([NOW, NOW - timedelta(days=7), NOW.replace(year=1), NOW.replace(year=9999)]),
)
MAYBE = st.none() | TIMES


def labels() -> st.SearchStrategy[Label]:
    return st.builds(
        Label,
        id=st.sampled_from("1234"),
        name=CLASSES,
        rule=st.sampled_from(["", "Draw cars.", "Draw the whole dog, and trams."]),
        active=st.booleans(),
        changed_at=MAYBE,
    )


def reviews() -> st.SearchStrategy[ReviewRecord]:
    return st.builds(
        ReviewRecord,
        item=ITEMS,
        annotator=PEOPLE,
        reviewer=PEOPLE,
        outcome=st.sampled_from(ReviewOutcome),
        at=TIMES,
        reason=REASONS,
        label=st.none() | CLASSES,
        resolved_at=MAYBE,
        deferred=st.sampled_from(["", " ", "Ana: next release"]),
    )


def assignments() -> st.SearchStrategy[Assignment]:
    return st.builds(
        Assignment,
        id=st.sampled_from("abcd"),
        items=st.lists(ITEMS, max_size=6).map(tuple) | st.builds(ItemRange, first=ITEMS, last=ITEMS),
        assignee=PEOPLE,
        status=st.sampled_from(AssignmentStatus),
        completed_at=MAYBE,
        empty_items=st.frozensets(ITEMS, max_size=3),
    )


def snapshots() -> st.SearchStrategy[Snapshot]:
    items = st.lists(
        st.builds(Item, id=ITEMS, file=ITEMS, marked_empty=st.booleans()),
        max_size=8,
        unique_by=lambda item: item.id,
    )
    annotations = st.lists(
        st.builds(
            Annotation, id=st.uuids().map(str), item=ITEMS, label=CLASSES, changed_at=MAYBE, annotator=PEOPLE
        ),
        max_size=10,
    )
    return st.builds(Snapshot, items=items.map(tuple), annotations=annotations.map(tuple))


def shuffled(data: st.DataObject, records: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(data.draw(st.permutations(records)))
