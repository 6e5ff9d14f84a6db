"""What consumers take for right is no fault, and what they would load differently is not passed."""

from dataclasses import replace

import pytest

from bot.answers import Answer, Outcome
from bot.evidence.exports.load import load_exported
from bot.evidence.exports.model import ClassEntry, ExportConfig, ExportedFiles, ExportEvidence
from bot.evidence.model import Annotation, Item, Label, Loaded, Snapshot
from bot.evidence.sources import Naming
from bot.export_rules import ExportRule
from bot.gates.export_validated import check
from bot.manifest import Source
from tests.fakes.file_trees import MemoryFiles

NAMING = Naming(file="release.yaml", key=("exports", 0), what="The exported files", line=lambda _: 9)
ROWS = "names: {0: car}\n"
BOX = (64.0, 48.0, 320.0, 240.0)
ROW = "0 0.35 0.35 0.5 0.5"


def snapshot(*files: str, size: tuple[int | None, int | None] = (640, 480)) -> Snapshot:
    items = tuple(Item(id=file, file=file, width=size[0], height=size[1]) for file in files)
    annotations = tuple(
        Annotation(id=f"{n}", item=file, label="car", box=BOX) for n, file in enumerate(files)
    )
    return Snapshot(items=items, annotations=annotations)


def loaded(form: str, files: dict[str, str | bytes], stated: str | None = None) -> Loaded[ExportedFiles]:
    config = ExportConfig(file="e.yaml", format=form, classes=(ClassEntry(id=_first(form), name="car"),))
    there = {f"out/{path}": data.encode() if isinstance(data, str) else data for path, data in files.items()}
    root = "/out" if "." not in next(iter(files)) or len(files) > 1 else f"/out/{next(iter(files))}"
    source = Source(path=root, format=stated)
    return load_exported(MemoryFiles(there), source, NAMING, manifest_path="release.yaml", config=config)


def _first(form: str) -> str:
    return "1" if form.startswith("coco") else "0"


def judged(of: Snapshot, form: str, files: dict[str, str | bytes], stated: str | None = None) -> Answer:
    config = ExportConfig(file="e.yaml", format=form, classes=(ClassEntry(id=_first(form), name="car"),))
    return check(
        labels=Loaded(value=(Label(id="car", name="car"),)),
        snapshot=Loaded(value=of),
        exports=(ExportEvidence(config=Loaded(value=config), artefact=loaded(form, files, stated)),),
        downstream=(),
        rule=ExportRule(),
    )


def voc(
    filename: str, box: tuple[float, ...] = (64, 48, 384, 288), size: tuple[int, int] = (640, 480)
) -> str:
    sides = "".join(f"<{s}>{n}</{s}>" for s, n in zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True))
    return (
        f"<annotation><filename>{filename}</filename><size><width>{size[0]}</width><height>{size[1]}</height>"
        f"</size><object><name>car</name><bndbox>{sides}</bndbox></object></annotation>"
    )


# ---- correct exports -------------------------------------------------------------------------


@pytest.mark.parametrize("names", [("a_jpg.rf.1f2e", "b_png.rf.77"), ("v1.2.3", "v1.2.4")])
def test_labels_without_pictures_are_matched_by_stems_with_dots(names: tuple[str, str]) -> None:
    files: dict[str, str | bytes] = {f"labels/{name}.txt": ROW for name in names}
    of = snapshot(*(f"train/{name}.jpg" for name in names))
    answer = judged(of, "yolo", {"data.yaml": ROWS, **files})
    assert (answer.outcome, answer.codes) == (Outcome.PASSED, ())


@pytest.mark.parametrize(
    ("shape", "points"),
    [("[2, 3]", "0.2 0.3 2 0.4 0.5 1"), ("[2, 2]", "0.2 0.3 0.4 0.5"), ("[1, 3]", "0 0 0")],
)
def test_keypoints_are_no_polygon(shape: str, points: str) -> None:
    files: dict[str, str | bytes] = {
        "data.yaml": f"kpt_shape: {shape}\n{ROWS}",
        "labels/a.txt": f"{ROW} {points}\n0 0.35 0.35 0.5 0.4 {points}",
    }
    of = snapshot("a.jpg")
    second = replace(of.annotations[0], id="1", box=(64.0, 72.0, 320.0, 192.0))
    answer = judged(replace(of, annotations=(*of.annotations, second)), "yolo", files)
    assert (answer.outcome, answer.codes) == (Outcome.PASSED, ()), answer.findings


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (f"{ROW} 0.2 0.3 2", "export.row-unreadable"),
        (f"{ROW} 0.2 1.3 2 0.4 0.5 1", "export.out-of-range"),
        (f"{ROW} 0.2 -0.3 2 0.4 0.5 1", "export.out-of-range"),
    ],
)
def test_keypoints_that_ultralytics_leaves_out_are_named(row: str, code: str) -> None:
    files: dict[str, str | bytes] = {"data.yaml": f"kpt_shape: [2, 3]\n{ROWS}", "labels/a.txt": row}
    assert code in judged(snapshot("a.jpg"), "yolo", files).codes


@pytest.mark.parametrize("filename", ["sub/a.jpg", "a.jpg", "a", "x.rf.0a/a.jpg"])
def test_a_voc_file_may_name_its_picture_with_a_directory(filename: str) -> None:
    answer = judged(snapshot("sub/a.jpg"), "voc", {"Annotations/sub/a.xml": voc(filename), "README": ""})
    assert (answer.outcome, answer.codes) == (Outcome.PASSED, ())


def test_a_voc_file_of_another_picture_is_named() -> None:
    answer = judged(snapshot("sub/a.jpg"), "voc", {"Annotations/sub/a.xml": voc("a/b.jpg"), "README": ""})
    assert "export.other-picture" in answer.codes


@pytest.mark.parametrize("form", ["createml", "cvat", "tfrecord"])
def test_a_stated_format_that_is_not_read_is_not_guessed(form: str) -> None:
    coco = '{"images": [], "annotations": [], "categories": []}'
    for files in ({"a.json": coco}, {"a.xml": voc("a.jpg"), "b.xml": voc("b.jpg")}):
        read = loaded(form, dict(files))
        assert (read.value, [problem.code for problem in read.problems]) == (None, ["export.unknown-format"])
        assert loaded(form, dict(files), stated="coco" if len(files) == 1 else "voc").value is not None
