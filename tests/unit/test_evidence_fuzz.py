"""Damaged labels, assignments, reviews, export configurations and records of smoke runs.

Every one is refused by name, or says no more than it said before.
"""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bot.evidence.export_config import read_export_config
from bot.evidence.model import AssignmentStatus, Loaded, ReviewOutcome
from bot.evidence.native import read_assignments, read_labels, read_reviews
from bot.evidence.smoke import VERSION, Bound, load_smoke
from bot.evidence.sources import Naming
from bot.manifest import Source
from tests.fakes.damages import DAMAGES, OTHERS, flipped, truncated
from tests.fakes.file_trees import MemoryFiles

CASES = 2_100
TIME = "2026-03-27T14:05:00Z"
LABELS: list[dict[str, Any]] = [
    {"id": "1", "name": "car", "rule": "whole cars, tight", "active": True, "changed_at": TIME},
    {"id": "2", "name": "bus", "rule": "", "active": False},
]
WORK: list[dict[str, Any]] = [
    {"id": "w1", "assignee": "ana", "status": "COMPLETED", "items": ["a.jpg", "b.jpg"], "completed_at": TIME},
    {"id": "w2", "assignee": "bob", "status": "PENDING", "first": "img-1", "last": "img-9"},
    {"id": "w3", "assignee": "bob", "status": "IN_PROGRESS", "items": ["c.jpg"], "empty_items": ["c.jpg"]},
]
REVIEWS: list[dict[str, Any]] = [
    {"item": "a.jpg", "annotator": "ana", "reviewer": "cleo", "outcome": "approved", "at": TIME},
    {
        "item": "b.jpg",
        "annotator": "ana",
        "reviewer": "cleo",
        "outcome": "rejected",
        "at": TIME,
        "reason": "loose box",
        "note": "see left",
        "label": "car",
        "resolved_at": TIME,
        "deferred": "by lead",
    },
    {"item": "c.jpg", "annotator": "bob", "reviewer": "cleo", "outcome": "needs_revision", "at": TIME},
]
Read = Callable[[bytes], Loaded[Any]]


def jsonl(rows: Sequence[Mapping[str, Any]]) -> bytes:
    nested = [dict(row) for row in rows]
    for row in nested:
        if "first" in row:
            row["range"] = {"first": row.pop("first"), "last": row.pop("last")}
    return "".join(json.dumps(row) + "\n" for row in nested).encode()


def comma_separated(rows: Sequence[Mapping[str, Any]]) -> bytes:
    sink = io.StringIO()
    writer = csv.DictWriter(sink, {name: None for row in rows for name in row})
    writer.writeheader()
    writer.writerows(
        [
            {name: ";".join(value) if isinstance(value, list) else value for name, value in row.items()}
            for row in rows
        ]
    )
    return sink.getvalue().encode()


def parquet(rows: Sequence[Mapping[str, Any]]) -> bytes:
    names = {name: None for row in rows for name in row}
    sink = io.BytesIO()
    pq.write_table(pa.table({name: [row.get(name) for row in rows] for name in names}), sink)
    return sink.getvalue()


WRITERS = {"jsonl": jsonl, "csv": comma_separated, "parquet": parquet}
NATIVE = {
    "labels": (LABELS, read_labels),
    "assignments": (WORK, read_assignments),
    "reviews": (REVIEWS, read_reviews),
}


def assert_named(loaded: Loaded[Any]) -> None:
    assert (loaded.value is None) is bool(loaded.problems)
    for finding in loaded.problems:
        assert "." in finding.code
        assert finding.text.endswith(".")
        assert finding.fix.endswith((".", ")"))
        assert len(finding.text) < 600


def done(records: Sequence[Any]) -> int:
    """How many statements say that something is finished, settled or not to be looked at."""
    statements = 0
    for one in records:
        statements += getattr(one, "status", None) is AssignmentStatus.COMPLETED
        statements += getattr(one, "outcome", None) is ReviewOutcome.APPROVED
        if getattr(one, "outcome", None) is ReviewOutcome.REJECTED:
            statements += (one.resolved_at is not None) + bool(one.deferred)
        if isinstance(getattr(one, "items", None), tuple):
            statements += len(one.empty_items.intersection(one.items))
    return statements


def table_damages(rows: Sequence[Mapping[str, Any]]) -> tuple[Callable[[bytes, Random], bytes], ...]:
    """Parquet is damaged as bytes, and as a table of which a column has other values or another name."""
    usable = [other for other in OTHERS if other not in ({}, 10**30)]

    def retyped(_: bytes, random: Random) -> bytes:
        name = random.choice(list(rows[0]))
        value = random.choice(usable)
        return parquet([{**row, name: value} for row in rows])

    def renamed(_: bytes, random: Random) -> bytes:
        name = random.choice(list(rows[0]))
        return parquet(
            [{(f"{key}x" if key == name else key): one for key, one in row.items()} for row in rows]
        )

    return (truncated, flipped, retyped, renamed)


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize("kind", NATIVE)
def test_damaged_native_evidence_is_refused_by_name_or_says_no_more_than_the_whole(
    kind: str, form: Any
) -> None:
    rows, read = NATIVE[kind]
    data = WRITERS[form](rows)
    whole = read(data, file="f", form=form)
    assert whole.value is not None, whole.problems
    assert len(whole.value) == len(rows)
    damages = table_damages(rows) if form == "parquet" else DAMAGES
    random = Random(kind + form)
    refused = 0
    for number in range(CASES):
        damage = damages[number % len(damages)]
        damaged = damage(data, random)
        loaded = read(damaged, file="f", form=form)
        assert_named(loaded)
        refused += loaded.value is None
        assert done(loaded.value or ()) <= done(whole.value), damaged
    assert refused > CASES / 5


CONFIGS = {
    "ours": b"format: yolo\nclasses:\n  0: car\n  1: bus\n  2: tram\n",
    "yolo": b"path: .\ntrain: images\nnc: 3\nnames: [car, bus, tram]\n",
    "coco": b'{"info": {}, "categories": [{"id": 1, "name": "car"}, {"id": 90, "name": "bus"}]}',
}


@pytest.mark.parametrize("name", CONFIGS)
def test_a_damaged_export_configuration_is_refused_by_name_or_maps_what_it_shows(name: str) -> None:
    data = CONFIGS[name]
    random = Random(name)
    refused = 0
    for number in range(CASES):
        damage = DAMAGES[number % len(DAMAGES)]
        damaged = damage(data, random)
        loaded = read_export_config(damaged, file="e.yaml")
        assert_named(loaded)
        refused += loaded.value is None
        if loaded.value is not None:
            assert all(entry.name and entry.line for entry in loaded.value.classes)
            assert loaded.value.classes or loaded.value.faults
    assert refused > CASES / 8


ARTEFACT = "sha256:" + "c" * 64
BOUND = Bound(
    dataset="street",
    version="2",
    snapshot="sha256:" + "a" * 64,
    config="sha256:" + "b" * 64,
    format="coco",
    named=True,
    declared=ARTEFACT,
)
RECORD = {
    "sevengates_export_smoke": VERSION,
    "exports": [
        {
            "manifest": "release.yaml",
            "dataset": BOUND.dataset,
            "version": BOUND.version,
            "snapshot": BOUND.snapshot,
            "config": BOUND.config,
            "artefact": ARTEFACT,
            "git": "",
            "format": BOUND.format,
            "outcome": "failed",
            "codes": ["export.x"],
            "checks": ["read-back"],
            "items": [["train", 3]],
            "annotations": [["train", "car", 7]],
        }
    ],
}


def smoke(data: bytes) -> Loaded[Any]:
    naming = Naming(file="release.yaml", key=("exports",), what="The record", line=lambda _: 1)
    files = MemoryFiles({"smoke.json": data})
    return load_smoke(files, Source(path="/smoke.json"), naming, manifest_path="release.yaml", bound=BOUND)


def test_a_damaged_record_of_a_smoke_run_is_refused_by_name_or_still_failed() -> None:
    data = json.dumps(RECORD).encode()
    assert smoke(data).value is not None
    random = Random(1)
    refused = 0
    for number in range(CASES):
        loaded = smoke(DAMAGES[number % len(DAMAGES)](data, random))
        assert_named(loaded)
        assert loaded.value is None or loaded.value.outcome == "failed"
        refused += loaded.value is None
    assert refused > CASES / 2
