"""Exported files as their consumers take them: what is left out, overwritten, or cannot be read at all."""

import json

import pytest

from bot.evidence.exports import load as exports
from bot.evidence.exports.load import load_exported
from bot.evidence.exports.model import BoxForm, ClassEntry, ExportConfig, ExportedFiles
from bot.evidence.model import Loaded
from bot.evidence.sources import MAX_SNAPSHOT, Naming
from bot.forges.base import ObjectKind, TreeEntry
from bot.manifest import Source
from tests.fakes.file_trees import MemoryFiles

NAMING = Naming(file="release.yaml", key=("exports", 0), what="The exported files", line=lambda _: 9)
CAR = (ClassEntry(id="0", name="car"),)
BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "cc"><!ENTITY d "&b;&b;">]><annotation>&d;</annotation>'


def load(
    files: dict[str, bytes] | MemoryFiles, path: str, form: str = "", classes: tuple[ClassEntry, ...] = CAR
) -> Loaded[ExportedFiles]:
    config = ExportConfig(file="e.yaml", format=form, classes=classes) if form else None
    tree = files if isinstance(files, MemoryFiles) else MemoryFiles(files)
    return load_exported(tree, Source(path=f"/{path}"), NAMING, manifest_path="release.yaml", config=config)


def found(loaded: Loaded[ExportedFiles]) -> ExportedFiles:
    assert loaded.value is not None, loaded.problems
    return loaded.value


def faults(loaded: Loaded[ExportedFiles]) -> list[str]:
    return [fault.code for fault in found(loaded).faults]


def coco(**changed: object) -> bytes:
    document: dict[str, object] = {
        "images": [{"id": 1, "file_name": "a.jpg"}],
        "annotations": [],
        "categories": [{"id": 1, "name": "car"}],
    }
    return json.dumps({**document, **changed}).encode()


def test_of_two_coco_records_with_one_id_the_later_stays_and_boxes_may_be_anything() -> None:
    read = load(
        {
            "out.json": coco(
                categories=[{"id": 1, "name": "car"}, {"id": 1, "name": "bus"}],
                annotations=[
                    {"id": 1, "image_id": 1, "category_id": 1, "bbox": [5, 5, -2, -3]},
                    {"id": 2, "image_id": 1, "category_id": 1, "bbox": [5, 5]},
                    {"id": 3, "image_id": 1, "category_id": 1},
                ],
            )
        },
        "out.json",
    )
    assert found(read).content.classes == {"1": "bus"}
    assert [one.box for one in found(read).content.annotations] == [(5, 5, -2, -3), None, None]
    assert faults(read) == ["export.duplicate-id", "export.box-unreadable"]


def test_coco_files_of_a_directory_are_taken_together_and_must_agree_about_classes() -> None:
    files = {
        "out/train.json": coco(),
        "out/val.json": coco(categories=[{"id": 1, "name": "bus"}]),
        "out/readme.md": b"",
    }
    read = load(files, "out")
    assert [(item.id, item.split) for item in found(read).content.items] == [
        ("train/a.jpg", "train"),
        ("val/a.jpg", "val"),
    ]
    assert faults(read) == ["export.classes-disagree"]


def test_one_picture_twice_in_one_split_is_kept_apart() -> None:
    images = [{"id": n, "file_name": "a.jpg", "width": -1} for n in (1, 2)]
    read = load({"out.json": coco(images=images)}, "out.json")
    assert [item.id for item in found(read).content.items] == ["a.jpg", "a.jpg#1"]


@pytest.mark.parametrize(
    ("data", "path"),
    [(b"{", "out.json"), (b'{"images": [], "annotations": [{"bbox": [NaN]}], "categories": []}', "out.json")],
)
def test_what_no_reader_of_json_understands_is_a_problem(data: bytes, path: str) -> None:
    assert [problem.code for problem in load({path: data}, path, "coco").problems] == ["export.unreadable"]


def test_a_yolo_directory_without_configuration_takes_the_classes_of_the_export() -> None:
    files = {
        "out/labels/a.txt": b"0 0.5 0.5 0.1 0.1\n",
        "out/images/a.jpg": b"1",
        "out/classes.txt": b"car\n",
    }
    read = found(load(files, "out", "YOLO"))
    assert (read.boxes, read.images_known, read.faults) == (BoxForm.CENTRE, True, ())
    assert [(one.label, one.box) for one in read.content.annotations] == [("car", (0.45, 0.45, 0.1, 0.1))]


def test_a_flat_yolo_directory_is_recognised_and_strange_rows_are_told() -> None:
    files = {"out/a.txt": b"0.5 0.5 0.5 0.1 0.1\n0 nan 0.5 0.1 0.1\n", "out/a.jpg": b"1"}
    read = load(files, "out")
    assert faults(read) == ["export.class-unknown", "export.row-unreadable"]
    assert [one.label for one in found(read).content.annotations] == ["class 0.5"]


def test_labels_without_pictures_leave_it_open_which_pictures_have_none() -> None:
    files = {"out/data.yaml": b"path: .\ntrain: images/train\nnames: [car]\n", "out/labels/train/a.txt": b""}
    assert not found(load(files, "out")).images_known
    files["out/data.yaml"] = b"train: [train.txt, 3]\nnames: [car]\n"
    files["out/train.txt"] = b"images/train/a.jpg\n"
    assert found(load(files, "out")).images_known


def test_faults_of_a_data_yaml_and_label_files_of_no_picture_are_told() -> None:
    files = {
        "out/data.yaml": b"names: [no]\nnc: 2\n",
        "out/images/a.jpg": b"1",
        "out/labels/a.txt": b"",
        "out/labels/b.txt": b"",
    }
    assert faults(load(files, "out")) == [
        "export.class-name-changed",
        "export.class-count",
        "export.label-without-image",
    ]
    files["out/data.yaml"] = b"names: ["
    assert [problem.code for problem in load(files, "out").problems] == ["yaml.syntax"]
    files["out/data.yaml"] = b"train: nowhere\nnames: [car]\n"
    assert "yolo.empty-split" in faults(load(files, "out"))


def voc(*objects: str, name: str = "a.jpg", size: str = "<width>10</width><height>5</height>") -> bytes:
    return (
        f"<annotation><filename>{name}</filename><size>{size}</size>{''.join(objects)}</annotation>".encode()
    )


BOX = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>4</xmax><ymax>4</ymax></bndbox>"


def test_pascal_voc_is_read_with_its_splits_and_parts_of_objects_are_none() -> None:
    head = f"<object><name>car</name>{BOX}<part><name>wheel</name>{BOX}</part></object>"
    files = {
        "out/Annotations/a.xml": voc(head),
        "out/ImageSets/Main/val.txt": b"a\n",
        "out/ImageSets/Main/car_val.txt": b"a -1\n",
    }
    read = found(load(files, "out"))
    assert [(item.id, item.split, item.width) for item in read.content.items] == [("a.jpg", "val", 10)]
    assert [(one.label, one.box) for one in read.content.annotations] == [("car", (1, 2, 3, 2))]
    assert (read.boxes, read.faults) == (BoxForm.CORNERS, ())


def test_a_voc_file_of_another_picture_without_size_or_with_words_for_numbers_is_told() -> None:
    words = "<object><name>car</name><bndbox><xmin>one</xmin></bndbox></object>"
    read = load({"out/train/b.xml": voc(words, size="<width>0</width>")}, "out", "voc")
    assert faults(read) == ["export.other-picture", "export.size-missing", "export.box-unreadable"]
    assert [item.split for item in found(read).content.items] == ["train"]


@pytest.mark.parametrize(("data", "code"), [(BOMB, "evidence.unsafe-xml"), (b"<a>", "evidence.not-xml")])
def test_xml_with_entities_or_none_at_all_is_refused(data: bytes, code: str) -> None:
    read = load({"out/a.xml": data}, "out", "voc")
    assert (read.value, [problem.code for problem in read.problems]) == (None, [code])


def test_records_of_hugging_face_take_names_or_numbers_for_categories() -> None:
    lines = [
        {"file_name": "a.jpg", "objects": {"bbox": [[1, 2, 3, 4]], "category": ["bus"]}},
        {"file_name": "b.jpg", "objects": {"bbox": [[1, 2, 3, 4]], "label": [0]}},
        {"file_name": "c.jpg", "objects": {"bbox": [[1, 2, 3]], "categories": [7]}},
        {"file_name": "d.jpg", "objects": {"bbox": [[1, 2, 3, 4]]}},
        {"file_name": "d.jpg", "text": "again"},
        {"other": 1},
    ]
    data = "\n".join(map(json.dumps, lines)).encode()
    read = load({"train/metadata.jsonl": data}, "train/metadata.jsonl", "huggingface")
    assert [one.label for one in found(read).content.annotations] == ["bus", "car", "class 7"]
    assert [item.split for item in found(read).content.items] == ["train"] * 4
    assert faults(read) == ["export.class-unknown", "export.box-unreadable", "export.objects-unlike"]


def test_our_own_records_state_classes_and_boxes_that_are_no_lists_are_told() -> None:
    lines = [
        {"classes": {"1": "car"}},
        {"item": {"id": "a.jpg", "width": "wide"}},
        {"annotation": {"id": 1, "item": "a.jpg", "label": "car", "box": "1 2 3 4"}},
    ]
    data = "\n".join(map(json.dumps, lines)).encode()
    read = load({"out.jsonl": data}, "out.jsonl")
    assert (found(read).boxes, found(read).content.classes) == (None, {"1": "car"})
    assert faults(read) == ["export.box-unreadable"]


def test_a_directory_of_parquet_files_that_are_none_is_a_problem() -> None:
    assert [problem.code for problem in load({"out/a.parquet": b"PAR1"}, "out").problems] == [
        "evidence.not-parquet"
    ]


@pytest.mark.parametrize(
    ("files", "path", "form"),
    [
        ({"out/readme.md": b""}, "out", ""),
        ({"out.txt": b"0 0.5 0.5 0.1 0.1\n"}, "out.txt", "yolo"),
        ({"out.bin": b"\0"}, "out.bin", "tfrecord"),
    ],
)
def test_a_format_that_is_not_known_or_does_not_fit_is_said(
    files: dict[str, bytes], path: str, form: str
) -> None:
    read = load(files, path, form)
    assert [(problem.code, problem.line) for problem in read.problems] == [("export.unknown-format", 9)]
    assert read.used is not None


@pytest.mark.parametrize("digest", [f"gittree:{'ab' * 20}", f"gittree:{'cd' * 20}"])
def test_a_directory_must_have_the_digest_that_is_declared(digest: str) -> None:
    files = MemoryFiles({"out/labels/a.txt": b"0 0.5 0.5 0.1 0.1\n", "out/images/a.jpg": b""})
    config = ExportConfig(file="e.yaml", format="yolo", classes=CAR)
    source = Source(path="/out", digest=digest)
    read = load_exported(files, source, NAMING, manifest_path="release.yaml", config=config)
    right = digest.endswith("ab")
    assert [problem.code for problem in read.problems] == ([] if right else ["evidence.digest-mismatch"])
    assert (read.value is not None) is right


def test_all_files_of_a_directory_share_one_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"out/{name}.json": coco() for name in ("train", "val")}
    monkeypatch.setattr(exports, "MAX_SNAPSHOT", 2 * len(coco()))
    assert load(files, "out").problems == ()
    monkeypatch.setattr(exports, "MAX_SNAPSHOT", 2 * len(coco()) - 1)
    assert [problem.code for problem in load(files, "out").problems] == ["evidence.too-large"]


def test_files_that_are_missing_too_large_or_links_are_refused() -> None:
    assert [problem.code for problem in load({}, "out").problems] == ["evidence.missing"]

    class Links(MemoryFiles):
        def entry(self, path: str) -> TreeEntry | None:
            kind = ObjectKind.SYMLINK if path.endswith(".xml") else ObjectKind.DIRECTORY
            return TreeEntry("0" * 40, kind)

    class Huge(MemoryFiles):
        def entry(self, path: str) -> TreeEntry | None:
            large = TreeEntry("0" * 40, ObjectKind.FILE, MAX_SNAPSHOT + 1)
            return large if path.endswith(".xml") else TreeEntry("0" * 40, ObjectKind.DIRECTORY)

    linked, huge = load(Links({"out/a.xml": b""}), "out", "voc"), load(Huge({"out/a.xml": b""}), "out", "voc")
    assert [problem.code for problem in linked.problems] == ["evidence.symlink"]
    assert [problem.code for problem in huge.problems] == ["evidence.too-large"]
