"""Both dialects against the reference cases of the forges, and against our own."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.codeowners import CodeOwners, parse

CASES = Path(__file__).parents[1] / "cases"
REFERENCE = json.loads((CASES / "codeowners_cases.json").read_text(encoding="utf-8"))
OWN = [
    (path.stem, case)
    for path in sorted((CASES / "codeowners").glob("*.yaml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))
]


def _unverified(case: dict[str, Any]) -> bool:
    return "unverified" in case["confidence"]


def _cases(dialect: str, kind: str) -> list[Any]:
    cases = [case for case in REFERENCE[dialect][kind] if not _unverified(case)]
    return [pytest.param(dialect, case, id=f"{dialect}: {case['name']}") for case in cases]


def _files(paths: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The paths of a case that are files: one that ends in "/" speaks of a directory."""
    return ((path, expected) for path, expected in paths.items() if not path.endswith("/"))


def read(dialect: Any, text: str) -> CodeOwners:
    return parse(text.encode(), file="CODEOWNERS", dialect=dialect)


def answer(owners: CodeOwners, dialect: str, path: str) -> Any:
    found = owners.owners_of(path)
    if dialect == "gitlab":
        return {str(line.section): list(line.owners) for line in found}
    return list(found[0].owners) if found else None


@pytest.mark.parametrize(
    ("dialect", "case"), [*_cases("github", "pattern_cases"), *_cases("gitlab", "pattern_cases")]
)
def test_a_pattern_matches_as_on_the_forge(dialect: str, case: dict[str, Any]) -> None:
    owners = read(dialect, f"{case['pattern']} @owner\n")
    got = {path: bool(owners.owners_of(path)) for path, _ in _files(case["paths"])}
    assert got == dict(_files(case["paths"]))


@pytest.mark.parametrize(
    ("dialect", "case"), [*_cases("github", "file_cases"), *_cases("gitlab", "file_cases")]
)
def test_a_file_is_read_as_on_the_forge(dialect: str, case: dict[str, Any]) -> None:
    owners = read(dialect, case["file"])
    got = {path: answer(owners, dialect, path) for path, _ in _files(case["expect"])}
    assert got == dict(_files(case["expect"]))


def test_only_reference_cases_that_nobody_verified_are_left_out() -> None:
    left_out = [
        c["name"]
        for d in REFERENCE
        if d != "note"
        for k in REFERENCE[d].values()
        for c in k
        if _unverified(c)
    ]
    assert left_out == []


@pytest.mark.parametrize(("dialect", "case"), [pytest.param(d, c, id=f"{d}: {c['name']}") for d, c in OWN])
def test_our_own_cases_hold(dialect: str, case: dict[str, Any]) -> None:
    owners = read(dialect, case["file"])
    assert {path: answer(owners, dialect, path) for path in case["owners"]} == case["owners"]
    assert {str(problem.line): problem.code for problem in owners.problems} == case.get("problems", {})
    doubts = case.get("unclear", {})
    assert {path: [f.line for f in owners.doubts(path)] for path in doubts} == doubts
