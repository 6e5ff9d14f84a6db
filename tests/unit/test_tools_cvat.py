"""CVAT's saved API answers and its XML 1.1."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.evidence.model import Assignment, AssignmentStatus, Label, ReviewOutcome
from bot.evidence.tools.cvat import JOB_STATES, JOB_TYPES, read_cvat
from bot.evidence.tools.cvat_xml import NO_STATUS, read_cvat_xml
from tests.fakes.tool_exports import (
    CVAT_XML,
    as_bytes,
    cvat_comment,
    cvat_files,
    cvat_frames,
    cvat_issue,
    cvat_job,
    cvat_label,
    cvat_page,
)

Found = list[tuple[str, int | None, str]]


def found(files: dict[str, bytes]) -> Found:
    loaded = read_cvat(files, file="cvat").reviews
    assert loaded.value is None
    return [(finding.code, finding.line, finding.text) for finding in loaded.problems]


def codes(files: dict[str, bytes]) -> list[tuple[str, str | None]]:
    loaded = read_cvat(files, file="cvat").assignments
    assert loaded.value is None
    return [(finding.code, finding.file) for finding in loaded.problems]


def test_a_job_is_an_assignment_of_the_files_of_its_frames() -> None:
    read = read_cvat(cvat_files(), file="cvat")
    assert read.assignments.value == (
        Assignment(
            id="81",
            items=("a.jpg", "b.jpg"),
            assignee="rea",
            status=AssignmentStatus.COMPLETED,
            status_text="acceptance / completed",
            completed_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
            line=6,
        ),
    )
    assert read.labels.value == (Label(id="6", name="car", rule="size (select mutable): s, l", line=6),)


def test_an_issue_is_a_rejection_with_its_first_comment_as_reason() -> None:
    files = cvat_files() | {
        "cvat/comments.json": cvat_page([cvat_comment(id=9, message="no"), cvat_comment(id=4)])
    }
    approvals = read_cvat(files, file="cvat").reviews.value or ()
    *approved, rejected = approvals
    assert [(one.item, one.outcome, one.reviewer) for one in approved] == [
        ("a.jpg", ReviewOutcome.APPROVED, ""),
        ("b.jpg", ReviewOutcome.APPROVED, ""),
    ]
    assert (rejected.item, rejected.outcome, rejected.reviewer) == ("b.jpg", ReviewOutcome.REJECTED, "rea")
    assert (rejected.reason, rejected.note) == ("Tighten the box", "Tighten the box\nrule 3")
    assert (rejected.annotator, rejected.resolved_at) == ("", None)


@pytest.mark.parametrize(
    ("changes", "resolved_at"),
    [
        ({"resolved": True}, datetime(2026, 3, 1, 9, tzinfo=UTC)),
        ({"resolved": True, "updated_date": "2026-03-03T09:00:00Z"}, datetime(2026, 3, 3, 9, tzinfo=UTC)),
        ({"resolved": False, "updated_date": "2026-03-03T09:00:00Z"}, None),
    ],
)
def test_an_issue_is_resolved_when_cvat_says_so(
    changes: dict[str, Any], resolved_at: datetime | None
) -> None:
    read = read_cvat(cvat_files(issues=[cvat_issue(**changes)]), file="cvat")
    assert (read.reviews.value or ())[-1].resolved_at == resolved_at


@pytest.mark.parametrize(("words", "status", "source"), JOB_STATES.rows)
def test_stage_and_state_say_how_far_a_job_is(words: str, status: AssignmentStatus, source: str) -> None:
    stage, state = words.split(" / ")
    (one,) = (
        read_cvat(cvat_files(jobs=[cvat_job(stage=stage, state=state)]), file="c").assignments.value or ()
    )
    assert one.status is status
    assert (one.completed_at is not None) is (status is AssignmentStatus.COMPLETED)
    assert source.startswith("https://")


def test_every_pair_of_stage_and_state_is_known() -> None:
    stages, states = (
        ("annotation", "validation", "acceptance"),
        ("new", "in progress", "completed", "rejected"),
    )
    assert [word for word, _, _ in JOB_STATES.rows] == [f"{a} / {b}" for a in stages for b in states]


def test_an_unknown_state_is_unknown_and_approves_nothing() -> None:
    read = read_cvat(cvat_files(jobs=[cvat_job(state="teleported")], issues=[]), file="c")
    (one,) = read.assignments.value or ()
    assert (one.status, one.status_text) == (AssignmentStatus.UNKNOWN, "acceptance / teleported")
    assert read.reviews.value == ()


@pytest.mark.parametrize(("word", "counts", "source"), [*JOB_TYPES.rows, ("guessing", True, "https://")])
def test_only_jobs_that_measure_quality_are_left_out(word: str, counts: bool, source: str) -> None:
    found = read_cvat(cvat_files(jobs=[cvat_job(type=word)]), file="c").assignments.value or ()
    assert len(found) == counts
    assert all((one.status is AssignmentStatus.UNKNOWN) is (word == "guessing") for one in found)
    assert source.startswith("https://")


def test_who_holds_a_job_in_annotation_is_its_annotator() -> None:
    files = cvat_files(jobs=[cvat_job(stage="annotation", assignee={"id": 6, "username": "ann"})])
    assert [one.annotator for one in read_cvat(files, file="c").reviews.value or ()] == ["ann"]
    nobody = cvat_files(jobs=[cvat_job(stage="annotation", assignee=None)])
    assert [one.assignee for one in read_cvat(nobody, file="c").assignments.value or ()] == [""]


def test_deleted_frames_are_no_items() -> None:
    files = cvat_files(issues=[]) | {"cvat/meta-9.json": cvat_frames("a.jpg", "b.jpg", deleted_frames=[1])}
    (one,) = read_cvat(files, file="c").assignments.value or ()
    assert one.items == ("a.jpg",)
    none_left = files | {"cvat/meta-9.json": cvat_frames("a.jpg", "b.jpg", deleted_frames=[0, 1])}
    assert read_cvat(none_left, file="c").assignments.value == ()


def test_the_xml_of_a_task_names_the_frames_too() -> None:
    files = cvat_files() | {"cvat/annotations.xml": CVAT_XML}
    del files["cvat/meta-9.json"]
    assert (read_cvat(files, file="c").assignments.value or ())[0].items == ("a.jpg", "b.jpg")


def test_bare_lists_and_several_pages_are_read_together() -> None:
    files = cvat_files() | {
        "cvat/jobs.json": as_bytes([cvat_job()]),
        "cvat/jobs-2.json": as_bytes([cvat_job(id=82, start_frame=2, stop_frame=2)]),
    }
    found = read_cvat(files, file="cvat").assignments.value or ()
    assert [(one.id, one.items) for one in found] == [("81", ("a.jpg", "b.jpg")), ("82", ("c.jpg",))]


def test_an_empty_list_is_what_its_name_says() -> None:
    files = cvat_files(issues=[])
    assert len(read_cvat(files, file="cvat").reviews.value or ()) == 2
    unnamed = {"cvat/x.json" if name == "cvat/issues.json" else name: data for name, data in files.items()}
    assert found(unnamed) == [
        ("cvat.unknown-list", None, '"x.json" is none of the lists that say something of work and reviews.')
    ]


def test_points_of_a_skeleton_are_no_labels() -> None:
    files = {"labels.json": cvat_page([cvat_label(), cvat_label(id=7, has_parent=True)])}
    assert [one.id for one in read_cvat(files, file="labels.json").labels.value or ()] == ["6"]


@pytest.mark.parametrize("missing", ["cvat/jobs.json", "cvat/issues.json"])
def test_without_jobs_or_issues_there_is_no_word_of_reviews(missing: str) -> None:
    files = cvat_files()
    del files[missing]
    assert found(files) == [
        ("evidence.not-in-export", None, "The files from CVAT hold no list of jobs and issues.")
    ]


def test_without_comments_a_rejection_has_no_reason() -> None:
    files = cvat_files()
    del files["cvat/comments.json"]
    assert (read_cvat(files, file="c").reviews.value or ())[-1].reason == ""


BAD_NAME = {"cvat/meta-9.json": cvat_frames("a\0.jpg", "b\0.jpg", "c.jpg")}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"cvat/meta-9.json": cvat_frames("a.jpg")},
            [
                "job 81 names frames 0 to 1 of task 9, whose files the export does not name",
                "record 1: the export does not name the file of frame 1 of task 9",
            ],
        ),
        (
            {"cvat/issues.json": cvat_page([cvat_issue(job=7)])},
            ["record 1: the issue is on job 7, which is not among the jobs"],
        ),
        (
            {"cvat/issues.json": cvat_page([cvat_issue(created_date="yesterday")])},
            ["record 1: `created_date` is not a time in ISO 8601"],
        ),
        (
            {"cvat/jobs.json": cvat_page([cvat_job(updated_date="yesterday")])},
            ["record 1: `updated_date` is not a time in ISO 8601"] * 2,
        ),
        (BAD_NAME, ["record 1: a value holds a NUL character"] * 3),
        (
            {"cvat/jobs.json": cvat_page([cvat_job(stop_frame=10**15)])},
            [f"job 81 names frames 0 to {10**15} of task 9, whose files the export does not name"],
        ),
        (
            {
                "cvat/jobs.json": cvat_page([cvat_job(start_frame=1, stop_frame=0)]),
                "cvat/issues.json": cvat_page([]),
            },
            None,
        ),
    ],
)
def test_work_that_cannot_be_placed_is_refused_and_labels_are_not(
    changes: dict[str, bytes], expected: list[str] | None
) -> None:
    read = read_cvat(cvat_files() | changes, file="cvat")
    texts = [finding.text for finding in read.reviews.problems]
    assert texts == [f"{text[0].upper()}{text[1:]}." for text in expected or ()]
    assert (read.assignments.value is None) is (expected is not None)
    assert read.labels.value is not None


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("jobs.json", cvat_page([cvat_job()], count=2), "cvat.partial-list"),
        ("jobs.json", cvat_page([cvat_job()], next="http://c/api/jobs?page=2"), "cvat.partial-list"),
        ("jobs.json", cvat_page([cvat_job(), cvat_job()]), "evidence.duplicate-id"),
        ("jobs.json", cvat_page([cvat_job(id=-1)]), "evidence.bad-record"),
        ("jobs.json", as_bytes({"results": 3, "count": 1}), "evidence.bad-record"),
        ("jobs.json", b'{"results"', "evidence.not-json"),
        ("tasks.json", cvat_page([{"id": 1, "name": "t"}]), "cvat.unknown-list"),
        ("other.json", as_bytes({"id": 1}), "cvat.unknown-list"),
        ("meta.json", cvat_frames("a.jpg"), "cvat.unnamed-frames"),
        ("meta-8.json", cvat_frames("clip.mp4", size=9), "cvat.video"),
        ("meta-8.json", as_bytes({"frames": 3, "size": 1}), "evidence.bad-record"),
        ("labels.json", cvat_page([cvat_label(name="")]), "evidence.bad-record"),
        ("other.xml", b"<View/>", "cvat.not-annotations"),
    ],
)
def test_a_file_that_is_not_a_whole_list_is_refused(name: str, data: bytes, code: str) -> None:
    files = {key: value for key, value in cvat_files().items() if not key.endswith(f"/{name}")}
    read = read_cvat(files | {f"cvat/{name}": data}, file="cvat")
    for loaded in (read.assignments, read.reviews, read.labels):
        assert loaded.value is None
        assert loaded.problems[0].code == code


def test_xml_names_jobs_and_their_files_but_not_how_far_they_are() -> None:
    read = read_cvat_xml(CVAT_XML, file="a.xml")
    first, second = read.assignments.value or ()
    assert (first.id, first.items, first.assignee, first.line) == ("81", ("a.jpg", "b.jpg"), "ann", 17)
    assert (second.id, second.items, second.status) == ("82", ("c.jpg",), AssignmentStatus.UNKNOWN)
    assert second.status_text == NO_STATUS
    assert read.labels.value == (
        Label(id="car", name="car", rule="size; s l", line=12),
        Label(id="bus", name="bus", line=14),
    )
    assert [finding.code for finding in read.reviews.problems] == ["evidence.not-in-export"]


def test_xml_of_a_project_tells_images_by_their_task() -> None:
    task = b"<task><id>%d</id><segments><segment><id>%d</id><start>0</start><stop>0</stop></segment></segments></task>"
    data = (
        b"<annotations><meta><project><tasks>"
        + task % (1, 11)
        + task % (2, 12)
        + b"</tasks></project></meta>"
        b'<image id="0" name="a.jpg" task_id="1"/><image id="0" name="b.jpg" task_id="2"/></annotations>'
    )
    found = read_cvat_xml(data, file="a.xml").assignments.value or ()
    assert [(one.id, one.items) for one in found] == [("11", ("a.jpg",)), ("12", ("b.jpg",))]


def change(old: bytes, new: bytes) -> bytes:
    assert old in CVAT_XML
    return CVAT_XML.replace(old, new, 1)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (change(b'id="14"', b'id="15"'), "Line 18: frames 2 to 2 of segment 82 have no files in the export."),
        (change(b'id="10"', b'id="8"'), "Line 17: frames 0 to 1 of segment 81 have no files in the export."),
        (change(b'id="14"', b'id="12"'), "Line 26: frame 12 is two files."),
        (change(b"<start>0<", b"<start>x<"), "Line 17: start is not a number."),
        (change(b"<id>9<", b"<id>-9<"), "Line 6: the task's id is not a number."),
        (change(b"step=2", b""), "Line 17: frames 0 to 1 of segment 81 have no files in the export."),
        (change(b"step=2", b"step=0"), "Line 17: frames 0 to 1 of segment 81 have no files in the export."),
        (change(b"<id>82<", b"<id>81<"), 'Line 18 repeats segment "81" of line 17.'),
        (change(b"<name>car</name>", b""), "Line 12: an id or name is empty."),
        (change(b' name="a.jpg"', b""), "Line 24: an id or name is empty."),
    ],
)
def test_xml_that_contradicts_itself_is_refused_at_its_line(data: bytes, expected: str) -> None:
    loaded = read_cvat_xml(data, file="a.xml").assignments
    assert loaded.value is None
    assert loaded.problems[0].text == expected


@pytest.mark.parametrize(
    ("data", "absent"),
    [
        (b"<annotations><version>1.1</version></annotations>", {"assignments", "reviews", "labels"}),
        (
            b"<annotations><meta><task><labels><label><name>a</name></label></labels></task></meta></annotations>",
            {"assignments", "reviews"},
        ),
    ],
)
def test_xml_that_names_nothing_says_so(data: bytes, absent: set[str]) -> None:
    read = read_cvat_xml(data, file="a.xml")
    for kind in ("assignments", "reviews", "labels"):
        codes = [finding.code for finding in getattr(read, kind).problems]
        assert codes == (["evidence.not-in-export"] if kind in absent else [])
