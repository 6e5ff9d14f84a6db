"""A whole COCO file as an export's configuration, however large: its categories are the class map."""

import json

import pytest

from bot.evidence.export_config import read_export_config
from bot.evidence.exports.evidence import load_exports
from bot.manifest import ExportSource, Manifest
from tests.fakes.file_trees import MemoryFiles

CATEGORIES = [
    {"id": 1, "name": "car"},
    {"supercategory": "x", "id": 7, "name": "no"},
    {"id": 90, "name": "tram"},
]


def instances(categories: object, count: int = 2, indent: int | None = None) -> bytes:
    boxes = [{"id": n, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]} for n in range(count)]
    images = [{"id": 1, "file_name": "a.jpg"}]
    document = {"images": images, "annotations": boxes, "categories": categories}
    return json.dumps(document, indent=indent).encode()


@pytest.mark.parametrize("count", [2, 20_000, 500_000])
def test_categories_are_read_whatever_the_size_of_the_file(count: int) -> None:
    data = instances(CATEGORIES, count)
    assert (len(data) > 30 << 20) is (count == 500_000)
    release = Manifest(
        dataset="street",
        version="v1",
        schema={"path": "labels.jsonl"},
        snapshot={"path": "s.json"},
        exports=(ExportSource(config="/out/instances.json"),),
    )
    files = MemoryFiles({"out/instances.json": data})
    (export,) = load_exports(files, release, manifest_path="r.yaml", line=lambda _: 1, snapshot=None)
    assert export.config.value is not None, export.config.problems
    assert export.config.value.format == "coco"
    named = [(entry.id, entry.name) for entry in export.config.value.classes]
    assert named == [("1", "car"), ("7", "no"), ("90", "tram")]


def test_every_class_has_its_line() -> None:
    data = instances([*CATEGORIES, {"id": 3, "name": 5}], indent=1)
    read = read_export_config(b"\xef\xbb\xbf" + data, file="i.json").value
    assert read is not None
    lines = data.decode().split("\n")
    for entry in read.classes:
        told = "\n".join(lines[(entry.line or 0) - 1 : (entry.line or 0) + 4])
        assert f'"name": "{entry.name}"' in told
    assert [(fault.code, fault.items) for fault in read.faults] == [("export.class-unnamed", ("3",))]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (instances([]), "export.no-classes"),
        (instances("car"), "export.unreadable"),
        (instances([{"name": "car"}]), "export.unreadable"),
        (instances(CATEGORIES)[:-9], "export.unreadable"),
    ],
)
def test_a_file_without_categories_is_no_class_map(data: bytes, code: str) -> None:
    assert [problem.code for problem in read_export_config(data, file="i.json").problems] == [code]
