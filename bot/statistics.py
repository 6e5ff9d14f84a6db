"""Exact bounds, sampling plans and trend tests on counts, with the standard library alone.

scipy and statsmodels would cost a second and a hundred megabytes per worker; they are the oracle
in the tests instead. Every probability is a plain float from 0 to 1, every count an int.
"""

from collections.abc import Callable, Sequence
from math import exp, fsum, lgamma, log, log1p, sqrt
from statistics import NormalDist

_BISECTIONS = 60
"""Halvings of [0, 1]: the interval is then narrower than a float near 1e-17 can tell."""

_PRECISION = 1e-15
"""Relative change at which a continued fraction has converged."""


def hypergeometric_cdf(errors: int, *, lot: int, defects: int, drawn: int) -> float:
    """Probability of at most `errors` defects among `drawn` of a `lot` that holds `defects`.

    Needs 0 <= defects <= lot and 0 <= drawn <= lot.
    """
    lowest, highest = max(0, drawn + defects - lot), min(drawn, defects)
    if errors >= highest:
        return 1.0
    whole = _log_comb(lot, drawn)
    return min(
        1.0,
        fsum(
            exp(_log_comb(defects, x) + _log_comb(lot - defects, drawn - x) - whole)
            for x in range(lowest, errors + 1)
        ),
    )


def defects_upper_bound(errors: int, *, lot: int, drawn: int, confidence: float) -> int:
    """The most defects a finite `lot` may hold, given `errors` found among `drawn` of it.

    One-sided and exact: every larger number of defects would have shown so few errors with a
    probability of at most ``1 - confidence``. A lot reviewed completely holds exactly `errors`.
    """
    return _last(
        lambda d: hypergeometric_cdf(errors, lot=lot, defects=d, drawn=drawn) > 1 - confidence,
        errors,
        lot - drawn + errors,
    )


def sample_size(*, lot: int, defects: int, errors: int = 0, confidence: float) -> int | None:
    """The smallest sample of `lot` that rules out `defects` (or more) when it shows `errors`.

    ``errors=0`` is the classic c = 0 plan. None: so many errors rule out nothing, because the lot
    holds `defects` already for all anyone knows.
    """
    if errors >= defects:
        return None

    def too_small(drawn: int) -> bool:
        return hypergeometric_cdf(errors, lot=lot, defects=defects, drawn=drawn) > 1 - confidence

    return _last(too_small, errors, lot) + 1


def two_point_plan(
    *, lot: int, good: int, bad: int, confidence: float, producer_risk: float = 0.05
) -> tuple[int, int]:
    """The smallest (sample size, errors allowed) that tells a good lot from a bad one.

    A lot with `bad` defects is refused with at least `confidence`; one with `good` defects is
    refused by bad luck with at most `producer_risk`. Needs bad <= lot.

    Raises:
        ValueError: `good` is not smaller than `bad`.
    """
    for errors in range(bad):
        drawn = sample_size(lot=lot, defects=bad, errors=errors, confidence=confidence)
        if drawn and hypergeometric_cdf(errors, lot=lot, defects=good, drawn=drawn) >= 1 - producer_risk:
            return drawn, errors
    raise ValueError(f"a lot with {good} defects is no better than one with {bad}")


def clopper_pearson(errors: int, drawn: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """The exact two-sided interval for a rate of which `errors` were seen in `drawn` trials."""
    tail = (1 - confidence) / 2
    low = 0.0 if errors == 0 else _root(lambda p: _binomial_sf(errors, drawn, p) < tail)
    high = 1.0 if errors == drawn else 1 - _root(lambda q: _binomial_sf(drawn - errors, drawn, q) < tail)
    return low, high


def poisson_increase(*, before: int, exposure_before: int, after: int, exposure_after: int) -> float:
    """One-sided p that the rate of `after` is no higher than that of `before`, per exposure.

    The conditional exact test of two Poisson rates: given the total, `after` is binomial.
    Exposures (reviewed items) are positive.
    """
    share = exposure_after / (exposure_before + exposure_after)
    return 1.0 if after == 0 else _binomial_sf(after, before + after, share)


def cochran_armitage(rejected: Sequence[int], reviewed: Sequence[int]) -> tuple[float, float]:
    """z and two-sided p of a linear trend of ``rejected / reviewed`` over equally spaced groups.

    Groups with nothing reviewed keep their place and carry no weight. No variation at all is
    z = 0, p = 1.
    """
    total = sum(reviewed)
    if not 0 < sum(rejected) < total:
        return 0.0, 1.0
    rate = sum(rejected) / total
    centre = sum(score * n for score, n in enumerate(reviewed)) / total
    spread = fsum(n * (score - centre) ** 2 for score, n in enumerate(reviewed))
    if spread == 0:
        return 0.0, 1.0
    slope = fsum((score - centre) * x for score, x in enumerate(rejected))
    z = slope / sqrt(rate * (1 - rate) * spread)
    return z, 2 * NormalDist().cdf(-abs(z))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Holm's step-down adjustment: p values, in their order, that may be compared with one level."""
    adjusted = [0.0] * len(p_values)
    running = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = running
    return tuple(adjusted)


def _log_comb(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def _binomial_sf(least: int, trials: int, p: float) -> float:
    """Probability of at least `least` > 0 errors, through the incomplete beta function."""
    return _incomplete_beta(least, trials - least + 1, p)


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b), 0 < x < 1, by its continued fraction.

    The fraction converges in about the square root of max(a, b) steps on the near side of the mean
    (https://dlmf.nist.gov/8.17#v); the other side is one minus it.
    """
    if x > (a + 1) / (a + b + 2):
        return 1.0 - _incomplete_beta(b, a, 1 - x)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    return min(1.0, front * _beta_fraction(a, b, x))


def _beta_fraction(a: float, b: float, x: float) -> float:
    """Lentz's evaluation of the fraction from its head, which keeps no partial convergents."""
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    value, m, factor = d, 0, 0.0
    while abs(factor - 1) > _PRECISION:
        m += 1
        factor = 1.0
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            c, d = 1 + term / c, 1 / (1 + term * d)
            factor *= c * d
        value *= factor
    return value


def _root(below: Callable[[float], bool]) -> float:
    """The point of (0, 1) where `below` turns from true to false."""
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) else (low, middle)
    return (low + high) / 2


def _last(holds: Callable[[int], bool], first: int, last: int) -> int:
    """The largest integer from `first` to `last` for which `holds`; it does at `first`, then stops once."""
    while first < last:
        middle = (first + last + 1) // 2
        if holds(middle):
            first = middle
        else:
            last = middle - 1
    return first
