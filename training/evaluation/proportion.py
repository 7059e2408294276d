"""Intervals of shares, from their formulas."""

import numpy as np
import numpy.typing as npt

__all__ = ["difference", "wilson"]

Floats = npt.NDArray[np.float64]
Z95 = 1.959963984540054


def wilson(share: npt.ArrayLike, count: npt.ArrayLike) -> tuple[Floats, Floats]:
    """95 % score interval of an observed share among `count`; NaN for a count of 0.

    It stays within 0 and 1 and has a width at shares of 0 and 1 too. Source: Wilson (1927), Probable inference.

    Examples
    --------
    >>> low, high = wilson(0.0, 10)
    >>> round(float(low), 3), round(float(high), 3)
    (0.0, 0.278)
    """
    found, n = np.asarray(share, dtype=float), np.asarray(count, dtype=float)
    n = np.where(n > 0, n, np.nan)
    center = (found + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    half = Z95 * np.sqrt(found * (1 - found) / n + Z95**2 / (4 * n**2)) / (1 + Z95**2 / n)
    return np.clip(center - half, 0, 1), np.clip(center + half, 0, 1)


def difference(first: tuple[float, float, float], second: tuple[float, float, float]) -> tuple[float, float, float]:
    """First minus second of two independent estimates, each (estimate, low, high), and the interval of that.

    For shares with Wilson intervals this is Newcombe's hybrid score interval. Source: Zou & Donner (2008),
    Construction of confidence limits about effect measures: a general approach.
    """
    (one, low1, high1), (two, low2, high2) = first, second
    gap = one - two
    return gap, gap - float(np.hypot(one - low1, high2 - two)), gap + float(np.hypot(high1 - one, two - low2))
