"""Commands in comments: `/sevengates recheck`, `explain <gate>` and `waive <gate> <reason>`.

A command is the first line of a comment, so that nothing quoted, fenced or hidden further down is
one. A comment that was edited is never a command: nobody can say who wrote what it says now.
"""

from dataclasses import dataclass

from bot.answers import GATE_NAMES
from bot.forges.base import Comment

PREFIX = "/sevengates"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecheckCommand:
    """Evaluate again now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainCommand:
    """Say what one gate asks and what cures it."""

    gate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiveCommand:
    """Accept one gate's answer for this release, for a reason."""

    gate: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownCommand:
    """Addressed to us, but not understood; `why` says what was expected."""

    why: str


Command = RecheckCommand | ExplainCommand | WaiveCommand | UnknownCommand


def command_in(comment: Comment) -> Command | None:
    """The command a comment gives; None when it gives none, is ours, or was edited."""
    if comment.ours or comment.updated_at != comment.created_at:
        return None
    return parse(comment.body)


def parse(body: str) -> Command | None:
    """The command in a comment's text, None when its first line does not begin with ``/sevengates``."""
    words = next((words for line in body.splitlines() if (words := line.split())), [])
    return _command(words[1:]) if words[:1] == [PREFIX] else None


def _command(words: list[str]) -> Command:
    match words:
        case ["recheck"]:
            return RecheckCommand()
        case ["explain", gate]:
            name = gate_named(gate)
            return ExplainCommand(gate=name) if name else _no_such_gate(gate)
        case ["waive", gate, *reason]:
            name = gate_named(gate)
            return WaiveCommand(gate=name, reason=" ".join(reason)) if name else _no_such_gate(gate)
        case _:
            return UnknownCommand(why="The commands are: recheck, explain <gate>, waive <gate> <reason>.")


def gate_named(text: str) -> str | None:
    """The gate called `text`: its name, or its number from 1 to 7."""
    if text in GATE_NAMES:
        return text
    numbers = {str(number): name for number, name in enumerate(GATE_NAMES, start=1)}
    return numbers.get(text)


def _no_such_gate(text: str) -> UnknownCommand:
    return UnknownCommand(why=f"There is no gate {text}: {', '.join(GATE_NAMES)}, or a number from 1 to 7.")
