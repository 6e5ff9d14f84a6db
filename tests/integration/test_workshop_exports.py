"""Gate 6 under a budget: hostile exports cost their own answer, and honest ones are read once."""

import gzip
import json
import time
from pathlib import Path

import pytest

from bot.answers import Answer, Outcome
from bot.evaluation.evaluate import evaluate, survey
from bot.evaluation.people import Context
from bot.workshop import Budget, Workshop
from tests.fakes import archives
from tests.fakes.archives import member, packed, sparse_tar, tarred, zipped
from tests.fakes.commits import Commits
from tests.fakes.exporter import CLASSES, Mistakes, config, export, snapshot
from tests.fakes.git_objects import Content
from tests.integration.test_workshop import NOW, Counting, coco, manifest

POLICY = 'version: 1\ndatasets:\n  - {name: street, manifest: data/release.yaml, watch: ["data/**"]}\n'
LABELS = "".join(json.dumps({"id": name, "name": name}) + "\n" for name in CLASSES)
SECONDS = 30
"""What one hostile export may take here, the start of the child included."""
ENTITIES = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "cc">]><annotation>&b;</annotation>'
ROWS = [(member(f"labels/{number}.txt", 1 << 20), bytes(1 << 20)) for number in range(256)]


def world(path: str, form: str, files: dict[str, Content]) -> tuple[Commits, str, str]:
    commits = Commits()
    base = commits.commit({".sevengates.yaml": POLICY, "CODEOWNERS": "* @ana\n"})
    head: dict[str, Content] = {
        "data/release.yaml": manifest("1", f"exports: [{{config: e.yaml, artefact: {{path: /{path}}}}}]\n"),
        "data/labels.jsonl": LABELS,
        "data/snapshot.json": snapshot(),
        "data/e.yaml": config(form),
        **files,
    }
    return commits, base, commits.commit(head, onto=base)


def answered(commits: Commits, base: str, head: str, workshop: Workshop, reader: object = None) -> Answer:
    found = survey(reader or commits, commits.revisions(base, head), dialect="github")  # type: ignore[arg-type]
    context = Context(number=1, base_ref="main", now=NOW, answering=workshop)
    (release,) = evaluate(reader or commits, found, context).releases  # type: ignore[arg-type]
    return next(answer for answer in release.answers if answer.gate == "export_validated")


HOSTILE = {
    "deflate": ("out.zip", zipped([("labels/a.txt", bytes(256 << 20))]), "export.archive-bomb"),
    "gzip": ("out.tgz", gzip.compress(tarred(ROWS)), "export.archive-bomb"),
    "overlapping": ("out.zip", archives.overlapping(), "export.archive-bomb"),
    "nested": ("out.zip", archives.forty_two(), "export.archive-nested"),
    "escaping": ("out.zip", packed({"../a.txt": b""}, ".zip"), "export.archive-path"),
    "sparse": ("out.tar", sparse_tar("a.txt", 10 << 30), "export.archive-special"),
    "negative": ("out.tar", archives.negative_tar("a.txt"), "export.archive-unreadable"),
    "entities": ("out.zip", packed({"a.xml": ENTITIES}, ".zip"), "evidence.unsafe-xml"),
    "many": (
        "out.zip",
        zipped([(f"{number}.jpg", b"") for number in range(300_001)]),
        "export.archive-too-large",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused_by_name_within_the_budget(name: str, tmp_path: Path) -> None:
    path, data, code = HOSTILE[name]
    commits, base, head = world(path, "voc" if name == "entities" else "yolo", {path: data})
    workshop = Workshop(folder=tmp_path, budget=Budget(memory=300 << 20, seconds=SECONDS))
    began = time.monotonic()
    answer = answered(commits, base, head, workshop)
    assert time.monotonic() - began < SECONDS
    assert (answer.outcome, answer.codes) == (Outcome.VAGUE, (code,))


@pytest.mark.slow
@pytest.mark.parametrize("budget", [Budget(memory=150 << 20), Budget(seconds=0.01)], ids=["memory", "time"])
def test_an_export_over_budget_is_a_vague_answer_and_is_not_read_by_the_service_itself(
    budget: Budget, tmp_path: Path
) -> None:
    commits, base, head = world("out.json", "coco", {"out.json": coco(100_000)})
    reader = Counting(commits)
    workshop = Workshop(folder=tmp_path, budget=budget, large=0)
    answer = answered(commits, base, head, workshop, reader)
    assert (answer.outcome, answer.codes) == (Outcome.VAGUE, ("evidence.over-budget",))
    assert f"{budget.memory >> 20:,} MiB" in answer.findings[0].text
    before = reader.reads
    assert before <= 2  # by the child: snapshot and export
    answered(commits, base, head, Workshop(folder=tmp_path, budget=Budget(seconds=0.0), large=0), reader)
    assert reader.reads == before


@pytest.mark.slow
@pytest.mark.parametrize("large", [0, 1 << 30], ids=["child", "service"])
def test_unchanged_exports_are_read_once_and_one_changed_byte_is_read_again(
    large: int, tmp_path: Path
) -> None:
    path, files = export("coco", Mistakes())
    commits, base, head = world(path, "coco", dict(files))
    reader = Counting(commits)
    workshop = Workshop(folder=tmp_path, large=large)
    first = answered(commits, base, head, workshop, reader)
    assert (first.outcome, reader.reads) == (Outcome.PASSED, 2)
    assert answered(commits, base, head, workshop, reader) == first
    assert reader.reads == 2
    moved = commits.commit({path: files[path].replace(b"64.5", b"65.5", 1)}, onto=head)
    other = answered(commits, base, moved, workshop, reader)
    assert (other.outcome, other.codes, reader.reads) == (Outcome.FAILED, ("export.coordinates",), 3)
