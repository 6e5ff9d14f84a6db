"""CODEOWNERS: what holds for every file, and who leads a release."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.codeowners import MAX_BYTES, GitHubCodeOwners, Leadership, dialect_of, lead_of, parse

dialects = pytest.mark.parametrize("dialect", ["github", "gitlab"])

NASTY = [
    "*",
    "**",
    "***",
    "/",
    "a",
    "b",
    "[",
    "]",
    "\\",
    "!",
    "#",
    " ",
    "\t",
    "@x",
    "@o/t",
    "^",
    "-",
    "\n",
    "\r",
    "é",
]
texts = st.lists(st.sampled_from(NASTY), max_size=40).map("".join)
paths = st.lists(st.sampled_from(["a", "b", "ab", "[a]", "#x", "é", ".d"]), min_size=1, max_size=4).map(
    "/".join
)
good_lines = st.sampled_from(
    ["* @a", "/a/ @b", "*.md @c", "b", "/a/b @d @e", "a/* @f", "**/b/** @g", "/ab @h"]
)


@dialects
@settings(deadline=None, max_examples=300)
@given(
    data=st.one_of(st.binary(max_size=200), texts.map(str.encode)), path=st.one_of(paths, st.text(max_size=9))
)
def test_any_bytes_are_read_and_any_path_is_answered(dialect: Any, data: bytes, path: str) -> None:
    owners = parse(data, file="CODEOWNERS", dialect=dialect)
    last = data.count(b"\n") + 1
    assert all(1 <= line.line <= last for line in owners.owners_of(path))
    assert all(problem.line is not None and problem.text and problem.fix for problem in owners.problems)
    assert {doubt.line for doubt in owners.doubts(path)} <= {problem.line for problem in owners.problems}


@settings(deadline=None, max_examples=200)
@given(lines=st.lists(good_lines, min_size=1, max_size=8), path=paths)
def test_the_last_matching_line_wins(lines: list[str], path: str) -> None:
    def reads(text: str) -> tuple[Any, ...]:
        return parse(text.encode(), file="C", dialect="github").owners_of(path)

    alone = [(number, reads(line)) for number, line in enumerate(lines, start=1)]
    expected = [(number, found[0].owners) for number, found in alone if found][-1:]
    assert [(found.line, found.owners) for found in reads("\n".join(lines))] == expected


@dialects
@settings(deadline=None, max_examples=200)
@given(text=texts, path=paths, comment=st.text(max_size=10).filter(lambda t: "\n" not in t))
def test_a_comment_line_at_the_end_changes_nothing(dialect: Any, text: str, path: str, comment: str) -> None:
    before = parse(text.encode(), file="C", dialect=dialect)
    after = parse(f"{text}\n# {comment}".encode(errors="replace"), file="C", dialect=dialect)
    assert (after.owners_of(path), after.problems) == (before.owners_of(path), before.problems)


class Counted(str):
    """A path that counts how often a character or a segment of it is looked at."""

    __slots__ = ()
    steps = 0

    def split(self, *args, **kwargs) -> list[str]:  # type: ignore[override]
        return [Counted(part) for part in super().split(*args, **kwargs)]

    def __getitem__(self, index) -> str:
        Counted.steps += 1
        return super().__getitem__(index)

    def __eq__(self, other: object) -> bool:
        Counted.steps += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


@dialects
@pytest.mark.parametrize(
    "pattern", ["/*a*a*a*a*a*a*a*a*b", "**/a/" * 12 + "b", "**/*a*/" * 9 + "c", "[a]*[!b]*" * 6]
)
def test_an_evil_pattern_costs_a_bounded_number_of_steps(dialect: Any, pattern: str) -> None:
    owners = parse(f"{pattern} @x\n".encode(), file="C", dialect=dialect)
    for path in ("a" * 300, "a/" * 150 + "a", "ab" * 100 + "/" + "aa" * 50):
        Counted.steps = 0
        owners.owners_of(Counted(path))
        owners.doubts(Counted(path))
        assert Counted.steps <= 8 * (len(pattern) + 5) * len(path)


@dialects
def test_a_file_of_three_megabytes_has_one_problem_and_no_rules(dialect: Any) -> None:
    rule = b"* @ana\n"
    below = parse(rule + b"#" * (MAX_BYTES - len(rule) - 1), file="C", dialect=dialect)
    above = parse(rule + b"#" * (MAX_BYTES - len(rule)), file="C", dialect=dialect)
    assert below.owners_of("x")[0].owners == ("@ana",)
    assert (above.owners_of("x"), above.doubts("x")) == ((), ())
    assert [problem.code for problem in above.problems] == ["codeowners.too-large"]
    found = lead_of(above, "x", release_lead="@ana", deputies=())
    assert (found.lead, [f.code for f in found.findings]) == (None, ["codeowners.too-large"])


@dialects
def test_a_line_that_is_no_utf8_puts_what_it_may_match_in_doubt(dialect: Any) -> None:
    owners = parse(b"/x/ @a\n/m/caf\xe9/ @b\n", file="C", dialect=dialect)
    assert [problem.line for problem in owners.problems] == [2]
    assert [doubt.line for doubt in owners.doubts("m/caf\u00e9/a")] == [2]
    assert owners.doubts("x/a") == ()


def lead(text: str, path: str = "m/r.yaml", *, dialect: Any = "github", **policy: Any) -> Leadership:
    owners = parse(text.encode(), file="CODEOWNERS", dialect=dialect)
    return lead_of(owners, path, **{"release_lead": None, "deputies": (), **policy})


def codes(found: Leadership) -> list[str]:
    return [finding.code for finding in found.findings]


def test_one_owner_leads() -> None:
    found = lead("* @everyone\n/m/ @ana\n")
    assert (found.lead, found.owners, found.line, found.file, codes(found)) == (
        "@ana",
        ("@ana",),
        2,
        "CODEOWNERS",
        [],
    )


def test_the_same_owner_written_twice_is_one_owner() -> None:
    assert lead("/m/ @Ana @ana\n").lead == "@Ana"


def test_of_several_owners_nobody_leads_until_the_policy_names_one() -> None:
    shared = lead("/m/ @ana @bob\n")
    assert (shared.lead, codes(shared), shared.findings[0].line) == (None, ["lead.shared"], 1)
    assert lead("/m/ @ana @bob\n", release_lead="@BOB").lead == "@bob"


@pytest.mark.parametrize("owners", ["@ana", "@ana @bob"])
def test_a_lead_whom_codeowners_does_not_name_does_not_lead(owners: str) -> None:
    found = lead(f"/m/ {owners}\n", release_lead="@eve")
    assert (found.lead, codes(found)) == (None, ["lead.not-in-codeowners"])
    assert "@eve" in found.findings[0].text


def test_a_deputy_must_be_an_owner_and_is_dropped_by_name_otherwise() -> None:
    found = lead(
        "/m/ @ana @Bob @acme/leads\n", release_lead="@ana", deputies=["@bob", "@eve", "@ACME/leads", "@ana"]
    )
    assert (found.lead, found.deputies) == ("@ana", ("@Bob", "@acme/leads"))
    assert codes(found) == ["deputy.not-in-codeowners"]
    assert "@eve" in found.findings[0].text


@pytest.mark.parametrize(("text", "line"), [("/other/ @ana\n", None), ("* @ana\n/m/\n", 2), ("", None)])
def test_a_path_without_owner_has_no_lead(text: str, line: int | None) -> None:
    found = lead(text, release_lead="@ana")
    assert (found.lead, codes(found), found.findings[0].line) == (None, ["lead.no-owner"], line)


def test_without_codeowners_nobody_leads() -> None:
    found = lead_of(None, "m/r.yaml", release_lead="@ana", deputies=())
    assert (found.lead, codes(found)) == (None, ["codeowners.missing"])


def test_a_mistake_that_may_name_the_owner_leaves_the_owner_unclear() -> None:
    found = lead("* @everyone\n/m/ @ana, @bob\n", release_lead="@everyone")
    assert (found.lead, codes(found), found.findings[0].line) == (None, ["codeowners.unclear"], 2)
    assert lead("* @everyone\n/m/ @ana, @bob\n", "x").lead == "@everyone"


GITLAB = "[Data]\n/m/ @data\n[release lead]\n/m/ @ana\n^[Hints]\n/m/ @hint\n"


def test_the_section_for_the_release_lead_wins_in_gitlab() -> None:
    found = lead(GITLAB, dialect="gitlab")
    assert (found.lead, found.section, found.line) == ("@ana", "release lead", 4)


def test_without_that_section_all_sections_that_must_approve_own_together() -> None:
    shared = lead(GITLAB, dialect="gitlab", release_section="Nobody")
    assert (shared.owners, codes(shared)) == (("@data", "@ana"), ["lead.shared"])
    assert lead("^[Hints]\n/m/ @hint\n", dialect="gitlab").lead == "@hint"


def test_an_unreadable_section_header_leaves_the_owner_unclear() -> None:
    assert codes(lead("[Release Lead\n/m/ @ana\n", dialect="gitlab")) == ["codeowners.unclear"]


def test_both_dialects_are_types_of_their_own() -> None:
    assert isinstance(parse(b"", file="C", dialect="github"), GitHubCodeOwners)
    assert not isinstance(parse(b"", file="C", dialect="gitlab"), GitHubCodeOwners)
    assert [dialect_of(forge) for forge in ("github", "gitlab")] == ["github", "gitlab"]
