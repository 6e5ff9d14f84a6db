"""What is a command, and what is not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answers import GATE_NAMES
from bot.commands import (
    ExplainCommand,
    RecheckCommand,
    UnknownCommand,
    WaiveCommand,
    command_in,
    gate_named,
    parse,
)
from tests.fakes.people import NOON, account, comment

WHY = "the customer accepts this"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("/sevengates recheck", RecheckCommand()),
        ("  /sevengates   recheck  ", RecheckCommand()),
        ("\n \n/sevengates recheck\nbye", RecheckCommand()),
        ("Hello\n\n/sevengates recheck\nbye", None),
        ("<!--\n/sevengates recheck\n-->", None),
        ("```\n/sevengates recheck\n```", None),
        ("/sevengates explain 3", ExplainCommand(gate="review_scope")),
        ("/sevengates explain review_scope", ExplainCommand(gate="review_scope")),
        (f"/sevengates waive 4 {WHY}", WaiveCommand(gate="rejections_resolved", reason=WHY)),
        ("/sevengates waive 4", WaiveCommand(gate="rejections_resolved", reason="")),
        ("please /sevengates recheck", None),
        ("/sevengatesrecheck", None),
        ("/Sevengates recheck", None),
        ("> /sevengates recheck", None),
        ("", None),
    ],
)
def test_a_command_is_the_first_line_of_a_comment(body: str, expected: object) -> None:
    assert parse(body) == expected


@pytest.mark.parametrize(
    "tail",
    [
        "",
        "approve",
        "recheck now",
        "explain",
        "explain 8",
        "explain 0",
        "waive",
        "waive 9 because",
        "waive ② x",
    ],
)
def test_everything_else_addressed_to_us_is_unknown_and_says_what_was_expected(tail: str) -> None:
    command = parse(f"/sevengates {tail}")
    assert isinstance(command, UnknownCommand)
    assert command.why


def test_the_first_command_line_decides() -> None:
    assert parse("/sevengates explain 1\n/sevengates recheck") == ExplainCommand(gate="schema_stable")


def test_an_edited_comment_and_our_own_are_no_commands() -> None:
    plain = comment(1, account(1), "/sevengates recheck", NOON)
    assert command_in(plain) == RecheckCommand()
    assert command_in(comment(1, account(1), "/sevengates recheck", NOON, edited=True)) is None
    assert command_in(replace(plain, ours=True)) is None


def test_gates_are_known_by_name_and_by_number() -> None:
    assert [gate_named(str(n)) for n in range(1, 8)] == list(GATE_NAMES)
    assert gate_named("08") is None


@given(st.text())
def test_any_text_can_be_read(body: str) -> None:
    parse(body)
    parse("/sevengates " + body)
