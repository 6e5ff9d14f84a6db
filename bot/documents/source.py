"""From bytes to text that looks to every reader as it looks to us.

Checked before any parser sees the bytes: size, UTF-8, and characters that hide, reorder or end
lines for some readers only. YAML 1.1 breaks lines at U+0085, U+2028 and U+2029 where YAML 1.2
does not (https://yaml.org/spec/1.2.2/#54-line-break-characters); editors disagree about a lone
carriage return. Bidirectional controls make a reviewer read something else than the parser
(https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing).
"""

import unicodedata

from bot.answers import Finding

MAX_BYTES = 1 << 20
"""The largest document that is read unless the caller says otherwise: 1 MiB."""

_BOM = b"\xef\xbb\xbf"
_WIDE_BOMS = (b"\xff\xfe", b"\xfe\xff")
_BAD = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_KEPT = frozenset("\t\n\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}")  # joiners: Persian, Hindi, emoji


class RefusedError(Exception):
    """Reading stopped: nothing after this finding can be trusted."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.text)
        self.finding = finding


def decode(data: bytes, *, file: str, max_bytes: int = MAX_BYTES) -> str:
    """The text of `data`, with line feeds for CRLF and without a leading byte order mark.

    Raises:
        RefusedError: it is too large, not UTF-8, or holds a character that is not allowed.
    """
    if len(data) > max_bytes:
        raise RefusedError(
            Finding(
                code="yaml.too-large",
                text=f"The file has {len(data):,} bytes; at most {max_bytes:,} are read.",
                fix="Keep data out of this file: name other files by path and digest.",
                file=file,
                line=1,
            )
        )
    text = _utf8(data.removeprefix(_BOM), file=file).replace("\r\n", "\n")
    at = bad_character(text)
    if at is not None:
        raise RefusedError(
            Finding(
                code="yaml.control-character",
                text=f"The character {character_name(text[at])} is not allowed: "
                "readers would not see it, or not all see the same.",
                fix=f"Remove it: it is character {at - text.rfind(chr(10), 0, at)} of the line.",
                file=file,
                line=text.count("\n", 0, at) + 1,
            )
        )
    return text


def _utf8(data: bytes, *, file: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        wide = data.startswith(_WIDE_BOMS)
        raise RefusedError(
            Finding(
                code="yaml.not-utf8",
                text="The file is UTF-16, not UTF-8."
                if wide
                else f"The byte 0x{data[error.start]:02x} is not UTF-8 text.",
                fix="Save the file as UTF-8.",
                file=file,
                line=1 if wide else data.count(b"\n", 0, error.start) + 1,
            )
        ) from error


def bad_character(text: str) -> int | None:
    """Where the first character stands that must not occur in `text`, or None.

    Refused are control characters but tab and line feed, other line separators, lone surrogates,
    noncharacters, and invisible format characters (bidirectional controls, zero-width spaces,
    tags); the two joiners stay, because scripts and emoji are written with them.
    """
    return min((text.index(character) for character in set(text) if _is_bad(character)), default=None)


def _is_bad(character: str) -> bool:
    if character in _KEPT:
        return False
    return unicodedata.category(character) in _BAD or ord(character) & 0xFFFE == 0xFFFE  # U+FFFE, U+FFFF, …


def character_name(character: str) -> str:
    """How a sentence calls an invisible character: ``U+202E (RIGHT-TO-LEFT OVERRIDE)``."""
    name = unicodedata.name(character, "a control character")
    return f"U+{ord(character):04X} ({name})"
