"""What a plain (unquoted) YAML scalar means, and when its meaning depends on the reader.

YAML 1.1 (PyYAML, most Python and Ruby tools) and YAML 1.2 (most JavaScript and Go tools) read the
same plain scalar differently: ``no`` is false or text, ``012`` is 10 or 12, ``1:30`` is 90 or
text, ``1e3`` is text or 1000. A label called ``no`` must not vanish between the annotation tool
and the trainer, so such scalars are refused, and so are those that both read as something a
person would not expect (``.inf``, ``~``, ``0x1F``, numbers that do not fit a double).
https://yaml.org/type/ and https://yaml.org/spec/1.2.2/#103-core-schema
"""

import re
from math import isfinite

Value = str | int | float | bool | None

MAX_EXACT = 2**53
"""The largest whole number that every reader keeps exactly (a JSON number is a double)."""

_BOOLS = {word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")}
_SWITCHES = frozenset({"y", "yes", "on", "n", "no", "off"})
_ODD_WORDS = frozenset({"~", "Null", "NULL", "=", "<<"})

_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"(?:[-+]?(?:0|[1-9][0-9]*)|(?=\.))\.[0-9]+(?:[eE][-+][0-9]+)?")
_NUMBER_TO_SOMEONE = re.compile(
    r"""[-+]?(?:
        0b[01_]+ | 0o[0-7]+ | 0x[0-9a-fA-F_]+           # other bases
      | [0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?  # leading zeros, underscores, bare exponents
      | \.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?
      | [0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?     # base 60
      | \.(?:inf|Inf|INF) | \.(?:nan|NaN|NAN)
    )""",
    re.VERBOSE,
)


class AmbiguousError(ValueError):
    """Readers disagree about this scalar; the text ends the sentence "`…` is unquoted, and …"."""


def meaning(plain: str) -> Value:
    """The value of a plain scalar that every reader understands alike; dates and times stay text.

    Raises:
        AmbiguousError: there is no such value.
    """
    if plain in {"", "null"}:
        return None
    if plain in _BOOLS:
        return _BOOLS[plain]
    if plain in _ODD_WORDS:
        raise AmbiguousError("it is a word of YAML, not text")
    if plain.lower() in _SWITCHES and plain in {plain.lower(), plain.upper(), plain.capitalize()}:
        raise AmbiguousError("some readers take it for true or false")
    if _INTEGER.fullmatch(plain):
        return _integer(plain)
    if _FLOAT.fullmatch(plain):
        return _float(plain)
    if _NUMBER_TO_SOMEONE.fullmatch(plain):
        raise AmbiguousError("readers disagree about the number it stands for")
    return plain


def _integer(plain: str) -> int:
    if len(plain) > len(str(MAX_EXACT)) + 1 or abs(int(plain)) > MAX_EXACT:
        raise AmbiguousError("some readers round a number of that size")
    return int(plain)


def _float(plain: str) -> float:
    value = float(plain)
    if not isfinite(value):
        raise AmbiguousError("it is too large for a number")
    return value
