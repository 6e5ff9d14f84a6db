"""COCO files: what becomes of images, categories and annotations, and what is refused."""

import json
from datetime import UTC, datetime
from itertools import combinations
from math import inf
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.evidence.coco import read_coco, split_of_path
from bot.evidence.coco_masks import Mask, run_lengths
from bot.evidence.model import Loaded, Snapshot
from bot.evidence.values import BadValueError
from bot.gates import snapshot_compare
from bot.manifest import IntendedChange
from bot.policy import CompareRule

CASES = yaml.safe_load((Path(__file__).parent.parent / "cases/evidence/coco.yaml").read_text("utf-8"))
GOOD: dict[str, Any] = {
    "info": {"version": "1"},
    "images": [
        {"id": 9, "file_name": "b.jpg", "width": 640, "height": 480.0},
        {"id": 2, "file_name": "a.jpg", "split": "test", "sha256": "ab", "empty": True},
    ],
    "categories": [{"id": 90, "name": "person"}, {"id": 1, "name": "car", "supercategory": "vehicle"}],
    "annotations": [
        {"id": 5, "image_id": 9, "category_id": 90, "bbox": [1, 2, 3, 4], "iscrowd": 0},
        {"id": "x", "image_id": 2, "category_id": 1, "annotator": 7, "changed_at": "2026-03-01T10:00:00Z"},
    ],
}


def read(content: object, file: str = "instances_train2017.json") -> Loaded[Snapshot]:
    return read_coco(json.dumps(content).encode(), file=file)


def annotation(**fields: object) -> Any:
    content = {**GOOD, "annotations": [{"id": 1, "image_id": 9, "category_id": 1, **fields}]}
    snapshot = read(content).value
    assert snapshot is not None
    return snapshot.annotations[0]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_every_bad_record_is_a_finding_with_its_line(case: dict[str, Any]) -> None:
    loaded = read_coco(case["data"].encode(), file="c.json")
    assert loaded.value is None
    assert [[f.code, f.line, f.text] for f in loaded.problems] == case["findings"]


def test_ids_names_splits_and_extensions_are_read() -> None:
    snapshot = read(GOOD).value
    assert snapshot is not None
    first, second = snapshot.items
    assert (first.id, first.split, first.width, first.height, first.digest) == (
        "b.jpg",
        "train",
        640,
        480,
        "",
    )
    assert (second.id, second.split, second.width, second.digest) == ("a.jpg", "test", None, "sha256:ab")
    assert (first.marked_empty, second.marked_empty) == (False, True)
    assert list(snapshot.classes.items()) == [("90", "person"), ("1", "car")]
    box, whole = snapshot.annotations
    assert (box.id, box.item, box.label, box.box) == ("5", "b.jpg", "person", (1.0, 2.0, 3.0, 4.0))
    assert (whole.id, whole.box, whole.annotator) == ("x", None, "7")
    assert whole.changed_at == datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_every_record_knows_its_line_whatever_the_order_of_the_arrays() -> None:
    content = {name: GOOD[name] for name in ("annotations", "categories", "images")}
    text = json.dumps(content, indent=1)
    snapshot = read_coco(b"\xef\xbb\xbf" + text.encode(), file="c.json").value
    assert snapshot is not None
    lines = text.split("\n")
    places = [lines[record.line or 0] for record in (*snapshot.items, *snapshot.annotations)]
    assert [place.strip() for place in places] == ['"id": 9,', '"id": 2,', '"id": 5,', '"id": "x",']


def test_polygons_give_the_shape_and_the_box_that_is_not_written() -> None:
    found = annotation(segmentation=[[1, 2, 5, 2, 5, 9], [0, 3, 1, 3, 1, 4]], keypoints=[7, 8, 2])
    assert found.shape == (1, 2, 5, 2, 5, 9, inf, 0, 3, 1, 3, 1, 4, -inf, 7, 8, 2)
    assert found.box == (0, 2, 5, 7)
    assert annotation(keypoints=[7, 8, 2], segmentation=[]).shape == (-inf, 7, 8, 2)


SHAPES: list[dict[str, object]] = [
    {"segmentation": [[0, 0, 9, 0, 9, 9, 0, 9, 0, 0, 1, 1]]},
    {"segmentation": [[0, 0, 9, 0, 9, 9], [0, 9, 0, 0, 1, 1]]},
    {"segmentation": [[0, 0, 9, 0, 9, 9]], "keypoints": [0, 9, 0, 0, 1, 1]},
    {"segmentation": [[0, 0, 9, 0, 9, 9, 0, 9, 0, 0, 1, 1]], "iscrowd": 1},
    {"keypoints": [0, 0, 9, 0, 9, 9, 0, 9, 0, 0, 1, 1], "iscrowd": True},
    {"iscrowd": 1},
    {"iscrowd": 0},
]


@pytest.mark.parametrize(("was", "now"), list(combinations(SHAPES, 2)))
def test_another_outline_or_crowd_is_a_change_in_a_locked_split(
    was: dict[str, object], now: dict[str, object]
) -> None:
    before, after = (
        read(
            {**GOOD, "annotations": [{"id": 1, "image_id": 9, "category_id": 1, "bbox": [0, 0, 9, 9], **one}]}
        )
        for one in (was, now)
    )
    answer = snapshot_compare.check(
        snapshot=after,
        baseline=before,
        baseline_name="1",
        intent=(IntendedChange(kinds=("move",)),),
        rule=CompareRule(locked_splits=("train",)),
    )
    assert answer.codes == ("compare.locked-split",)


def test_masks_are_told_apart_by_their_runs_compressed_or_not() -> None:
    plain = annotation(segmentation={"size": [2, 3], "counts": [1, 2, 3]}, bbox=[0, 0, 1, 1])
    packed = annotation(segmentation={"size": [2, 3], "counts": "123"}, bbox=[0, 0, 1, 1])
    assert plain.shape == packed.shape == (2, 3, 1, 2, 3)
    assert annotation(segmentation={"size": [2, 3], "counts": "123"}).box is None


def test_compressed_runs_are_differences_from_the_run_before_last() -> None:
    # 1, 2, 3, then 2 + 2 and 3 - 1; "P1" is 0 + 32 in two characters
    assert run_lengths(Mask(size=(2, 6), counts="1232O"))[2:] == [1, 2, 3, 4, 2]
    assert run_lengths(Mask(size=(4, 8), counts="P1"))[2:] == [32]


@pytest.mark.parametrize("counts", ["P", " ", "\x7f", "o" * 20])
def test_compressed_runs_that_are_cut_off_or_foreign_are_refused(counts: str) -> None:
    with pytest.raises(BadValueError, match="not COCO's"):
        run_lengths(Mask(size=(1, 1), counts=counts))


@pytest.mark.parametrize(
    ("size", "counts", "code"),
    [
        ([2, 3], [1, 2], "snapshot.bad-shape"),
        ([2, 3], [1, 2, 4], "snapshot.bad-shape"),
        ([2, 3], [-1, 7], "snapshot.bad-shape"),
        ([2, 3], [50, int("9" * 400)], "snapshot.bad-shape"),
        ([2, 3], "124", "snapshot.bad-shape"),
        ([2, int("9" * 400)], [6], "snapshot.bad-record"),
        ([-2, -3], [6], "snapshot.bad-record"),
    ],
)
def test_runs_that_do_not_cover_their_mask_are_refused(size: list[int], counts: object, code: str) -> None:
    shape = {"size": size, "counts": counts}
    record = {"id": 5, "image_id": 9, "category_id": 90, "bbox": [0, 0, 1, 1], "segmentation": shape}
    loaded = read({**GOOD, "annotations": [record]})
    assert [(found.code, found.line is not None) for found in loaded.problems] == [(code, True)]


def test_the_same_file_name_in_two_splits_is_two_items() -> None:
    images = [
        {"id": 1, "file_name": "a.jpg", "split": "train"},
        {"id": 2, "file_name": "a.jpg", "split": "val"},
    ]
    annotations = [{"id": 1, "image_id": 2, "category_id": 1, "bbox": [0, 0, 1, 1]}]
    snapshot = read({**GOOD, "images": images, "annotations": annotations}).value
    assert snapshot is not None
    assert [(item.id, item.file) for item in snapshot.items] == [
        ("train/a.jpg", "a.jpg"),
        ("val/a.jpg", "a.jpg"),
    ]
    assert snapshot.annotations[0].item == "val/a.jpg"


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("a/instances_train2017.json", "train"),
        ("person_keypoints_val2014.json", "val"),
        ("x/valid/_annotations.coco.json", "val"),
        ("x/Validation/all.json", "val"),
        ("test/a.json", "test"),
        ("train/x/a.json", ""),
        ("train_val.json", ""),
        ("trainval.json", ""),
        ("sample_valid.json", ""),
    ],
)
def test_the_split_is_told_from_the_path(path: str, split: str) -> None:
    assert split_of_path(path) == split


TEXT = json.dumps(GOOD, indent=1).encode()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["counts", "size"]), inner),
    max_leaves=6,
)


@settings(deadline=None, max_examples=300)
@given(where=st.integers(0, len(TEXT)), junk=st.binary(max_size=3), cut=st.booleans())
def test_damaged_files_give_problems_or_a_snapshot(where: int, junk: bytes, cut: bool) -> None:
    damaged = TEXT[:where] + junk + (b"" if cut else TEXT[where + len(junk) :])
    loaded = read_coco(damaged, file="c.json")
    assert (loaded.value is None) is bool(loaded.problems)


@settings(deadline=None, max_examples=300)
@given(
    array=st.sampled_from(["images", "categories", "annotations"]),
    field=st.sampled_from(
        ["id", "bbox", "segmentation", "keypoints", "file_name", "width", "name", "changed_at"]
    ),
    value=JSON,
)
def test_records_of_any_types_give_problems_or_a_snapshot(array: str, field: str, value: object) -> None:
    content = {**GOOD, array: [{**GOOD[array][0], field: value}, *GOOD[array][1:]]}
    loaded = read(content)
    assert (loaded.value is None) is bool(loaded.problems)


def test_panoptic_files_are_refused_by_name() -> None:
    data = b'{"images": [], "categories": [], "annotations": [{"image_id": 1, "segments_info": []}]}'
    assert [f.code for f in read_coco(data, file="c.json").problems] == ["coco.panoptic"]


@pytest.mark.parametrize(
    ("ids", "box", "code"),
    [
        ((7, 7), [0, 0, 1, 1], "snapshot.duplicate-annotation"),
        (("x", "x"), [0, 0, 1, 1], "snapshot.duplicate-annotation"),
        ((7, "7"), [0, 0, 1, 1], "snapshot.duplicate-annotation"),
        ((7, 8), [0, 0, -1, 1], "snapshot.bad-box"),
    ],
)
def test_the_second_of_two_annotations_is_told_with_its_line(
    ids: tuple[object, object], box: list[int], code: str
) -> None:
    first, second = (
        {"id": id_, "image_id": 9, "category_id": 90, "bbox": sides}
        for id_, sides in zip(ids, ([0, 0, 1, 1], box), strict=True)
    )
    text = json.dumps({**GOOD, "annotations": [first, second]}, indent=1)
    (problem,) = read_coco(text.encode(), file="train.json").problems
    assert problem.code == code
    assert text.split("\n")[problem.line or 0].strip() == f'"id": {json.dumps(ids[1])},'
