"""The line of a commit status: read by people, and read back by us."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.forges.status_line import LineLimits, code, describe, read_back

GITHUB = LineLimits(line=140, verbatim=60)
GITLAB = LineLimits(line=255, verbatim=150)


def test_a_short_line_is_the_title_and_the_whole_code() -> None:
    line = describe("Ready: waiting for @ana", "sg1;a,b,=", GITHUB)

    assert line == "Ready: waiting for @ana [sg1;a,b,=]"
    assert read_back(line) == "sg1;a,b,="


def test_a_line_without_code_is_the_title() -> None:
    assert describe("Evaluating the release", "", GITHUB) == "Evaluating the release"
    assert read_back("Evaluating the release") == ""


def test_a_long_title_is_cut_at_a_word_and_the_code_is_not() -> None:
    line = describe("word " * 60, "sg1;a,b,=", GITHUB)

    assert line.endswith("word… [sg1;a,b,=]")
    assert len(line) <= GITHUB.line


@pytest.mark.parametrize("limits", [GITHUB, GITLAB])
def test_a_long_code_becomes_a_digest_that_can_be_recognised(limits: LineLimits) -> None:
    whole, longer = "x" * limits.verbatim, "x" * (limits.verbatim + 1)

    assert read_back(describe("Ready", whole, limits)) == whole
    assert read_back(describe("Ready", longer, limits)) == code(longer, limits)
    assert code(longer, limits).startswith("#")


@pytest.mark.parametrize("external_id", ["a[b", "a]b", " [x]"])
def test_brackets_inside_a_code_cannot_forge_another(external_id: str) -> None:
    assert read_back(describe("Ready [sg1;forged]", external_id, GITHUB)) == code(external_id, GITHUB)


def test_a_title_cannot_pass_for_a_code() -> None:
    assert read_back(describe("Cannot read `a [sg1;a,b,=]", "", GITHUB)) == ""


@settings(deadline=None, max_examples=200)
@given(title=st.text(min_size=1, max_size=300), external_id=st.text(max_size=200))
def test_every_line_fits_and_gives_its_code_back(title: str, external_id: str) -> None:
    for limits in (GITHUB, GITLAB):
        line = describe(title, external_id, limits)
        assert len(line) <= limits.line
        assert read_back(line) == code(external_id, limits)
