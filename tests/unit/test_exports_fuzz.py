"""Damaged exported files: each is unreadable by name, or gate 6 sees what became of it."""

import io
import json
from collections import Counter
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bot.answers import Outcome
from bot.evidence.exports.load import load_exported
from bot.evidence.exports.model import ClassEntry, ExportConfig, ExportedFiles, ExportEvidence
from bot.evidence.model import Label, Loaded, Snapshot
from bot.evidence.sources import Naming
from bot.gates.export_validated import check
from bot.manifest import Source
from bot.policy import ExportRule
from tests.fakes.damages import DAMAGES, OTHERS, flipped, truncated
from tests.fakes.file_trees import MemoryFiles
from tests.fakes.one_dataset import CLASSES, Dataset, coco, dataset, label_studio, loaded, voc, yolo

CASES = 2_000
SMALL = dataset(Random(3), pictures=3)
NAMING = Naming(file="release.yaml", key=("exports", 0), what="The exported files", line=lambda _: 9)
LABELS = Loaded(value=tuple(Label(id=str(n), name=name) for n, name in enumerate(CLASSES)))


def rows(found: Dataset) -> list[dict[str, Any]]:
    return [
        {
            "item": one.name,
            "split": one.split,
            "width": 640,
            "height": 480,
            "annotation": thing.number,
            "label": thing.label,
            "box": [float(side) for side in thing.box],
        }
        for one in found
        for thing in one.things
    ]


def jsonl(found: Dataset) -> dict[str, bytes]:
    lines: list[dict[str, Any]] = [{"classes": {str(n): name for n, name in enumerate(CLASSES)}}]
    for one in found:
        lines.append({"item": {"id": one.name, "split": one.split, "width": 640, "height": 480}})
        for thing in one.things:
            box = [float(side) for side in thing.box]
            lines.append(
                {"annotation": {"id": thing.number, "item": one.name, "label": thing.label, "box": box}}
            )
    return {"d/e.jsonl": "".join(json.dumps(line) + "\n" for line in lines).encode()}


def huggingface(found: Dataset) -> dict[str, bytes]:
    lines = [
        {
            "file_name": one.name,
            "split": one.split,
            "objects": {
                "bbox": [list(thing.box) for thing in one.things],
                "categories": [CLASSES.index(thing.label) for thing in one.things],
            },
        }
        for one in found
    ]
    return {"d/metadata.jsonl": "".join(json.dumps(line) + "\n" for line in lines).encode()}


def table(records: list[dict[str, Any]]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(records), sink)
    return sink.getvalue()


def parquet(found: Dataset) -> dict[str, bytes]:
    return {"d/e.parquet": table(rows(found))}


def retyped_column(_: bytes, random: Random) -> bytes:
    records = rows(SMALL)
    name = random.choice(list(records[0]))
    value = random.choice([other for other in OTHERS if other not in ({}, 10**30)])
    return table([{**record, name: value} for record in records])


EXPORTS: Mapping[str, tuple[Callable[[Dataset], dict[str, bytes]], str]] = {
    "coco": (coco, "coco"),
    "yolo": (yolo, "yolo"),
    "voc": (voc, "voc"),
    "jsonl": (jsonl, "jsonl"),
    "huggingface": (huggingface, "huggingface"),
    "parquet": (parquet, "parquet"),
}


def first_number(form: str) -> int:
    return 1 if form == "coco" else 0


def config(form: str) -> ExportConfig:
    classes = tuple(ClassEntry(id=str(n), name=name) for n, name in enumerate(CLASSES, first_number(form)))
    return ExportConfig(file="e.yaml", format=form, classes=classes)


def load(files: Mapping[str, bytes], form: str) -> Loaded[ExportedFiles]:
    source = Source(path="/d", format=form)
    tree = MemoryFiles(dict(files))
    return load_exported(tree, source, NAMING, manifest_path="release.yaml", config=config(form))


def outcome(found: Loaded[ExportedFiles], snapshot: Loaded[Snapshot], form: str) -> Outcome:
    export = ExportEvidence(config=Loaded(value=config(form)), artefact=found)
    labels = Loaded(
        value=tuple(Label(id=entry.id, name=entry.name) for entry in config(form).classes),
    )
    return check(
        labels=labels, snapshot=snapshot, exports=(export,), downstream=(), rule=ExportRule()
    ).outcome


def held(found: Loaded[ExportedFiles]) -> Counter[tuple[str, str]]:
    """The classes of every picture; exporters may write pictures of another format, so suffixes do not count."""
    assert found.value is not None
    return Counter((one.item.rpartition(".")[0], one.label) for one in found.value.content.annotations)


@pytest.mark.parametrize("name", EXPORTS)
def test_a_damaged_export_is_refused_by_name_or_does_not_pass(name: str) -> None:
    write, form = EXPORTS[name]
    files = write(SMALL)
    snapshot = loaded(label_studio(SMALL))
    whole = load(files, form)
    assert outcome(whole, snapshot, form) is Outcome.PASSED
    damages = (truncated, flipped, retyped_column) if name == "parquet" else DAMAGES
    random = Random(name)
    noticed = 0
    for number in range(CASES):
        damage = damages[number % len(damages)]
        victim = random.choice([path for path, data in files.items() if data.strip()])
        damaged = damage(files[victim], random)
        found = load({**files, victim: damaged}, form)
        assert found.value is not None or found.problems
        for finding in (*found.problems, *(found.value.faults if found.value else ())):
            assert "." in finding.code
            assert finding.text.endswith(".")
            assert len(finding.text) < 600
        passed = outcome(found, snapshot, form) is Outcome.PASSED
        noticed += not passed
        assert not passed or held(found) == held(whole), (damage.__name__, victim, damaged)
    assert noticed > CASES / 5
