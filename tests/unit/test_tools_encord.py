"""Encord's label rows and ontology."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.evidence.model import Assignment, AssignmentStatus, Label, ReviewOutcome, ReviewRecord
from bot.evidence.tools.encord import LABEL_STATES, STAGES, TASK_STATES, read_encord
from bot.evidence.tools.encord_ontology import read_encord_ontology
from tests.fakes.tool_exports import ENCORD_ONTOLOGY, as_bytes, encord_object, encord_review, encord_row

Status = AssignmentStatus


def work(*rows: dict[str, Any]) -> tuple[Assignment, ...]:
    loaded = read_encord(as_bytes(list(rows)), file="e.json").assignments
    assert not loaded.problems
    return loaded.value or ()


def reviews(*rows: dict[str, Any]) -> tuple[ReviewRecord, ...]:
    return read_encord(as_bytes(list(rows)), file="e.json").reviews.value or ()


def unit(*objects: dict[str, Any], title: str = "a.jpg") -> dict[str, Any]:
    return {"data_title": title, "labels": {"objects": list(objects), "classifications": []}}


def metadata(**changes: Any) -> dict[str, Any]:
    row = encord_row(**changes)
    del row["data_units"]
    return row


def test_a_label_row_is_an_assignment_of_its_files() -> None:
    units = {"u1": unit(encord_object()), "u2": unit(encord_object(), title="b.jpg")}
    (one,) = work(encord_row(data_units=units))
    assert one == Assignment(
        id="lh1",
        items=("a.jpg", "b.jpg"),
        assignee="ann@example.org",
        status=Status.COMPLETED,
        status_text="COMPLETED",
        completed_at=datetime(2026, 3, 1, 9, tzinfo=UTC),
        line=2,
    )


def test_a_single_label_row_is_read_without_a_list() -> None:
    loaded = read_encord(as_bytes(encord_row()), file="e.json").assignments
    assert [one.line for one in loaded.value or ()] == [1]


def test_a_review_speaks_of_a_class_of_a_file() -> None:
    rejected = encord_review(approved=False, comment="too wide\nrule 3\n", user_email=None)
    row = encord_row(data_units={"u1": unit(encord_object(reviews=[rejected, encord_review()]))})
    first, second = reviews(row)
    assert first == ReviewRecord(
        item="a.jpg",
        annotator="ann@example.org",
        reviewer="u2",
        outcome=ReviewOutcome.REJECTED,
        at=datetime(2026, 3, 2, 9, tzinfo=UTC),
        reason="too wide",
        note="too wide\nrule 3",
        label="Car",
        line=2,
    )
    assert (second.outcome, second.reviewer) == (ReviewOutcome.APPROVED, "rea@example.org")


def test_tags_are_the_reason_of_a_rejection_whatever_the_comment_says() -> None:
    said = {"approved": False, "comment": "the left one"}
    tagged = [
        encord_review(**said, issue_tags=tags)
        for tags in (["Loose", " Class "], ["Class", "Loose"], [""], None)
    ]
    row = encord_row(data_units={"u1": unit(encord_object(reviews=tagged))})
    assert [one.reason for one in reviews(row)] == [
        "Class, Loose",
        "Class, Loose",
        "the left one",
        "the left one",
    ]
    assert {one.note for one in reviews(row)} == {"the left one"}


def test_a_review_without_a_word_is_of_unknown_outcome() -> None:
    row = encord_row(data_units={"u1": unit(encord_object(reviews=[encord_review(approved=None)]))})
    assert [one.outcome for one in reviews(row)] == [ReviewOutcome.UNKNOWN]


@pytest.mark.parametrize(
    ("field", "word", "status", "source"),
    [
        *(("workflow_graph_node", *row) for row in STAGES.rows),
        *(("annotation_task_status", *row) for row in TASK_STATES.rows),
        *(("label_status", *row) for row in LABEL_STATES.rows),
    ],
)
def test_stage_then_task_then_labels_say_how_far_the_work_is(
    field: str, word: str, status: AssignmentStatus, source: str
) -> None:
    fields: dict[str, Any] = {
        "annotation_task_status": None,
        "label_status": None,
        "workflow_graph_node": None,
    }
    (one,) = work(encord_row(**fields | {field: {"title": word} if "node" in field else word}))
    assert one.status is status
    assert (one.completed_at is not None) is (status is Status.COMPLETED)
    assert source.startswith("https://")


def test_the_state_of_labels_alone_never_completes_a_row() -> None:
    assert Status.COMPLETED not in {status for _, status, _ in LABEL_STATES.rows}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"workflow_graph_node": {"title": "Expert check"}}, "stage Expert check"),
        ({"annotation_task_status": "PAUSED"}, "PAUSED"),
        (
            {"annotation_task_status": None, "label_status": "_MISSING_LABEL_STATUS_"},
            "_MISSING_LABEL_STATUS_",
        ),
        ({"annotation_task_status": None, "label_status": None}, "no status exported"),
    ],
)
def test_an_unknown_word_leaves_the_status_open(changes: dict[str, Any], text: str) -> None:
    (one,) = work(encord_row(**changes))
    assert (one.status, one.status_text) == (Status.UNKNOWN, text)


def test_the_stage_outweighs_the_status_of_the_task() -> None:
    (one,) = work(encord_row(workflow_graph_node={"uuid": "x", "title": "Review 1"}))
    assert one.status is Status.IN_PROGRESS


def test_benchmark_rows_and_single_votes_are_no_work_of_the_release() -> None:
    votes = encord_row(label_hash="lh2", branch_name="annotator-1")
    shadow = encord_row(label_hash="lh3", is_shadow_data=True)
    assert [one.id for one in work(encord_row(), votes, shadow)] == ["lh1"]


def test_metadata_of_a_row_tells_its_state_but_not_its_reviews() -> None:
    row = metadata(label_hash=None)
    assert [(one.id, one.items, one.empty_items) for one in work(row)] == [("dh1", ("a.jpg",), frozenset())]
    loaded = read_encord(as_bytes([row]), file="e.json").reviews
    assert [finding.code for finding in loaded.problems] == ["evidence.not-in-export"]


def test_a_completed_file_without_a_label_is_marked_empty() -> None:
    (one,) = work(encord_row(data_units={"u1": unit()}))
    assert one.empty_items == {"a.jpg"}
    (several,) = work(encord_row(data_units={"u1": unit(), "u2": unit(title="b.jpg")}))
    assert several.empty_items == frozenset()


def test_labels_of_a_video_stand_under_their_frames() -> None:
    labels = {"0": {"objects": [encord_object()]}, "1": {"classifications": [encord_object(reviews=[])]}}
    row = encord_row(data_units={"u1": {"data_title": "clip.mp4", "labels": labels}})
    assert [(one.item, one.label) for one in reviews(row)] == [("clip.mp4", "Car")]


def test_two_annotators_of_a_row_leave_its_assignee_open() -> None:
    row = encord_row(data_units={"u1": unit(encord_object(), encord_object(createdBy="bob"))})
    assert work(row)[0].assignee == ""


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01 09:00:00", datetime(2026, 3, 1, 9, tzinfo=UTC)),
        ("2026-03-01T10:00:00+01:00", datetime(2026, 3, 1, 9, tzinfo=UTC)),
        ("Sun, 01 Mar 2026 09:00:00 GMT", datetime(2026, 3, 1, 9, tzinfo=UTC)),
        (None, None),
    ],
)
def test_times_without_a_zone_are_utc(text: str | None, moment: datetime | None) -> None:
    assert work(encord_row(last_edited_at=text))[0].completed_at == moment


@pytest.mark.parametrize(
    ("rows", "code", "line"),
    [
        ([encord_row(), encord_row()], "evidence.duplicate-id", 38),
        ([encord_row(last_edited_at="soon")], "evidence.not-a-time", 2),
        ([encord_row(last_edited_at="9999-12-31T23:59:59-10:00")], "evidence.not-a-time", 2),
        ([encord_row(data_units={})], "evidence.bad-record", 2),
        ([encord_row(data_units={"u1": {"data_title": "a", "labels": {"0": 3}}})], "evidence.bad-record", 2),
        (
            [encord_row(data_units={"u1": {"data_title": "a", "labels": {"objects": 3}}})],
            "evidence.bad-record",
            2,
        ),
        ([metadata(data_type="IMG_GROUP")], "encord.group-without-files", 2),
        ([encord_row(), metadata(label_hash="lh2")], "evidence.uneven-records", 38),
        (
            [encord_row(data_units={"u1": unit(encord_object(), {"name": "Car"})})],
            "evidence.uneven-records",
            2,
        ),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_with_its_line(
    rows: list[dict[str, Any]], code: str, line: int
) -> None:
    loaded = read_encord(as_bytes(rows), file="e.json").assignments
    assert loaded.value is None
    assert [(finding.code, finding.line) for finding in loaded.problems] == [(code, line)]


def test_an_ontology_defines_the_labels() -> None:
    read = read_encord_ontology(as_bytes(ENCORD_ONTOLOGY), file="o.json")
    assert read.labels.value == (
        Label(id="f1", name="Car", rule="polygon; Big (text, required)", line=1),
        Label(id="f3", name="Night", rule="Night (radio)", line=1),
    )
    for loaded in (read.assignments, read.reviews):
        assert [finding.code for finding in loaded.problems] == ["evidence.not-in-export"]


@pytest.mark.parametrize(
    ("editor", "code"),
    [
        ({}, "encord.no-classes"),
        ({"classifications": [{"featureNodeHash": "f", "attributes": []}]}, "evidence.bad-record"),
        ({"objects": [{"featureNodeHash": "f", "name": "a"}] * 2}, "evidence.duplicate-id"),
        ({"objects": 3}, "evidence.bad-record"),
    ],
)
def test_an_ontology_without_usable_classes_is_refused(editor: dict[str, Any], code: str) -> None:
    loaded = read_encord_ontology(as_bytes({"editor": editor}), file="o.json").labels
    assert [finding.code for finding in loaded.problems] == [code]
