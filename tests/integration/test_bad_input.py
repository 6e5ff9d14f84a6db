"""Every kind of bad input a pull request (or its base) can hold is named, with its place and its cure,
in the check, at the line, and in the comment."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import get_args

import pytest

from bot.answers import DecisionKind
from bot.codeowners import Dialect
from bot.evaluation.evaluate import evaluate, survey
from bot.evaluation.people import Context
from bot.evidence.sources import MAX_EVIDENCE
from bot.forges.base import CheckState
from bot.releases import Evaluation
from bot.report.check import check, policy_check
from bot.report.comment import comment
from bot.report.markdown import code, prose
from bot.report.text import to_text
from bot.report.words import words_of
from demo.seed import MANIFEST, POLICY, ROOT, Files, baseline, candidate, fixes
from tests.fakes.commits import Commits
from tests.fakes.git_objects import Content, Submodule, Symlink

FORGES = get_args(Dialect)
NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
RELEASED = baseline(NOW)
CURED: Files = {
    path: data for step in (candidate(NOW), *(f.files for f in fixes(NOW))) for path, data in step.items()
}
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'1' * 64}\nsize 900\n"
REVIEWS, SNAPSHOT = f"{ROOT}/evidence/reviews.jsonl", f"{ROOT}/snapshot.coco.json"
EXPORT = "exports/street-coco.yaml"


def edited(data: bytes, old: str, new: str) -> bytes:
    """`data` with its one `old` replaced."""
    assert data.count(old.encode()) == 1, old
    return data.replace(old.encode(), new.encode())


def policy(old: str, new: str) -> bytes:
    return edited(POLICY, old, new)


def manifest(old: str, new: str) -> bytes:
    return edited(CURED[MANIFEST], old, new)


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is wrong on the base or at the head of an otherwise good release, and what is said of it."""

    code: str
    fix: str
    place: str | None
    """``file:line``, ``file``, or None for a finding without file."""
    base: dict[str, Content] = field(default_factory=dict)
    head: dict[str, Content] = field(default_factory=dict)
    kind: DecisionKind = DecisionKind.BLOCKED
    items: tuple[str, ...] = ()


BROKEN = policy("stage: pilot", "stage: [pilot")
LATER = b"\n"
"""What was appended to a file after its digest was taken."""

CASES = {
    "policy broken on the base, never good": Case(
        base={".sevengates.yaml": BROKEN},
        code="policy.broken",
        place=".sevengates.yaml:6",
        fix="Merge a pull request that repairs the policy.",
        kind=DecisionKind.ERROR,
    ),
    "policy broken in the pull request": Case(
        head={".sevengates.yaml": BROKEN},
        code="yaml.syntax",
        place=".sevengates.yaml:6",
        fix="Close the bracket, or put a comma between its values.",
        kind=DecisionKind.READY,
    ),
    "unknown key in the policy": Case(
        head={".sevengates.yaml": policy("release_lead:", "release_leed:")},
        code="policy.unknown-key",
        place=".sevengates.yaml:7",
        fix="Did you mean `release_lead`? Write that, or remove the key.",
        kind=DecisionKind.READY,
    ),
    "unknown key in the manifest": Case(
        head={MANIFEST: manifest("baseline: v1", "basline: v1")},
        code="manifest.unknown-key",
        place=f"{MANIFEST}:3",
        fix="Did you mean `baseline`? Write that, or remove the key.",
    ),
    "lead not in CODEOWNERS": Case(
        base={".sevengates.yaml": policy('release_lead: "@ana"', 'release_lead: "@zoe"')},
        code="lead.not-in-codeowners",
        place="CODEOWNERS:3",
        fix="Add @zoe to the owners of datasets/street/release.yaml, or correct release_lead in the policy.",
        kind=DecisionKind.READY,
    ),
    "nobody named among several owners": Case(
        base={".sevengates.yaml": policy('    release_lead: "@ana"\n    deputies: ["@bea"]\n', "")},
        code="lead.shared",
        place="CODEOWNERS:3",
        fix="Set release_lead in the policy to one of @ana, @bea.",
        kind=DecisionKind.READY,
    ),
    "no CODEOWNERS": Case(
        base={"CODEOWNERS": None},
        code="codeowners.missing",
        place="CODEOWNERS:1",
        fix="Add a CODEOWNERS file to the base branch that names the owner of the release manifest.",
    ),
    "manifest missing": Case(
        base={MANIFEST: None},
        head={MANIFEST: None},
        code="manifest.missing",
        place=f"{MANIFEST}:1",
        fix="Add the release manifest at this path, or correct `manifest` in the policy.",
    ),
    "manifest renamed": Case(
        head={MANIFEST: None, "attic/release.yaml": RELEASED[MANIFEST]},
        code="manifest.renamed",
        place="attic/release.yaml:1",
        fix="Move it back, or change `manifest` in the policy first, in a pull request of its own.",
    ),
    "manifest deleted": Case(
        head={MANIFEST: None},
        code="manifest.deleted",
        place=f"{MANIFEST}:1",
        fix="Restore it; to retire a dataset, remove it from the policy first, in a pull request of its own.",
    ),
    "manifest is a symlink": Case(
        head={MANIFEST: Symlink("../release.yaml")},
        code="manifest.symlink",
        place=f"{MANIFEST}:1",
        fix="Commit the manifest itself as a plain file at this path.",
    ),
    "manifest is a submodule": Case(
        head={MANIFEST: Submodule("1" * 40)},
        code="manifest.submodule",
        place=f"{MANIFEST}:1",
        fix="Commit the manifest itself as a plain file at this path.",
    ),
    "manifest is an LFS pointer": Case(
        head={MANIFEST: POINTER},
        code="manifest.lfs-pointer",
        place=f"{MANIFEST}:1",
        fix="Exclude the manifest from LFS in .gitattributes and commit it as a plain file.",
    ),
    "evidence missing": Case(
        head={REVIEWS: None},
        code="evidence.missing",
        place=f"{MANIFEST}:19",
        fix="Commit the file, or correct the path.",
        kind=DecisionKind.IMMATURE,
    ),
    "evidence is an LFS pointer": Case(
        head={REVIEWS: POINTER},
        code="evidence.bytes-not-available",
        place=f"{MANIFEST}:19",
        fix="Commit the file itself; evidence and snapshots must be readable at the head commit.",
        kind=DecisionKind.IMMATURE,
    ),
    "evidence with a wrong digest": Case(
        head={
            MANIFEST: manifest(
                "  path: evidence/reviews.jsonl\n",
                f'  path: evidence/reviews.jsonl\n  digest: "sha256:{"0" * 64}"\n',
            )
        },
        code="evidence.digest-mismatch",
        place=f"{MANIFEST}:20",
        fix=f"If `{REVIEWS}` is meant, write `digest: {digest(CURED[REVIEWS])}`.",
        kind=DecisionKind.IMMATURE,
    ),
    "snapshot with a wrong digest": Case(
        head={SNAPSHOT: CURED[SNAPSHOT] + LATER},
        code="evidence.digest-mismatch",
        place=f"{MANIFEST}:8",
        fix=f"If `{SNAPSHOT}` is meant, write `digest: {digest(CURED[SNAPSHOT] + LATER)}`.",
        kind=DecisionKind.IMMATURE,
    ),
    "evidence too large": Case(
        head={REVIEWS: b"\n" * (MAX_EVIDENCE + 1)},
        code="evidence.too-large",
        place=f"{MANIFEST}:19",
        fix="Commit it as Parquet, or split the data set.",
        kind=DecisionKind.IMMATURE,
    ),
    "classes in another order": Case(
        head={EXPORT: edited(edited(CURED[EXPORT], '"2": bus', '"3": bus'), '"3": tram', '"2": tram')},
        code="export.class-order",
        place=f"{EXPORT}:4",
        fix="Number the classes in the same order.",
        items=("bus", "tram"),
    ),
}


def judged(case: Case, dialect: Dialect = "github") -> Evaluation:
    commits = Commits()
    main = commits.commit(
        {path: data for path, data in {**RELEASED, **case.base}.items() if data is not None}
    )
    return on(commits, main, {**CURED, **case.head}, dialect)


def on(commits: Commits, main: str, files: dict[str, Content], dialect: Dialect = "github") -> Evaluation:
    """A pull request that leaves `files` on the branch `main`."""
    there = commits.tree(main).entries
    change = {path: data for path, data in files.items() if data is not None or path in there}
    head = commits.commit(change, onto=main)
    found = survey(commits, commits.revisions(main, head), dialect=dialect)
    return evaluate(commits, found, Context(number=1, base_ref="main", now=NOW))


@pytest.mark.parametrize("forge", FORGES)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_bad_input_is_named_with_place_and_cure_in_check_line_and_comment(case: Case, forge: Dialect) -> None:
    evaluation, words = judged(case, forge), words_of(forge)
    fix = case.fix.replace("pull request", words.pull_request)
    place = f"`{case.place}` · " if case.place else ""
    items = f"<br>Items: {', '.join(map(code, case.items))}" if case.items else ""
    line = f"<br>**Fix:** {prose(fix)}{items}<br><sub>{place}`{case.code}`</sub>"
    shown = check(evaluation, words)
    assert evaluation.kind is case.kind
    assert shown.state is not CheckState.SUCCESS
    assert line in shown.summary
    assert line in comment(evaluation, words)
    policy = policy_check(evaluation, words)
    marked = [*shown.annotations, *(policy.annotations if policy else ())]
    assert (case.code in {finding.code for finding in marked}) is (case.place is not None)
    for finding in marked:
        assert finding.file
        assert finding.line
        assert finding.fix
    places = {f"{f.file}:{f.line}" for f in marked if (f.code, f.fix) == (case.code, fix)}
    file, _, number = (case.place or "").partition(":")
    assert places == ({f"{file}:{number or 1}"} if case.place else set())
    assert f"[{case.code}]" in to_text(evaluation, words)


@pytest.mark.parametrize("forge", FORGES)
def test_the_release_that_all_of_these_spoil_is_ready(forge: Dialect) -> None:
    good = judged(Case(code="", fix="", place=None), forge)
    assert good.kind is DecisionKind.READY
    assert check(good, words_of(forge)).annotations == ()


@pytest.mark.parametrize("forge", FORGES)
def test_without_a_policy_nothing_is_gated_and_the_check_says_what_would(forge: Dialect) -> None:
    evaluation = judged(Case(code="", fix="", place=None, base={".sevengates.yaml": None}), forge)
    shown = check(evaluation, words_of(forge))
    assert shown.state is CheckState.SUCCESS
    assert "`main` has no policy: nothing is gated." in shown.summary
    assert "`.sevengates.yaml`" in shown.summary


@pytest.mark.parametrize("forge", FORGES)
def test_a_policy_broken_on_the_base_is_told_while_its_last_good_version_stands_in(forge: Dialect) -> None:
    words = words_of(forge)
    commits = Commits()
    good = commits.commit(dict(RELEASED))
    broken = commits.commit({".sevengates.yaml": BROKEN}, onto=good)
    evaluation = on(commits, broken, dict(CURED), forge)
    assert evaluation.kind is DecisionKind.READY
    for text in (check(evaluation, words).summary, comment(evaluation, words)):
        assert "> **Note:** The policy on the base branch is broken (`.sevengates.yaml`, line 6:" in text
        assert f"Repair it in a {words.pull_request}." in text


@pytest.mark.parametrize("forge", FORGES)
def test_one_cause_seen_by_several_gates_is_counted_as_one_fix(forge: Dialect) -> None:
    said = comment(judged(CASES["evidence missing"], forge), words_of(forge))
    assert said.count("`evidence.missing`") == 3
    assert "the author can apply the fix below and push" in said


@pytest.mark.parametrize("forge", FORGES)
@pytest.mark.parametrize("name", ["lead not in CODEOWNERS", "nobody named among several owners"])
def test_where_nobody_leads_no_approval_is_asked_for(name: str, forge: Dialect) -> None:
    case, words = CASES[name], words_of(forge)
    evaluation = judged(case, forge)
    title, text = check(evaluation, words).title, comment(evaluation, words)
    assert title == "Ready: nobody can release it yet. It is not clear who leads this release."
    assert f"**Next:** no approval can release it yet. {prose(case.fix)}" in text
    assert "that an approval accepts" not in text
    assert words.approval not in text.partition("###")[0]
