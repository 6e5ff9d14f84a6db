"""The lists of items: what is shown of them, and the files that hold them whole."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answers import Answer, Decision, DecisionKind, Finding, Outcome
from bot.evaluation.item_files import item_files
from bot.evidence.model import Item, Loaded, Snapshot
from bot.evidence.release import ReleaseEvidence
from bot.releases import Evaluation, Release
from bot.report.comment import comment
from bot.report.slices import slices
from bot.report.text import to_text
from bot.report.words import GITHUB_WORDS

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
COMMAND = "`python -m bot check --slices DIR`"


def finding(*items: str, **more: str) -> Finding:
    return Finding(code=more.pop("code", "schema.slice-missing"), text="T.", fix="F.", items=items, **more)


def release(*findings: Finding, dataset: str = "street", manifest: str = "m.yaml") -> Release:
    answer = Answer(gate="schema_stable", outcome=Outcome.FAILED, headline="H.", findings=findings)
    return Release(
        dataset=dataset,
        manifest=manifest,
        version="v1",
        decision=Decision(kind=DecisionKind.BLOCKED, reason="R."),
        answers=(answer,),
        fingerprint="",
        unwaived_fingerprint="",
    )


def evaluation(*releases: Release) -> Evaluation:
    return Evaluation(number=1, base_ref="main", head_sha="a" * 40, evaluated_at=NOW, releases=releases)


def many(count: int) -> Finding:
    return finding(*(f"img-{n}" for n in range(count)))


def test_a_finding_with_items_is_a_file_of_one_json_object_per_item() -> None:
    found = finding("img-1", "gone", label="bus", annotator="ana")
    (one,) = slices(evaluation(release(found)), {"m.yaml": {"img-1": "images/1.jpg"}})
    assert one.path == "street/1-schema_stable-schema.slice-missing-1.jsonl"
    shared = {
        "dataset": "street",
        "gate": "schema_stable",
        "code": "schema.slice-missing",
        "class": "bus",
        "annotator": "ana",
    }
    assert [json.loads(line) for line in one.text.splitlines()] == [
        {**shared, "item": "img-1", "file": "images/1.jpg"},
        {**shared, "item": "gone", "file": None},
    ]


def test_findings_of_one_code_are_numbered_and_those_without_items_have_no_file() -> None:
    found = slices(evaluation(release(many(1), finding(), many(2), finding("a", code="x.y"))), {})
    assert [(one.path.partition("/")[2], len(one.lines)) for one in found] == [
        ("1-schema_stable-schema.slice-missing-1.jsonl", 1),
        ("1-schema_stable-schema.slice-missing-2.jsonl", 2),
        ("1-schema_stable-x.y-1.jsonl", 1),
    ]


def test_releases_of_one_name_have_folders_and_files_of_their_own() -> None:
    both = evaluation(
        release(many(1), dataset="a/b", manifest="1.yaml"), release(many(1), dataset="a b", manifest="2.yaml")
    )
    found = tuple(slices(both, {"1.yaml": {"img-0": "one.jpg"}, "2.yaml": {"img-0": "two.jpg"}}))
    assert [one.path.partition("/")[0] for one in found] == ["a-b", "a-b-2"]
    assert [json.loads(one.text)["file"] for one in found] == ["one.jpg", "two.jpg"]


@settings(deadline=None, max_examples=100)
@given(
    dataset=st.text(st.characters(exclude_categories=()), min_size=1),
    items=st.lists(st.text(st.characters(exclude_categories=())), min_size=1, max_size=4),
)
def test_no_name_leaves_the_folder_and_no_id_is_lost(dataset: str, items: list[str]) -> None:
    one, again = (next(slices(evaluation(release(finding(*items), dataset=dataset)), {})) for _ in range(2))
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
    unread = replace(evidence, snapshot=Loaded(), baseline=Loaded())
    assert item_files(unread, answers) == {}
