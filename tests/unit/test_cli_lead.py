"""`python -m bot lead`: the JSON it prints, where it looks, and how it fails."""

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from bot.cli import lead


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*words: str) -> int:
    parser = argparse.ArgumentParser()
    lead.add_parser(parser.add_subparsers())
    args = parser.parse_args(["lead", *words])
    return int(args.run(args))


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def answers(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return json.loads(capsys.readouterr().out)


POLICY = """\
version: 1
datasets:
  - name: street
    manifest: data/street/release.yaml
    watch: ["data/street/**", "exports/*.yaml"]
    release_lead: "@ana"
    deputies: ["@bob"]
    gates: {review: {rule: full}}
"""


def test_each_path_is_answered_with_owners_line_and_lead(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(here / "OWNERS", "* @everyone\n/data/ @ana\n/free\n")
    assert call("--codeowners", "OWNERS", "data/x.yaml", "./free", "a") == 0
    got = answers(capsys)
    assert {path: (a["owners"], a["section"], a["line"], a["lead"]) for path, a in got.items()} == {
        "data/x.yaml": (["@ana"], None, 2, "@ana"),
        "./free": ([], None, 3, None),
        "a": (["@everyone"], None, 1, "@everyone"),
    }


def test_a_path_that_no_line_matches_has_owners_null(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(here / "OWNERS", "/data/ @ana\n")
    assert call("--codeowners", "OWNERS", "x") == 0
    found = answers(capsys)["x"]
    assert (found["owners"], found["line"], found["findings"][0]["code"]) == (None, None, "lead.no-owner")


def test_files_and_policy_are_found_in_the_forges_order(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(here / "CODEOWNERS", "* @root\n")
    write(here / ".github/CODEOWNERS", "* @ana @bob\n")
    write(here / ".sevengates.yaml", POLICY)
    assert call("data/street/release.yaml", "exports/a.yaml", "other") == 0
    found = answers(capsys)
    assert [found[path]["lead"] for path in found] == ["@ana", "@ana", None]
    assert [found[path]["dataset"] for path in found] == ["street", "street", None]
    assert found["exports/a.yaml"]["deputies"] == ["@bob"]
    assert found["other"]["findings"][0]["code"] == "lead.shared"


def test_gitlab_sections_are_all_shown(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(here / "CODEOWNERS", "[Data][2]\n/m/ @data\n[Release Lead]\n/m/ @ana\n")
    assert call("--forge", "gitlab", "m/x") == 0
    found = answers(capsys)["m/x"]
    assert (found["lead"], found["section"], found["line"]) == ("@ana", "Release Lead", 4)
    assert [(s["section"], s["owners"], s["approvals"]) for s in found["sections"]] == [
        ("Data", ["@data"], 2),
        ("Release Lead", ["@ana"], 1),
    ]


def test_lines_the_forge_skips_are_named_with_file_and_line(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(here / "OWNERS", "* @a\n!x @b\n")
    assert call("--codeowners", "OWNERS", "y") == 0
    assert capsys.readouterr().err.startswith("OWNERS:2: ")


@pytest.mark.parametrize(
    ("files", "words", "said"),
    [
        ({}, ["x"], "CODEOWNERS: not found; looked for .github/CODEOWNERS"),
        ({}, ["--codeowners", "nowhere", "x"], "nowhere: reading it failed"),
        ({"O": "#" * 3_000_000}, ["--codeowners", "O", "x"], "O: O has 3 MB or more"),
        ({"O": "* @a"}, ["--codeowners", "O", "/x"], "/x: write the path from the root"),
        ({"O": "* @a"}, ["--codeowners", "O", "../x"], "../x: write the path from the root"),
        ({"O": "* @a"}, ["--codeowners", "O", "."], ".: write the path from the root"),
        ({"O": "* @a", "P": "version: 1\nnope: 2\n"}, ["--codeowners", "O", "--policy", "P", "x"], "P:2: "),
    ],
)
def test_what_cannot_be_used_is_named_and_the_exit_status_is_2(
    here: Path, capsys: pytest.CaptureFixture[str], files: dict[str, str], words: list[str], said: str
) -> None:
    for name, text in files.items():
        write(here / name, text)
    assert call(*words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err


def test_a_glob_of_the_policy_that_means_nothing_is_named(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(here / "O", "* @a\n")
    write(here / "P", POLICY.replace("data/street/release.yaml", "data/[x"))
    assert call("--codeowners", "O", "--policy", "P", "x") == 2
    assert "data/[x" in capsys.readouterr().err


def test_the_section_that_the_policy_names_decides_on_gitlab(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(here / "CODEOWNERS", "[Release Lead]\n* @ana\n[Datasets]\n/data/ @dan\n")
    section = POLICY.replace(
        '    release_lead: "@ana"\n    deputies: ["@bob"]\n', "    release_section: datasets\n"
    )
    write(here / ".sevengates.yaml", section)
    assert call("--forge", "gitlab", "data/street/release.yaml", "other") == 0
    found = answers(capsys)
    assert {path: (one["lead"], one["section"]) for path, one in found.items()} == {
        "data/street/release.yaml": ("@dan", "Datasets"),
        "other": ("@ana", "Release Lead"),
    }
