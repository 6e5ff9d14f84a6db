"""The natural order of item ids, and the items an assignment speaks of."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.evidence.item_order import ItemOrder, in_natural_order, natural_key
from bot.evidence.model import Assignment, AssignmentStatus, ItemRange


def assignment(items: tuple[str, ...] | ItemRange) -> Assignment:
    return Assignment(id="a", items=items, assignee="ana", status=AssignmentStatus.COMPLETED)


@pytest.mark.parametrize(
    "ordered",
    [
        ("img-9", "img-10"),
        ("img-7", "img-007b"),
        ("a", "b"),
        ("", "0"),
        ("1", "a"),
        ("img-2-x10", "img-10-x2"),
        ("9" * 4_000, "1" + "0" * 4_000),
        ("2", "٣"),
    ],
)
def test_numbers_inside_ids_are_compared_as_numbers(ordered: tuple[str, str]) -> None:
    assert natural_key(ordered[0]) < natural_key(ordered[1])
    assert in_natural_order(reversed(ordered)) == ordered


def test_leading_zeros_do_not_count_but_keep_ids_apart() -> None:
    assert natural_key("img-07") == natural_key("img-7")
    assert in_natural_order(["img-7", "img-07", "img-7"]) == ("img-07", "img-7")


@settings(deadline=None)
@given(st.lists(st.text("ab019-", max_size=6)))
def test_every_set_of_ids_has_one_order(ids: list[str]) -> None:
    ordered = in_natural_order(ids)
    assert in_natural_order(reversed(ids)) == ordered
    assert set(ordered) == set(ids)
    assert len(ordered) == len(set(ids))


ORDER = ItemOrder([f"img-{n}" for n in range(1, 13)])


@pytest.mark.parametrize(
    ("items", "covered", "missing"),
    [
        (ItemRange(first="img-9", last="img-11"), ("img-9", "img-10", "img-11"), ()),
        (ItemRange(first="img-011", last="img-0012"), ("img-11", "img-12"), ()),
        (ItemRange(first="img-12", last="img-20"), ("img-12",), ("img-20",)),
        (ItemRange(first="img-0", last="img-99"), ORDER.ids, ("img-0", "img-99")),
        (ItemRange(first="img-3", last="img-2"), (), ()),
        (("img-10", "img-2", "img-99", "img-2"), ("img-2", "img-10"), ("img-99",)),
        ((), (), ()),
    ],
)
def test_an_assignment_speaks_of_what_the_snapshot_holds_and_misses_the_rest(
    items: tuple[str, ...] | ItemRange, covered: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    assert ORDER.covered(assignment(items)) == covered
    assert ORDER.missing(assignment(items)) == missing
