"""Damaged exports: whatever happens to the bytes, work never looks more finished than it was.

Damage that leaves another well-formed statement behind (a 7 that became a 5) cannot be told from
the truth by any reader; the manifest's digest is there for that. So the exports below hold no value
that one flipped bit or one value of a wrong type turns into a valid "finished".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from bot.evidence.model import AssignmentStatus, Loaded, ReviewOutcome
from bot.evidence.tools.export import ToolEvidence
from bot.evidence.tools.registry import read_tool
from tests.fakes.damages import DAMAGES, truncated
from tests.fakes.tool_exports import (
    CVAT_XML,
    ENCORD_ONTOLOGY,
    as_bytes,
    cvat_files,
    cvat_issue,
    cvat_job,
    encord_object,
    encord_review,
    encord_row,
    lb_issue,
    lb_label,
    lb_row,
    lb_step,
    ls_annotation,
    ls_review,
    ls_task,
    ndjson,
)

CASES = 2_400

LABEL_STUDIO = [
    ls_task(),
    ls_task(id=2, drafts=[{"id": 4}]),
    ls_task(id=3, unresolved_comment_count=7),
    ls_task(
        id=4,
        annotations=[ls_annotation(last_action="rejected", reviews=[ls_review(accepted=False)])],
    ),
    ls_task(id=5, annotations=[ls_annotation(was_cancelled=True)], total_annotations=0),
]
CVAT = cvat_files(
    jobs=[cvat_job(), cvat_job(id=82, state="in progress"), cvat_job(id=83, stage="validation")],
    issues=[cvat_issue(), cvat_issue(id=4, job=82)],
)
REWORK = lb_step(action="Reject", next_task_name="Rework (all rejected)")
LABELBOX = [
    lb_row(),
    lb_row(number=2, workflow_status="IN_REVIEW", workflow_history=[REWORK]),
    lb_row(number=3, labels=[lb_label(performance_details={"skipped": True})]),
]
REJECTED = encord_object(reviews=[encord_review(approved=False, comment="no")])
ENCORD = [
    encord_row(),
    encord_row(label_hash="lh2", annotation_task_status="RETURNED"),
    encord_row(
        label_hash="lh3",
        annotation_task_status="IN_REVIEW",
        data_units={"u": {"data_title": "b.jpg", "labels": {"objects": [REJECTED], "classifications": []}}},
    ),
]
CONFIG = b'<View>\n <RectangleLabels name="l"><Label value="Car" hint="t"/><Label value="bus"/></RectangleLabels></View>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An export that is damaged: its tool, its files, and whether a file has one record a line."""

    tool: str
    files: Mapping[str, bytes]
    lines: bool = False

    def read(self, files: Mapping[str, bytes]) -> ToolEvidence:
        return read_tool(files, tool=self.tool, file="export")


EXPORTS = {
    "label-studio": Export(tool="label-studio", files={"ls.json": as_bytes(LABEL_STUDIO)}),
    "label-studio-config": Export(tool="label-studio", files={"c.xml": CONFIG}),
    "cvat": Export(tool="cvat", files=CVAT),
    "cvat-xml": Export(tool="cvat", files={"a.xml": CVAT_XML}),
    "labelbox": Export(
        tool="labelbox", files={"r.ndjson": ndjson(*LABELBOX), "i.json": as_bytes([lb_issue()])}, lines=True
    ),
    "encord": Export(tool="encord", files={"e.json": as_bytes(ENCORD)}),
    "encord-ontology": Export(tool="encord", files={"o.json": as_bytes(ENCORD_ONTOLOGY)}),
}


def finished(evidence: ToolEvidence) -> int:
    """How many statements say that something is done."""
    work = evidence.assignments.value or ()
    reviews = evidence.reviews.value or ()
    done = sum(one.status is AssignmentStatus.COMPLETED for one in work)
    resolved = sum(one.resolved_at is not None for one in reviews)
    return done + resolved + sum(one.outcome is ReviewOutcome.APPROVED for one in reviews)


def assert_named(loaded: Loaded[Any]) -> None:
    assert (loaded.value is None) is bool(loaded.problems)
    for finding in loaded.problems:
        assert "." in finding.code
        assert finding.text.endswith(".")
        assert finding.fix.endswith((".", ")"))
        assert len(finding.text) < 600


@pytest.mark.parametrize("name", EXPORTS)
def test_a_damaged_export_is_refused_by_name_or_says_no_more_than_the_whole_one(name: str) -> None:
    export = EXPORTS[name]
    random = Random(name)
    most = finished(export.read(export.files))
    refused = 0
    for number in range(CASES):
        damage = DAMAGES[number % len(DAMAGES)]
        path = random.choice(list(export.files))
        damaged = damage(export.files[path], random)
        evidence = export.read({**export.files, path: damaged})
        parts = (evidence.assignments, evidence.reviews, evidence.labels)
        for part in parts:
            assert_named(part)
        assert finished(evidence) <= most, (damage.__name__, path, damaged)
        refused += all(part.value is None for part in parts)
        line_end = export.lines and export.files[path].startswith(damaged.rstrip() + b"\n")
        if damage is truncated and not line_end:
            assert all(part.value is None for part in parts), (path, damaged)
    assert refused > CASES / 5


@pytest.mark.parametrize("name", EXPORTS)
def test_a_whole_export_is_read(name: str) -> None:
    evidence = EXPORTS[name].read(EXPORTS[name].files)
    parts = (evidence.assignments, evidence.reviews, evidence.labels)
    assert any(part.value for part in parts)
    assert {finding.code for part in parts for finding in part.problems} <= {"evidence.not-in-export"}


@pytest.mark.parametrize("tool", ["label-studio", "cvat", "labelbox", "encord"])
def test_noise_is_refused_by_name(tool: str) -> None:
    random = Random(tool)
    for size in range(400):
        evidence = read_tool({"x.json": random.randbytes(size)}, tool=tool, file="x.json")
        for part in (evidence.assignments, evidence.reviews, evidence.labels):
            assert_named(part)
            assert part.value is None
