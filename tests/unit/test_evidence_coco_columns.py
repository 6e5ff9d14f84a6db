"""The fast reader of COCO gives what the reader that goes record by record gives, or nothing."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.evidence import coco, coco_columns, coco_screen, json_pieces
from bot.evidence.coco import read_by_record
from bot.evidence.frame_rows import snapshot_of
from bot.evidence.json_pieces import pieces

IDS = st.integers(-3, 9) | st.sampled_from(["1", "7", "a", ""])
TEXTS = st.sampled_from(["a.jpg", "b.jpg", "}, {", "c\\d", "", 'e"}, {"f', "\n", "ä", "nul\0"])
NUMBERS = st.sampled_from([0, 1, 2.5, -1, 1e300, 300])
BOXES = st.lists(NUMBERS, min_size=4, max_size=4) | st.lists(NUMBERS, max_size=5)
TIMES = st.sampled_from(["2026-03-27T14:05:00Z", "2026-03-27T14:05:00", "", "late"])
MASKS = st.fixed_dictionaries({"size": st.just([2, 3]), "counts": st.sampled_from(["06", "!", [1, 5]])})


def records(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Mapping[str, Any]]]:
    needed = {name: fields.pop(name) for name in list(fields) if name.endswith("id") or "name" in name}
    return st.lists(st.fixed_dictionaries(needed, optional=fields), max_size=5)


FILES = st.fixed_dictionaries(
    {
        "images": records(
            id=IDS,
            file_name=TEXTS,
            width=NUMBERS,
            split=st.sampled_from(["train", "val"]),
            sha256=st.just("00"),
            empty=st.booleans(),
            coco_url=st.none() | TEXTS,
            group=IDS,
        ),
        "categories": records(id=IDS, name=TEXTS),
        "annotations": records(
            id=IDS,
            image_id=IDS,
            category_id=IDS,
            bbox=BOXES,
            segmentation=st.lists(st.lists(NUMBERS, max_size=6), max_size=2) | MASKS,
            keypoints=st.lists(NUMBERS, max_size=3),
            iscrowd=st.sampled_from([0, 1, True, None, 1.0, "1"]),
            changed_at=TIMES,
            annotator=IDS,
            nested=st.just([{"a": 1}, {"b": [{}]}]),
        ),
    }
)
TIDY = st.builds(
    lambda images, classes, boxes: {
        "images": [{"id": n, "file_name": f"{n}.jpg", "width": 640} for n in range(images)],
        "categories": [{"id": n, "name": f"class {n}"} for n in range(classes)],
        "annotations": [
            {"id": n, "image_id": n % images, "category_id": n % classes, **box}
            for n, box in enumerate(boxes)
        ],
    },
    st.integers(1, 4),
    st.integers(1, 3),
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "bbox": st.tuples(*[st.integers(0, 9)] * 4),
                "segmentation": st.just([[0, 0, 4, 0, 4, 4]]),
                "note": st.sampled_from(["}, {", '\\"}', "]"]),
                "annotator": st.sampled_from(["ana", 7]),
                "changed_at": st.just("2026-03-27T14:05:00+02:00"),
            },
        ),
        max_size=12,
    ),
)


@settings(deadline=None, max_examples=300)
@given(content=FILES | TIDY, indent=st.none() | st.integers(0, 2), piece=st.sampled_from([1, 40, 1 << 18]))
def test_both_readers_give_the_same_snapshot_or_the_fast_one_gives_up(
    content: Mapping[str, Any], indent: int | None, piece: int
) -> None:
    data = json.dumps(content, indent=indent).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_pieces, "PIECE", piece)
        frame = coco_columns.read(data, "train")
    slow = read_by_record(data, file="train.json")
    if slow.value is None or frame is None:
        assert frame is None
        assert slow.problems
    else:
        assert snapshot_of(frame) == slow.value


@settings(deadline=None, max_examples=300)
@given(content=FILES | TIDY, indent=st.none() | st.integers(0, 2), stretch=st.sampled_from([1, 2, 100]))
def test_looking_at_stretches_tells_what_looking_at_every_record_tells(
    content: Mapping[str, Any], indent: int | None, stretch: int
) -> None:
    data = json.dumps(content, indent=indent).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coco_screen, "STRETCH", stretch)
        found = read_by_record(data, file="train.json")
        patch.setattr(coco, "stretches", lambda records, *_: [(0, records, None)])
        one_by_one = read_by_record(data, file="train.json")
    assert found == one_by_one


class Thing(msgspec.Struct):
    n: int = 0


def read(array: bytes) -> list[tuple[int, int]]:
    data = b'{"a":\n%b}' % array
    raw = msgspec.json.decode(data, type=dict[str, msgspec.Raw])["a"]
    return [
        (thing.n, line)
        for piece in pieces(data, raw, Thing)
        for thing, line in zip(piece.records, piece.lines.tolist(), strict=True)
    ]


@pytest.mark.parametrize(
    "array", [b"[5]", b"[{}, 5, {}]", b"[{}, null]", b"[null, {}]", b"{}", b"null", b'"{}"', b'[{"n": "1"}]']
)
def test_an_array_of_anything_but_its_records_is_refused(
    array: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_pieces, "PIECE", 1)
    with pytest.raises(msgspec.MsgspecError):
        read(array)


def test_records_come_with_the_lines_they_begin_in() -> None:
    assert read(b"[]") == []
    assert read(b'[{"n": 1}, {"n":\n 2},\n\n{"n": 3}\n]') == [(1, 2), (2, 2), (3, 5)]


def test_records_without_an_end_nearby_are_left_to_the_other_reader(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nested = b'[{"x": [%b]}]' % b", ".join([b"{}"] * 300)
    assert read(nested) == [(0, 2)]
    monkeypatch.setattr(json_pieces, "PIECE", 1)
    with pytest.raises(msgspec.MsgspecError):
        read(nested)
