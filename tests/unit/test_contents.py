"""What items hold and whether they changed, told from columns as a loop over the records would tell it."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.evidence import frame_rows, frames
from bot.evidence.contents import Contents, person, plain
from bot.evidence.frame_builder import frame_of
from bot.evidence.frame_rows import item_ids, marked_empty, snapshot_of
from bot.evidence.likeness import unlike
from bot.evidence.model import Annotation, Item, Snapshot

AT = datetime(2026, 3, 1, 10, tzinfo=UTC)
NAMES = st.sampled_from(["a", "b", "c\udcff"])
NUMBERS = st.sampled_from([0.0, -0.0, 1.0, 1.5, -1.5, 3e9])
ANNOTATIONS = st.lists(
    st.builds(
        Annotation,
        id=st.uuids().map(str),
        item=NAMES,
        label=st.sampled_from(["car", "car ", " big  bus", "nul\0"]),
        box=st.none() | st.tuples(*[NUMBERS] * 4),
        shape=st.lists(NUMBERS, max_size=3).map(tuple),
        changed_at=st.none() | st.sampled_from([AT, AT + timedelta(microseconds=1)]),
        annotator=st.sampled_from(["", "@Ana", "ana", "bob"]),
    ),
    max_size=8,
)
ITEMS = st.lists(
    st.builds(Item, id=NAMES, file=st.just("f"), marked_empty=st.booleans()), unique_by=lambda i: i.id
)
SNAPSHOTS = st.builds(
    lambda items, annotations: Snapshot(items=tuple(items), annotations=tuple(annotations)),
    ITEMS,
    ANNOTATIONS,
)


def in_columns(snapshot: Snapshot) -> Snapshot:
    return snapshot_of(frame_of(snapshot), snapshot.digest)


@settings(deadline=None, max_examples=300)
@given(snapshot=SNAPSHOTS, batch=st.sampled_from([1, 3, 100]))
def test_contents_are_those_of_the_records(snapshot: Snapshot, batch: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frames, "BATCH", batch)
        found = Contents(in_columns(snapshot))
    classes: defaultdict[str, set[str]] = defaultdict(set)
    people: defaultdict[str, set[str]] = defaultdict(set)
    changed: dict[tuple[str, str | None], datetime] = {}
    for one in snapshot.annotations:
        classes[one.item].add(plain(one.label))
        people[one.item].add(person(one.annotator))
        for key in ((one.item, plain(one.label)), (one.item, None)):
            if one.changed_at is not None:
                changed[key] = max(one.changed_at, changed.get(key, one.changed_at))
    labels = {plain(one.label) for one in snapshot.annotations}
    for item in ("a", "b", "c\udcff", "unknown"):
        assert found.classes(item) == classes[item]
        assert found.annotators(item) == people[item] - {""}
        for label in (*labels, "unknown", None):
            assert found.changed_at(item, label) == changed.get((item, label))
    assert dict(found.items_by_class) == {
        label: {item for item, held in classes.items() if label in held} for label in labels
    }
    assert len(found.items_by_class) == len(labels)
    assert found.timed == sum(one.changed_at is not None for one in snapshot.annotations)


def held(snapshot: Snapshot) -> dict[str, Counter[object]]:
    return {
        item.id: Counter(
            (plain(one.label), one.box, one.shape) for one in snapshot.annotations if one.item == item.id
        )
        for item in snapshot.items
    }


@settings(deadline=None, max_examples=600)
@given(one=SNAPSHOTS, other=SNAPSHOTS, data=st.data())
def test_items_are_unlike_that_hold_other_annotations(
    one: Snapshot, other: Snapshot, data: st.DataObject
) -> None:
    if data.draw(st.booleans()):  # much of the same in another order
        kept = data.draw(st.permutations(one.annotations))[: data.draw(st.integers(0, 8))]
        other = Snapshot(items=one.items, annotations=(*kept, *other.annotations[:1]))
    before, after = held(one), held(other)
    expected = {item for item, content in after.items() if item not in before or content != before[item]}
    assert unlike(in_columns(other), one) == expected


def test_numbers_that_changed_places_are_a_change() -> None:
    def snapshot(*boxes: tuple[float, float, float, float], shape: tuple[float, ...] = ()) -> Snapshot:
        things = tuple(
            Annotation(id=str(n), item="a", label="car", box=box, shape=shape) for n, box in enumerate(boxes)
        )
        return Snapshot(items=(Item(id="a", file="a"),), annotations=things)

    crossed = snapshot((1, 2, 5, 5), (3, 4, 5, 5)), snapshot((1, 4, 5, 5), (3, 2, 5, 5))
    assert unlike(*crossed) == {"a"}
    shapes = [snapshot((1, 2, 3, 4), shape=shape) for shape in ((1, 2), (2, 1), (1, 2, 0), ())]
    assert all(
        unlike(one, other) == ({"a"} if one is not other else set()) for one in shapes for other in shapes
    )


@given(snapshot=SNAPSHOTS)
def test_ids_and_marks_of_items_need_no_records(snapshot: Snapshot) -> None:
    for same in (snapshot, in_columns(snapshot)):
        assert item_ids(same) == tuple(item.id for item in snapshot.items)
        assert marked_empty(same) == {item.id for item in snapshot.items if item.marked_empty}


def test_gates_make_no_record_of_any_annotation(monkeypatch: pytest.MonkeyPatch) -> None:
    annotations = tuple(Annotation(id=str(n), item="a", label="car") for n in range(3))
    snapshot = in_columns(Snapshot(items=(Item(id="a", file="a"),), annotations=annotations))
    monkeypatch.delattr(frame_rows.AnnotationRows, "made")
    assert Contents(snapshot).classes("a") == {"car"}
    assert unlike(snapshot, snapshot) == set()
