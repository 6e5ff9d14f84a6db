"""The only door through which text of others reaches Markdown.

Dataset names, paths, class names, rejection reasons and our own sentences that quote them are
untrusted: they must not mention people, link, reference issues, build structure, forge our marker
or start a line with "/" (GitLab runs such lines with our rights, even inside HTML comments).

Two defences work together. Numeric character references are inert to every Markdown and HTML
parser; a word joiner (U+2060, invisible, no line break) after a character that starts a reference
stops the filters that look at *rendered* text (mentions, issue numbers, emoji, autolinks).
https://github.github.com/gfm/#entity-and-numeric-character-references
https://docs.gitlab.com/user/markdown/#gitlab-specific-references

Everything here works in table cells, list items, headings and block quotes alike; inside a raw
HTML block (``<summary>``) only `plain` does.
"""

import re
import unicodedata

JOINER = "\N{WORD JOINER}"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_KEPT_FORMATS = {"\N{ZERO WIDTH NON-JOINER}", "\N{ZERO WIDTH JOINER}"}  # Persian, emoji
_SPACES = re.compile(r"\s+")
_STRUCTURE = frozenset("\\`*_[]<>&|~#@")
_REFERENCES = re.compile(
    r"(?<=\[)|(?<=[@#!~%&^])(?=[^\s),.;])|(?<=:)(?=\S)|(?<=GH-)(?=\d)|(?<=www)(?=\.)", re.IGNORECASE
)
_HEX_RUN = re.compile(r"[0-9a-f]{7,}", re.IGNORECASE)
_BLOCK_START = re.compile(r"(\d{0,9})([-+=.)/])")
_CODE_PART = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_BACKTICKS = re.compile(r"`+")


class Markdown(str):
    """Text that is Markdown already: written by us, or made inert by this module."""

    __slots__ = ()

    def __html__(self) -> str:
        """Tell Jinja2's escaping that nothing is left to escape."""
        return self


def clean(text: str) -> str:
    """`text` on one line: white space runs become one space; what hides or reorders, U+FFFD.

    Control, bidirectional, other invisible format characters and lone surrogates are replaced, so
    that what a person reads is what is there; also what makes text safe for a terminal.
    """
    return "".join(map(_visible, _SPACES.sub(" ", text))).strip()


def clip(text: str, limit: int) -> str:
    """`text` cut to `limit` characters, the cut shown as "…"."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def plain(text: str) -> Markdown:
    """`text` as inert running text, readable as it was written; backticks stay backticks."""
    return Markdown(_opening(clean(text)))


def code(text: str) -> Markdown:
    """`text` as a code span, never empty: what must be read, or copied, exactly.

    The fence is longer than any run of backticks inside. A pipe would end a table cell even in
    a code span and cannot be escaped outside of one, so such text becomes a ``<code>`` element.
    """
    line = clean(text) or "(empty)"
    if "|" in line:
        return Markdown(f"<code>{plain(line)}</code>")
    fence = "`" * (1 + max((len(run) for run in _BACKTICKS.findall(line)), default=0))
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return Markdown(f"{fence}{pad}{line}{pad}{fence}")


def prose(text: str) -> Markdown:
    """A sentence of ours that may quote others: parts between backticks become `code`, the rest `plain`."""
    line = clean(text)
    parts: list[str] = []
    end = 0
    for span in _CODE_PART.finditer(line):
        between = line[end : span.start()]
        parts += [_running(between) if end else _opening(between), code(span.group(2))]
        end = span.end()
    rest = line[end:]
    return Markdown("".join([*parts, _running(rest) if end else _opening(rest)]))


def _opening(line: str) -> str:
    """A cleaned `line` made inert, also where a list, rule, heading or quick action could begin."""
    start = _BLOCK_START.match(line)
    if start is None:
        return _running(line)
    return start.group(1) + _reference(start.group(2)) + _running(line[start.end() :])


def _running(line: str) -> str:
    """The characters of a cleaned `line` that is not the start of a block, made inert."""
    line = _REFERENCES.sub(JOINER, line)
    line = _HEX_RUN.sub(lambda run: _broken(run.group()), line)
    return "".join(map(_inert, line))


def _visible(character: str) -> str:
    if character in _KEPT_FORMATS:
        return character
    return REPLACEMENT if unicodedata.category(character) in {"Cc", "Cf", "Cs"} else character


def _inert(character: str) -> str:
    if (
        character == "$"
    ):  # https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/writing-mathematical-expressions
        return "<span>$</span>"
    return _reference(character) if character in _STRUCTURE else character


def _reference(character: str) -> str:
    return f"&#{ord(character)};"


def _broken(run: str) -> str:
    """A run of hex digits in pieces too short to be taken for a commit."""
    return JOINER.join(run[i : i + 6] for i in range(0, len(run), 6))
