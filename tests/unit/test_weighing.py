"""What the evidence of a release weighs: every file that answering would read, and no other."""

from datetime import UTC, datetime

import pytest

from bot.evaluation.answering import Questions
from bot.forges.base import ObjectKind, Tree, TreeEntry
from bot.manifest import Manifest
from bot.policy import CompareRule, GateRules
from bot.weighing import HEAVY, weight

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SIZES = {
    "d/release.yaml": 500,
    "d/labels.csv": 300,
    "d/s/all.json": 4_000,
    "d/s/labels/1.txt": 2,
    "d/s/1.jpg": 10**9,
    "d/e/export.yaml": 700,
    "elsewhere.json": 10**9,
}
READ = 300 + 4_000 + 256


def tree(**more: int | None) -> Tree:
    entries = {path: TreeEntry(path, ObjectKind.FILE, size) for path, size in {**SIZES, **more}.items()}
    folders = {path.rpartition("/")[0] for path in entries} - {""}
    return Tree(sha="0" * 40, entries={**entries, **{f: TreeEntry(f, ObjectKind.DIRECTORY) for f in folders}})


def manifest(**fields: object) -> Manifest:
    plain = {"dataset": "d", "version": "1", "schema": {"path": "labels.csv"}, "snapshot": {"path": "s"}}
    return Manifest.model_validate({**plain, **fields})


def questions(now: Manifest, before: Manifest | None = None, baseline: str = "last-release") -> Questions:
    return Questions(
        manifest=now,
        path="d/release.yaml",
        before=before,
        base_path="d/release.yaml" if before else None,
        rules=GateRules(compare=CompareRule(baseline=baseline)),
        downstream=(),
        now=NOW,
    )


def test_the_files_of_both_manifests_weigh_together_and_pictures_nothing() -> None:
    assert weight(questions(manifest()), tree(), tree()) == READ
    assert weight(questions(manifest(), manifest()), tree(), tree()) == 2 * READ


def test_exports_weigh_too_and_what_lies_elsewhere_does_not() -> None:
    export = {"config": "e/export.yaml", "artefact": {"path": "/elsewhere.json"}}
    assert weight(questions(manifest(exports=({"config": "e/export.yaml"},))), tree(), tree()) == READ + 700
    assert weight(questions(manifest(exports=(export,))), tree(), tree()) == READ + 700 + 10**9
    gone = manifest(snapshot={"url": "https://example.org/s.json"}, assignments={"path": "../../out.csv"})
    assert weight(questions(gone), tree(), tree()) == 300


def test_of_another_baseline_everything_on_the_base_branch_weighs() -> None:
    base = Tree(sha="0" * 40, entries={"x.json": TreeEntry("x", ObjectKind.FILE, 5_000)})
    assert weight(questions(manifest(), baseline="/x.yaml"), tree(), base) == READ + 5_000


@pytest.mark.parametrize(("name", "size"), [("d/s/a.parquet", 10), ("d/s/a.pq", 10), ("d/s/a.json", None)])
def test_tables_and_files_of_unknown_size_count_as_large(name: str, size: int | None) -> None:
    assert weight(questions(manifest()), tree(**{name: size}), tree()) > HEAVY
