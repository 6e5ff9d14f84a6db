"""The lists of items: what is shown of them, and the files that hold them whole."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answers import Answer, Decision, DecisionKind, Finding, Outcome, Waiver
from bot.evaluation.item_files import item_files
from bot.evidence.model import Item, Loaded, Snapshot
from bot.evidence.release import ReleaseEvidence
from bot.releases import Evaluation, Release
from bot.report.check import check
from bot.report.comment import comment
from bot.report.slices import long_lists, slices, with_links
from bot.report.text import to_json, to_text
from bot.report.words import GITHUB_WORDS, GITLAB_WORDS

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
COMMAND = "`python -m bot check --slices DIR`"


def finding(*items: str, **more: str) -> Finding:
    return Finding(code=more.pop("code", "schema.slice-missing"), text="T.", fix="F.", items=items, **more)


def release(
    *findings: Finding, dataset: str = "street", item_files: Mapping[str, str] | None = None
) -> Release:
    answer = Answer(gate="schema_stable", outcome=Outcome.FAILED, headline="H.", findings=findings)
    return Release(
        dataset=dataset,
        manifest="m.yaml",
        version="v1",
        decision=Decision(kind=DecisionKind.BLOCKED, reason="R."),
        answers=(answer,),
        fingerprint="",
        unwaived_fingerprint="",
        item_files=item_files or {},
    )


def evaluation(*releases: Release) -> Evaluation:
    return Evaluation(number=1, base_ref="main", head_sha="a" * 40, evaluated_at=NOW, releases=releases)


def many(count: int) -> Finding:
    return finding(*(f"img-{n}" for n in range(count)))


def test_a_finding_with_items_is_a_file_of_one_json_object_per_item() -> None:
    found = finding("img-1", "gone", label="bus", annotator="ana")
    found = replace(found, annotations=(("img-1", "7"), ("img-1", "8")))
    (one,) = slices(evaluation(release(found, item_files={"img-1": "images/1.jpg"})))
    assert one.path == "street/1-schema_stable-schema.slice-missing-1.jsonl"
    shared = {
        "dataset": "street",
        "gate": "schema_stable",
        "code": "schema.slice-missing",
        "class": "bus",
        "annotator": "ana",
    }
    assert [json.loads(line) for line in one.text.splitlines()] == [
        {**shared, "item": "img-1", "file": "images/1.jpg", "annotations": ["7", "8"]},
        {**shared, "item": "gone", "file": None, "annotations": []},
    ]


def test_findings_of_one_code_are_numbered_and_those_without_items_have_no_file() -> None:
    found = slices(evaluation(release(many(1), finding(), many(2), finding("a", code="x.y"))))
    assert [(one.path.partition("/")[2], len(tuple(one.lines()))) for one in found] == [
        ("1-schema_stable-schema.slice-missing-1.jsonl", 1),
        ("1-schema_stable-schema.slice-missing-2.jsonl", 2),
        ("1-schema_stable-x.y-1.jsonl", 1),
    ]


def test_releases_of_one_name_have_folders_and_files_of_their_own() -> None:
    both = evaluation(
        release(many(1), dataset="a/b", item_files={"img-0": "one.jpg"}),
        release(many(1), dataset="a b", item_files={"img-0": "two.jpg"}),
    )
    found = tuple(slices(both))
    assert [one.path.partition("/")[0] for one in found] == ["a-b", "a-b-2"]
    assert [json.loads(one.text)["file"] for one in found] == ["one.jpg", "two.jpg"]


def test_a_folder_that_a_name_would_share_with_a_numbered_one_is_numbered_further() -> None:
    names = ("a", "a", "a-2", "a-2", "a")
    found = slices(evaluation(*(release(many(1), dataset=name) for name in names)))
    folders = [one.path.partition("/")[0] for one in found]
    assert folders == ["a", "a-2", "a-2-2", "a-2-3", "a-3"]


@settings(deadline=None, max_examples=100)
@given(
    dataset=st.text(st.characters(exclude_categories=()), min_size=1),
    items=st.lists(st.text(st.characters(exclude_categories=())), min_size=1, max_size=4),
)
def test_no_name_leaves_the_folder_and_no_id_is_lost(dataset: str, items: list[str]) -> None:
    one, again = (next(slices(evaluation(release(finding(*items), dataset=dataset)))) for _ in range(2))
    folder, _, name = one.path.partition("/")
    assert folder.strip(".")
    assert "/" not in name
    assert "\\" not in one.path
    assert [json.loads(line)["item"] for line in one.text.encode("ascii").decode().splitlines()] == items
    assert one == again


def test_the_comment_shows_the_first_items_and_the_command_only_where_a_list_was_cut() -> None:
    short, long = (comment(evaluation(release(many(count))), GITHUB_WORDS) for count in (5, 1_205))
    assert "Items: `img-0`, `img-1`, `img-2`, `img-3`, `img-4`<br>" in short
    assert COMMAND not in short
    assert "`img-4` and 1,200 more" in long
    assert long.count(COMMAND) == 1


def test_the_comment_is_silent_about_lists_of_gates_that_passed() -> None:
    (passed,) = (replace(a, outcome=Outcome.PASSED) for a in release(many(9)).answers)
    assert COMMAND not in comment(evaluation(replace(release(), answers=(passed,))), GITHUB_WORDS)


LINK = "https://gates.example.org/releases/sgl_x/street/1-schema_stable-schema.slice-missing-1.jsonl"


def linked(before: Evaluation, *too_long: Finding) -> Evaluation:
    """With a link at each long list whose finding is not `too_long`."""
    lists = tuple(long_lists(before))
    return with_links(
        before,
        {one.path: LINK for one in lists if one.finding not in too_long},
        [one for one in lists if one.finding in too_long],
    )


def test_a_long_list_that_is_kept_is_linked_in_comment_and_check() -> None:
    shown = linked(evaluation(release(many(1_205), many(5))))
    for text in (comment(shown, GITHUB_WORDS), check(shown, GITHUB_WORDS).summary):
        assert f"`img-4` and 1,200 more ([all 1,205]({LINK}))<br>" in text
        assert text.count(LINK) == 1
        assert COMMAND not in text
        assert "until its list changes or the pull request is closed, and for 30 days at most." in text
    assert "or the merge request is closed" in comment(shown, GITLAB_WORDS)


def test_a_link_is_no_part_of_what_is_recorded_or_annotated() -> None:
    placed = replace(many(9), file="labels.jsonl")
    before = evaluation(release(placed))
    assert to_json(linked(before)) == to_json(before)
    assert check(linked(before)).annotations == check(before).annotations


def test_a_list_too_long_to_be_kept_is_named_with_the_command_that_writes_it() -> None:
    long, longer = many(9), replace(many(2_000_000), code="x.y")
    shown = comment(linked(evaluation(release(long, longer)), longer), GITHUB_WORDS)
    assert f"> **Note:** Too long to be kept for download: gate 1 `x.y` (2,000,000 items). {COMMAND}" in shown
    assert shown.count(LINK) == 1
    alone = comment(linked(evaluation(release(longer)), longer), GITHUB_WORDS)
    assert alone.count(COMMAND) == 2
    several = [replace(many(9), code=f"x.{n}") for n in range(7)]
    named = comment(linked(evaluation(release(*several)), *several), GITHUB_WORDS)
    assert "gate 1 `x.4` (9 items) and 2 more. " in named


def test_lists_that_are_shown_whole_or_belong_to_gates_that_passed_are_not_kept() -> None:
    (passed,) = (replace(a, outcome=Outcome.PASSED) for a in release(many(9)).answers)
    waived = replace(
        passed, waiver=Waiver(gate="g", reason="r", by="a", at=NOW, expires_at=NOW, comment_id=1)
    )
    of = [replace(release(), answers=(answer,)) for answer in (passed, waived)]
    assert [len(tuple(long_lists(evaluation(one)))) for one in (*of, release(many(5)))] == [0, 1, 0]


def test_the_terminal_says_where_the_rest_of_a_list_is() -> None:
    assert "items: img-0, img-1\n" in to_text(evaluation(release(many(2))))
    assert "img-9 and 2 more (--slices DIR writes them all)\n" in to_text(evaluation(release(many(12))))


def test_the_file_of_an_item_is_that_of_the_snapshot_else_of_its_baseline() -> None:
    def snapshot(*items: tuple[str, str]) -> Loaded[Snapshot]:
        return Loaded(value=Snapshot(items=[Item(id=i, file=f) for i, f in items], annotations=()))

    evidence = ReleaseEvidence(
        labels=Loaded(),
        labels_before=Loaded(),
        snapshot=snapshot(("a", "new/a.jpg"), ("c", "new/c.jpg")),
        baseline=snapshot(("a", "old/a.jpg"), ("b", "old/b.jpg")),
        baseline_name="v0",
        assignments=Loaded(),
        reviews=Loaded(),
    )
    answers = release(finding("a", "b", "z")).answers
    assert item_files(evidence, answers) == {"a": "new/a.jpg", "b": "old/b.jpg"}
    assert item_files(evidence, ()) == {}
    unread = replace(evidence, snapshot=Loaded(), baseline=Loaded())
    assert item_files(unread, answers) == {}
