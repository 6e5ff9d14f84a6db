"""Real exports of other tools are correct exports of themselves: gate 6 finds nothing in them."""

from pathlib import Path

import pytest

from bot.answers import Answer, Outcome
from bot.evidence.exports.load import load_exported
from bot.evidence.exports.model import BoxForm, ClassEntry, ExportConfig, ExportedFiles, ExportEvidence
from bot.evidence.model import Annotation, Item, Label, Loaded, Snapshot
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
    "coco/panlabel/sample_valid.coco.json",
    "coco/sahi/coco_utils/terrain1_coco.json",
    "coco/sahi/coco_utils/terrain2_coco.json",
    "coco/sahi/coco_utils/terrain3_coco.json",
    "coco/sahi/coco_utils/combined_coco.json",
    "coco/labelbox-python/instances.json",
    "voc/datumaro/voc_dataset",
    "voc/datumaro/roboflow_dataset",
    "voc/roboflow-python/chess",
    "yolo/datumaro/yolov8_detection",
    "yolo/datumaro/yolov8_segmentation",
)
"""Exports without a mistake, as their tools' own tests keep them."""


@pytest.fixture
def samples() -> Path:
    if not SAMPLES.is_dir():
        pytest.skip("the samples are not here")
    return SAMPLES


def files_at(path: Path) -> MemoryFiles:
    found = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    return MemoryFiles({str(file.relative_to(SAMPLES)): file.read_bytes() for file in found})


def as_snapshot(read: ExportedFiles) -> Snapshot:
    """What was exported, with the ids of a snapshot, in pixels of made-up sizes where there are none."""
    fractions = read.boxes is BoxForm.CENTRE
    items = tuple(
        Item(
            id=item.id,
            file=item.file,
            split=item.split,
            width=item.width or 1000,
            height=item.height or 1000,
        )
        for item in read.content.items
    )
    factor = 1000.0 if fractions else 1.0
    annotations = tuple(
        Annotation(
            id=f"{place}",
            item=one.item,
            label=one.label,
            box=one.box and tuple(side * factor for side in one.box),  # type: ignore[arg-type]
        )
        for place, one in enumerate(read.content.annotations)
    )
    return Snapshot(items=items, annotations=annotations)


def judged(files: MemoryFiles, path: str) -> Answer:
    loaded = load_exported(files, Source(path=f"/{path}"), NAMING, manifest_path="r.yaml", config=None)
    assert loaded.value is not None, loaded.problems
    assert len(loaded.value.content.annotations) > 0
    names = dict.fromkeys(one.label for one in loaded.value.content.annotations)
    names |= dict.fromkeys(loaded.value.content.classes.values())
    ids = {name: id_ for id_, name in loaded.value.content.classes.items()}
    config = ExportConfig(
        file="e.yaml",
        format="voc",
        classes=tuple(ClassEntry(id=ids.get(name, str(n)), name=name) for n, name in enumerate(names)),
    )
    return check(
        labels=Loaded(value=tuple(Label(id=name, name=name) for name in names)),
        snapshot=Loaded(value=as_snapshot(loaded.value)),
        exports=(ExportEvidence(config=Loaded(value=config), artefact=loaded),),
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
@pytest.mark.parametrize(
    "path", ["coco/datumaro/coco_roboflow", "voc/roboflow-python/chess", "yolo/datumaro/yolov8_detection"]
)
def test_a_correct_export_has_no_finding_in_an_archive_either(path: str, ending: str, samples: Path) -> None:
    inside = {name.removeprefix(f"{path}/"): data for name, data in files_at(samples / path).files.items()}
    answer = judged(MemoryFiles({f"{path}{ending}": packed(inside, ending)}), f"{path}{ending}")
    assert (answer.outcome, [finding.text for finding in answer.findings]) == (Outcome.PASSED, [])


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
