"""The tables of ISO 2859-1 against values published elsewhere, the law they follow, and scipy."""

import pytest
from scipy import stats as scipy_stats

from bot.acceptance_sampling import AQLS, LETTERS, Plan, code_letter, iso_plan, larger_plans, tolerated

LEVELS = ("S-1", "S-2", "S-3", "S-4", "I", "II", "III")
SEVERITIES = ("normal", "tightened", "reduced")

PUBLISHED_LETTERS = """
2       A A A A A A B
8       A A A A A A B
9       A A A A A B C
25      A A B B B C D
50      A B B C C D E
90      B B C C C E F
150     B B C D D F G
280     B C D E E G H
500     B C D E F H J
1200    C C E F G J K
3200    C D E G H K L
10000   C D F G J L M
35000   C D F H K M N
150000  D E G J L N P
500000  D E G J M P Q
500001  D E H K N Q R
"""
"""Largest lot of each range, letters by level: https://pdfcoffee.com/aql-sampling-chart-pdf-free.html."""

PUBLISHED_AQLS = (0.65, 1.0, 1.5, 2.5, 4.0, 6.5, 10.0)
PUBLISHED_REJECTION_NUMBERS = {
    "normal": """
50    D 8    v v 1 ^ v 2 3
90    E 13   v 1 ^ v 2 3 4
150   F 20   1 ^ v 2 3 4 6
280   G 32   ^ v 2 3 4 6 8
500   H 50   v 2 3 4 6 8 11
1200  J 80   2 3 4 6 8 11 15
3200  K 125  3 4 6 8 11 15 22
10000 L 200  4 6 8 11 15 22 ^
35000 M 315  6 8 11 15 22 ^ ^
""",
    "tightened": """
25    D 8    v v v 1 v v 2
50    E 13   v v 1 v v 2 3
90    F 20   v 1 v v 2 3 4
150   G 32   1 v v 2 3 4 6
280   H 50   v v 2 3 4 6 9
500   J 80   v 2 3 4 6 9 13
1200  K 125  2 3 4 6 9 13 19
3200  L 200  3 4 6 9 13 19 ^
""",
}
"""Normal inspection at level II, tightened at level III: lot, letter, size, one more than accepted.

Tables 1-A and 1-B of http://www.nibs.org/FMOC/DPW_AC/AC-TABLE.ASC, made from MIL-STD-105E.
"""

LAW = {
    "normal": {14: 0, 17: 1, 18: 2, 19: 3, 20: 5, 21: 7, 22: 10, 23: 14, 24: 21},
    "tightened": {15: 0, 18: 1, 19: 2, 20: 3, 21: 5, 22: 8, 23: 12, 24: 18},
    "reduced": {14: 0, 17: 0, 18: 1, 19: 1, 20: 2, 21: 3, 22: 5, 23: 7, 24: 10},
}
"""The master tables are constant along diagonals: place of the letter plus place of the AQL."""

SIZES = (2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000, 3150)
REDUCED_SIZES = (2, 2, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800)
LARGEST = (8, 15, 25, 50, 90, 150, 280, 500, 1_200, 3_200, 10_000, 35_000, 150_000, 500_000, 10**7)
BIG_LOTS = dict(zip(LETTERS[1:16], LARGEST, strict=True))
"""A lot of each code letter at level III."""


def lines(text: str) -> list[list[str]]:
    return [line.split() for line in text.strip().splitlines()]


@pytest.mark.parametrize("row", lines(PUBLISHED_LETTERS), ids=lambda row: row[0])
def test_the_code_letters_are_the_published_ones(row: list[str]) -> None:
    assert [code_letter(int(row[0]), level) for level in LEVELS] == row[1:]


@pytest.mark.parametrize(
    ("severity", "row"),
    [(severity, row) for severity, text in PUBLISHED_REJECTION_NUMBERS.items() for row in lines(text)],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_the_plans_are_the_published_ones(severity: str, row: list[str]) -> None:
    lot, letter, size, *rejects = row
    level = "II" if severity == "normal" else "III"
    assert code_letter(int(lot), level) == letter
    for aql, cell in zip(PUBLISHED_AQLS, rejects, strict=True):
        plan = iso_plan(int(lot), aql=aql, level=level, severity=severity)
        if cell.isdigit():
            assert plan == Plan(size=int(size), accepts=int(cell) - 1)
        else:
            assert (plan.size < int(size)) == (cell == "^")


def resolved(severity: str, letter: int, aql: int) -> tuple[int, int]:
    """Size and acceptance number by the law: an arrow leads up right behind Ac = 0 and beyond the end."""
    law, sizes = LAW[severity], REDUCED_SIZES if severity == "reduced" else SIZES[:16]
    cells = {row: law.get(row + aql) for row in range(len(sizes))}
    if severity == "tightened" and aql == 15:
        cells[0] = None
    if severity == "tightened" and aql == 2:
        sizes, cells[16] = SIZES, 1
    place = letter + aql
    up = place > 24 or (place == 15 and severity != "tightened")
    above = [row for row in range(letter, -1, -1) if cells[row] is not None]
    below = [row for row in range(letter, len(sizes)) if cells[row] is not None]
    row = (above or below)[0] if up else (below or above)[0]
    return sizes[row], cells[row] or 0


@pytest.mark.parametrize("severity", SEVERITIES)
def test_every_cell_follows_the_law_of_the_diagonals(severity: str) -> None:
    for letter, lot in BIG_LOTS.items():
        for column, aql in enumerate(AQLS):
            size, accepts = resolved(severity, LETTERS.index(letter), column)
            plan = iso_plan(lot, aql=aql, level="III", severity=severity)
            if size < lot:
                assert (plan.size, plan.accepts) == (size, accepts)
            else:
                assert (plan.size, plan.accepts) == (lot, min(accepts, tolerated(lot, aql)))


@pytest.mark.parametrize("aql", AQLS)
def test_work_as_good_as_the_aql_passes_normal_inspection_almost_always(aql: float) -> None:
    for plan in larger_plans(Plan(size=0, accepts=0), aql=aql):
        assert 0.86 < scipy_stats.binom.cdf(plan.accepts, plan.size, aql / 100) < 0.998


@pytest.mark.parametrize("aql", AQLS)
@pytest.mark.parametrize("lot", [2, 7, 60, 499, 5_000, 10**6])
def test_tightened_is_stricter_and_reduced_is_smaller(lot: int, aql: float) -> None:
    normal, tightened, reduced = (iso_plan(lot, aql=aql, severity=severity) for severity in SEVERITIES)
    worse = 3 * aql / 100

    def fooled(plan: Plan) -> float:
        return float(scipy_stats.hypergeom.cdf(plan.accepts, lot, round(lot * worse), plan.size))

    assert fooled(tightened) <= fooled(normal) + 1e-12
    assert reduced.size <= normal.size <= tightened.size


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize("aql", AQLS)
def test_larger_plans_of_a_column_never_accept_fewer(severity: str, aql: float) -> None:
    first = iso_plan(10**6, aql=aql, level="S-1", severity=severity)
    plans = (first, *larger_plans(first, aql=aql, severity=severity))
    assert list(plans) == sorted(plans)
    assert [plan.accepts for plan in plans] == sorted(plan.accepts for plan in plans)


@pytest.mark.parametrize("lot", [1, 2, 5])
def test_a_sample_as_large_as_the_lot_accepts_no_more_than_the_aql(lot: int) -> None:
    assert iso_plan(lot, aql=10.0) == Plan(size=lot, accepts=0)


def test_small_lots_are_inspected_wholly_where_the_arrow_leads_to_a_larger_sample() -> None:
    assert iso_plan(10, aql=1.0) == Plan(size=10, accepts=0)
    assert iso_plan(14, aql=1.0) == Plan(size=13, accepts=0)
