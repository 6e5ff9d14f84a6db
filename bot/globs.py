"""Repository globs, matched without a regex engine: file names come from strangers.

A pattern is compiled to segments (what stands between "/"), a segment to tokens. Both levels are
matched by the same two-pointer walk, which compares each pattern segment with each path segment
at most once. Matching therefore costs at most about ``len(glob) * len(path)`` comparisons,
whatever the glob: nothing can be made to backtrack (`bot.codeowners` shares this walk).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import Final, Literal, TypeVar


class GlobError(ValueError):
    """A glob that cannot mean anything; the text says what is wrong and what to write instead."""


class _Wild(Enum):
    RUN = "any run of elements, also none"


Run = Literal[_Wild.RUN]
RUN: Final = _Wild.RUN
"""Any run: of characters within a segment (``*``), or of whole segments (``**``)."""


@dataclass(frozen=True, slots=True)
class CharSet:
    """One character out of `ranges` (pairs of first and last), or none of them when `negated`."""

    ranges: tuple[tuple[str, str], ...]
    negated: bool = False

    def accepts(self, char: str) -> bool:
        """Whether `char` is in the set."""
        for first, last in self.ranges:
            if first <= char <= last:
                return not self.negated
        return self.negated


ANY_CHAR: Final = CharSet(ranges=(), negated=True)
"""``?``: exactly one character."""

Token = str | CharSet | Run
"""A literal character, a set of characters, or `RUN`."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One compiled path segment. `literal` is its text when it holds no wildcard, else None."""

    tokens: tuple[CharSet | Run, ...]
    literal: str | None

    @classmethod
    def of(cls, tokens: Sequence[Token]) -> "Segment":
        """Compile `tokens`."""
        characters = [token for token in tokens if isinstance(token, str)]
        literal = "".join(characters) if len(characters) == len(tokens) else None
        return cls(tuple(CharSet(((t, t),)) if isinstance(t, str) else t for t in tokens), literal)

    def matches(self, text: str) -> bool:
        """Whether the whole of one path segment matches; letter case counts."""
        return self.literal == text if self.literal is not None else walk(self.tokens, text, CharSet.accepts)


ANY_SEGMENT: Final = Segment.of((RUN,))


@dataclass(frozen=True, slots=True)
class Glob:
    """A compiled glob: `text` as written, `segments` as matched."""

    text: str
    segments: tuple[Segment | Run, ...]

    def matches(self, path: str) -> bool:
        """Whether `path` (from the repository root, no leading "/") matches."""
        return matches_path(self.segments, path)


def matches_path(segments: Sequence[Segment | Run], path: str) -> bool:
    """Whether the segments of `path` match `segments`, all of them."""
    return walk(segments, path.split("/"), Segment.matches)


P = TypeVar("P")
T = TypeVar("T")


def walk(pattern: "Sequence[P | Run]", text: Sequence[T], accepts: Callable[[P, T], bool]) -> bool:
    """Match `text` against `pattern` element by element; only the last `RUN` is ever retried.

    Giving an earlier run more elements can never help once a later one was reached, so no pair of
    pattern and text element is compared twice between the same two runs.
    """
    at, retry_pattern, retry_text, here = 0, -1, 0, 0
    while here < len(text):
        token = pattern[at] if at < len(pattern) else None
        if token is RUN:
            at += 1
            if at == len(pattern):
                return True
            retry_pattern, retry_text = at, here
        elif token is not None and accepts(token, text[here]):
            at, here = at + 1, here + 1
        elif retry_pattern >= 0:
            retry_text += 1
            at, here = retry_pattern, retry_text
        else:
            return False
    return all(token is RUN for token in pattern[at:])


def compile_glob(glob: str) -> Glob:
    r"""Compile a repository glob.

    A glob is matched against the whole path from the repository root: ``data.yaml`` is that file in
    the root and no other, ``*.yaml`` every such file in the root, ``**/data.yaml`` that name in any
    directory. One leading "/" is allowed and means nothing. ``*`` matches any run of characters
    within a segment, ``?`` exactly one, a whole segment ``**`` any number of directories, also
    none; a final ``/**`` matches everything below, at any depth, but not the directory itself.
    Names that begin with a dot are no exception. Letter case counts. A backslash makes the next
    character literal: ``\*``, ``\[``, ``\\``.

    Raises:
        GlobError: the glob is empty; has an empty, ``.`` or ``..`` segment (also from a trailing
            "/"); ends in a backslash; holds ``**`` inside a name, or three stars; begins with "!";
            or holds brackets or braces without a backslash, which other tools expand and this does not.
    """
    text = glob.removeprefix("/")
    if not text:
        raise GlobError("the glob is empty: write a path from the repository root, such as data/**")
    if text.startswith("!"):
        raise GlobError(f"{glob}: globs cannot exclude; list what is watched, or write \\! for the character")
    if text.endswith("/"):
        raise GlobError(f"{glob}: ends in a slash; write {glob}** for everything below the directory")
    compiled: list[Segment | Run] = [_segment(part, glob) for part in text.split("/")]
    if compiled[-1] is RUN:
        compiled[-1:] = (ANY_SEGMENT, RUN)  # at least one name below
    return Glob(glob, tuple(compiled))


def _segment(part: str, glob: str) -> Segment | Run:
    if part in {"", ".", ".."}:
        raise GlobError(f"{glob}: '{part}' names no directory; write the path from the repository root")
    if part == "**":
        return RUN
    tokens = tuple(_tokens(part, glob))
    if (RUN, RUN) in pairwise(tokens):
        raise GlobError(f"{glob}: two stars must be a whole segment; write * within a name, or **/ before it")
    return Segment.of(tokens)


def _tokens(part: str, glob: str) -> Iterator[Token]:
    characters = iter(part)
    for char in characters:
        match char:
            case "*":
                yield RUN
            case "?":
                yield ANY_CHAR
            case "\\":
                escaped = next(characters, None)
                if escaped is None:
                    raise GlobError(f"{glob}: a backslash must be followed by the character it makes literal")
                yield escaped
            case "[" | "]" | "{" | "}":
                raise GlobError(f"{glob}: '{char}' means nothing special; write \\{char} for the character")
            case _:
                yield char
