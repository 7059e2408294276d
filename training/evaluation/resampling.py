"""How sure a measure is: 95 % intervals by drawing agents, each with all their rows, again and again.

Rows of one agent resemble one another, so that drawing rows would promise more certainty than there is. Percentile
intervals; a resample that does not define a measure (one class only) is left out of it.
"""

from collections.abc import Collection, Iterator
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.errors import InputError
from training.evaluation.weighted import MEASURES, weighted_measures

__all__ = ["Interval", "advantage", "intervals"]

Floats = npt.NDArray[np.float64]
CELLS = 2_000_000  # of weights at a time: some 16 MB
LEAST_DEFINED = 0.5  # share of resamples that must define a measure, or its interval is unknown (NaN)
_BETTER = {"auroc": 1, "log_loss": -1, "brier": -1}


class Interval(NamedTuple):
    """An estimate and the bounds of its 95 % interval, NaN where it is unknown."""

    estimate: float
    low: float
    high: float


def intervals(
    y: Floats, p: Floats, agents: npt.ArrayLike, measures: Collection[str] = MEASURES,
    outreach_share: float = 0.1, repeats: int = 200, seed: int = 7,
) -> dict[str, Interval]:  # fmt: skip
    """Estimate and interval of every measure, by name.

    Parameters
    ----------
    y, p
        Outcomes (0 or 1) and probabilities, shape (n,).
    agents
        Whose row it is, shape (n,). With one agent only, nothing can be drawn: bounds are NaN.
    measures
        Names out of `training.evaluation.weighted.MEASURES`.

    Raises
    ------
    InputError
        A measure is not known.
    """
    estimates = weighted_measures(y, p, np.ones((1, len(y))), measures, outreach_share)
    blocks = [weighted_measures(y, p, weights, measures, outreach_share) for weights in _weights(agents, repeats, seed)]
    return {
        name: _interval(float(estimates[name][0]), np.concatenate([np.empty(0), *(block[name] for block in blocks)]))
        for name in measures
    }


def advantage(
    y: Floats, p: Floats, other: Floats, agents: npt.ArrayLike,
    measure: Literal["auroc", "log_loss", "brier"] = "auroc", repeats: int = 200, seed: int = 7,
) -> Interval:  # fmt: skip
    """By how much `p` is better than `other` on the same rows; above 0 is better, whichever way the measure points.

    Paired: both scores are measured on each resample, so that what makes a block easy or hard cancels out.

    Raises
    ------
    InputError
        The measure has no direction, or is not known.
    """
    if measure not in _BETTER:
        raise InputError(f"measure '{measure}' cannot be compared; those are {', '.join(_BETTER)}.")

    def difference(weights: Floats) -> Floats:
        this, that = (weighted_measures(y, score, weights, [measure])[measure] for score in (p, other))
        return _BETTER[measure] * (this - that)

    drawn = [difference(weights) for weights in _weights(agents, repeats, seed)]
    estimate = float(difference(np.ones((1, len(y))))[0])
    return _interval(estimate, np.concatenate([np.empty(0), *drawn]))


def _weights(agents: npt.ArrayLike, repeats: int, seed: int) -> Iterator[Floats]:
    """How often each resample holds each row, shape (some resamples, n), until there are `repeats` of them."""
    codes, names = pd.factorize(np.asarray(agents))
    if len(names) < 2:
        return
    rng = np.random.default_rng(seed)
    at_a_time = max(1, CELLS // len(codes))
    for start in range(0, repeats, at_a_time):
        count = min(at_a_time, repeats - start)
        drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=count)
        yield drawn[:, codes].astype(float)


def _interval(estimate: float, drawn: Floats) -> Interval:
    defined = drawn[~np.isnan(drawn)]
    if len(defined) == 0 or len(defined) < LEAST_DEFINED * len(drawn):
        return Interval(estimate, np.nan, np.nan)
    low, high = np.quantile(defined, [0.025, 0.975])
    return Interval(estimate, float(low), float(high))
