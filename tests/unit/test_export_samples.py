"""Real exports of other tools against themselves, read by the two readers that share no code for it.

The snapshot is what the reader of snapshots makes of a file, strictly; the export is the same file as
its consumer takes it; the configuration is the export's own. Gate 6 finds nothing in them, and everything
that is then damaged.
"""

import json
from pathlib import Path

import pytest

from bot.answers import Answer, Outcome
from bot.evidence.export_config import read_export_config
from bot.evidence.exports.load import load_exported
from bot.evidence.exports.model import ExportConfig, ExportEvidence
from bot.evidence.model import Label, Loaded, Snapshot
from bot.evidence.shelf import MemoryShelf
from bot.evidence.snapshots import load_snapshot
from bot.evidence.sources import Naming
from bot.export_rules import ExportRule
from bot.gates.export_validated import check
from bot.manifest import Source
from tests.fakes.archives import ENDINGS, packed
from tests.fakes.file_trees import MemoryFiles

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
NAMING = Naming(file="release.yaml", key=("exports", 0), what="The exported files", line=lambda _: 9)
CORRECT = (
    "coco/datumaro/coco_instances/annotations",
    "coco/datumaro/coco_roboflow",
    "coco/labelbox-python/instances.json",
    "coco/panlabel/sample_valid.coco.json",
    "coco/sahi/coco_utils/combined_coco.json",
    "coco/sahi/coco_utils/terrain1_coco.json",
    "coco/sahi/coco_utils/terrain2_coco.json",
    "coco/sahi/coco_utils/terrain3_coco.json",
    "coco/sahi/coco_utils/terrain_all_coco.json",
    "voc/datumaro/roboflow_dataset/voc",
    "voc/roboflow-python/chess",
    "yolo/datumaro/yolov8_detection",
    "yolo/datumaro/yolov8_detection_with_list_of_imgs",
    "yolo/datumaro/yolov8_segmentation",
)
"""Exports without a mistake, as their tools' own tests keep them."""


@pytest.fixture
def samples() -> Path:
    if not SAMPLES.is_dir():
        pytest.skip("the samples are not here")
    return SAMPLES


def files_at(path: Path) -> dict[str, bytes]:
    """The files of a sample; the samples hold no pictures, so those of YOLO's labels are made up."""
    found = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    files = {str(file.relative_to(SAMPLES)): file.read_bytes() for file in found}
    labels = [name for name in files if "/labels/" in name]
    return files | {f"{name[:-4].replace('/labels/', '/images/')}.jpg": b"\xff\xd8" for name in labels}


def config_of(files: dict[str, bytes], form: str, snapshot: Snapshot) -> Loaded[ExportConfig]:
    """The configuration the tool wrote itself; Pascal VOC has none but the names in use."""
    if form == "yolo":
        name = next(name for name in files if name.endswith(".yaml"))
        return read_export_config(files[name], file=name)
    if form == "coco":
        document = json.loads(next(iter(files.values())))
        text = json.dumps({"categories": document["categories"]}, indent=1)
        return read_export_config(text.encode(), file="categories.json")
    names = sorted({one.label for one in snapshot.annotations})
    text = json.dumps({"format": "voc", "classes": names}, indent=1)
    return read_export_config(text.encode(), file="voc.json")


def judged(
    files: dict[str, bytes], path: str, exported: dict[str, bytes] | None = None, at: str = ""
) -> Answer:
    """Gate 6 of a release of these files, exported as they are, or as `exported` at another place."""
    form = path.partition("/")[0]
    snapshot = load_snapshot(
        MemoryFiles(files),
        Source(path=f"/{path}", format=form),
        NAMING,
        manifest_path="r.yaml",
        shelf=MemoryShelf(),
    )
    assert snapshot.value is not None, snapshot.problems
    assert len(snapshot.value.annotations) > 0
    config = config_of(files, form, snapshot.value)
    assert config.value is not None, config.problems
    source = Source(path=f"/{at or path}")
    loaded = load_exported(
        MemoryFiles(exported or files), source, NAMING, manifest_path="r.yaml", config=config.value
    )
    return check(
        labels=Loaded(value=tuple(Label(id=one.name, name=one.name) for one in config.value.classes)),
        snapshot=snapshot,
        exports=(ExportEvidence(config=config, artefact=loaded),),
        downstream=(),
        rule=ExportRule(),
    )


@pytest.mark.shared
@pytest.mark.parametrize("path", CORRECT)
def test_a_correct_export_has_no_finding(path: str, samples: Path) -> None:
    answer = judged(files_at(samples / path), path)
    assert (answer.outcome, [finding.text for finding in answer.findings]) == (Outcome.PASSED, [])


@pytest.mark.shared
@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("path", [path for path in CORRECT if not path.endswith(".json")])
def test_a_correct_export_has_no_finding_in_an_archive_either(path: str, ending: str, samples: Path) -> None:
    files = files_at(samples / path)
    inside = {name.removeprefix(f"{path}/"): data for name, data in files.items()}
    place = f"{path}{ending}"
    answer = judged(files, path, {place: packed(inside, ending)}, place)
    assert (answer.outcome, [finding.text for finding in answer.findings]) == (Outcome.PASSED, [])


def damaged(name: str, data: bytes) -> bytes:
    """The file with its first annotation moved, or of another class."""
    if name.endswith(".json"):
        document = json.loads(data)
        document["annotations"][0]["bbox"][0] += 40
        return json.dumps(document).encode()
    if name.endswith(".xml"):
        return data.replace(b"<xmin>", b"<xmin>9", 1)
    first, rest = data.decode().split(maxsplit=1)
    return f"{int(first) ^ 1} {rest}".encode()


@pytest.mark.shared
@pytest.mark.parametrize("path", CORRECT)
def test_the_same_export_with_one_annotation_damaged_has_one(path: str, samples: Path) -> None:
    files = files_at(samples / path)
    victim = next(
        name
        for name in files
        if name.endswith((".json", ".xml")) or ("/labels/" in name and name.endswith(".txt"))
    )
    answer = judged(files, path, {**files, victim: damaged(victim, files[victim])})
    assert answer.outcome is Outcome.FAILED
    assert set(answer.codes) <= {"export.coordinates", "export.class-changed"}
    assert any(len(finding.items) == 1 for finding in answer.findings)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("path", "items"),
    [
        ("coco/roboflow-python/sharks-tiny-coco", ("5",)),
        ("voc/BCCD_Dataset", ("BloodImage_00338.jpg#12", "BloodImage_00343.jpg#3")),
    ],
)
def test_boxes_without_area_or_outside_of_the_picture_are_found_in_published_data_sets(
    path: str, items: tuple[str, ...], samples: Path
) -> None:
    answer = judged(files_at(samples / path), path)
    assert [(finding.code, finding.items) for finding in answer.findings] == [("export.coordinates", items)]
