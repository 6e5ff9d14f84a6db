"""How gates put figures, names and spans of time into sentences."""

from collections.abc import Sequence

from bot.evidence.problems import shown

_NAMED = 3


def counted(n: int, noun: str, plural: str = "") -> str:
    """`n` things: "1 item", "1,200 items", "2 classes"."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def named(names: Sequence[str]) -> str:
    """The first three names, quoted, and how many more there are."""
    first = ", ".join(shown(name) for name in names[:_NAMED])
    return f"{first} and {len(names) - _NAMED:,} more" if len(names) > _NAMED else first


def percent(share: float) -> str:
    """A share as a percentage with at most one digit after the point: "5 %", "2.5 %"."""
    return f"{100 * share:.1f}".removesuffix(".0") + " %"
