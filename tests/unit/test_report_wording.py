"""On GitLab the report speaks of merge requests, and no line of it is a quick action."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bot
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
from bot.forges.base import Check, ObservedCheck
from bot.reconcile.inputs import with_forgery
from bot.releases import Evaluation, Release
from bot.report.check import check, policy_check
from bot.report.comment import comment
from bot.report.text import to_text
from bot.report.wording import in_words, spoken
from bot.report.words import GITHUB_WORDS, GITLAB_WORDS

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
BREAKS = ["\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]
ACTIONS = ["/merge", "/close", "/approve", "/label ~ready", "/target_branch main", "/sevengates waive x"]
AROUND = [
    "",
    " ",
    "\t",
    "\u3000",
    "\ufeff",
    "```",
    "`",
    "<!--",
    "-->",
    "</details>",
    "<br>",
    "|",
    "> ",
    "- ",
    "1. ",
]
hostile = st.lists(
    st.sampled_from(BREAKS + ACTIONS + AROUND) | st.text(max_size=4), min_size=1, max_size=10
).map("".join)


def _evaluation(text: str, *, name: str = "street", **changes: object) -> Evaluation:
    """An evaluation in which every sentence is `text`, and every name that it quotes `name`."""
    finding = Finding(code="a.b", text=text, fix=text, file=name, line=1, items=(name,))
    waiver = Waiver(
        gate="schema_stable", reason=name, by=name, at=NOW, expires_at=NOW + timedelta(days=1), comment_id=1
    )
    answers = tuple(
        Answer(
            gate=gate,
            outcome=outcome,
            headline=text,
            findings=(finding,),
            evidence=(EvidenceUsed(source=name, digest=name, as_of=NOW),),
            facts=(
                Table(title=name, columns=(name,), rows=((name,), (text,)) if number == 6 else ((name,),)),
            ),
            waiver=waiver if number == 1 else None,
        )
        for number, (gate, outcome) in enumerate(zip(GATE_NAMES, [*Outcome, *Outcome], strict=False))
    )
    release = Release(
        dataset=name,
        manifest=name,
        version=name,
        decision=_decision(DecisionKind.BLOCKED, text),
        answers=answers,
        fingerprint="r7k29f3c0000000000000000000000zz",
        unwaived_fingerprint="r7k29f3c0000000000000000000000zz",
        blockers=(finding,),
        baseline=name,
        lead=name,
        mention=name,
    )
    values: dict[str, object] = {
        "number": 12,
        "base_ref": name,
        "head_sha": "a" * 40,
        "evaluated_at": NOW,
        "releases": (release,),
        "banners": (text,) * 2,
        "policy_problems": (finding,),
        "explained": GATE_NAMES,
    }
    return Evaluation(**(values | changes))  # type: ignore[arg-type]


def _decision(kind: DecisionKind, reason: str) -> Decision:
    return Decision(kind=kind, reason=reason, vague=GATE_NAMES[2:4])


def _shapes(text: str, *, name: str = "street") -> Iterator[Evaluation]:
    """Everything an evaluation can be: releases in any state, none, an error."""
    error = Finding(code="a.b", text=text, fix=text, file=name)
    whole = _evaluation(text, name=name)
    yield replace(whole, releases=whole.releases * 2)
    yield replace(whole, releases=(), error=error, retry_at=NOW)
    yield replace(whole, releases=(), reason=text, watched=(name,) * 3)
    for kind in (DecisionKind.READY, DecisionKind.APPROVED):
        yield replace(whole, releases=(replace(whole.releases[0], decision=_decision(kind, text)),))


def _begins_with_a_slash(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.lstrip().startswith("/")]


@pytest.mark.parametrize("line_break", BREAKS, ids=repr)
@pytest.mark.parametrize(
    "action", ["/merge", " /merge", "\t/close now", "```\n/merge\n```", "<!--\n/merge\n-->"]
)
def test_no_line_of_a_comment_is_a_quick_action(line_break: str, action: str) -> None:
    text = f"first{line_break}{action}{line_break}last"
    for evaluation in _shapes(text, name=text):
        assert not _begins_with_a_slash(comment(evaluation, GITLAB_WORDS))


@settings(deadline=None, max_examples=15)
@given(text=hostile, name=hostile)
def test_no_line_of_anything_shown_begins_with_a_slash(text: str, name: str) -> None:
    for evaluation in _shapes(text, name=name):
        shown: list[Check | None] = [check(evaluation, GITLAB_WORDS), policy_check(evaluation, GITLAB_WORDS)]
        texts = [part for one in shown if one is not None for part in (one.title, one.summary)]
        for written in (comment(evaluation, GITLAB_WORDS), *texts):
            assert not _begins_with_a_slash(written)


def _sentences() -> Iterator[str]:
    """Every text of the code that says "pull request" and is no documentation."""
    for path in Path(bot.__file__).parent.rglob("*.py"):
        if {"github", "store"} & set(path.relative_to(Path(bot.__file__).parent).parts):
            continue
        tree = list(ast.walk(ast.parse(path.read_text("utf-8"))))
        documentation = {id(node.value) for node in tree if isinstance(node, ast.Expr)}
        constants = (
            node for node in tree if isinstance(node, ast.Constant) and id(node) not in documentation
        )
        texts = (node.value for node in constants if isinstance(node.value, str))
        yield from (text for text in texts if "pull request" in text.lower())


def test_whatever_the_code_says_of_a_pull_request_is_said_in_the_words_of_the_forge() -> None:
    sentences = list(_sentences())
    assert len(sentences) > 8
    together = " ".join(sentences)
    for evaluation in _shapes(together):
        for sentence in (comment(evaluation, GITLAB_WORDS), check(evaluation, GITLAB_WORDS).title):
            assert "pull request" not in sentence.lower()
        assert "pull request" not in to_text(evaluation, GITLAB_WORDS).lower()
        assert "merge request" in comment(evaluation, GITLAB_WORDS).lower()
        assert "merge request" not in comment(evaluation, GITHUB_WORDS).lower()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Repair it in a pull request.", "Repair it in a merge request."),
        ("Pull request #7 is worse.", "Merge request !7 is worse."),
        ("two pull requests", "two merge requests"),
        ("`docs/pull request.md` is no pull request", "`docs/pull request.md` is no merge request"),
        ("a pull request # of", "a merge request # of"),
        ("pull requested", "pull requested"),
    ],
)
def test_sentences_are_translated_and_quotations_are_not(text: str, said: str) -> None:
    assert spoken(text, GITLAB_WORDS) == said
    assert spoken(text, GITHUB_WORDS) == text


def test_data_and_reasons_of_people_stay_as_they_are() -> None:
    before = _evaluation("a pull request", name="pull request")
    after = in_words(before, GITLAB_WORDS)

    (first, *_), (said, *_) = before.releases, after.releases
    assert [answer.waiver for answer in said.answers] == [answer.waiver for answer in first.answers]
    assert [answer.facts for answer in said.answers[:-1]] == [answer.facts for answer in first.answers[:-1]]
    assert said.answers[-1].facts[0].rows[1] == ("a merge request",)
    assert said.dataset == first.dataset
    assert in_words(before, GITHUB_WORDS) == before


def test_a_forged_check_is_answered_as_the_forge_allows() -> None:
    forged = ObservedCheck(name="sevengates", conclusion="success", app="eve", ours=False)
    evaluation = _evaluation("x", banners=())

    (github,) = with_forgery(evaluation, (forged,), GITHUB_WORDS).banners
    (gitlab,) = with_forgery(evaluation, (forged,), GITLAB_WORDS).banners
    assert "together with its app" in github
    assert "app" not in gitlab
    assert with_forgery(evaluation, (), GITLAB_WORDS) is evaluation
