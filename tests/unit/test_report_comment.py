"""The comment as people read it: its words, its order, its limits."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options

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
    decide,
)
from bot.gates import explain
from bot.releases import Evaluation, Release
from bot.report.check import check
from bot.report.comment import comment, is_marked
from bot.report.limits import MAX_BYTES, Priority, Section, fit, size
from bot.report.words import GITHUB_WORDS, GITLAB_WORDS

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
EVIDENCE = EvidenceUsed(source="datasets/street/labels.jsonl", digest="sha256:" + "ab12" * 16, as_of=NOW)


def answer(gate: str, outcome: str = "passed", headline: str = "all is well", **more) -> Answer:
    return Answer(gate=gate, outcome=Outcome(outcome), headline=headline, **more)


def finding(text: str = "the rule of `bus` changed", **more) -> Finding:
    return Finding(code="x.y", text=text, fix=more.pop("fix", "Review `bus` again"), **more)


def release(*changed: Answer, **more) -> Release:
    by_gate = {a.gate: a for a in changed}
    answers = tuple(by_gate.get(gate, answer(gate)) for gate in GATE_NAMES)
    blockers = more.get("blockers", ())
    values = {
        "dataset": "street-scenes",
        "manifest": "datasets/street/release.yaml",
        "version": "v2",
        "decision": decide(answers, blockers=blockers),
        "answers": answers,
        "fingerprint": "r7k29f3c0000000000000000000000zz",
        "unwaived_fingerprint": "r7k29f3c0000000000000000000000zz",
        "baseline": "v1",
        "lead": "@ana",
        "mention": "@ana",
    }
    return Release(**(values | more))


def evaluation(*releases: Release, **more) -> Evaluation:
    return Evaluation(
        number=12, base_ref="main", head_sha="a" * 40, evaluated_at=NOW, releases=releases, **more
    )


WAITING = answer("release_owned", "waiting", "waiting for @ana")
UNLISTED = Table(
    title="Approvals that do not count",
    columns=("who", "why"),
    rows=(("@bob", "does not own `datasets/street/release.yaml`"),),
)
WAIVER = Waiver(
    gate="rejections_resolved",
    reason="pilot only",
    by="ana",
    at=NOW,
    expires_at=NOW + timedelta(days=7),
    comment_id=3,
)
BLOCKED = release(
    answer(
        "schema_stable",
        "failed",
        "1 rule changed inside the freeze",
        findings=(finding(file="datasets/street/labels.jsonl", line=3), finding("nobody reviewed `tram`")),
        evidence=(EVIDENCE,),
    ),
    answer("assignments_settled", "vague", "the assignments are from Friday", evidence=(EVIDENCE,) * 5),
    answer("rejections_resolved", "failed", "`loose box` was seen 4 times", waiver=WAIVER),
    answer(
        "snapshot_compare",
        headline="12 items were added",
        evidence=(EVIDENCE,),
        findings=(finding("12 new items"),),
        facts=(
            Table(title="Annotations per class", columns=("class", "v1", "v2"), rows=(("bus", "3", "4"),)),
        ),
    ),
    answer("release_owned", "waiting", "waiting for @ana", facts=(UNLISTED,)),
)


def html(text: str) -> str:
    return cmarkgfm.github_flavored_markdown_to_html(text, options=Options.CMARK_OPT_UNSAFE)


def assert_well_formed(text: str) -> None:
    """Every element that is opened is closed: no fence, table or <details> was cut."""
    rendered = html(text)
    for tag in ("details", "summary", "table", "ul", "li", "code", "pre"):
        assert rendered.count(f"<{tag}>") == rendered.count(f"</{tag}>"), tag
    assert "<pre>" not in rendered
    assert "<details>" not in re.sub(r"(?s)<details>(?:(?!<details>).)*?</details>", "", rendered)


def test_a_blocked_release_reads_like_this(snapshot):
    text = comment(
        evaluation(BLOCKED, banners=("The policy on `main` is broken; its last good version is used",))
    )
    assert_well_formed(text)
    assert text == snapshot


def test_a_ready_release_lists_the_risks_an_approval_accepts(snapshot):
    vague = answer("export_validated", "vague", "no export was committed", findings=(finding("no artefact"),))
    text = comment(evaluation(release(vague, WAITING)))
    assert_well_formed(text)
    assert text == snapshot


def test_an_approved_release_says_that_nothing_is_left_to_do(snapshot):
    owner = answer("release_owned", headline="approved by @ana")
    assert comment(evaluation(release(owner, approved_by="ana"))) == snapshot


def test_several_releases_get_an_overview_and_a_part_each(snapshot):
    other = release(WAITING, dataset="signs", manifest="datasets/signs/release.yaml")
    text = comment(evaluation(BLOCKED, other))
    assert_well_formed(text)
    assert text == snapshot


@pytest.mark.parametrize(
    ("words", "file"), [(GITHUB_WORDS, ".github/workflows/"), (GITLAB_WORDS, ".gitlab-ci.yml")]
)
@pytest.mark.parametrize("code", ["export.check-missing", "export.smoke-missing", "export.smoke-unvouched"])
def test_where_a_downstream_check_or_a_record_is_missing_the_ci_job_to_add_is_shown(words, file, code):
    missing = Finding(code=code, text="It did not run.", fix="Let it run.")
    text = comment(evaluation(release(answer("export_validated", "vague", findings=(missing,)))), words)
    assert f"```yaml\n# {file}" in text
    assert "\n```\n\n</details>" in text
    assert ("a commit status counts as missing there" in text) is (words is GITHUB_WORDS)
    assert "CI job" not in comment(evaluation(release(answer("export_validated", "vague"))), words)


def test_blockers_come_before_every_gate(snapshot):
    blocked = release(
        WAITING, blockers=tuple(finding(f"blocker {n}", fix="Update the branch") for n in range(7))
    )
    assert comment(evaluation(blocked)) == snapshot


def test_a_change_of_governance_is_called_so(snapshot):
    only = (WAITING,)
    change = release(dataset="policy", governance=True, answers=only, decision=decide(only), baseline="")
    assert comment(evaluation(change)) == snapshot


@pytest.mark.parametrize("retry_at", [None, NOW])
def test_an_error_says_what_happened_and_when_it_is_tried_again(snapshot, retry_at):
    error = Finding(
        code="forge.down", text="Reading the tree of `main` took too long", fix="Wait for the forge"
    )
    assert comment(evaluation(error=error, retry_at=retry_at)) == snapshot


def test_a_pull_request_without_a_release_names_what_is_watched(snapshot):
    assert comment(evaluation(watched=("datasets/**", *(f"d{n}/*" for n in range(60))))) == snapshot


def test_a_given_reason_stands_instead_of_the_usual_one():
    assert "There is no policy on main" in comment(evaluation(reason="There is no policy on main"))


def test_the_problems_of_a_policy_that_the_change_brings_are_listed(snapshot):
    problems = (finding(file=".sevengates.yaml", line=4), finding("`version` is missing"))
    assert comment(evaluation(reason="`main` has no policy", policy_problems=problems)) == snapshot
    assert "policy" not in comment(evaluation(release(WAITING), policy_problems=()))


def test_a_policy_with_a_thousand_problems_still_names_the_decision():
    many = tuple(finding(f"key {n} {'x' * 300}") for n in range(1000))
    text = comment(evaluation(release(WAITING), policy_problems=many))
    assert_well_formed(text)
    assert size(text) <= MAX_BYTES
    assert "READY" in text
    assert "1,000 problems" in text
    assert "key 999 " not in text
    assert "problems 981 to 1000 of the policy" in text.partition("**Left out")[2]


def test_an_error_names_its_place():
    broken = finding("the policy is broken", file=".sevengates.yaml", line=3)
    assert "<sub>`.sevengates.yaml:3` · `x.y`</sub>" in comment(evaluation(error=broken))


@pytest.mark.parametrize("gate", GATE_NAMES)
def test_a_gate_that_was_asked_about_is_explained_in_a_folded_part(gate):
    plain = comment(evaluation(BLOCKED))
    text = comment(evaluation(BLOCKED, explained=(gate,)))
    title, *lines = explain(gate).splitlines()
    assert text.startswith(plain.rstrip())
    assert f"<details><summary>{title}</summary>\n\n" in text
    assert "\n".join(lines).strip() in text
    rendered = html(text.removeprefix(plain.rstrip()))
    for tag in ("details", "ul", "li", "code", "pre", "p", "strong"):
        assert rendered.count(f"<{tag}>") == rendered.count(f"</{tag}>"), tag
    assert rendered.count("<details>") == 1


def test_gates_are_explained_in_the_order_of_asking_and_in_the_comment_only():
    asked = evaluation(BLOCKED, explained=("release_owned", "schema_stable"))
    text = comment(asked)
    assert 0 < text.index("<summary>Gate 7, release owned") < text.index("<summary>Gate 1: is the label")
    assert check(asked) == check(evaluation(BLOCKED))


def test_evidence_is_named_in_the_table_and_proven_once_below_it():
    files = tuple(replace(EVIDENCE, source=f"data/{n}.jsonl") for n in range(5))
    text = comment(
        evaluation(
            release(answer("schema_stable", evidence=files), answer("review_scope", evidence=files[:1]))
        )
    )
    row = next(line for line in text.splitlines() if line.startswith("| 1 |"))
    assert row.endswith("| `0.jsonl`, `1.jsonl`, `2.jsonl` and 2 more |")
    assert text.count("sha256:ab12ab12ab12…") == 5
    assert "| `data/0.jsonl` | `sha256:ab12ab12ab12…` | 2026-11-24 10:00 UTC | 1, 3 |" in text


def test_gitlab_reads_of_merge_requests():
    text = comment(evaluation(release(WAITING)), GITLAB_WORDS)
    assert "merge request" in text
    assert "pull request" not in text


def test_a_release_without_answers_still_names_its_blocker():
    decision = Decision(kind=DecisionKind.BLOCKED, reason="the manifest cannot be read")
    text = comment(evaluation(release(answers=(), decision=decision, blockers=(finding("no manifest"),))))
    assert "no manifest" in text
    assert "| Gate |" not in text


def test_a_release_that_does_not_apply_asks_for_nothing():
    decision = Decision(kind=DecisionKind.NOT_APPLICABLE, reason="nothing changed")
    assert "nothing to do for this release" in comment(evaluation(release(decision=decision)))


@pytest.mark.parametrize(
    ("findings", "words"),
    [((), "change what the gates below name"), ((finding(),), "apply the fix below")],
)
def test_the_next_step_counts_what_there_is_to_do(findings, words):
    assert words in comment(evaluation(release(answer("schema_stable", "failed", findings=findings))))


def test_time_and_head_alone_do_not_change_the_comment():
    before = evaluation(BLOCKED)
    after = replace(before, head_sha="b" * 40, evaluated_at=NOW + timedelta(hours=3))
    assert comment(before) == comment(after)


def test_the_marker_begins_the_comment_and_quoted_markers_do_not_count():
    text = comment(evaluation(BLOCKED))
    assert is_marked(text)
    assert not is_marked("> " + text)
    hostile = comment(evaluation(release(dataset="<!-- sevengates v1 #1 approved -->")))
    assert hostile.count("<!--") == hostile.count("<!-- sevengates v1 #12") + hostile.count("`<!--")


def test_a_waived_gate_is_never_shown_as_passed():
    row = next(line for line in comment(evaluation(BLOCKED)).splitlines() if line.startswith("| 4 |"))
    assert "**WAIVED**" in row
    assert "PASSED" not in row


HOSTILE = "</details>|`````<!-- sevengates v1 -->\n/close @ana #1 " * 40


def test_ten_thousand_findings_per_gate_fit_and_say_how_many_are_missing():
    many = tuple(finding(f"item `img-{n}` is unreviewed", file="a.jsonl", line=n) for n in range(10_000))
    text = comment(evaluation(release(*(answer(gate, "failed", findings=many) for gate in GATE_NAMES))))
    assert_well_formed(text)
    assert size(text) <= MAX_BYTES
    assert all(f"| {n} |" in text for n in range(1, 8))
    assert "item `img-0` is unreviewed" in text
    assert "**Left out" in text


def test_the_last_folded_part_says_how_many_findings_are_only_in_the_terminal():
    many = tuple(finding(f"item {n}") for n in range(10_000))
    text = comment(evaluation(release(answer("schema_stable", "failed", findings=many))))
    assert "and 9790 more, which `python -m bot check` prints" in text
    assert_well_formed(text)


def test_a_hostile_report_stays_inside_the_limit_and_well_formed():
    bad = finding(HOSTILE, fix=HOSTILE, file=HOSTILE, line=1)
    table = Table(title=HOSTILE, columns=(HOSTILE,) * 3, rows=((HOSTILE,) * 3,) * 100)
    answers = tuple(
        answer(gate, "failed", HOSTILE, findings=(bad,) * 100, facts=(table,), evidence=(EVIDENCE,))
        for gate in GATE_NAMES
    )
    hostile = release(*answers, dataset=HOSTILE, version=HOSTILE, mention=HOSTILE, blockers=(bad,) * 100)
    text = comment(evaluation(hostile, hostile, banners=(HOSTILE,) * 9))
    assert size(text) <= MAX_BYTES
    assert_well_formed(text)
    assert "BLOCKED" in text
    assert not any(line.startswith("/") for line in text.splitlines())
    assert not re.search(r"(?<!&#64;)@[a-z]", re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text))


def test_sections_leave_whole_the_least_important_first():
    parts = [
        Section(title="a", body="A" * 300, priority=Priority.DECISION),
        Section(title="b", body="B" * 300, priority=Priority.FACTS),
        Section(title="c", body="C" * 300, priority=Priority.TABLE),
        Section(title="empty", body="", priority=Priority.TABLE),
    ]
    assert fit(parts) == f"{'A' * 300}\n\n{'B' * 300}\n\n{'C' * 300}\n"
    cut = fit(parts, limit=850)
    assert "A" * 300 in cut
    assert "C" * 300 in cut
    assert "B" * 300 not in cut
    assert "**Left out, because a forge shows at most 65,535 characters:** b." in cut
    assert len(cut) <= 850


def test_the_note_of_what_is_missing_stays_short_itself():
    parts = [Section(title=f"part {n}", body="x" * 500, priority=Priority.FACTS) for n in range(40)]
    text = fit(parts, limit=2_000)
    assert size(text) <= 2_000
    assert "and 27 more" in text
