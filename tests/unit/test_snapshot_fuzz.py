"""Damaged snapshots: every one is refused by name, or gate 5 sees what became of it."""

import io
import json
from collections import Counter
from collections.abc import Callable, Mapping
from math import isclose
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bot.answers import Outcome
from bot.evidence.model import Loaded, Snapshot
from bot.gates.snapshot_compare import check
from bot.policy import CompareRule
from tests.fakes.damages import DAMAGES, OTHERS, flipped, truncated
from tests.fakes.one_dataset import FORMS, Dataset, coco, dataset, loaded

CASES = 2_000
SMALL = dataset(Random(3), pictures=3)
POSE = {
    "d/data.yaml": b"path: .\ntrain: train.txt\nkpt_shape: [2, 3]\nnames:\n  0: car\n  1: bus\n",
    "d/train.txt": b"images/a.jpg\nimages/b.jpg\n",
    "d/labels/a.txt": b"0 0.5 0.5 0.2 0.2 0.4 0.4 2 0.6 0.6 1\n1 0.3 0.3 0.1 0.1 0.25 0.25 0 0.3 0.3 2\n",
    "d/labels/b.txt": b"",
}
POLYGONS = {
    "d/data.yaml": b"train: train.txt\nnames: [car, bus]\nnc: 2\n",
    "d/train.txt": b"images/a.jpg\n",
    "d/labels/a.txt": b"0 0.1 0.1 0.4 0.1 0.4 0.5\n1 0.2 0.15 0.4 0.15 0.4 0.75 0.3 0.75\n",
}


POLYGON = [10, 20, 30, 20, 30, 60.5]
TIME = "2026-03-27T14:05:00Z"


def coco_in_full(found: Dataset) -> dict[str, bytes]:
    """COCO with every field that is read: polygons, both kinds of masks, keypoints, digests, people."""
    shapes: list[dict[str, Any]] = [
        {"segmentation": [POLYGON]},
        {"segmentation": {"size": [480, 640], "counts": [50, 200, 306_950]}},
        {"segmentation": {"size": [2, 3], "counts": "123"}},
        {"keypoints": [12, 13, 2, 20.5, 21, 1]},
    ]
    content = json.loads(coco(found)["d/all.json"])
    for number, image in enumerate(content["images"]):
        named = {"sha256": f"{number:064x}"} if number else {"digest": f"md5:{number:032x}", "empty": False}
        image.update(named)
    for number, annotation in enumerate(content["annotations"]):
        annotation.update(shapes[number % len(shapes)] | {"changed_at": TIME, "annotator": "ana"})
    return {"d/all.json": json.dumps(content).encode()}


def records(found: Dataset) -> list[dict[str, Any]]:
    return [
        {
            "item": one.name,
            "split": one.split,
            "file": f"images/{one.name}",
            "width": 640,
            "height": 480,
            "digest": f"sha256:{number:064x}",
            "empty": False,
            "annotation": thing.number,
            "label": thing.label,
            "class_id": f"class of {thing.label}",
            "box": [float(side) for side in thing.box],
            "shape": [float(side) for side in POLYGON],
            "changed_at": TIME,
            "annotator": "ana",
        }
        for number, one in enumerate(found)
        for thing in one.things
    ]


def jsonl(found: Dataset) -> dict[str, bytes]:
    lines: list[dict[str, Any]] = [{"classes": {"1": "car"}}]
    for row in records(found):
        item = {name: row.pop(name) for name in ("file", "split", "width", "height", "digest", "empty")}
        described = {"item": {"id": row["item"], **item}}
        lines += [] if described in lines else [described]
        row.pop("class_id")
        lines.append({"annotation": {"id": row.pop("annotation"), **row}})
    return {"d/s.jsonl": "\n".join(map(json.dumps, lines)).encode()}


def parquet(rows: list[dict[str, Any]]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return sink.getvalue()


SNAPSHOTS: Mapping[str, tuple[str, Mapping[str, bytes]]] = {
    **{form: ("d", write(SMALL)) for form, write in FORMS.items()},
    "coco in full": ("d", coco_in_full(SMALL)),
    "yolo pose": ("d", POSE),
    "yolo segment": ("d", POLYGONS),
    "jsonl": ("d/s.jsonl", jsonl(SMALL)),
    "parquet": ("d/s.parquet", {"d/s.parquet": parquet(records(SMALL))}),
}


def column_retyped(_: bytes, random: Random) -> bytes:
    rows = records(SMALL)
    name = random.choice(list(rows[0]))
    value = random.choice([other for other in OTHERS if other not in ({}, 10**30)])
    return parquet([row | {name: value} for row in rows])


def renamed(data: bytes, random: Random) -> bytes:
    rows = records(SMALL)
    name = random.choice(list(rows[0]))
    return parquet([{(f"{key}x" if key == name else key): one for key, one in row.items()} for row in rows])


def damages(name: str) -> tuple[Callable[[bytes, Random], bytes], ...]:
    """Rewriting values is done to text; Parquet is rewritten as a table."""
    return (truncated, flipped, column_retyped, renamed) if name == "parquet" else DAMAGES


def assert_named(found: Loaded[Snapshot]) -> None:
    assert found.value is not None or found.problems
    for finding in found.problems:
        assert "." in finding.code
        assert finding.text.endswith(".")
        assert finding.fix.endswith((".", ")"))
        assert len(finding.text) < 600


def known_by(one: Snapshot, other: Snapshot) -> dict[str, str]:
    """Id in `other` → id in `one` of the same item: by id, by the bytes of its picture, or by its file."""
    ids = {item.id for item in one.items}
    again = {key: item.id for item in one.items for key in (item.file, item.digest) if key}
    return {
        item.id: item.id if item.id in ids else again.get(item.digest) or again.get(item.file) or item.id
        for item in other.items
    }


def is_same(one: Snapshot, other: Snapshot) -> bool:
    """Whether two snapshots mean the same: items, splits, classes, and boxes but for rounding."""
    names = [known_by(one, side) for side in (one, other)]
    both = list(zip(names, (one, other), strict=True))
    items = [sorted((name[item.id], item.split) for item in side.items) for name, side in both]
    labels = [Counter((name[a.item], a.label) for a in side.annotations) for name, side in both]
    places = [
        sorted((name[a.item], a.label, *(a.box or ()), *a.shape) for a in side.annotations)
        for name, side in both
    ]
    return (
        items[0] == items[1]
        and labels[0] == labels[1]
        and all(
            len(a) == len(b)
            and all(
                x == y or isclose(x, y, rel_tol=1e-5, abs_tol=1e-5) for x, y in zip(a[2:], b[2:], strict=True)
            )
            for a, b in zip(*places, strict=True)
        )
    )


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_a_damaged_snapshot_is_refused_by_name_or_does_not_pass(name: str) -> None:
    path, files = SNAPSHOTS[name]
    whole = loaded(files, path)
    assert whole.value is not None
    random = Random(name)
    kinds = damages(name)
    rule = CompareRule()
    refused = 0
    for number in range(CASES):
        damage = kinds[number % len(kinds)]
        victim = random.choice([file for file, data in files.items() if data.strip()])
        damaged = damage(files[victim], random)
        found = loaded({**files, victim: damaged}, path)
        assert_named(found)
        if found.value is None:
            refused += 1
            continue
        assert damage is not truncated or victim.endswith((".txt", ".yaml", ".jsonl")), (victim, damaged)
        answer = check(snapshot=found, baseline=whole, baseline_name="v1", intent=(), rule=rule)
        passed = answer.outcome is Outcome.PASSED
        assert not passed or is_same(whole.value, found.value), (damage.__name__, victim, damaged)
        renamed = {item.id for item in whole.value.items} != {item.id for item in found.value.items}
        assert not passed or not renamed or "compare.renamed-items" in answer.codes, damaged
    assert refused > CASES / 5


@pytest.mark.parametrize("form", ["coco", "yolo", "voc", "label-studio", "jsonl", "parquet"])
def test_noise_is_refused_by_name(form: str) -> None:
    random = Random(form)
    names = {"yolo": "d/data.yaml", "voc": "d/a.xml"}
    file = names.get(form, "d")
    for size in range(400):
        found = loaded({file: random.randbytes(size)}, form=form)
        assert_named(found)
        assert found.value is None or size == 0 or form == "jsonl"
