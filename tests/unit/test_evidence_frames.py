"""Frames: records that go in some at a time come out as they were, whatever lies between."""

import gc
import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from bot.evidence import coco_columns
from bot.evidence.coco import read_coco
from bot.evidence.collector import paused_collector
from bot.evidence.frame_builder import FrameBuilder
from bot.evidence.frame_rows import Rows, snapshot_of
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
