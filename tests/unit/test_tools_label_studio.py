"""Label Studio's JSON export and labelling configuration."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.evidence.model import Assignment, AssignmentStatus, Label, ReviewOutcome, ReviewRecord
from bot.evidence.tools.label_studio import LAST_ACTIONS, REJECT_ACTIONS, read_label_studio
from bot.evidence.tools.label_studio_config import read_label_studio_config
from tests.fakes.tool_exports import ANN, REA, as_bytes, ls_annotation, ls_review, ls_task

Status = AssignmentStatus


def assignments(*tasks: dict[str, Any]) -> tuple[Assignment, ...]:
    loaded = read_label_studio(as_bytes(list(tasks)), file="ls.json").assignments
    assert not loaded.problems
    return loaded.value or ()


def reviews(*tasks: dict[str, Any]) -> tuple[ReviewRecord, ...]:
    return read_label_studio(as_bytes(list(tasks)), file="ls.json").reviews.value or ()


def problems(*tasks: object) -> list[tuple[str, int | None, str]]:
    loaded = read_label_studio(as_bytes(list(tasks)), file="ls.json").assignments
    assert loaded.value is None
    return [(finding.code, finding.line, finding.text) for finding in loaded.problems]


def test_a_task_is_an_assignment_of_its_image() -> None:
    assert assignments(ls_task()) == (
        Assignment(
            id="1",
            items=("s3://b/train/1.jpg",),
            assignee="ann@example.org",
            status=Status.COMPLETED,
            status_text="accepted",
            completed_at=datetime(2026, 3, 1, 9, tzinfo=UTC),
            line=2,
        ),
    )


def test_a_review_is_a_record_of_annotator_and_reviewer() -> None:
    assert reviews(ls_task()) == (
        ReviewRecord(
            item="s3://b/train/1.jpg",
            annotator="ann@example.org",
            reviewer="rea@example.org",
            outcome=ReviewOutcome.APPROVED,
            at=datetime(2026, 3, 2, 9, tzinfo=UTC),
            line=2,
        ),
    )


@pytest.mark.parametrize(("word", "status", "source"), LAST_ACTIONS.rows)
def test_the_last_action_says_how_far_the_work_is(word: str, status: AssignmentStatus, source: str) -> None:
    (one,) = assignments(ls_task(annotations=[ls_annotation(last_action=word)], total_annotations=0))
    assert one.status is status
    assert (one.completed_at is not None) is (status is Status.COMPLETED)
    assert source.startswith("https://")


@pytest.mark.parametrize(
    ("changes", "status", "text"),
    [
        ({"drafts": [{"id": 3}]}, Status.IN_PROGRESS, "draft"),
        ({"draft_exists": True}, Status.IN_PROGRESS, "draft"),
        ({"unresolved_comment_count": 2}, Status.IN_PROGRESS, "2 unresolved comments"),
        ({"is_labeled": False}, Status.IN_PROGRESS, "not labeled"),
        ({"is_labeled": True}, Status.COMPLETED, "accepted"),
        ({"annotations": [], "total_annotations": 0}, Status.PENDING, "no annotation"),
        (
            {"annotations": [ls_annotation(was_cancelled=True)], "total_annotations": 0},
            Status.PENDING,
            "skipped",
        ),
        ({"annotations": [ls_annotation(last_action="teleported")]}, Status.UNKNOWN, "teleported"),
        ({"annotations": [ls_annotation(last_action=None)]}, Status.COMPLETED, "submitted"),
        (
            {"annotations": [ls_annotation(last_action=None, updated_at=None, created_at=None)]},
            Status.UNKNOWN,
            "no record of a submission",
        ),
        (
            {"annotations": [ls_annotation(), ls_annotation(last_action="teleported")]},
            Status.UNKNOWN,
            "teleported",
        ),
        (
            {"annotations": [ls_annotation(last_action="teleported"), ls_annotation(last_action="rejected")]},
            Status.IN_PROGRESS,
            "rejected",
        ),
    ],
)
def test_a_task_is_as_far_as_its_least_finished_part(
    changes: dict[str, Any], status: AssignmentStatus, text: str
) -> None:
    (one,) = assignments(ls_task(**changes))
    assert (one.status, one.status_text) == (status, text)


def test_an_annotation_submitted_without_a_region_marks_its_item_empty() -> None:
    (one,) = assignments(ls_task(annotations=[ls_annotation(result=[])]))
    assert one.empty_items == {"s3://b/train/1.jpg"}


@pytest.mark.parametrize(("word", "outcome", "source"), REJECT_ACTIONS.rows)
def test_a_rejection_says_what_becomes_of_the_work(word: str, outcome: ReviewOutcome, source: str) -> None:
    said = ls_annotation(reviews=[ls_review(accepted=False, reject_action=word)])
    assert [one.outcome for one in reviews(ls_task(annotations=[said]))] == [outcome]
    assert source.startswith("https://")


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"accepted": None}, ReviewOutcome.UNKNOWN),
        ({"accepted": False}, ReviewOutcome.REJECTED),
        ({"accepted": False, "reject_action": "explode"}, ReviewOutcome.UNKNOWN),
        ({"accepted": True, "reject_action": "remove"}, ReviewOutcome.APPROVED),
    ],
)
def test_an_unknown_word_of_a_reviewer_never_approves(
    changes: dict[str, Any], outcome: ReviewOutcome
) -> None:
    said = ls_annotation(reviews=[ls_review(**changes)])
    assert [one.outcome for one in reviews(ls_task(annotations=[said]))] == [outcome]


def test_the_comment_of_a_rejection_is_its_reason() -> None:
    history = [{"review_id": None, "comment": "x"}, {"review_id": 5, "comment": " Too wide\nrule 3 "}]
    said = ls_annotation(reviews=[ls_review(accepted=False), ls_review(id=None)], history=history)
    rejected, approved = reviews(ls_task(annotations=[said]))
    assert (rejected.reason, rejected.note) == ("Too wide", "Too wide\nrule 3")
    assert (approved.reason, approved.note) == ("", "")


def test_a_person_has_one_name_however_a_record_writes_them() -> None:
    named = ls_task()
    numbered = ls_task(id=2, annotations=[ls_annotation(completed_by=1, reviews=[ls_review(created_by=9)])])
    nobody = ls_task(id=3, annotations=[ls_annotation(completed_by=None, reviews=[])])
    anonymous = ls_task(id=4, annotations=[ls_annotation(completed_by={}, reviews=[])])
    found = assignments(named, numbered, nobody, anonymous)
    assert [one.assignee for one in found] == ["ann@example.org", "ann@example.org", "", ""]
    assert [one.reviewer for one in reviews(named, numbered)] == ["rea@example.org", "9"]
    assert ANN["id"] != REA["id"]


@pytest.mark.parametrize(
    ("data", "item"),
    [
        ({"image": "a.jpg", "text": "two words"}, "a.jpg"),
        ({"photo": "b.jpg"}, "b.jpg"),
        ({"url": "u.jpg", "n": 4}, "u.jpg"),
    ],
)
def test_the_item_is_the_file_that_data_names(data: dict[str, Any], item: str) -> None:
    assert assignments(ls_task(data=data))[0].items == (item,)


@pytest.mark.parametrize("data", [{}, {"n": 4}, {"text": "two words"}, {"a": "1.jpg", "b": "2.jpg"}])
def test_a_task_without_one_file_is_refused(data: dict[str, Any]) -> None:
    assert problems(ls_task(data=data)) == [
        ("label-studio.no-item", 2, "Record 1: `data` does not name one file.")
    ]


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        (
            [ls_task(total_annotations=3)],
            [("label-studio.partial-export", 2, "Record 1: the task has 3 annotations and the export 1.")],
        ),
        ([ls_task(), ls_task()], [("evidence.duplicate-id", 57, 'Record 2 repeats task "1" of record 1.')]),
        (
            [ls_task(), {key: value for key, value in ls_task(id=2).items() if key != "drafts"}],
            [
                (
                    "evidence.uneven-records",
                    57,
                    "Record 2 has no `drafts`, which other records of the file have.",
                )
            ],
        ),
        (
            [{"id": 1, "completions": []}],
            [
                (
                    "label-studio.other-export",
                    None,
                    "The file is of a Label Studio before 1.0, which kept `completions` without their state.",
                )
            ],
        ),
        (
            [{"image": "a.jpg", "annotation_id": 1, "annotator": 1, "id": 1}],
            [
                (
                    "label-studio.other-export",
                    None,
                    "The file is a JSON-MIN export, which does not carry the state of the work.",
                )
            ],
        ),
        ([3], [("evidence.bad-record", 2, "Record 1: expected `object`, got `int`.")]),
    ],
)
def test_what_is_not_a_whole_export_is_refused_with_record_and_line(
    tasks: list[object], expected: list[tuple[str, int | None, str]]
) -> None:
    assert problems(*tasks) == expected


def test_a_field_lost_from_one_annotation_is_no_silent_submission() -> None:
    whole = ls_annotation(last_action="rejected")
    lost = {key: value for key, value in whole.items() if key != "last_action"}
    found = problems(ls_task(), ls_task(id=2, annotations=[lost]))
    assert [code for code, _, _ in found] == ["evidence.uneven-records"]
    assert "an annotation of record 2" in found[0][2].lower()


def test_the_json_export_defines_no_labels() -> None:
    loaded = read_label_studio(as_bytes([ls_task()]), file="ls.json").labels
    assert [finding.code for finding in loaded.problems] == ["evidence.not-in-export"]


def test_an_export_without_tasks_holds_no_work() -> None:
    assert assignments() == ()


CONFIG = b"""<View>
  <Image name="i" value="$image"/>
  <RectangleLabels name="l" toName="i">
    <Label value="Car" hint="tight"/>
    <Label value="bus" alias="Bus"/>
  </RectangleLabels>
  <PolygonLabels name="p" toName="i"><Label value="Car"/></PolygonLabels>
</View>
"""


def test_the_labelling_configuration_defines_the_labels() -> None:
    read = read_label_studio_config(CONFIG, file="c.xml")
    assert read.labels.value == (
        Label(id="Car", name="Car", rule="tight", line=4),
        Label(id="Bus", name="Bus", line=5),
    )
    for loaded in (read.assignments, read.reviews):
        assert [finding.code for finding in loaded.problems] == ["evidence.not-in-export"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<View><Label/></View>", "evidence.bad-record"),
        (b"<View></View>", "label-studio.no-labels"),
        (b"<View>", "evidence.not-xml"),
    ],
)
def test_a_configuration_without_usable_labels_is_refused(data: bytes, code: str) -> None:
    loaded = read_label_studio_config(data, file="c.xml").labels
    assert [finding.code for finding in loaded.problems] == [code]
