"""The demo's repository, read and judged as the service does it: the story it tells is true."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.answers import Answer, Outcome
from bot.documents import read_manifest, read_policy
from bot.evaluation.trees import TreeFiles
from bot.evidence.load import load_release
from bot.evidence.release import ReleaseEvidence
from bot.gates import answer_evidence_gates
from demo.labelling import CLASSES
from demo.pictures import HEIGHT, WIDTH
from demo.seed import MANIFEST, POLICY, Files, baseline, candidate, fixes
from tests.fakes.commits import Commits

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
DATASET = read_policy(POLICY, file=".sevengates.yaml").value.datasets[0]


def heads() -> list[tuple[str, Files]]:
    """The files of the release branch when it is opened, and after each push."""
    files = baseline(NOW) | candidate(NOW)
    found = [("opened", files)]
    for fix in fixes(NOW):
        files = files | fix.files
        found.append((fix.title, files))
    return found


def load(files: Files) -> ReleaseEvidence:
    commits = Commits()
    base, head = (
        TreeFiles(commits.tree(commits.commit(each)), commits.blob) for each in (baseline(NOW), files)
    )
    parsed = read_manifest(files[MANIFEST], file=MANIFEST)
    assert parsed.problems == ()
    return load_release(
        manifest=parsed.value,
        manifest_path=MANIFEST,
        line=parsed.line,
        candidate=head,
        base=base,
        base_manifest=read_manifest(baseline(NOW)[MANIFEST], file=MANIFEST).value,
        base_manifest_path=MANIFEST,
        compare=DATASET.gates.compare,
        now=NOW,
    )


def answers(evidence: ReleaseEvidence, files: Files) -> list[Answer]:
    """Gates 1 to 6."""
    manifest = read_manifest(files[MANIFEST], file=MANIFEST).value
    return list(
        answer_evidence_gates(
            evidence=evidence, manifest_intent=manifest.intent, rules=DATASET.gates, downstream=(), now=NOW
        )
    )


REMAINING = [
    ("opened", "assignments_settled"),
    ("Finish assignment a-4 and export again", "schema_stable"),
    ("Review the trams again under the new rule", "rejections_resolved"),
    ("Correct the loose boxes' reviews", "snapshot_compare"),
    ("Put the moved validation boxes back", "export_validated"),
    ("Give bus and tram their own class ids in the export", None),
]
"""After each push (or the opening): the gate that the next push cures; later ones fail still."""


@pytest.mark.parametrize("step", range(6))
def test_every_push_cures_exactly_one_problem(step):
    title, files = heads()[step]
    given = answers(load(files), files)
    failed = {answer.gate for answer in given if answer.outcome is Outcome.FAILED}
    assert title == REMAINING[step][0]
    assert failed == {gate for _, gate in REMAINING[step:] if gate}
    assert all(answer.outcome in {Outcome.FAILED, Outcome.PASSED} for answer in given)


def test_the_problems_of_the_opened_pull_request_are_the_ones_announced():
    files = heads()[0][1]
    codes = {code for answer in answers(load(files), files) for code in answer.codes}
    assert codes >= {
        "schema.slice-missing",
        "assignments.open-work",
        "assignments.stale",
        "rejections.live",
        "compare.undeclared-move",
        "export.class-order",
    }


@pytest.mark.parametrize("step", range(6))
def test_all_evidence_can_be_read_without_a_doubt(step):
    evidence = load(heads()[step][1])
    pieces = [
        evidence.labels,
        evidence.labels_before,
        evidence.snapshot,
        evidence.baseline,
        evidence.assignments,
        evidence.reviews,
        evidence.exports[0].config,
        evidence.exports[0].artefact,
    ]
    assert all(piece.value is not None and piece.problems == () for piece in pieces)
    assert evidence.baseline_name == "v1"


@pytest.mark.parametrize("step", range(6))
def test_the_snapshot_names_pictures_that_are_there_and_boxes_lie_inside(step):
    files = heads()[step][1]
    snapshot = load(files).snapshot.value
    assert {f"datasets/street/{item.file}" for item in snapshot.items} <= files.keys()
    assert all((item.width, item.height) == (WIDTH, HEIGHT) for item in snapshot.items)
    for x, y, width, height in (annotation.box for annotation in snapshot.annotations):
        assert 0 <= x < x + width <= WIDTH
        assert 0 <= y < y + height <= HEIGHT


def test_the_export_holds_the_same_boxes_as_the_snapshot():
    evidence = load(heads()[-1][1])

    def boxes(snapshot):
        return sorted((a.item, a.label, a.box) for a in snapshot.annotations)

    assert boxes(evidence.exports[0].artefact.value.content) == boxes(evidence.snapshot.value)


def test_the_same_moment_gives_the_same_repository_whatever_its_time_zone():
    local = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert baseline(local) == baseline(NOW)
    assert candidate(local) == candidate(NOW)


def test_the_policy_and_the_snapshot_speak_of_the_same_classes():
    categories = json.loads(baseline(NOW)["datasets/street/snapshot.coco.json"])["categories"]
    assert tuple(category["name"] for category in categories) == CLASSES
    assert set(DATASET.gates.review.classes) <= set(CLASSES)
