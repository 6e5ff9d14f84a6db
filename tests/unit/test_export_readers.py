"""What consumers take for right is no fault, and what they would load differently is not passed."""

import json
from dataclasses import replace
from math import inf

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


# ---- what was passed and is not --------------------------------------------------------------


def metadata(*boxes: tuple[float, ...]) -> str:
    rows = (
        f'{{"file_name": "{n}.jpg", "objects": {{"bbox": [{list(box)}], "categories": [0]}}}}\n'
        for n, box in enumerate(boxes)
    )
    return "".join(rows)


def test_fractions_where_hugging_face_has_pixels_are_named() -> None:
    of = snapshot("0.jpg", "1.jpg")
    right = judged(of, "huggingface", {"metadata.jsonl": metadata(BOX, BOX)})
    assert (right.outcome, right.codes) == (Outcome.PASSED, ())
    wrong = judged(of, "huggingface", {"metadata.jsonl": metadata(*[(0.1, 0.1, 0.5, 0.5)] * 2)})
    assert (wrong.outcome, wrong.codes) == (Outcome.FAILED, ("export.box-unit",))
    assert "in fractions written where x, y, width, height in pixels" in wrong.findings[0].text
    centres = judged(of, "huggingface", {"metadata.jsonl": metadata(*[(0.35, 0.35, 0.5, 0.5)] * 2)})
    assert "centre x, centre y, width, height in fractions written" in centres.findings[0].text


@pytest.mark.parametrize("size", [(480, 640), (1280, 960)])
def test_a_picture_of_another_size_is_named(size: tuple[int, int]) -> None:
    answer = judged(snapshot("a.jpg"), "voc", {"a.xml": voc("a.jpg", size=size), "README": ""})
    assert (answer.outcome, answer.codes, answer.findings[0].items) == (
        Outcome.FAILED,
        ("export.item-size",),
        ("a.jpg",),
    )


@pytest.mark.parametrize("form", ["coco", "voc"])
def test_pictures_are_looked_for_where_there_are_any(form: str) -> None:
    of = snapshot("a.jpg", "b.jpg")
    files = {"voc": {"a.xml": voc("a.jpg"), "b.xml": voc("b")}, "coco": {"all.json": coco(of)}}[form]
    for pictures, codes in (
        ({"a.jpg": b"1", "b.jpg": b"2"}, ()),
        ({"logo.png": b"1"}, ()),
        ({"a.jpg": b"1", "b.jpg": b""}, ("export.picture-empty",)),
        ({"a.jpg": b"1"}, ("export.pictures-missing",)),
    ):
        answer = judged(of, form, {"readme": "", **files, **pictures})
        assert answer.codes == codes
        assert not codes or len(answer.findings[0].items) == 1


def test_a_list_that_names_a_picture_which_is_not_there_is_told() -> None:
    files: dict[str, str | bytes] = {
        "data.yaml": f"train: train.txt\n{ROWS}",
        "train.txt": "./images/a.jpg\n./images/b.jpg\n",
        "images/a.jpg": b"1",
        "labels/a.txt": ROW,
        "labels/b.txt": ROW,
    }
    assert judged(snapshot("a.jpg", "b.jpg"), "yolo", files).codes == ("export.pictures-missing",)


# ---- outlines --------------------------------------------------------------------------------

OUTLINE = (64.0, 48.0, 384.0, 48.0, 384.0, 288.0, 64.0, 288.0)


def coco(of: Snapshot, segmentation: object = None) -> str:
    images = [
        {"id": n, "file_name": item.file, "width": 640, "height": 480} for n, item in enumerate(of.items)
    ]
    boxes = [
        {"id": n, "image_id": n, "category_id": 1, "bbox": one.box}
        | ({} if segmentation is None else {"segmentation": segmentation})
        for n, one in enumerate(of.annotations)
    ]
    return json.dumps({"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "car"}]})


def outlined() -> Snapshot:
    of = snapshot("a.jpg")
    return replace(of, annotations=tuple(replace(one, shape=OUTLINE) for one in of.annotations))


@pytest.mark.parametrize(
    ("form", "segmentation", "codes"),
    [
        ("coco", [list(OUTLINE)], ()),
        ("coco", [list(OUTLINE[:6])], ("export.outlines-differ",)),
        ("coco", [[]], ("export.outlines-differ",)),
        ("coco", None, ("export.outlines-differ",)),
        ("coco", [["x"]], ("export.outline-unreadable", "export.outlines-differ")),
        ("coco", {"size": [480], "counts": []}, ("export.outline-unreadable", "export.outlines-differ")),
        ("coco-detection", None, ()),
    ],
)
def test_outlines_of_coco_are_compared_unless_boxes_are_meant(
    form: str, segmentation: object, codes: tuple[str, ...]
) -> None:
    assert judged(outlined(), form, {"all.json": coco(outlined(), segmentation)}).codes == codes


@pytest.mark.parametrize(
    ("shift", "crowd", "codes"),
    [(1e-9, True, ()), (5.0, True, ("export.outlines-differ",)), (0.0, False, ("export.outlines-differ",))],
)
def test_outlines_of_several_parts_and_crowds_are_compared(
    shift: float, crowd: bool, codes: tuple[str, ...]
) -> None:
    of = outlined()
    shape = (*OUTLINE[:6], inf, *OUTLINE, -inf, -inf)
    of = replace(of, annotations=tuple(replace(one, shape=shape) for one in of.annotations))
    document = json.loads(coco(of, [list(OUTLINE[:6]), [side + shift for side in OUTLINE]]))
    for one in document["annotations"]:
        one["iscrowd"] = int(crowd)
    assert judged(of, "coco", {"all.json": json.dumps(document)}).codes == codes


@pytest.mark.parametrize(
    ("row", "codes"),
    [
        ("0 0.1 0.1 0.6 0.1 0.6 0.6 0.1 0.6", ()),
        ("0 0.1 0.1 0.6 0.1 0.6 0.6", ("export.outlines-differ",)),
        (ROW, ("export.outlines-differ", "export.outlines-missing")),
    ],
)
def test_outlines_of_yolo_are_compared(row: str, codes: tuple[str, ...]) -> None:
    assert judged(outlined(), "yolo-segment", {"data.yaml": ROWS, "labels/a.txt": row}).codes == codes
    assert judged(outlined(), "yolo", {"data.yaml": ROWS, "labels/a.txt": row}).outcome is Outcome.PASSED


def test_what_pascal_voc_lets_pass_is_told_as_a_limit() -> None:
    shifted = tuple(side + 1.0 for side in (64, 48, 384, 288))
    answer = judged(snapshot("a.jpg"), "voc", {"a.xml": voc("a.jpg", box=shifted), "README": ""})
    assert answer.outcome is Outcome.PASSED
    limits = [table.rows for table in answer.facts if table.title == "Limits of reading back: e.yaml"]
    assert [rows[0][0] for rows in limits] == ["1.5 pixels"]
    other = judged(snapshot("a.jpg"), "coco", {"all.json": coco(snapshot("a.jpg"))})
    assert not any(table.title.startswith("Limits") for table in other.facts)
