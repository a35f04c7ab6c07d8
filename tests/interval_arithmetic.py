"""Intervals member by member, as their authors wrote them; the models have sums only.

Wilson (1927) at Kish's (1965) effective n; score bounds as the roots of their equation; Student's
quantile by the expansion of Abramowitz and Stegun 26.7.5; two parts by Zou and Donner 2008.
"""

from collections.abc import Sequence
from math import sqrt

import numpy as np
from kpi_world import Z, wilson

Bounds = tuple[float, float] | None


def effective_n(x: np.ndarray) -> float:
    """Give how many equal members say as much."""
    return float(x.sum() ** 2 / (x**2).sum())


def student(degrees: float) -> float:
    """Give the quantile at 97.5%, with two degrees at least."""
    v = max(degrees, 2.0)
    return Z + (Z**3 + Z) / (4 * v) + (5 * Z**5 + 16 * Z**3 + 3 * Z) / (96 * v**2)


def bounded_ratio(x: Sequence[float], y: Sequence[float]) -> Bounds:
    """Each member's y lies in 0..x."""
    size = np.asarray(x, dtype=float)
    n = effective_n(size)
    low, high = wilson(float(np.sum(y)) / size.sum() * n, n)
    return max(low, 0.0), min(high, 1.0)


def _variance(x: np.ndarray, y: np.ndarray, n: int) -> tuple[float, float]:
    ratio = y.sum() / x.sum()
    return float(ratio), float(((y - ratio * x) ** 2).sum() * n / (n - 1) / x.sum() ** 2)


def score_bounds(estimate: float, variance: float, t: float) -> tuple[float, float]:
    """Give the values from which the estimate is `t` standard errors off.

    `variance` is that at the estimate, and grows with the value.
    """
    scatter = variance / estimate
    low, high = sorted(np.roots([1, -(2 * estimate + t * t * scatter), estimate**2]).real)
    return max(float(low), 0.0), float(high)


def summed_ratio(x: Sequence[float], y: Sequence[float]) -> Bounds:
    """Sum of y by sum of x, neither negative: none where all members have the same ratio."""
    size, top = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if len(size) < 2 or np.allclose(top * size.sum(), size * top.sum()):
        return None
    return score_bounds(*_variance(size, top, len(size)), student(effective_n(size) - 1))


def growth_ratio(x: Sequence[float], y: Sequence[float], members: int | None = None) -> Bounds:
    """Net retention: what was kept, and what was added to it, also by who is no member."""
    size, top = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    n = members or len(size)
    kept, added = np.minimum(size, top), top - np.minimum(size, top)
    if n < 2 or not added.any():
        return None
    ratio, variance = _variance(size, added, n)
    low, high = score_bounds(ratio, variance, student(effective_n(size) - 1))
    share = kept.sum() / size.sum()
    weight = effective_n(size)
    kept_low, kept_high = wilson(float(share * weight), weight)
    one, other = kept - share * size, added - ratio * size
    scatters = float((one**2).sum() * (other**2).sum())
    common = max(float((one * other).sum()) / sqrt(scatters), 0.0) if scatters > 1e-9 else 0.0
    down, up = (share - kept_low, ratio - low), (kept_high - share, high - ratio)
    return tuple(
        float(share + ratio + sign * sqrt(a * a + b * b + 2 * common * a * b))
        for sign, (a, b) in ((-1, down), (1, up))
    )
