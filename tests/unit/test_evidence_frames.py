"""Frames: records that go in some at a time come out as they were, whatever lies between."""

import gc
import json
from dataclasses import replace
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from bot.evidence import coco_columns
from bot.evidence.coco import read_coco
from bot.evidence.collector import paused_collector
from bot.evidence.frame_builder import FrameBuilder, merged_columns
from bot.evidence.frame_rows import Rows, labels_on, snapshot_of
from bot.evidence.frames import Frame, Joined
from bot.evidence.model import Annotation, Item

ITEMS = [Item(id=f"{n}.jpg", file=f"{n}.jpg", split="train", width=640, line=n + 1) for n in range(5)]
BOXES = [
    Annotation(
        id=str(n),
        item=f"{n % 5}.jpg",
        label="car" if n % 2 else "bus",
        box=None if n == 3 else (n, 1.5, 2.0, 3.0),
        shape=(1.0,) * n,
        changed_at=datetime(2026, 3, n + 1, tzinfo=UTC) if n == 4 else None,
    )
    for n in range(7)
]


@pytest.mark.parametrize("batch", [1, 2, 3, 100])
def test_records_come_out_in_the_order_they_went_in_however_many_are_held(batch: int) -> None:
    builder = FrameBuilder(batch=batch)
    for item in ITEMS:
        builder.add_item(item)
    for box in BOXES:
        builder.add_annotation(box)
    snapshot = snapshot_of(builder.frame({"1": "car"}))
    assert (snapshot.items, snapshot.annotations) == (ITEMS, BOXES)
    assert snapshot.classes == {"1": "car"}


def test_columns_with_text_as_dictionaries_and_plain_records_become_one_table() -> None:
    builder = FrameBuilder()
    builder.add_annotation(BOXES[0])
    labels = pa.array(["car", "bus", "car"]).dictionary_encode()
    builder.add_columns(annotations=pa.table({"id": ["7", "8", "9"], "item": ["1.jpg"] * 3, "label": labels}))
    builder.add_annotation(BOXES[1])
    found = snapshot_of(builder.frame({})).annotations
    assert [(one.id, one.label) for one in found] == [
        ("0", "bus"),
        ("7", "car"),
        ("8", "bus"),
        ("9", "car"),
        ("1", "car"),
    ]
    assert found[1] == Annotation(id="7", item="1.jpg", label="car")


def test_rows_of_no_kind_of_record_cannot_be_made() -> None:
    frame = FrameBuilder().frame({})
    with pytest.raises(TypeError, match="abstract"):
        Rows(frame, frame.items)


@pytest.mark.parametrize("running", [True, False])
def test_the_collector_is_afterwards_as_it_was_before(running: bool) -> None:
    was = gc.isenabled()
    try:
        (gc.enable if running else gc.disable)()
        with pytest.raises(KeyError, match="False"), paused_collector():
            raise KeyError(gc.isenabled())
        assert gc.isenabled() is running
    finally:
        (gc.enable if was else gc.disable)()


@pytest.mark.parametrize("box", ["[1, 2, -3, 4]", "[1, 2, 3, -1e-9]", "[1e308, 1e308, 3, 4]"])
def test_one_box_among_good_ones_that_is_none_is_named_with_its_line(box: str) -> None:
    record = {"image_id": 1, "category_id": 1}
    boxes = [json.dumps({"id": n, **record, "bbox": [1, 2, 3, 4]}) for n in range(4)]
    boxes[2] = json.dumps({"id": 2, **record})[:-1] + f', "bbox": {box}}}'
    data = (
        '{"images": [{"id": 1, "file_name": "a.jpg"}],\n"categories": [{"id": 1, "name": "car"}],\n'
        '"annotations": [\n' + ",\n".join(boxes) + "]}"
    ).encode()
    assert coco_columns.read(data, "train") is None
    (problem,) = read_coco(data, file="train.json").problems
    assert (problem.code, problem.file, problem.line) == ("snapshot.bad-box", "train.json", 6)
    assert coco_columns.read(data.replace(box.encode(), b"[1, 2, 3, 4]"), "train") is not None


def part(split: str, *ids: str, items: str = "ab") -> Frame:
    """A file of one split: an item for each letter, and an annotation for each id, all on the first item."""
    builder = FrameBuilder()
    for letter in items:
        builder.add_item(Item(id=f"{split}{letter}", file=letter, split=split))
    for id_ in ids:
        builder.add_annotation(Annotation(id=id_, item=f"{split}{items[0]}", label="car"))
    return builder.frame({"1": "car"})


def test_files_are_joined_without_a_copy_and_read_as_one() -> None:
    parts = [("d/x.json", part("train", "1", "2")), ("d/y.json", part("val", "1"))]
    frame = merged_columns(parts)
    assert frame is not None
    assert isinstance(frame.annotations, Joined)
    assert [table for _, table in frame.annotations.parts] == [one.annotations for _, one in parts]
    assert (frame.items.num_rows, frame.annotations.num_rows) == (4, 3)
    snapshot = snapshot_of(frame)
    assert [one.id for one in snapshot.annotations] == ["train/1", "train/2", "val/1"]
    assert [one.id for one in snapshot.items] == ["traina", "trainb", "vala", "valb"]
    named = [batch.schema.names for batch in frame.annotations.batches(["item", "label"])]
    assert named == [["item", "label"]] * 2
    nameless = merged_columns([("d/x.json", part("", "1"))])
    assert nameless is not None
    assert [one.id for one in snapshot_of(nameless).annotations] == ["d/x.json/1"]


def test_text_as_dictionaries_in_one_file_and_plain_in_another_reads_as_one_table() -> None:
    builder = FrameBuilder()
    builder.add_columns(
        items=pa.table({"id": ["c"], "split": ["val"]}),
        annotations=pa.table({"id": ["5"], "item": pa.array(["c"]).dictionary_encode(), "label": ["bus"]}),
    )
    frame = merged_columns([("x", part("train", "1")), ("y", builder.frame({}))])
    assert frame is not None
    table = pa.Table.from_batches(frame.annotations.batches())
    assert table.column("item").to_pylist() == ["traina", "c"]


@pytest.mark.parametrize(
    "parts",
    [
        [("x", part("train", "1")), ("y", part("train", "2", items="cd"))],
        [("a", part("", "b/1")), ("a/b", part("", "1", items="cd"))],
        [("x", part("", "1")), ("y", part("", "1"))],
        [("\udcff", part("", "1"))],
    ],
    ids=["one split", "prefixes that meet", "shared items", "a path of no encoding"],
)
def test_files_that_cannot_be_told_apart_by_their_split_are_not_joined(
    parts: list[tuple[str, Frame]],
) -> None:
    assert merged_columns(parts) is None


def test_files_of_several_splits_or_other_classes_are_not_joined() -> None:
    builder = FrameBuilder()
    for split in ("train", "val"):
        builder.add_item(Item(id=split, file=split, split=split))
    assert merged_columns([("x", builder.frame({}))]) is None
    other = replace(part("val", "1"), classes={"1": "bus"})
    assert merged_columns([("x", part("train", "1")), ("y", other)]) is None


@pytest.mark.parametrize("in_columns", [True, False])
def test_classes_of_some_items_are_looked_up_whatever_the_snapshot_is_made_of(in_columns: bool) -> None:
    odd = "\udcff.jpg"
    boxes = [replace(box, item=odd) if box.id == "5" else box for box in BOXES]
    builder = FrameBuilder(batch=2)
    for box in boxes:
        builder.add_annotation(box)
    annotations = snapshot_of(builder.frame({})).annotations if in_columns else boxes
    assert labels_on(annotations, {"1.jpg", odd, "none"}) == {
        ("1.jpg", "car"),
        ("1.jpg", "bus"),
        (odd, "car"),
    }
    assert labels_on(annotations, set()) == set()


IMAGE = '{"id": 1, "file_name": "a.jpg"}'


@pytest.mark.parametrize(
    ("images", "ids", "code"),
    [
        (IMAGE, (5, 3, 4), None),
        (IMAGE, (5, 3, 5), "snapshot.duplicate-annotation"),
        (IMAGE, ("a", "b", "a"), "snapshot.duplicate-annotation"),
        (IMAGE, (-(1 << 62), 0, 1 << 62, -(1 << 62)), "snapshot.duplicate-annotation"),
        (f'{IMAGE}, {{"id": 2, "file_name": ""}}', (1,), "evidence.bad-record"),
        (f'{IMAGE}, {{"id": 2, "file_name": "b\\u0000"}}', (1,), "snapshot.bad-record"),
    ],
)
def test_the_fast_reader_of_coco_leaves_repeated_ids_and_missing_names_to_the_other(
    images: str, ids: tuple[int | str, ...], code: str | None
) -> None:
    boxes = [{"id": n, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]} for n in ids]
    data = (
        f'{{"images": [{images}], "categories": [{{"id": 1, "name": "car"}}], '
        f'"annotations": {json.dumps(boxes)}}}'
    ).encode()
    assert (coco_columns.read(data, "train") is None) is (code is not None)
    assert [one.code for one in read_coco(data, file="train.json").problems] == ([code] if code else [])
