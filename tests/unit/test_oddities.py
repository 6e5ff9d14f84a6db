"""What looks wrong in a snapshot by itself; an engine finds the same as a look at every record."""

from collections.abc import Iterator
from itertools import permutations
from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.evidence.frame_builder import frame_of
from bot.evidence.model import Annotation, Item, Snapshot
from bot.gates.compare.engine import narrow_frames
from bot.gates.compare.oddities import Oddities, oddities, told

SIDES = (-inf, -1e308, -2.0, -1.0, -0.0, 0.0, 0.5, 1.0, 8.0, 9.0, 10.0, 1e300, 1e308, inf, nan)
boxes = st.none() | st.tuples(*[st.sampled_from(SIDES)] * 4)
crowds = st.builds(
    lambda items, annotations: Snapshot(items=tuple(items), annotations=tuple(annotations)),
    st.lists(
        st.builds(
            Item,
            id=st.sampled_from("ab"),
            file=st.just("a.jpg"),
            width=st.sampled_from([None, 0, 9]),
            height=st.sampled_from([None, 9, 99]),
        ),
        max_size=3,
    ),
    st.lists(
        st.builds(
            Annotation,
            id=st.sampled_from("1234"),
            item=st.sampled_from("abc"),
            label=st.sampled_from(["car", "bus"]),
            box=boxes,
            shape=st.sampled_from([(), (1.0,), (0.0, nan), (-0.0, nan)]),
        ),
        max_size=6,
    ),
)


def looked_at(snapshot: Snapshot) -> Iterator[tuple[str, tuple[str, str]]]:
    """The same by comparing every annotation with every item and every other one."""

    def said(one: Annotation) -> str:
        return repr((one.item, one.label, [0.0 + v for v in one.box or ()], [0.0 + v for v in one.shape]))

    for one in snapshot.annotations:
        if one.box and (one.box[2] <= 0 or one.box[3] <= 0):
            yield "flat", (one.item, one.id)
        elif one.box and all(abs(side) < 1e300 for side in one.box):
            x, y, w, h = one.box
            sizes = [(i.width, i.height) for i in snapshot.items if i.id == one.item]
            width, height = (
                (max((s for s in side if s is not None), default=None) for side in zip(*sizes, strict=True))
                if sizes
                else (None, None)
            )
            if None not in (width, height) and (
                x < -1 or y < -1 or x > width + 1.0 - w or y > height + 1.0 - h
            ):
                yield "outside", (one.item, one.id)
    for one, other in permutations(snapshot.annotations, 2):
        if said(one) == said(other) and (one.box or one.shape):
            yield "repeated", (one.item, one.id)


def expected(snapshot: Snapshot) -> Oddities:
    found = sorted(set(looked_at(snapshot)))
    return Oddities(
        **{
            kind: tuple(who for what, who in found if what == kind)
            for kind in ("flat", "outside", "repeated")
        }
    )


@settings(deadline=None, max_examples=150)
@given(snapshot=crowds)
def test_records_and_an_engine_show_what_naive_loops_show(snapshot: Snapshot) -> None:
    assert oddities(snapshot) == expected(snapshot)
    frame = frame_of(snapshot)
    assert narrow_frames(frame, frame).odd == expected(snapshot)


@pytest.mark.parametrize("large", [True, False], ids=["engine", "records"])
def test_each_kind_is_told_with_all_it_concerns(large: bool) -> None:
    def box(number: int, *sides: float, item: str = "a") -> Annotation:
        return Annotation(id=f"{number}", item=item, label="car", box=sides)  # type: ignore[arg-type]

    snapshot = Snapshot(
        items=(Item(id="a", file="a.jpg", width=9, height=9), Item(id="b", file="b.jpg")),
        annotations=(
            box(1, 1, 1, 2, 2),
            box(2, 1, 1, 2, 3),
            box(3, 1, 1, 2, 2),
            box(4, 1, 1, 2, 2, item="b"),
            box(5, 4, 4, 0, 2),
            box(6, 4, 4, 6.5, 2),
            box(7, 4, 4, 6, 2),
            box(8, -5, 4, 60, 2, item="b"),
        ),
        classes={"1": "car", "2": "car "},
    )
    frame = frame_of(snapshot)
    found = narrow_frames(frame, frame).odd if large else oddities(snapshot)
    assert [(one.code, one.annotations, one.items) for one in told(found, snapshot.classes)] == [
        ("compare.box-without-area", (("a", "5"),), ("a",)),
        ("compare.box-outside", (("a", "6"),), ("a",)),
        ("compare.annotation-twice", (("a", "1"), ("a", "3")), ("a",)),
        ("compare.class-name-twice", (), ()),
    ]


def test_a_snapshot_of_nothing_has_nothing_odd() -> None:
    assert oddities(Snapshot(items=(), annotations=())) == Oddities()
    assert told(Oddities(), {}) == ()
