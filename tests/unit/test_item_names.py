"""Bringing the paths and URLs of labelling tools to the items of a snapshot."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.evidence.item_names import ItemNames

NAMES = ItemNames(["train/1.jpg", "val/1.jpg", "train/2.jpg", "3.jpg", "a b.jpg", "odd?.jpg", "x/", "4.jpg"])


@pytest.mark.parametrize(
    ("name", "item"),
    [
        ("train/1.jpg", "train/1.jpg"),
        ("s3://bucket/street/train/1.jpg", "train/1.jpg"),
        ("https://host/val/1.jpg?token=x#y", "val/1.jpg"),
        ("2.jpg", "train/2.jpg"),
        ("/data/upload/7/3.jpg", "3.jpg"),
        ("/data/local-files/?d=set%2Ftrain/2.jpg&x=1", "train/2.jpg"),
        ("gs://b/a%20b.jpg", "a b.jpg"),
        ("images\\train\\2.jpg", "train/2.jpg"),
        ("./3.jpg", "3.jpg"),
        ("/data/odd?.jpg", "odd?.jpg"),
        ("1.jpg", "1.jpg"),  # two items end so
        ("s3://bucket/1.jpg", "s3://bucket/1.jpg"),
        ("test/2.jpg", "test/2.jpg"),
        ("13.jpg", "13.jpg"),  # whole segments only
        ("9.jpg", "9.jpg"),
        ("s3://3.jpg", "s3://3.jpg"),  # a host is no file
        ("", ""),
        ("\ud800.jpg", "\ud800.jpg"),
    ],
)
def test_a_path_means_the_one_item_it_ends_with(name: str, item: str) -> None:
    assert NAMES.item(name) == item


@settings(deadline=None, max_examples=200)
@given(st.lists(st.text(), max_size=6), st.text())
def test_a_name_is_brought_to_an_item_or_kept(ids: list[str], name: str) -> None:
    found = ItemNames(ids).item(name)
    assert found == name or found in ids
    assert all(ItemNames(ids).item(one) == one for one in ids)
