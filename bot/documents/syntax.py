"""What a YAML parser's complaint means to the person who wrote the file.

The first row of `_MEANINGS` whose pattern is found in "<context>: <problem>: <text at the mark>"
wins. Both parsers of PyYAML are covered; they word some complaints differently.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import yaml

from bot.answers import Finding


@dataclass(frozen=True, slots=True)
class _Meaning:
    pattern: re.Pattern[str]
    code: str
    text: str
    fix: str
    at_context: bool = False
    """The line to repair is where the unfinished thing began."""


def _row(pattern: str, code: str, text: str, fix: str, *, at_context: bool = False) -> _Meaning:
    return _Meaning(re.compile(pattern), code, text, fix, at_context)


_MEANINGS = (
    _row(
        r"tab character|: \t",
        "yaml.tab-indent",
        "The line is indented with a tab.",
        "Indent with spaces.",
    ),
    _row(
        r"cannot start any token: [@`%]",
        "yaml.syntax",
        "A value that begins with `@`, `%` or a backtick must be quoted.",
        'Put the value in quotes, as in "@ana".',
    ),
    _row(
        r"scanning an? (alias|anchor)",
        "yaml.alias",
        "A value that begins with `*` or `&` is an alias or anchor unless it is quoted.",
        'Put the value in quotes, as in "**/*.yaml".',
    ),
    _row(
        r"tag handle|scanning a tag|parsing a tag|parsing a node: found undefined tag",
        "yaml.tag",
        "A value that begins with `!` is a tag unless it is quoted.",
        "Remove the tag, or put the value in quotes.",
    ),
    _row(
        r"mapping values are not allowed",
        "yaml.syntax",
        "A second `:` makes this line mean two things, or the line is indented too far.",
        "Put the value in quotes, or indent the line like its neighbours.",
    ),
    _row(
        r"quoted scalar: found unexpected (end of stream|document)",
        "yaml.syntax",
        "The quote that opens on this line is never closed.",
        "Close the quote.",
        at_context=True,
    ),
    _row(
        r"node content",
        "yaml.syntax",
        "A value is missing on this line.",
        "Write the value, in quotes if it begins with a sign of YAML.",
    ),
    _row(
        r"flow (sequence|mapping)",
        "yaml.syntax",
        "The bracket that opens on this line is not closed, or a comma is missing before line {line}.",
        "Close the bracket, or put a comma between its values.",
        at_context=True,
    ),
    _row(
        r"escape",
        "yaml.syntax",
        "The backslash does not begin an escape that YAML knows.",
        "Use single quotes, in which a backslash is itself, or write the character.",
    ),
    _row(
        r"could not find expected ':'",
        "yaml.syntax",
        "The line before this one is not `key: value`.",
        "Write a colon and a space after the key.",
    ),
    _row(
        r"block (mapping|collection|sequence)|document start",
        "yaml.syntax",
        "The line does not continue what stands above it.",
        "Indent it exactly like its neighbours, and quote values that hold quotes.",
    ),
)
_OTHER = _row("", "yaml.syntax", "The file is not YAML: {problem}.", "Correct the line.")


def explain(error: Exception, lines: Sequence[str], *, file: str) -> Finding:
    """The finding for an error that the parser of `lines` raised."""
    mark: yaml.Mark | None = getattr(error, "problem_mark", None)
    at, rest = _place(mark, lines)
    problem = str(getattr(error, "problem", None) or error)
    context = getattr(error, "context", None) or ""
    complaint = f"{context}: {problem}: {rest}"
    row = next((row for row in _MEANINGS if row.pattern.search(complaint)), _OTHER)
    began, _ = _place(getattr(error, "context_mark", None) or mark, lines)
    return Finding(
        code=row.code,
        text=row.text.format(line=at, problem=problem.replace("`", "'")),
        fix=row.fix,
        file=file,
        line=began if row.at_context else at,
    )


def _place(mark: yaml.Mark | None, lines: Sequence[str]) -> tuple[int, str]:
    """The line of `mark`, counted from 1 and never past the last, and what stands there."""
    if mark is None or mark.line >= len(lines):
        return len(lines), ""
    return mark.line + 1, lines[mark.line][mark.column :]
