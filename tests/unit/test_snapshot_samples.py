"""Real files of many tools: each is read as a snapshot faithfully, or refused by name.

The recorded snapshot holds no text of the samples: names, ids and coordinates are hashed.
"""

import json
from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.evidence.model import Loaded, Snapshot
from tests.fakes.one_dataset import loaded

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
DATASETS = (
    "coco/datumaro/coco_instances/annotations",
    "coco/datumaro/coco_panoptic/annotations",
    "coco/datumaro/coco_roboflow",
    "coco/roboflow-python/sharks-tiny-coco",
    "voc/BCCD_Dataset",
    "voc/datumaro/roboflow_dataset/voc",
    "voc/datumaro/voc_dataset/voc_dataset1",
    "voc/roboflow-python/chess",
    "yolo/YOLO/dataset",
    "yolo/datumaro/yolo_dataset/strict",
    "yolo/datumaro/yolov8_detection",
    "yolo/datumaro/yolov8_detection_with_list_of_imgs",
    "yolo/datumaro/yolov8_oriented_boxes",
    "yolo/datumaro/yolov8_segmentation",
    "yolo/label-studio-sdk/test_import_yolo_data",
    "yolo/roboflow-python/sharks-tiny-yolov9",
)
"""Directories that are one data set each."""


@pytest.fixture(scope="module")
def samples() -> Mapping[str, bytes]:
    if not SAMPLES.is_dir():
        pytest.skip("the samples are not here")
    paths = sorted(path for path in SAMPLES.rglob("*") if path.is_file())
    return {path.relative_to(SAMPLES).as_posix(): path.read_bytes() for path in paths}


def verdict(found: Loaded[Snapshot]) -> dict[str, Any]:
    """What came of a file: counts and hashes of its normal form, or why it is refused; doubts either way."""
    said: dict[str, Any] = {"problems": dict(Counter(finding.code for finding in found.problems))}
    if found.value is None:
        return said
    items, annotations = list(found.value.items), list(found.value.annotations)
    places = [
        [one.item, one.label, *(round(x, 6) for x in (*(one.box or ()), *one.shape))] for one in annotations
    ]
    return said | {
        "items": len(items),
        "splits": dict(Counter(item.split for item in items)),
        "sized": sum(item.width is not None for item in items),
        "marked empty": sum(item.marked_empty for item in items),
        "annotations": len(annotations),
        "boxes": sum(one.box is not None for one in annotations),
        "shapes": sum(bool(one.shape) for one in annotations),
        "classes": len(found.value.classes),
        "labels": sorted(Counter(one.label for one in annotations).values()),
        "item ids": hashed([[item.id, item.file, item.split] for item in items]),
        "content": hashed(places),
    }


def hashed(rows: list[list[Any]]) -> str:
    return sha256(json.dumps(sorted(rows, key=repr)).encode()).hexdigest()[:16]


def belongs(path: str) -> str | None:
    return next((root for root in DATASETS if path.startswith(f"{root}/")), None)


@pytest.mark.shared
def test_every_data_set_is_read_faithfully_or_refused_by_name(
    samples: Mapping[str, bytes], snapshot: SnapshotAssertion
) -> None:
    assert {root: verdict(loaded(samples, root)) for root in DATASETS} == snapshot


@pytest.mark.shared
def test_every_single_file_is_read_faithfully_or_refused_by_name(
    samples: Mapping[str, bytes], snapshot: SnapshotAssertion
) -> None:
    assert {path: verdict(loaded(samples, path)) for path in samples if not belongs(path)} == snapshot


@pytest.mark.shared
def test_no_file_is_without_a_verdict(samples: Mapping[str, bytes]) -> None:
    assert len(samples) > 200
    for root in DATASETS:
        assert any(belongs(path) == root for path in samples), root
    for path in samples:
        found = verdict(loaded(samples, belongs(path) or path))
        assert found.get("items") or found["problems"], path
        assert all("." in code for code in found["problems"])


@pytest.mark.shared
def test_known_samples_come_out_as_their_sources_say(samples: Mapping[str, bytes]) -> None:
    voc = loaded(samples, "voc/datumaro/roboflow_dataset/voc").value
    assert voc is not None
    assert Counter(item.split for item in voc.items) == {"train": 2, "val": 1}
    oriented = loaded(samples, "yolo/datumaro/yolov8_oriented_boxes").value
    assert oriented is not None
    assert [len(one.shape) for one in oriented.annotations] == [8, 8]
    percent = loaded(samples, "label_studio/panlabel/sample_valid.label_studio.json").value
    assert percent is not None
    assert next((one.label, one.box) for one in percent.annotations) == ("dog", (20, 20, 60, 40))
    unlisted = loaded(samples, "voc/datumaro/voc_dataset/voc_dataset1")
    assert [finding.code for finding in unlisted.problems] == ["voc.bad-list"]
