"""What both dialects share: size limit, lines, tokens, and the answer to "who owns this path?"."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.answers import Finding
from bot.globs import ANY_CHAR, RUN, CharSet, Run, Segment, Token, matches_path

MAX_BYTES = 3_000_000
"""GitHub loads no CODEOWNERS file of 3 MB or more; we read none of either dialect
(https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners)."""

SPACE = " \t\r\f\v"
UNREADABLE = "\ufffd"
"""Stands for bytes that are no UTF-8."""

Pattern = tuple[Segment | Run, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """The line that decides about a path, in one section.

    `owners` as written, in order; empty: the line takes ownership away. `section` is None in
    GitHub's dialect. Of GitLab's sections every one that is not `optional` must approve, by
    `approvals` people.
    """

    owners: tuple[str, ...]
    pattern: str
    line: int
    file: str
    section: str | None = None
    optional: bool = False
    approvals: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A line that the forge skips or may read differently, and every way its pattern could be read."""

    line: int
    readings: tuple[Pattern, ...]
    finding: Finding

    def concerns(self, path: str) -> bool:
        """Whether the line would speak of `path` if it were valid."""
        return any(matches_path(reading, path) for reading in self.readings)


def too_large(data: bytes, file: str) -> tuple[Finding, ...]:
    """The finding for a file of `MAX_BYTES` or more, else nothing."""
    if len(data) < MAX_BYTES:
        return ()
    return (
        Finding(
            code="codeowners.too-large",
            text=f"{file} has 3 MB or more, so nothing in it is read and nothing has an owner.",
            fix="Shorten the file below 3 MB, for example with directory patterns instead of single files.",
            file=file,
        ),
    )


def numbered_lines(data: bytes) -> Iterator[tuple[int, str]]:
    """Stripped lines with their number from 1, without blank lines, comments and a byte order mark."""
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="replace")
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip(SPACE)
        if stripped and not stripped.startswith("#"):
            yield number, stripped


def split_words(text: str) -> tuple[str, ...]:
    """The words of `text`; other Unicode spaces are no separators."""
    return tuple(word for word in text.translate(dict.fromkeys(map(ord, SPACE), " ")).split(" ") if word)


def split_pattern(line: str) -> tuple[str, str]:
    r"""The pattern (up to the first space not escaped as ``\ ``) and the rest of a line."""
    escaped = False
    for at, char in enumerate(line):
        if char in SPACE and not escaped:
            return line[:at], line[at + 1 :]
        escaped = char == "\\" and not escaped
    return line, ""


def segment(part: str, *, classes: bool) -> Segment | None:
    """Compile one pattern segment; with `classes`, ``[…]`` is a character class.

    None: a class is not closed, so the segment matches nothing.
    """
    tokens: list[Token] = []
    at = 0
    while at < len(part):
        char = part[at]
        if char == "[" and classes:
            found = _char_class(part, at + 1)
            if found is None:
                return None
            token, at = found
            tokens.append(token)
            continue
        if char == "\\" and at + 1 < len(part):
            at += 1
            tokens.append(part[at])
        elif char == "*":
            tokens.append(RUN)
        else:
            tokens.append(ANY_CHAR if char == "?" else char)
        at += 1
    return Segment.of(tokens)


def _char_class(part: str, at: int) -> tuple[CharSet, int] | None:
    """The class whose text begins at `at`, and the index after its "]"."""
    negated = part[at : at + 1] in {"!", "^"}
    at += negated
    ranges: list[tuple[str, str]] = []
    while (first := _class_char(part, at)) is not None:
        char, at = first
        if char == "]" and part[at - 2 : at - 1] != "\\":
            return CharSet(tuple(ranges), negated), at
        last = (
            _class_char(part, at + 1) if part[at : at + 1] == "-" and part[at + 1 : at + 2] != "]" else None
        )
        ranges.append((char, last[0] if last else char))
        at = last[1] if last else at
    return None


def _class_char(part: str, at: int) -> tuple[str, int] | None:
    """The character at `at`, a backslash taken away, and the index after it; None at the end."""
    at += part[at : at + 1] == "\\"
    return (part[at], at + 1) if at < len(part) else None
