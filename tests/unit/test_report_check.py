"""The checks: state, title, annotations and the fingerprints they carry."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answers import (
    GATE_NAMES,
    Answer,
    Decision,
    DecisionKind,
    EvidenceUsed,
    Finding,
    Outcome,
    Table,
    Waiver,
)
from bot.forges.base import CheckState
from bot.releases import Evaluation, Release
from bot.report.check import annotations, check, pending_check, policy_check, title
from bot.report.external_id import MAX_LENGTH, decode_external_id, encode_external_id
from bot.report.limits import MAX_BYTES, size
from bot.report.text import to_json, to_text
from bot.report.words import GITHUB_WORDS, GITLAB_WORDS, release_key, short_digest, words_of

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
PRINT = "r7k29f3c0000000000000000000000zz"
FINDING = Finding(code="x.y", text="`bus` changed", fix="Review `bus`", file="labels.jsonl", line=3)


def decision(kind: str, **more) -> Decision:
    return Decision(kind=DecisionKind(kind), reason=more.pop("reason", "because"), **more)


def release(kind: str = "ready", **more) -> Release:
    values = {
        "dataset": "street",
        "manifest": "datasets/street/release.yaml",
        "version": "v2",
        "decision": decision(kind),
        "answers": tuple(
            Answer(gate=gate, outcome=Outcome.PASSED, headline="all is well") for gate in GATE_NAMES
        ),
        "fingerprint": PRINT,
        "unwaived_fingerprint": PRINT,
        "mention": "@ana",
    }
    return Release(**(values | more))


def evaluation(*releases: Release, **more) -> Evaluation:
    return Evaluation(
        number=12, base_ref="main", head_sha="a" * 40, evaluated_at=NOW, releases=releases, **more
    )


ERROR = Finding(code="forge.down", text="Reading the tree took too long", fix="Wait")


@pytest.mark.parametrize(
    ("evaluated", "state"),
    [
        (evaluation(), CheckState.SUCCESS),
        (evaluation(release("not_applicable")), CheckState.SUCCESS),
        (evaluation(release("approved")), CheckState.SUCCESS),
        (evaluation(release("ready")), CheckState.PENDING),
        (evaluation(release("blocked")), CheckState.FAILURE),
        (evaluation(release("immature")), CheckState.FAILURE),
        (evaluation(error=ERROR), CheckState.FAILURE),
        (evaluation(release("approved"), release("ready")), CheckState.PENDING),
        (evaluation(release("approved"), error=ERROR), CheckState.FAILURE),
    ],
)
def test_only_approved_and_not_applicable_are_shown_as_success(evaluated, state):
    assert check(evaluated).state is state


@pytest.mark.parametrize(
    ("evaluated", "expected"),
    [
        (
            evaluation(release("blocked", decision=decision("blocked", failed=("a", "b"), vague=("c",)))),
            "Blocked: 2 gates failed, 1 vague",
        ),
        (
            evaluation(release("blocked", decision=decision("blocked", failed=("a",)))),
            "Blocked: 1 gate failed",
        ),
        (
            evaluation(release("immature", decision=decision("immature", vague=("a", "b")))),
            "Immature: 2 answers vague",
        ),
        (
            evaluation(
                release("blocked", blockers=(ERROR,), decision=decision("blocked", reason="the base moved"))
            ),
            "Blocked: the base moved",
        ),
        (evaluation(release("ready")), "Ready: waiting for @ana"),
        (evaluation(release("ready", mention="")), "Ready: waiting for the release lead"),
        (evaluation(release("approved", approved_by="ana")), "Approved by @ana (r7k2-9f3c…)"),
        (evaluation(release("approved")), "Approved: because"),
        (evaluation(release("not_applicable")), "Not applicable: because"),
        (evaluation(error=ERROR), "Could not evaluate: Reading the tree took too long"),
        (evaluation(), "No dataset release in this pull request"),
        (
            evaluation(release("blocked"), release("ready", dataset="signs")),
            "Blocked: street blocked, signs ready",
        ),
    ],
)
def test_the_title_says_the_decision_first(evaluated, expected):
    assert title(evaluated) == expected


def test_the_title_is_one_short_line_whatever_the_dataset_is_called():
    text = title(evaluation(release(dataset="a\r\n\u202e" * 200), release(dataset="b" * 400)))
    assert len(text) <= 255
    assert text.isprintable()


def test_gitlab_titles_speak_of_merge_requests():
    assert words_of("gitlab") is GITLAB_WORDS
    assert words_of("github") is GITHUB_WORDS
    assert title(evaluation(), GITLAB_WORDS) == "No dataset release in this merge request"


def test_the_summary_is_the_comment_without_its_marker():
    published = check(evaluation(release()))
    assert published.summary.startswith("## Dataset release `street`")
    assert published.name == "sevengates"
    assert published.head_sha == "a" * 40


def test_every_finding_with_a_file_becomes_one_annotation():
    bare = replace(FINDING, line=None)
    nowhere = replace(FINDING, file=None)
    gate = Answer(
        gate=GATE_NAMES[0], outcome=Outcome.FAILED, headline="h", findings=(FINDING, nowhere, FINDING)
    )
    published = check(evaluation(release("blocked", answers=(gate,), blockers=(bare,))))
    assert [(a.file, a.line, a.text) for a in published.annotations] == [
        ("labels.jsonl", 1, "`bus` changed"),
        ("labels.jsonl", 3, "`bus` changed"),
    ]
    assert check(evaluation(error=replace(ERROR, file="a.yaml"))).annotations[0].line == 1


def test_an_annotation_fits_into_sixty_four_kilobytes():
    huge = replace(FINDING, text="é" * 70_000, fix="\N{BUS}" * 70_000, items=("x",) * 10_000)
    (annotation,) = annotations([huge])
    assert len((annotation.text + annotation.fix).encode()) < 64_000
    assert annotation.items == ()


def test_ten_thousand_annotations_keep_their_order():
    many = [replace(FINDING, line=n + 1) for n in range(10_000)]
    assert [a.line for a in annotations(many)] == list(range(1, 10_001))


def test_while_gates_are_evaluated_the_merge_is_closed():
    pending = pending_check("b" * 40)
    assert (pending.state, pending.head_sha, pending.external_id) == (CheckState.PENDING, "b" * 40, "")


def test_no_policy_check_without_a_change_of_policy():
    assert policy_check(evaluation()) is None


def test_a_valid_policy_gets_its_own_green_check():
    published = policy_check(evaluation(policy_problems=()))
    assert published is not None
    assert (published.name, published.state, published.title) == (
        "sevengates/policy",
        CheckState.SUCCESS,
        "The policy is valid",
    )


def test_a_broken_policy_is_listed_line_by_line(snapshot):
    problems = (FINDING, replace(FINDING, file=None))
    published = policy_check(evaluation(policy_problems=problems))
    assert published is not None
    assert published.state is CheckState.FAILURE
    assert published.title == "The policy has 2 problems"
    assert [a.line for a in published.annotations] == [3]
    assert published.summary == snapshot


def test_ten_thousand_problems_of_a_policy_still_fit():
    published = policy_check(
        evaluation(policy_problems=tuple(replace(FINDING, line=n) for n in range(10_000)))
    )
    assert published is not None
    assert size(published.summary) <= MAX_BYTES
    assert "Left out" in published.summary


def test_fingerprints_survive_the_journey_through_the_forge():
    waived = release(dataset="signs", fingerprint="a" * 32, unwaived_fingerprint="b" * 32)
    text = check(evaluation(release(), waived)).external_id
    assert decode_external_id(text) == (
        (release_key(release(), 12), PRINT, PRINT),
        (release_key(waived, 12), "a" * 32, "b" * 32),
    )


def test_what_a_check_says_of_another_pull_request_is_no_news_of_this_one():
    mine, other = (replace(evaluation(release()), number=number) for number in (12, 13))
    (((one, _, _),), ((another, _, _),)) = (decode_external_id(encode_external_id(e)) for e in (mine, other))
    assert one != another


def test_an_evaluation_without_releases_carries_no_fingerprint():
    assert encode_external_id(evaluation()) == ""


def test_fingerprints_that_do_not_fit_are_left_out_whole():
    many = [release(dataset=f"d{n}", unwaived_fingerprint="b" * 32) for n in range(40)]
    text = encode_external_id(evaluation(*many))
    found = decode_external_id(text)
    assert len(text) <= MAX_LENGTH
    assert found == tuple((release_key(r, 12), PRINT, "b" * 32) for r in many[: len(found)])
    assert len(found) >= 12


@settings(deadline=None, max_examples=500)
@given(text=st.text() | st.text(alphabet="sg1;,=abcdef0123456789").map("sg1;".__add__))
def test_any_other_text_is_no_fingerprint(text):
    assert all(len(key) == 12 and now and before for key, now, before in decode_external_id(text))


@pytest.mark.parametrize(
    "text", ["", "sg2;" + "a" * 12 + ",b,=", "sg1;x", "sg1;" + ("a" * 12 + ",b,=;") * 99]
)
def test_foreign_or_oversized_external_ids_are_ignored(text):
    assert decode_external_id(text) == ()


def test_a_digest_is_shortened_only_when_it_is_long():
    assert short_digest("sha256:" + "a" * 64) == "sha256:aaaaaaaaaaaa…"
    assert short_digest("abc") == "abc"


WAIVER = Waiver(
    gate=GATE_NAMES[3], reason="pilot", by="ana", at=NOW, expires_at=NOW + timedelta(7), comment_id=3
)
ANSWERS = (
    Answer(
        gate=GATE_NAMES[0],
        outcome=Outcome.FAILED,
        headline="1 rule\x1b[2J changed",
        findings=(FINDING, replace(FINDING, file=None, items=("img-1",))),
        evidence=(EvidenceUsed(source="labels.jsonl", digest="sha256:ab", as_of=NOW),),
        facts=(Table(title="Changes", columns=("class", "when"), rows=(("bus", "Sunday"),)),),
    ),
    Answer(gate=GATE_NAMES[3], outcome=Outcome.VAGUE, headline="no reviews", waiver=WAIVER),
    Answer(
        gate=GATE_NAMES[4],
        outcome=Outcome.PASSED,
        headline="compares",
        facts=(Table(title="Hidden", columns=("a",), rows=(("b",),)),),
    ),
)
FULL = evaluation(
    release("blocked", answers=ANSWERS, blockers=(ERROR,)),
    release("blocked", answers=(), fingerprint="", blockers=(ERROR,)),
    banners=("policy \x1b[31mbroken",),
    policy_problems=(FINDING,),
)


def test_the_terminal_text_lists_everything(snapshot):
    assert to_text(FULL) == snapshot


@pytest.mark.parametrize(
    "evaluated",
    [
        evaluation(error=ERROR, retry_at=NOW),
        evaluation(error=ERROR),
        evaluation(watched=("datasets/**",)),
        evaluation(reason="no policy"),
    ],
    ids=["error with retry", "error", "not applicable", "with a reason"],
)
def test_the_terminal_text_of_everything_else(snapshot, evaluated):
    assert to_text(evaluated) == snapshot


def test_the_terminal_text_holds_no_control_characters():
    assert all(line.isprintable() for line in to_text(FULL).splitlines())


def test_a_release_with_answers_but_no_fingerprint_says_none():
    assert "fingerprint none" in to_text(evaluation(release(fingerprint="")))


def test_the_json_has_stable_keys(snapshot):
    assert json.dumps(to_json(FULL), indent=1) == snapshot


def test_the_json_of_an_error_says_when_it_is_tried_again():
    record = to_json(evaluation(error=ERROR, retry_at=NOW))
    assert record["error"]["text"] == "Reading the tree took too long"
    assert record["retry_at"] == "2026-11-24T10:00:00+00:00"
    assert record["policy_problems"] is None


def test_the_json_can_be_stored_whatever_the_texts_hold():
    record = to_json(evaluation(release(dataset="a\0b\ud800")))
    assert record["releases"][0]["dataset"] == "a\ufffdb?"


HELD = Finding(code="base.other-branch", text="It would count on `main` in this pull request too", fix="Aim.")


def test_what_is_held_is_pending_whatever_was_decided():
    for found in (evaluation(held=HELD), evaluation(release("approved"), held=HELD)):
        shown = check(found, GITLAB_WORDS)
        assert (found.kind, shown.state) == (DecisionKind.READY, CheckState.PENDING)
        assert shown.title == "Held: It would count on `main` in this merge request too"
    assert "may be merged" not in check(evaluation(release("approved"), held=HELD)).summary
    assert "the note at the top names" in check(evaluation(release("approved"), held=HELD)).summary
    assert title(evaluation(release("blocked"), held=HELD)).startswith("Blocked:")
    assert evaluation(error=ERROR, held=HELD).kind is DecisionKind.ERROR
