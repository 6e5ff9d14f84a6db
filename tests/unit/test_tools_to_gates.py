"""From a tool's export, as the manifest names it, to the answers of the gates that rest on it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.answers import Outcome
from bot.evidence.load import load_release
from bot.evidence.release import ReleaseEvidence
from bot.forges.base import ObjectKind, TreeEntry
from bot.gates import assignments_settled, rejections_resolved
from bot.manifest import Manifest
from bot.policy import AssignmentsRule, CompareRule, RejectionsRule
from tests.fakes.tool_exports import as_bytes, cvat_files, cvat_issue, ls_annotation, ls_review, ls_task

NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)
TREE = "ab" * 20


class Tree:
    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def entry(self, path: str) -> TreeEntry | None:
        if path in self.files:
            return TreeEntry("0" * 40, ObjectKind.FILE, len(self.files[path]))
        inside = any(name.startswith(f"{path}/") for name in self.files)
        return TreeEntry(TREE, ObjectKind.DIRECTORY) if inside else None

    def read(self, path: str, *, max_bytes: int) -> bytes:
        return self.files[path]

    def below(self, directory: str) -> tuple[str, ...]:
        return tuple(sorted(name for name in self.files if name.startswith(f"{directory}/")))


def coco(*names: str) -> bytes:
    images = [{"id": number, "file_name": name} for number, name in enumerate(names)]
    boxes = [
        {"id": one["id"], "image_id": one["id"], "category_id": 1, "bbox": [0, 0, 1, 1]} for one in images
    ]
    document = {"images": images, "categories": [{"id": 1, "name": "car"}], "annotations": boxes}
    return json.dumps(document).encode()


def loaded(
    snapshot: bytes, evidence: str, files: dict[str, bytes], base: dict[str, bytes] | None = None
) -> ReleaseEvidence:
    source: dict[str, Any] = {"path": evidence, "as_of": "2026-03-03T09:00:00Z"}
    manifest = Manifest.model_validate(
        {
            "dataset": "d",
            "version": "1",
            "schema": {"path": "labels.jsonl"},
            "snapshot": {"path": "s.json"},
            "assignments": source,
            "reviews": source,
        }
    )
    tree = Tree({"s.json": snapshot, "labels.jsonl": b'{"id": 1, "name": "car"}\n', **files})
    return load_release(
        manifest=manifest,
        manifest_path="release.yaml",
        line=lambda _: 1,
        candidate=tree,
        base=Tree(base or {}),
        base_manifest=None,
        base_manifest_path=None,
        compare=CompareRule(),
        now=NOW,
    )


def settled(evidence: ReleaseEvidence) -> tuple[Outcome, set[str]]:
    answer = assignments_settled.check(
        assignments=evidence.assignments,
        snapshot=evidence.snapshot,
        baseline=evidence.baseline,
        rule=AssignmentsRule(max_age_hours=24),
        now=NOW,
    )
    codes = {finding.code for finding in answer.findings}
    return answer.outcome, codes - {"evidence.unbound"}


@pytest.mark.parametrize(
    ("action", "codes"),
    [
        ("accepted", set()),
        ("rejected", {"assignments.open-work"}),
        ("teleported", {"assignments.unknown-status"}),
    ],
)
def test_label_studio_tasks_settle_the_assignments(action: str, codes: set[str]) -> None:
    export = as_bytes([ls_task(annotations=[ls_annotation(last_action=action)])])
    _, found = settled(loaded(coco("train/1.jpg"), "ls.json", {"ls.json": export}))
    assert found == codes


def test_a_directory_saved_from_cvat_answers_for_its_frames() -> None:
    evidence = loaded(coco("a.jpg", "b.jpg"), "cvat", cvat_files())
    assert settled(evidence)[1] == set()
    assert [review.item for review in evidence.reviews.value or ()] == ["a.jpg", "b.jpg", "b.jpg"]


@pytest.mark.parametrize(("resolved", "live"), [(True, False), (False, True)])
def test_open_issues_of_one_kind_are_a_live_pattern(resolved: bool, live: bool) -> None:
    issues = [
        cvat_issue(id=number, resolved=resolved, created_date=f"2026-03-0{number}T09:00:00Z")
        for number in (1, 2, 3)
    ]
    comments = [{"id": number, "issue": number, "message": "Box too wide"} for number in (1, 2, 3)]
    files = cvat_files(issues=issues) | {"cvat/comments.json": as_bytes(comments)}
    answer = rejections_resolved.check(
        reviews=loaded(coco("a.jpg", "b.jpg"), "cvat", files).reviews,
        rule=RejectionsRule(repeated=3),
        now=NOW,
    )
    assert any(finding.code == "rejections.live" for finding in answer.findings) is live


def test_a_rejection_in_label_studio_reaches_gate_four() -> None:
    rejected = ls_annotation(last_action="rejected", reviews=[ls_review(accepted=False)])
    evidence = loaded(coco("1.jpg"), "ls.json", {"ls.json": as_bytes([ls_task(annotations=[rejected])])})
    assert [(one.item, str(one.outcome)) for one in evidence.reviews.value or ()] == [("1.jpg", "rejected")]


def test_a_changed_pointer_is_vague_however_much_is_known_of_it() -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 5\n"
    export = {"ls.json": as_bytes([ls_task()])}
    evidence = loaded(pointer % (b"a" * 64), "ls.json", export, base={"s.json": pointer % (b"b" * 64)})
    assert [finding.code for finding in evidence.snapshot.problems] == [
        "evidence.bytes-not-available",
        "evidence.pointer-changed",
    ]
    assert settled(evidence)[0] is Outcome.VAGUE
