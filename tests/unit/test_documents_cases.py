"""What people are told about bad documents, word for word: tests/cases/documents/."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.answers import Finding
from bot.documents import read_manifest, read_policy, read_yaml

FOLDER = Path(__file__).parents[1] / "cases" / "documents"


def cases(name):
    rows: list[dict[str, Any]] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return [pytest.param(row["input"].encode(), row["expected"], id=row["case"]) for row in rows]


def said(findings: tuple[Finding, ...]):
    return [f"{f.line} {f.code} {f.text} => {f.fix}" for f in findings]


@pytest.mark.parametrize(("data", "expected"), cases("policy"))
def test_a_bad_policy_is_told_at_its_lines(data, expected):
    parsed = read_policy(data, file=".sevengates.yaml")
    assert said(parsed.problems) == expected
    assert parsed.value is None
    assert {finding.file for finding in parsed.problems} == {".sevengates.yaml"}


@pytest.mark.parametrize(("data", "expected"), cases("manifest"))
def test_a_bad_manifest_is_told_at_its_lines(data, expected):
    parsed = read_manifest(data, file="data/street/release.yaml")
    assert said(parsed.problems) == expected
    assert parsed.value is None


@pytest.mark.parametrize(("data", "expected"), cases("yaml"))
def test_bad_yaml_is_told_at_its_lines(data, expected):
    assert said(read_yaml(data, file="data.yaml").problems) == expected


@pytest.mark.parametrize(("data", "expected"), cases("yaml"))
def test_without_libyaml_the_same_yaml_is_refused_too(data, expected):
    assert read_yaml(data, file="data.yaml", loader=yaml.SafeLoader).problems


def test_no_message_speaks_the_language_of_a_library():
    rows = [param.values for name in ("policy", "manifest", "yaml") for param in cases(name)]
    messages = [message for _, expected in rows for message in expected]
    jargon = ("pydantic", "Input should", "NoneType", "tuple", "str_type", "errors.", "ScannerError")
    assert len(messages) >= 100
    assert [message for message in messages if any(word in message for word in jargon)] == []
