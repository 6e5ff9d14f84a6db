"""Labelbox's data rows and issues."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.evidence.model import Assignment, AssignmentStatus, ReviewOutcome, ReviewRecord
from bot.evidence.tools.export import ToolEvidence
from bot.evidence.tools.labelbox import ACTIONS, STEPS, read_labelbox
from bot.evidence.tools.labelbox_issues import ISSUE_STATES
from tests.fakes.tool_exports import as_bytes, lb_issue, lb_label, lb_row, lb_step, ndjson

Status = AssignmentStatus
NOTHING = {"objects": [], "classifications": []}


def read(*rows: dict[str, Any], issues: list[dict[str, Any]] | None = None) -> ToolEvidence:
    files = {"lb/rows.ndjson": ndjson(*rows)}
    if issues is not None:
        files["lb/issues.json"] = as_bytes(issues)
    return read_labelbox(files, file="lb")


def work(*rows: dict[str, Any]) -> tuple[Assignment, ...]:
    loaded = read(*rows).assignments
    assert not loaded.problems
    return loaded.value or ()


def reviews(*rows: dict[str, Any], issues: list[dict[str, Any]] | None = None) -> tuple[ReviewRecord, ...]:
    loaded = read(*rows, issues=issues).reviews
    assert not loaded.problems
    return loaded.value or ()


def problems(
    *rows: dict[str, Any], issues: list[dict[str, Any]] | None = None
) -> list[tuple[str, int | None, str]]:
    loaded = read(*rows, issues=issues).reviews
    assert loaded.value is None
    return [(finding.code, finding.line, finding.text) for finding in loaded.problems]


def test_a_data_row_is_an_assignment() -> None:
    second = lb_row(number=2)
    assert work(lb_row(), second)[1] == Assignment(
        id="d2",
        items=("2.jpg",),
        assignee="ann@example.org",
        status=Status.COMPLETED,
        status_text="DONE",
        completed_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
        line=2,
    )


@pytest.mark.parametrize(("word", "status", "source"), STEPS.rows)
@pytest.mark.parametrize("field", ["workflow_status", "task_name", "history"])
def test_the_step_of_the_workflow_says_how_far_the_work_is(
    word: str, status: AssignmentStatus, source: str, field: str
) -> None:
    old = lb_step(created_at="2026-01-01T00:00:00Z", next_task_name="Initial review task")
    details: dict[str, Any] = {"workflow_status": None, "workflow_history": [lb_step(), old]}
    if field == "history":
        details["workflow_history"] = [lb_step(next_task_name=word), old]
    else:
        details[field] = word
    (one,) = work(lb_row(**details))
    assert (one.status, one.status_text) == (status, word)
    assert (one.completed_at is not None) is (status is Status.COMPLETED)
    assert source.startswith("https://")


@pytest.mark.parametrize(
    ("row", "status", "text"),
    [
        (lb_row(workflow_status="Second look"), Status.UNKNOWN, "Second look"),
        (lb_row(workflow_status=None, workflow_history=[]), Status.UNKNOWN, "no workflow status exported"),
        (lb_row(labels=[]), Status.PENDING, "DONE, no label"),
        (lb_row(labels=[lb_label(performance_details={"skipped": True})]), Status.PENDING, "DONE, skipped"),
        (
            lb_row(labels=[lb_label(), lb_label(performance_details={"skipped": True})]),
            Status.COMPLETED,
            "DONE",
        ),
    ],
)
def test_a_data_row_that_nobody_labelled_is_not_done(
    row: dict[str, Any], status: AssignmentStatus, text: str
) -> None:
    (one,) = work(row)
    assert (one.status, one.status_text) == (status, text)


def test_details_that_were_not_exported_leave_the_status_open() -> None:
    label = {"annotations": {"objects": [{"name": "car"}]}}
    row = {"data_row": {"id": "d1"}, "projects": {"p": {"labels": [label]}}}
    assert work(row) == (
        Assignment(
            id="d1",
            items=("d1",),
            assignee="",
            status=Status.UNKNOWN,
            status_text="no workflow status exported",
            line=1,
        ),
    )


def test_without_a_history_work_is_done_when_its_labels_last_changed() -> None:
    (one,) = work(lb_row(workflow_history=[]))
    assert one.completed_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    (never,) = work(lb_row(labels=[lb_label(label_details={"reviews": []})], workflow_history=[]))
    assert (never.completed_at, never.status) == (None, Status.COMPLETED)


def test_a_label_without_an_object_marks_its_item_empty() -> None:
    (one,) = work(lb_row(labels=[lb_label(annotations=NOTHING)]))
    assert one.empty_items == {"1.jpg"}


def test_a_data_row_in_two_projects_is_two_assignments() -> None:
    row = lb_row()
    row["projects"]["p2"] = row["projects"]["p1"]
    assert [one.id for one in work(row)] == ["p1/d1", "p2/d1"]


def test_an_item_is_named_by_its_owner() -> None:
    row = lb_row()
    row["data_row"] |= {"external_id": None}
    assert work(row)[0].items == ("k1",)


@pytest.mark.parametrize(("word", "meaning", "source"), ACTIONS.rows)
def test_approvals_and_rejections_are_those_of_the_history(
    word: str, meaning: ReviewOutcome | str, source: str
) -> None:
    found = reviews(lb_row(workflow_history=[lb_step(action=word)]))
    assert [one.outcome for one in found] == ([meaning] if isinstance(meaning, ReviewOutcome) else [])
    assert all((one.reviewer, one.annotator) == ("rea@example.org", "ann@example.org") for one in found)
    assert source.startswith("https://")


def test_an_unknown_action_is_a_review_of_unknown_outcome() -> None:
    (one,) = reviews(lb_row(workflow_history=[lb_step(action="Bless", created_by=None)]))
    assert (one.outcome, one.reviewer) == (ReviewOutcome.UNKNOWN, "")


@pytest.mark.parametrize(
    ("score", "outcome"),
    [
        (1, ReviewOutcome.APPROVED),
        (-0.5, ReviewOutcome.REJECTED),
        (0, ReviewOutcome.UNKNOWN),
        (None, ReviewOutcome.UNKNOWN),
    ],
)
def test_the_score_of_a_review_says_what_it_found(score: float | None, outcome: ReviewOutcome) -> None:
    review = {"reviewed_by": "rea@example.org", "reviewed_at": "2026-03-02T10:00:00Z", "score": score}
    label = lb_label(label_details={"created_by": "ann@example.org", "reviews": [review, review]})
    assert [one.outcome for one in reviews(lb_row(labels=[label], workflow_history=[]))] == [outcome]


@pytest.mark.parametrize(("word", "resolved", "source"), ISSUE_STATES.rows)
def test_an_issue_is_a_rejection_resolved_or_not(word: str, resolved: bool, source: str) -> None:
    row = lb_row(workflow_history=[])
    (one,) = reviews(row, issues=[lb_issue(status=word)])
    assert (one.item, one.outcome, one.reviewer) == ("1.jpg", ReviewOutcome.REJECTED, "rea@example.org")
    assert (one.reason, one.resolved_at is not None) == ("Box too wide", resolved)
    assert source.startswith("https://")


def test_an_issue_of_unknown_status_has_an_unknown_outcome() -> None:
    (one,) = reviews(lb_row(workflow_history=[]), issues=[lb_issue(status="Snoozed")])
    assert (one.outcome, one.resolved_at) == (ReviewOutcome.UNKNOWN, None)


def test_an_export_of_no_data_row_holds_no_work() -> None:
    assert read_labelbox({"r.json": b"[]"}, file="r.json").assignments.value == ()


def without(row: dict[str, Any], *path: Any) -> dict[str, Any]:
    inner: Any = row
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return row


P = ("projects", "p1")


@pytest.mark.parametrize(
    ("rows", "issues", "expected"),
    [
        ([{"DataRow ID": "x"}], None, "labelbox.other-export"),
        ([{"uuid": "x", "dataRow": {"id": "y"}}], None, "labelbox.other-export"),
        ([lb_row(), lb_row()], None, "evidence.duplicate-id"),
        ([lb_row(), {"data_row": {"id": "d2"}, "projects": {}}], None, "evidence.bad-record"),
        ([lb_row(workflow_history=[lb_step(created_at="today")])], None, "evidence.not-a-time"),
        ([lb_row()], [lb_issue(dataRowId="d9")], "labelbox.unknown-data-row"),
        ([lb_row()], [lb_issue(createdAt="today")], "evidence.not-a-time"),
        ([lb_row(), without(lb_row(number=2), *P, "project_details")], None, "evidence.uneven-records"),
        (
            [lb_row(), without(lb_row(number=2), *P, "project_details", "workflow_history")],
            None,
            "evidence.uneven-records",
        ),
        (
            [lb_row(), without(lb_row(number=2), *P, "labels", 0, "performance_details")],
            None,
            "evidence.uneven-records",
        ),
        (
            [lb_row(), without(lb_row(number=2), *P, "labels", 0, "label_details", "reviews")],
            None,
            "evidence.uneven-records",
        ),
        (
            [lb_row(), without(lb_row(number=2), *P, "labels", 0, "performance_details", "skipped")],
            None,
            "evidence.uneven-records",
        ),
    ],
)
def test_what_is_no_whole_export_is_refused_by_name(
    rows: list[dict[str, Any]], issues: list[dict[str, Any]] | None, expected: str
) -> None:
    assert problems(*rows, issues=issues)[0][0] == expected


def test_a_broken_line_is_named_and_the_others_are_still_checked() -> None:
    data = ndjson(lb_row()) + b'{"data_row": \n\n{"data_row": {"id": 5}, "projects": {}}\n'
    loaded = read_labelbox({"r.ndjson": data}, file="r.ndjson").assignments
    assert [(finding.code, finding.line) for finding in loaded.problems] == [
        ("evidence.not-json", 2),
        ("evidence.bad-record", 4),
    ]


def test_the_category_of_an_issue_is_its_reason() -> None:
    issues = [lb_issue(id="i1", categoryId="c7", content="the left one"), lb_issue(id="i2", categoryId=None)]
    found = [one for one in reviews(lb_row(), issues=issues) if one.outcome is ReviewOutcome.REJECTED]
    assert [(one.reason, one.note) for one in found] == [
        ("issue category c7", "the left one"),
        ("Box too wide", "Box too wide"),
    ]
