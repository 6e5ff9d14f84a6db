"""The statistics against scipy and statsmodels as oracles, and against figures known beforehand."""

import random

import pytest
from scipy import stats as scipy_stats
from statsmodels.stats.contingency_tables import Table
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from bot.statistics import (
    clopper_pearson,
    cochran_armitage,
    defects_upper_bound,
    holm,
    hypergeometric_cdf,
    poisson_increase,
    sample_size,
    two_point_plan,
)

CASES = 300


def test_the_hypergeometric_cdf_is_scipys() -> None:
    rng = random.Random(1)
    for _ in range(CASES):
        lot = rng.randint(1, 5_000)
        defects, drawn = rng.randint(0, lot), rng.randint(0, lot)
        errors = rng.randint(0, 30) if rng.random() < 0.5 else round(drawn * defects / lot)
        ours = hypergeometric_cdf(errors, lot=lot, defects=defects, drawn=drawn)
        assert ours == pytest.approx(scipy_stats.hypergeom.cdf(errors, lot, defects, drawn), abs=1e-9)


def test_the_upper_bound_is_the_last_number_of_defects_scipy_does_not_rule_out() -> None:
    rng = random.Random(2)
    for _ in range(CASES):
        lot = rng.randint(1, 800)
        drawn = rng.randint(0, lot)
        errors = rng.randint(0, min(drawn, 12))
        confidence = rng.choice([0.8, 0.9, 0.95, 0.99])
        possible = range(errors, lot - drawn + errors + 1)
        tail = scipy_stats.hypergeom.cdf(errors, lot, list(possible), drawn)
        expected = max(d for d, p in zip(possible, tail, strict=True) if p > 1 - confidence)
        assert defects_upper_bound(errors, lot=lot, drawn=drawn, confidence=confidence) == expected


def test_the_sample_size_is_the_first_that_scipy_finds_sufficient() -> None:
    rng = random.Random(3)
    for _ in range(CASES):
        lot = rng.randint(1, 600)
        defects = rng.randint(1, lot)
        errors = rng.randint(0, 5)
        sizes = range(lot + 1)
        tail = scipy_stats.hypergeom.cdf(errors, lot, defects, list(sizes))
        expected = next((n for n, p in zip(sizes, tail, strict=True) if p <= 0.05 + 1e-12), None)
        assert sample_size(lot=lot, defects=defects, errors=errors, confidence=0.95) == expected


@pytest.mark.parametrize(
    ("lot", "defects", "size"),
    [
        (50, 2, 39),
        (100, 5, 45),
        (200, 10, 51),
        (500, 25, 56),
        (2_000, 100, 58),
        (10_000_000, 500_000, 59),
        (10_000, 200, 148),
        (10_000_000, 1_000_000, 29),
    ],
)
def test_the_known_plans_without_an_error_come_out(lot: int, defects: int, size: int) -> None:
    assert sample_size(lot=lot, defects=defects, confidence=0.95) == size


def test_sixty_clean_reviews_of_four_hundred_still_allow_eighteen_defects() -> None:
    assert defects_upper_bound(0, lot=400, drawn=60, confidence=0.95) == 18


def test_a_plan_without_an_error_refuses_good_work_almost_half_of_the_time() -> None:
    accepted = hypergeometric_cdf(0, lot=10_000_000, defects=100_000, drawn=59)
    assert 1 - accepted == pytest.approx(0.45, abs=0.005)


@pytest.mark.parametrize(
    ("lot", "good", "bad", "plan"),
    [(500, 5, 25, (123, 3)), (10_000_000, 100_000, 500_000, (132, 3))],
)
def test_the_known_two_point_plans_come_out(lot: int, good: int, bad: int, plan: tuple[int, int]) -> None:
    assert two_point_plan(lot=lot, good=good, bad=bad, confidence=0.90) == plan


def test_a_two_point_plan_keeps_both_promises_and_no_smaller_one_does() -> None:
    rng = random.Random(4)
    cdf = scipy_stats.hypergeom.cdf
    for _ in range(CASES):
        lot = rng.randint(4, 150)
        bad = rng.randint(2, lot)
        good = rng.randint(0, bad - 1)
        drawn, allowed = two_point_plan(lot=lot, good=good, bad=bad, confidence=0.9)
        assert cdf(allowed, lot, good, drawn) >= 0.95 - 1e-9
        assert cdf(allowed, lot, bad, drawn) <= 0.1 + 1e-9
        smaller = [(n, c) for n in range(1, drawn) for c in range(allowed + 1)]
        sizes, errors = [n for n, _ in smaller], [c for _, c in smaller]
        accepted, fooled = cdf(errors, lot, good, sizes), cdf(errors, lot, bad, sizes)
        assert not any(a >= 0.95 + 1e-9 and b <= 0.1 - 1e-9 for a, b in zip(accepted, fooled, strict=True))


def test_a_plan_cannot_tell_a_lot_from_a_better_one() -> None:
    with pytest.raises(ValueError, match="no better"):
        two_point_plan(lot=100, good=5, bad=5, confidence=0.95)


def test_the_clopper_pearson_interval_is_statsmodels() -> None:
    rng = random.Random(5)
    for _ in range(CASES):
        drawn = rng.randint(1, 2_000)
        errors = rng.choice([0, drawn, rng.randint(0, drawn), min(drawn, rng.randint(0, 5))])
        confidence = rng.choice([0.8, 0.9, 0.95, 0.99])
        oracle = proportion_confint(errors, drawn, alpha=1 - confidence, method="beta")
        assert clopper_pearson(errors, drawn, confidence=confidence) == pytest.approx(oracle, abs=1e-10)


def test_the_conditional_poisson_test_is_scipys_binomial_test() -> None:
    rng = random.Random(6)
    for _ in range(CASES):
        before, after = rng.randint(0, 60), rng.randint(0, 60)
        exposures = rng.randint(1, 3_000), rng.randint(1, 3_000)
        ours = poisson_increase(
            before=before, exposure_before=exposures[0], after=after, exposure_after=exposures[1]
        )
        if before + after == 0:
            assert ours == 1.0
            continue
        share = exposures[1] / sum(exposures)
        oracle = scipy_stats.binomtest(after, before + after, share, alternative="greater").pvalue
        assert ours == pytest.approx(oracle, abs=1e-11)


@pytest.mark.parametrize(("before", "after", "exposure", "p"), [(4, 13, 1_000, 0.0245), (1, 3, 300, 0.3125)])
def test_the_known_rises_come_out(before: int, after: int, exposure: int, p: float) -> None:
    ours = poisson_increase(before=before, exposure_before=exposure, after=after, exposure_after=exposure)
    assert ours == pytest.approx(p, abs=5e-5)


def test_the_trend_is_statsmodels_linear_by_linear_association() -> None:
    rng = random.Random(7)
    for _ in range(CASES):
        reviewed = [rng.randint(1, 400) for _ in range(rng.randint(2, 8))]
        rejected = [rng.randint(0, n) for n in reviewed]
        rejected[0] = max(0, min(rejected[0], reviewed[0] - 1))
        rejected[-1] = max(1, rejected[-1])
        table = [[n - x, x] for n, x in zip(reviewed, rejected, strict=True)]
        oracle = Table(table, shift_zeros=False).test_ordinal_association()
        total = sum(reviewed)
        z, p = cochran_armitage(rejected, reviewed)
        expected = float(oracle.zscore) * (total / (total - 1)) ** 0.5
        assert z == pytest.approx(expected, abs=1e-9)
        assert p == pytest.approx(2 * scipy_stats.norm.sf(abs(z)), abs=1e-12)


def test_the_known_trend_is_one_and_the_known_accident_is_none() -> None:
    z, p = cochran_armitage([2, 3, 6, 9], [500] * 4)
    assert (z, p) == (pytest.approx(2.41, abs=0.005), pytest.approx(0.016, abs=0.0005))
    assert cochran_armitage([2, 9, 1, 2], [500] * 4)[1] == pytest.approx(0.34, abs=0.005)


@pytest.mark.parametrize(
    ("rejected", "reviewed"), [([], []), ([0, 0], [5, 5]), ([5, 5], [5, 5]), ([0, 2], [0, 5])]
)
def test_counts_that_cannot_vary_have_no_trend(rejected: list[int], reviewed: list[int]) -> None:
    assert cochran_armitage(rejected, reviewed) == (0.0, 1.0)


def test_holms_adjustment_is_statsmodels() -> None:
    rng = random.Random(8)
    for _ in range(CASES):
        p_values = [rng.choice([rng.random(), 0.5, rng.random() ** 6]) for _ in range(rng.randint(1, 12))]
        assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1], abs=1e-15)


def test_no_test_at_all_needs_no_adjustment() -> None:
    assert holm([]) == ()
