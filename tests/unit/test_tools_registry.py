"""What readers of tools' exports share: records with lines, words, people, and telling exports apart."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.evidence.problems import Problems
from bot.evidence.tools import cvat, encord, label_studio, labelbox, labelbox_issues
from bot.evidence.tools.people import Directory, Person
from bot.evidence.tools.records import json_records, keys_of, listed
from bot.evidence.tools.registry import TOOLS, read_tool, tool_format
from bot.evidence.tools.vocabulary import Vocabulary
from tests.fakes.tool_exports import (
    CVAT_XML,
    ENCORD_ONTOLOGY,
    as_bytes,
    cvat_files,
    encord_row,
    lb_issue,
    lb_row,
    ls_annotation,
    ls_task,
    ndjson,
)

BOM = b"\xef\xbb\xbf"


def located(data: bytes) -> list[tuple[int, str, bytes]]:
    problems = Problems("x")
    found = [(one.line, one.place, bytes(one.value)) for one in json_records(data, problems)]
    assert not problems
    return found


def refusals(data: bytes) -> list[tuple[str, int | None]]:
    problems = Problems("x")
    json_records(data, problems)
    return [(finding.code, finding.line) for finding in problems.all()]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"[]", []),
        (
            b'[1,\n\n {"a":\n2},3]',
            [(1, "record 1", b"1"), (3, "record 2", b'{"a":\n2}'), (4, "record 3", b"3")],
        ),
        (BOM + b'\n{"a": 1}\n', [(2, "record 1", b'{"a": 1}')]),
        (b'{"a":1}\n\n{"b":2}\n', [(1, "line 1", b'{"a":1}'), (3, "line 3", b'{"b":2}')]),
        (b'["a", "a"]', [(1, "record 1", b'"a"'), (1, "record 2", b'"a"')]),
    ],
)
def test_a_record_has_the_line_it_begins_at(data: bytes, expected: list[tuple[int, str, bytes]]) -> None:
    assert located(data) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", [("evidence.not-json", None)]),
        (b"[1, 2", [("evidence.not-json", None)]),
        (b'{"a":\n1', [("evidence.not-json", None)]),
        (b'{"a":1}\n{"b":\n{"c":3}', [("evidence.not-json", 2)]),
        (b"[" * 100_000, [("evidence.not-json", None)]),
        (b"<a/>", [("evidence.not-json", None)]),
    ],
)
def test_what_is_not_json_is_refused(data: bytes, expected: list[tuple[str, int | None]]) -> None:
    assert refusals(data) == expected


def test_records_inside_a_record_have_lines_too() -> None:
    data = BOM + b'{"count": 2,\n "results": [\n {"id": 1},\n {"id": 2}]}'
    (page,) = json_records(data, Problems("x"))
    inner = msgspec.json.decode(page.value, type=dict[str, msgspec.Raw])
    elements = msgspec.json.decode(inner["results"], type=list[msgspec.Raw])
    assert [one.line for one in listed(page, elements, data)] == [3, 4]


def test_only_objects_have_keys() -> None:
    objects = json_records(b'[{"a": 1, "b": 2}, 3]', Problems("x"))
    assert [keys_of(one) for one in objects] == [{"a", "b"}, set()]


@pytest.mark.parametrize("word", ["In Review", "IN_REVIEW", "inreview", "in-review"])
def test_a_word_means_the_same_however_it_is_written(word: str) -> None:
    assert Vocabulary(("InReview", 1, "https://x")).meaning(word) == 1


def test_an_unknown_word_means_nothing() -> None:
    assert Vocabulary(("InReview", 1, "https://x")).meaning("Reviewed") is None


def test_a_person_is_called_by_user_name_then_address_then_number() -> None:
    people = Directory([Person(id=1, username="ann", email="a@x"), Person(id=2, email="b@x"), 3, None])
    asked = [Person(id=1), 1, 2, 3, Person(id=4, email="d@x"), Person(), None]
    assert [people.name(one) for one in asked] == ["ann", "ann", "b@x", "3", "d@x", "", ""]


@pytest.mark.parametrize(
    ("data", "tool"),
    [
        (as_bytes([ls_task()]), "label-studio"),
        (BOM + as_bytes([ls_task()]), "label-studio"),
        (as_bytes([ls_task(annotations=[ls_annotation(history=[{"task_id": 1}])])]), "label-studio"),
        (as_bytes([{"id": 1, "completions": []}]), "label-studio"),
        (b"<View><Label value='a'/></View>", "label-studio"),
        (CVAT_XML, "cvat"),
        (b"<!-- hi --><annotations/>", "cvat"),
        (b'<!DOCTYPE annotations [<!ENTITY a "b">]><annotations/>', "cvat"),
        *((data, "cvat") for data in cvat_files().values()),
        (as_bytes([encord_row()]), "encord"),
        (as_bytes(ENCORD_ONTOLOGY), "encord"),
        (ndjson(lb_row(), lb_row(number=2)), "labelbox"),
        (as_bytes([lb_issue()]), "labelbox"),
        (b'{"id": "1", "assignee": "ann", "status": "COMPLETED", "items": ["a"]}\n', None),
        (b'{"item": "a", "annotator": "x", "reviewer": "y", "outcome": "approved", "at": "z"}\n', None),
        (b'{"images": [], "annotations": [], "categories": []}', None),
        (b"id,status,items\n1,COMPLETED,a\n", None),
        (b"<html/>", None),
        (b"", None),
    ],
)
def test_an_export_is_told_by_its_content(data: bytes, tool: str | None) -> None:
    assert tool_format(data) == tool


def test_files_that_stand_by_themselves_are_joined_without_lines() -> None:
    files = {"d/1.json": as_bytes([ls_task()]), "d/2.json": as_bytes([ls_task(id=2)])}
    read = read_tool(files, tool="label-studio", file="d")
    assert [(one.id, one.line) for one in read.assignments.value or ()] == [("1", None), ("2", None)]
    assert [one.line for one in read.reviews.value or ()] == [None, None]
    assert read.labels.value is None


def test_one_file_keeps_its_lines() -> None:
    read = read_tool({"e.json": as_bytes([encord_row()])}, tool="encord", file="e.json")
    assert [one.line for one in read.assignments.value or ()] == [2]


def test_one_record_in_two_files_is_refused() -> None:
    files = {"d/1.json": as_bytes([ls_task()]), "d/2.json": as_bytes([ls_task()])}
    loaded = read_tool(files, tool="label-studio", file="d").assignments
    assert [finding.code for finding in loaded.problems] == ["evidence.duplicate-id"]


@pytest.mark.parametrize(
    ("files", "tool"),
    [
        ({"d/c.xml": b"<View><Label value='a'/></View>"}, "label-studio"),
        ({"d/o.json": as_bytes(ENCORD_ONTOLOGY)}, "encord"),
        ({"d/a.xml": CVAT_XML}, "cvat"),
        ({"d/labels.json": cvat_files()["cvat/labels.json"]}, "cvat"),
    ],
)
def test_the_label_classes_come_from_where_each_tool_defines_them(files: dict[str, bytes], tool: str) -> None:
    assert read_tool(files, tool=tool, file="d").labels.value


def test_every_tool_that_is_detected_is_read() -> None:
    assert set(TOOLS) == {"cvat", "encord", "label-studio", "labelbox"}
    for tool in TOOLS:
        loaded = read_tool({"x": b"\0"}, tool=tool, file="x").assignments
        assert loaded.value is None
        assert loaded.problems


PAPER = (Path(__file__).parents[2] / "docs" / "labelling-tools.md").read_text("utf-8")
VOCABULARIES = (
    label_studio.LAST_ACTIONS,
    label_studio.REJECT_ACTIONS,
    cvat.JOB_STATES,
    cvat.JOB_TYPES,
    labelbox.STEPS,
    labelbox.ACTIONS,
    labelbox_issues.ISSUE_STATES,
    encord.STAGES,
    encord.TASK_STATES,
    encord.LABEL_STATES,
)


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_the_paper_shows_every_word_with_its_meaning_and_source(vocabulary: Vocabulary[Any]) -> None:
    for word, meaning, source in vocabulary.rows:
        said = {True: "yes", False: "no"}[meaning] if isinstance(meaning, bool) else str(meaning)
        assert f"| `{word}` | {said} | [source]({source}) |" in PAPER
