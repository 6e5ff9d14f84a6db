"""`python -m bot validate` as people run it."""

import json
from argparse import ArgumentParser

import pytest

from bot.cli import validate

POLICY = """\
version: 1
datasets:
  - {name: street, manifest: "data/*/release.yaml", gates: {review: {rule: full}}}
"""
MANIFEST = "dataset: street\nversion: v1\nschema: {path: s.jsonl}\nsnapshot: {path: c.json}\n"


@pytest.fixture
def repository(tmp_path, monkeypatch):
    (tmp_path / ".git").mkdir()
    (tmp_path / "data" / "street").mkdir(parents=True)
    (tmp_path / ".sevengates.yaml").write_text(POLICY)
    (tmp_path / "data" / "street" / "release.yaml").write_text(MANIFEST)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def command(*arguments):
    parser = ArgumentParser()
    validate.add_parser(parser.add_subparsers())
    args = parser.parse_args(["validate", *map(str, arguments)])
    return args.run(args)


def test_a_good_repository_is_fine(repository, capsys):
    assert command() == 0
    assert capsys.readouterr().out == (
        "2 files checked, 0 problems: .sevengates.yaml, data/street/release.yaml\n"
    )


def test_problems_are_printed_with_line_and_cure(repository, capsys):
    (repository / "data" / "street" / "release.yaml").write_text(
        MANIFEST.replace("version: v1", "version: 1")
    )
    assert command() == 1
    assert capsys.readouterr().out.splitlines() == [
        "data/street/release.yaml:2: manifest.wrong-type: `version` must be text, got the number 1.",
        '  fix: Write "1" in quotes.',
        "2 files checked, 1 problem: .sevengates.yaml, data/street/release.yaml",
    ]


def test_notes_are_printed_and_are_no_problems(repository, capsys):
    (repository / ".sevengates.yaml").write_text(POLICY.replace("review: {rule: full}", ""))
    assert command() == 0
    assert capsys.readouterr().out.startswith(
        ".sevengates.yaml:3: note: policy.review-rule-undecided: `street`"
    )


def test_a_broken_policy_is_told_alone(repository, capsys):
    (repository / ".sevengates.yaml").write_text("version: 1\n")
    assert command() == 1
    assert capsys.readouterr().out.splitlines()[-1] == "1 file checked, 1 problem: .sevengates.yaml"


def test_findings_come_as_json(repository, capsys):
    (repository / ".sevengates.yaml").write_text("version: 1\n")
    assert command("--json") == 1
    [record] = json.loads(capsys.readouterr().out)
    assert (record["kind"], record["file"], record["line"]) == ("problem", ".sevengates.yaml", 1)
    assert record["code"] == "policy.missing-key"


def test_named_files_are_judged_by_name_or_content(repository, capsys):
    (repository / "rules.yaml").write_text("datasets: []\n")
    assert command(".sevengates.yaml", "rules.yaml", "data/street/release.yaml") == 1
    out = capsys.readouterr().out
    assert "rules.yaml:1: policy.missing-key" in out
    assert "rules.yaml:1: policy.empty-value" in out
    assert out.endswith(
        "3 files checked, 2 problems: .sevengates.yaml, rules.yaml, data/street/release.yaml\n"
    )


def test_paths_are_judged_from_the_root_of_the_repository(repository, monkeypatch, capsys):
    manifest = repository / "data" / "street" / "release.yaml"
    manifest.write_text(MANIFEST.replace("s.jsonl", "../../s.jsonl"))
    monkeypatch.chdir(repository / "data")
    assert command("street/release.yaml") == 0
    assert "data/street/release.yaml" in capsys.readouterr().out


def test_a_file_outside_of_any_repository_is_called_by_its_name(tmp_path, monkeypatch, capsys):
    (tmp_path / "m.yaml").write_text(MANIFEST)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert command(tmp_path / "m.yaml") == 0
    assert capsys.readouterr().out == "1 file checked, 0 problems: m.yaml\n"


def test_a_missing_file_could_not_be_read(repository, capsys):
    assert command("gone.yaml") == 2
    assert capsys.readouterr().err == "could not read gone.yaml: No such file or directory\n"


def test_without_a_policy_nothing_could_be_read(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert command() == 2
    assert capsys.readouterr().err.startswith("no policy here: none of .sevengates.yaml, ")
    assert command("--json") == 2


def test_var_and_git_are_not_searched(repository, capsys):
    for folder in (".git", "var"):
        (repository / folder / "x").mkdir(parents=True)
        (repository / folder / "x" / "release.yaml").write_text("broken: [")
    (repository / ".sevengates.yaml").write_text(POLICY.replace("data/*/release.yaml", "**/release.yaml"))
    assert command() == 0
    assert "2 files checked" in capsys.readouterr().out
