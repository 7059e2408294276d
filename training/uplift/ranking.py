"""What an order of offers is worth: the Qini curve from doubly robust scores, and the gain of one order over another.

The curve says what offers to the first share q of people bring, per person of all, beside offers to as many at random.
Its area is the mean of that advantage over every q. Source: Radcliffe (2007), Using control groups to target on
predicted lift; with doubly robust scores and the bootstrap over people: Yadlowsky, Fleming, Shah, Brunskill and Wager
(2025), Evaluating treatment prioritization rules via rank-weighted average treatment effects.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm

__all__ = ["AT_SHARE", "DRAWS", "LEVEL", "SHARES", "Interval", "Worth", "area", "qini_curve", "worth"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
DRAWS, LEVEL = 500, 0.95
AT_SHARE = 0.3  # where the mean benefit an offer is told, beside the area
SHARES = np.linspace(0, 1, 21)
_REACH = norm.ppf(0.5 + LEVEL / 2)


class Interval(NamedTuple):
    """An estimate with the ends of its interval."""

    estimate: float
    low: float
    high: float


class Worth(NamedTuple):
    """What two orders of the same people are worth.

    Attributes
    ----------
    average
        Benefit of an offer to anyone, in units of the outcome, more is better.
    by_benefit, by_risk
        Areas under the Qini curves.
    gain
        The first area less the second: above zero the order by benefit is the better one.
    per_offer
        How much more an offer brings to the first `AT_SHARE` of people by benefit than by risk.
    """

    average: Interval
    by_benefit: Interval
    by_risk: Interval
    gain: Interval
    per_offer: Interval


def qini_curve(scores: Floats, rank: Floats, seed: int) -> pd.DataFrame:
    """The curve, highest rank first, at every twentieth: columns share (0 to 1), gain, low, high and at_random."""
    order = _order(rank)
    rng = np.random.default_rng(seed)
    drawn = [_gains(scores[order], _counts(rng, len(scores))[order]) for _ in range(DRAWS)]
    gain, reach = _gains(scores[order], np.ones(len(scores))), _REACH * np.std(drawn, axis=0, ddof=1)
    columns = {"share": SHARES, "gain": gain, "low": gain - reach, "high": gain + reach, "at_random": SHARES * gain[-1]}
    return pd.DataFrame(columns)


def area(scores: Floats, rank: Floats) -> float:
    """The area between the Qini curve and the line of offers at random."""
    return _area(scores[_order(rank)], np.ones(len(scores)))


def worth(scores: Floats, benefit: Floats, risk: Floats, seed: int) -> Worth:
    """What the orders by expected benefit and by risk are worth, with intervals by a bootstrap over people.

    Parameters
    ----------
    scores
        Doubly robust scores of the benefit, shape (n,).
    benefit, risk
        Ranks, the highest first, from models that did not see the person; shape (n,).
    """
    orders = _order(benefit), _order(risk)
    whole = _numbers(scores, orders, np.ones(len(scores)))
    rng = np.random.default_rng(seed)
    drawn = [_numbers(scores, orders, _counts(rng, len(scores))) for _ in range(DRAWS)]
    reach = _REACH * np.std(drawn, axis=0, ddof=1)
    found = zip(whole, whole - reach, whole + reach, strict=True)
    return Worth(*(Interval(*(float(value) for value in one)) for one in found))


def _numbers(scores: Floats, orders: tuple[Whole, Whole], weight: Floats) -> Floats:
    """The numbers of `Worth`, shape (5,)."""
    areas = [_area(scores[order], weight[order]) for order in orders]
    firsts = [_first(scores[order], weight[order]) for order in orders]
    average = np.average(scores, weights=weight)
    return np.array([average, *areas, areas[0] - areas[1], firsts[0] - firsts[1]])


def _area(scores: Floats, weight: Floats) -> float:
    """Of scores in their order, each so many times."""
    part = weight / weight.sum()
    gains, share = np.cumsum(part * scores), np.cumsum(part)
    return float((part * (gains - share * gains[-1])).sum())


def _gains(scores: Floats, weight: Floats) -> Floats:
    """What the first `SHARES` of people in their order bring, per person of all; shape (21,)."""
    part = weight / weight.sum()
    reached = np.concatenate([[0.0], np.cumsum(part)])
    gains = np.concatenate([[0.0], np.cumsum(part * scores)])
    return np.asarray(np.interp(SHARES, reached / reached[-1], gains))


def _first(scores: Floats, weight: Floats) -> float:
    """Mean of the first `AT_SHARE` of people in their order."""
    part = weight / weight.sum()
    within = np.clip(AT_SHARE - (np.cumsum(part) - part), 0, part)
    return float((within * scores).sum() / within.sum())


def _order(rank: Floats) -> Whole:
    return np.argsort(-rank, kind="stable")


def _counts(rng: np.random.Generator, n: int) -> Floats:
    """How often each person is drawn."""
    return np.bincount(rng.integers(0, n, n), minlength=n).astype(float)
