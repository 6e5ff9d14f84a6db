"""Telling formats and pointers by their bytes, and reading export configurations."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.evidence.detect import directory_format, snapshot_format, table_format
from bot.evidence.export_config import read_export_config
from bot.evidence.pointers import pointer_kind


@pytest.mark.parametrize(
    ("data", "file", "form"),
    [
        (b"PAR1...", "x", "parquet"),
        (b'\xef\xbb\xbf {"id": 1}', "x.csv", "jsonl"),
        (b"id,name\r\n1,a\r\n", "x.jsonl", "csv"),
        (b"", "x.jsonl", "jsonl"),
        (b"\n", "x.CSV", "csv"),
        (b"", "x.parquet", None),
        (b"<xml/>", "x.csv", None),
        (b"[1]", "x.jsonl", None),
    ],
)
def test_tables_are_told_by_content(data: bytes, file: str, form: str | None) -> None:
    assert table_format(data, file=file) == form


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (b"PAR1", "parquet"),
        (b'{"item": {"id": 1}}', "jsonl"),
        (b'{"info": {}, "images" : []}', "coco"),
        (b'[{"data": {"image": "x"}}]', None),
        (b'\xef\xbb\xbf [{"id": 1, "annotations": [], "data" : {"image": "x"}}]', "label-studio"),
        (b'[{"image": "x", "annotation_id": 3, "annotator": 1}]', "label-studio"),
        (b'[{"image": "x", "annotations": []}]', None),
        (b"", None),
    ],
)
def test_snapshots_are_told_by_content(data: bytes, form: str | None) -> None:
    assert snapshot_format(data) == form


@pytest.mark.parametrize(
    ("names", "form"),
    [
        (("labels/x.txt", "data.yaml"), "yolo"),
        (("train/_a.COCO.JSON",), "coco"),
        (("Annotations/a.XML", "ImageSets/Main/train.txt"), "voc"),
        (("classes.txt", "labels/a.txt"), "yolo"),
        (("coco8.yaml", "labels/a.txt"), "yolo"),
        (("a.yaml", "b.yaml"), None),
        (("README.md",), None),
        ((), None),
    ],
)
def test_directories_are_told_by_their_files(names: tuple[str, ...], form: str | None) -> None:
    assert directory_format(names) == form


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 1\n", "Git LFS pointer"),
        (b"# note\n\nouts:\n- md5: ab.dir\n  path: x\n", "DVC file"),
        (b"schema: '2.0'\nstages:\n  a:\n    cmd: x\n", "DVC file"),
        (b"outs:\n- path: x\n", None),
        (b'{"id": 1}\n', None),
        (b"schema: '2.0'\nstages:\n" + b"#" * (1 << 20), None),
    ],
)
def test_files_that_stand_for_other_bytes_are_recognised(data: bytes, kind: str | None) -> None:
    assert pointer_kind(data) == kind


@pytest.mark.parametrize(
    ("text", "form", "classes"),
    [
        ("format: yolo\nclasses:\n  0: car\n  1: bus\n", "yolo", [("0", "car", 3), ("1", "bus", 4)]),
        ("format: coco\nclasses:\n- car\n", "coco", [("0", "car", 3)]),
        ("train: x\nnames: [car]\n", "yolo", [("0", "car", 2)]),
        ('{"categories": [\n{"id": 90, "name": "car"}]}', "coco", [("90", "car", 2)]),
    ],
)
def test_export_configurations_give_every_class_its_line(
    text: str, form: str, classes: list[tuple[str, str, int]]
) -> None:
    config = read_export_config(text.encode(), file="e.yaml").value
    assert config is not None
    assert (config.file, config.format) == ("e.yaml", form)
    assert [(c.id, c.name, c.line) for c in config.classes] == classes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("classes: [car]\n", ["export.no-format"]),
        ("format: yolo\nclasses: 3\n", ["export.no-classes"]),
        ("other: 1\n", ["export.no-classes"]),
        ("- 1\n", ["export.no-classes"]),
        ("names: [car]\nother: yes\n", ["yaml.ambiguous-scalar"]),
        ("names:\n  0: car\nother: 1\nother: 2\n", ["yaml.duplicate-key"]),
        ("a: [", ["yaml.syntax"]),
    ],
)
def test_export_configurations_that_map_nothing_are_refused(text: str, codes: list[str]) -> None:
    loaded = read_export_config(text.encode(), file="e.yaml")
    assert loaded.value is None
    assert [f.code for f in loaded.problems] == codes


@pytest.mark.parametrize(
    ("text", "faults", "names"),
    [
        ("names: [no, 'no']\n", [("export.class-name-changed", 1)], ["no", "no"]),
        ("names:\n- car\n- 012\n", [("export.class-name-changed", 3)], ["car", "012"]),
        ("names:\n- 1e3\n- =\n", [("export.class-name-changed", n) for n in (2, 3)], ["1e3", "="]),
        ("names: [2024-01-01, 1:30]\n", [("export.class-name-changed", 1)], ["2024-01-01", "1:30"]),
        ("names: [null]\n", [("export.class-name-changed", 1)], ["null"]),
        ("names: ['', [a]]\n", [("export.class-unnamed", 1)] * 2, []),
        ("categories: [3, {id: 1}]\n", [("export.class-unnamed", 1)] * 2, []),
        ("names:\n  0: a\n  00: b\n", [("export.class-id-changed", 3)], ["a", "b"]),
        ("names:\n  0: a\n  0: b\nnc: 1\n", [("export.class-duplicate", 3)], ["a"]),
        ("nc: 3\nnames: [a, b]\n", [("export.class-count", 1)], ["a", "b"]),
        ("names: {0: a, 1: b, 10: c, 2: d}\n", [("export.class-unsorted", 1)], list("abcd")),
        ("names: {0: a, 10: b, x: c}\n", [], list("abc")),
        ("categories: [{id: 1, name: no}]\nnc: 7\n", [("export.class-name-changed", 1)], ["no"]),
    ],
)
def test_what_a_consumer_would_trip_over_in_a_class_map_is_a_fault_on_its_line(
    text: str, faults: list[tuple[str, int]], names: list[str]
) -> None:
    config = read_export_config(text.encode(), file="e.yaml").value
    assert config is not None
    assert [(fault.code, fault.line) for fault in config.faults] == faults
    assert [entry.name for entry in config.classes] == names


@settings(deadline=None, max_examples=150)
@given(data=st.binary(max_size=60) | st.text("{}[]:,-\n \"'namesclasses01", max_size=40).map(str.encode))
def test_any_bytes_are_told_and_read_without_an_exception(data: bytes) -> None:
    table_format(data, file="x")
    snapshot_format(data)
    pointer_kind(data)
    loaded = read_export_config(data, file="x")
    assert (loaded.value is None) is bool(loaded.problems)
