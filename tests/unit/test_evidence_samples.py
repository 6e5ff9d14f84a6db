"""Real exports of many tools: each is read, or refused by name."""

from pathlib import Path

import pytest

from bot.evidence.coco import read_coco
from bot.evidence.pointers import pointer_kind
from bot.evidence.yolo import read_yolo
from bot.evidence.yolo_config import read_config
from bot.evidence.yolo_layout import is_image

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"


@pytest.fixture
def samples() -> Path:
    if not SAMPLES.is_dir():
        pytest.skip("the samples are not here")
    return SAMPLES


@pytest.mark.shared
def test_every_coco_sample_is_read_or_refused(samples: Path) -> None:
    read = {}
    for path in sorted((samples / "coco").rglob("*.json")):
        loaded = read_coco(path.read_bytes(), file=path.name)
        assert (loaded.value is None) is bool(loaded.problems)
        read[str(path.relative_to(samples))] = loaded.value is not None
    assert read["coco/panlabel/sample_valid.coco.json"]
    assert not read["coco/panlabel/sample_invalid.coco.json"]
    assert sum(read.values()) >= 15


@pytest.mark.shared
def test_every_yolo_sample_is_read_or_refused(samples: Path) -> None:
    outcomes = {}
    for path in sorted((samples / "yolo").rglob("*.yaml")):
        root = path.parent
        files = {str(file.relative_to(root)): file.read_bytes() for file in root.rglob("*.*")}
        config = read_config(path.read_bytes(), file=path.name)
        problems = config.problems
        if config.value is not None:
            texts = {name: data for name, data in files.items() if name.endswith(".txt")}
            loaded = read_yolo(config.value, texts=texts, images=dict.fromkeys(filter(is_image, files), ""))
            problems = loaded.problems
            assert loaded.value is not None or problems
        outcomes[root.name] = [finding.code for finding in problems]
    assert outcomes == {
        "dataset": ["yolo.no-names"],
        "yolov8_detection": ["yolo.no-images"],
        "yolov8_detection_with_list_of_imgs": [],
        "yolov8_oriented_boxes": ["yolo.no-images"],
        "yolov8_segmentation": ["yolo.no-images"],
        "sharks-tiny-yolov9": ["yolo.bad-place", "yolo.bad-place"],
    }


@pytest.mark.shared
def test_every_pointer_sample_is_recognised_and_nothing_else_is(samples: Path) -> None:
    for path in sorted((samples / "lfs").rglob("*.*")):
        if path.is_file():
            expected = None if path.name == ".gitattributes" else "Git LFS pointer"
            assert pointer_kind(path.read_bytes()) == expected
    for path in sorted((samples / "dvc").rglob("*")):
        if path.is_file():
            dvc = path.suffix in {".dvc", ".lock"}
            assert (pointer_kind(path.read_bytes()) == "DVC file") is dvc, path.name
    for path in sorted((samples / "coco").rglob("*.json")):
        assert pointer_kind(path.read_bytes()) is None
