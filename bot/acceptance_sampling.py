"""Sampling plans of ISO 2859-1: how many items of a lot to inspect, and how many wrong ones to accept.

The tables are data. They are tables I and II-A to II-C of MIL-STD-105E
(https://archive.org/details/MIL-STD-105E_1), which ISO 2859-1:1989 took over; the standard's present
text is https://archive.org/download/gov.in.is.2500.1.2000. Reduced inspection leaves a gap there
between the acceptance and the rejection number, in which a lot passes and inspection returns to
normal: here such a lot is not accepted.

Single sampling for items that are right or wrong, hence AQLs up to 10 per cent: above that the
standard counts faults per hundred items. The standard's switching rules look at a series of lots
from one source; one release is no series, so the policy says which severity applies.
"""

from bisect import bisect_left
from dataclasses import dataclass
from math import floor

LETTERS = "ABCDEFGHJKLMNPQRS"
AQLS = (0.010, 0.015, 0.025, 0.040, 0.065, 0.10, 0.15, 0.25, 0.40, 0.65, 1.0, 1.5, 2.5, 4.0, 6.5, 10.0)
"""The acceptance quality limits of the tables, in per cent of items, in the order of their columns."""

_LOT_SIZES = (8, 15, 25, 50, 90, 150, 280, 500, 1_200, 3_200, 10_000, 35_000, 150_000, 500_000)
_CODE_LETTERS = {
    "S-1": "AAAABBBBCCCCDDD",
    "S-2": "AAABBBCCCDDDEEE",
    "S-3": "AABBCCDDEEFFGGH",
    "S-4": "AABCCDEEFGGHJJK",
    "I": "AABCCDEFGHJKLMN",
    "II": "ABCDEFGHJKLMNPQ",
    "III": "BCDEFGHJKLMNPQR",
}
"""Table I: by inspection level, the code letter of each range of lot sizes (the last is open)."""

_SIZES = (2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1_250, 2_000, 3_150)
_REDUCED_SIZES = (2, 2, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800)

_NORMAL = """
    A  v  v  v  v  v  v  v  v  v  v  v  v  v  v  0  ^
    B  v  v  v  v  v  v  v  v  v  v  v  v  v  0  ^  v
    C  v  v  v  v  v  v  v  v  v  v  v  v  0  ^  v  1
    D  v  v  v  v  v  v  v  v  v  v  v  0  ^  v  1  2
    E  v  v  v  v  v  v  v  v  v  v  0  ^  v  1  2  3
    F  v  v  v  v  v  v  v  v  v  0  ^  v  1  2  3  5
    G  v  v  v  v  v  v  v  v  0  ^  v  1  2  3  5  7
    H  v  v  v  v  v  v  v  0  ^  v  1  2  3  5  7 10
    J  v  v  v  v  v  v  0  ^  v  1  2  3  5  7 10 14
    K  v  v  v  v  v  0  ^  v  1  2  3  5  7 10 14 21
    L  v  v  v  v  0  ^  v  1  2  3  5  7 10 14 21  ^
    M  v  v  v  0  ^  v  1  2  3  5  7 10 14 21  ^  ^
    N  v  v  0  ^  v  1  2  3  5  7 10 14 21  ^  ^  ^
    P  v  0  ^  v  1  2  3  5  7 10 14 21  ^  ^  ^  ^
    Q  0  ^  v  1  2  3  5  7 10 14 21  ^  ^  ^  ^  ^
    R  ^  v  1  2  3  5  7 10 14 21  ^  ^  ^  ^  ^  ^
"""
"""Table II-A: a row per code letter, a column per AQL, the acceptance number of each plan.

``v`` stands for the first plan below, ``^`` for the first above; the sample size goes with it.
"""

_TIGHTENED = """
    A  v  v  v  v  v  v  v  v  v  v  v  v  v  v  v  v
    B  v  v  v  v  v  v  v  v  v  v  v  v  v  v  0  v
    C  v  v  v  v  v  v  v  v  v  v  v  v  v  0  v  v
    D  v  v  v  v  v  v  v  v  v  v  v  v  0  v  v  1
    E  v  v  v  v  v  v  v  v  v  v  v  0  v  v  1  2
    F  v  v  v  v  v  v  v  v  v  v  0  v  v  1  2  3
    G  v  v  v  v  v  v  v  v  v  0  v  v  1  2  3  5
    H  v  v  v  v  v  v  v  v  0  v  v  1  2  3  5  8
    J  v  v  v  v  v  v  v  0  v  v  1  2  3  5  8 12
    K  v  v  v  v  v  v  0  v  v  1  2  3  5  8 12 18
    L  v  v  v  v  v  0  v  v  1  2  3  5  8 12 18  ^
    M  v  v  v  v  0  v  v  1  2  3  5  8 12 18  ^  ^
    N  v  v  v  0  v  v  1  2  3  5  8 12 18  ^  ^  ^
    P  v  v  0  v  v  1  2  3  5  8 12 18  ^  ^  ^  ^
    Q  v  0  v  v  1  2  3  5  8 12 18  ^  ^  ^  ^  ^
    R  0  v  v  1  2  3  5  8 12 18  ^  ^  ^  ^  ^  ^
    S  ^  ^  1  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^
"""
"""Table II-B."""

_REDUCED = """
    A  v  v  v  v  v  v  v  v  v  v  v  v  v  v  0  ^
    B  v  v  v  v  v  v  v  v  v  v  v  v  v  0  ^  v
    C  v  v  v  v  v  v  v  v  v  v  v  v  0  ^  v  0
    D  v  v  v  v  v  v  v  v  v  v  v  0  ^  v  0  1
    E  v  v  v  v  v  v  v  v  v  v  0  ^  v  0  1  1
    F  v  v  v  v  v  v  v  v  v  0  ^  v  0  1  1  2
    G  v  v  v  v  v  v  v  v  0  ^  v  0  1  1  2  3
    H  v  v  v  v  v  v  v  0  ^  v  0  1  1  2  3  5
    J  v  v  v  v  v  v  0  ^  v  0  1  1  2  3  5  7
    K  v  v  v  v  v  0  ^  v  0  1  1  2  3  5  7 10
    L  v  v  v  v  0  ^  v  0  1  1  2  3  5  7 10  ^
    M  v  v  v  0  ^  v  0  1  1  2  3  5  7 10  ^  ^
    N  v  v  0  ^  v  0  1  1  2  3  5  7 10  ^  ^  ^
    P  v  0  ^  v  0  1  1  2  3  5  7 10  ^  ^  ^  ^
    Q  0  ^  v  0  1  1  2  3  5  7 10  ^  ^  ^  ^  ^
    R  ^  v  0  1  1  2  3  5  7 10  ^  ^  ^  ^  ^  ^
"""
"""Table II-C."""

_TABLES = {
    "normal": (_SIZES[:-1], _NORMAL),
    "tightened": (_SIZES, _TIGHTENED),
    "reduced": (_REDUCED_SIZES, _REDUCED),
}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Plan:
    """Inspect `size` items of the lot, accept it with at most `accepts` wrong ones among them."""

    size: int
    accepts: int


def code_letter(lot: int, level: str) -> str:
    """The sample size code letter of a lot of so many items at an inspection level."""
    return _CODE_LETTERS[level][bisect_left(_LOT_SIZES, lot)]


def iso_plan(lot: int, *, aql: float, level: str = "II", severity: str = "normal") -> Plan:
    """The single sampling plan for a `lot` of so many items.

    A sample as large as the lot means inspecting all of it. Then nothing is left to chance, and no
    more wrong items are accepted than the AQL allows of them.
    """
    sizes, cells = _table(severity)
    column = [row[AQLS.index(aql)] for row in cells]
    place = _follow(column, LETTERS.index(code_letter(lot, level)))
    plan = Plan(size=sizes[place], accepts=int(column[place]))
    if plan.size < lot:
        return plan
    return Plan(size=lot, accepts=min(plan.accepts, tolerated(lot, aql)))


def larger_plans(plan: Plan, *, aql: float, severity: str = "normal") -> tuple[Plan, ...]:
    """The plans of the same AQL and severity with larger samples, in order of size."""
    sizes, cells = _table(severity)
    column = [row[AQLS.index(aql)] for row in cells]
    plans = [
        Plan(size=size, accepts=int(cell))
        for size, cell in zip(sizes, column, strict=True)
        if cell.isdigit() and size > plan.size
    ]
    return tuple(sorted(plans))


def tolerated(lot: int, aql: float) -> int:
    """The wrong items a lot may hold when every item was inspected: `aql` per cent of them."""
    return floor(lot * aql / 100 + 1e-9)


def _table(severity: str) -> tuple[tuple[int, ...], list[list[str]]]:
    sizes, text = _TABLES[severity]
    return sizes, [line.split()[1:] for line in text.strip().splitlines()]


def _follow(column: list[str], place: int) -> int:
    """The row that an arrow leads to; one that leads out of the table is followed the other way."""
    above = [row for row in range(place, -1, -1) if column[row].isdigit()]
    below = [row for row in range(place, len(column)) if column[row].isdigit()]
    return (above or below)[0] if column[place] == "^" else (below or above)[0]
