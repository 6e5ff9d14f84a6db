"""A policy that can be read and still cannot work: nobody to lead, nothing to match."""

from argparse import ArgumentParser
from pathlib import Path

import pytest

from bot.cli import validate
from bot.codeowners import parse
from bot.documents import read_policy
from bot.documents.standing import strangers, unmatched
from bot.evaluation.evaluate import evaluate, survey
from bot.evaluation.people import Context
from bot.evaluation.rulebook import Dialect
from bot.forges.base import CheckState
from bot.report.check import policy_check
from bot.report.comment import comment
from tests.fakes.commits import Commits
from tests.fakes.people import NOON

POLICY = """\
version: 1
datasets:
  - name: street
    manifest: data/street/release.yaml
    release_lead: "@zoe"
    deputies: ["@ana", "@yan"]
    gates: {review: {rule: full}}
"""
MANIFEST = "data/street/release.yaml"
OWNERS = "* @ana @bob\n"
LEAD, DEPUTY = ("lead.not-in-codeowners", 5), ("deputy.not-in-codeowners", 6)


def named(policy: str, *files: str, owners: str | None = OWNERS) -> list[tuple[str, int | None]]:
    parsed = read_policy(policy.encode(), file=".sevengates.yaml")
    read = parse(owners.encode(), file="CODEOWNERS", dialect="github") if owners is not None else None
    return [(finding.code, finding.line) for finding in strangers(parsed, files, read)]


def test_a_lead_or_deputy_whom_codeowners_does_not_name_is_told_at_the_line_of_the_policy() -> None:
    assert named(POLICY, MANIFEST) == [LEAD]
    assert named(POLICY.replace("@zoe", "@bob"), MANIFEST) == [DEPUTY]
    assert named(POLICY.replace("@zoe", "@bob").replace("@yan", "@Bob"), MANIFEST) == []
    assert named(POLICY) == [LEAD]


def test_what_cannot_be_told_is_not_told() -> None:
    assert named(POLICY, MANIFEST, owners=None) == []
    assert named(POLICY.replace("data/street", "data/*")) == []
    assert named(POLICY.replace("data/street", "data/*"), MANIFEST, "data/lanes/release.yaml") == [LEAD]
    assert named(POLICY.replace("name: street", "nam: street"), MANIFEST) == []
    assert named(POLICY.replace('    release_lead: "@zoe"\n', ""), MANIFEST) == []


def test_a_manifest_that_is_not_there_is_noted() -> None:
    parsed = read_policy(POLICY.encode(), file=".sevengates.yaml")
    assert [(note.code, note.line) for note in unmatched(parsed, ["README.md"])] == [
        ("policy.no-manifest", 4)
    ]
    assert unmatched(parsed, [MANIFEST]) == ()
    assert unmatched(read_policy(b"[", file="p"), []) == ()


@pytest.mark.parametrize("dialect", ["github", "gitlab"])
def test_the_policy_check_says_so(dialect: Dialect) -> None:
    commits = Commits()
    good = POLICY.replace("@zoe", "@bob").replace("@yan", "@bob")
    main = commits.commit({".sevengates.yaml": good, "CODEOWNERS": OWNERS, MANIFEST: "dataset: street\n"})

    def brought(policy: str):  # type: ignore[no-untyped-def]
        head = commits.commit({".sevengates.yaml": policy}, onto=main)
        found = survey(commits, commits.revisions(main, head), dialect=dialect)
        evaluation = evaluate(commits, found, Context(number=1, base_ref="main", now=NOON))
        shown = policy_check(evaluation)
        assert shown is not None
        return shown, comment(evaluation)

    shown, text = brought(POLICY)
    assert (shown.state, shown.title) == (CheckState.FAILURE, "The policy has 1 problem")
    assert "`.sevengates.yaml:5` · `lead.not-in-codeowners`" in text
    shown, text = brought(good.replace("data/street", "data/lanes"))
    assert (shown.state, shown.title) == (CheckState.SUCCESS, "The policy is valid, with 1 note")
    assert [(one.code, one.line) for one in shown.annotations] == [("policy.no-manifest", 4)]
    assert "`.sevengates.yaml:4` · `policy.no-manifest`" in text


@pytest.mark.parametrize("sign", ["README.md", ".gitlab-ci.yml"])
def test_validate_says_so(
    sign: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in ((".sevengates.yaml", POLICY), ("CODEOWNERS", OWNERS), (sign, "")):
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    parser = ArgumentParser()
    validate.add_parser(parser.add_subparsers())
    args = parser.parse_args(["validate"])
    assert args.run(args) == 1
    told = capsys.readouterr().out
    assert ".sevengates.yaml:5: lead.not-in-codeowners" in told
    assert ".sevengates.yaml:4: note: policy.no-manifest" in told
