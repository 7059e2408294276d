"""What performance to expect before labels are known, from calibrated probabilities alone.

If a score of 0.3 comes true three times in ten, the expected number of true and false alarms at every threshold follows
from the scores themselves. It holds as long as calibration does: a shift in what the features are is seen, a change in
what they mean is not, until labels mature.
Source: confidence-based performance estimation as described in Bialek, Kuberski, Perrakis and Bifet (2024), Estimating
Model Performance Under Covariate Shift Without Labels, arXiv:2401.08348.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Estimate", "estimate", "expected_auroc", "expected_brier"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """Expected AUROC, Brier score and share of outcomes of some scores."""

    auroc: float
    brier: float
    base_rate: float
    rows: int


def estimate(probability: Floats) -> Estimate:
    """The expected performance of calibrated probabilities, shape (n,)."""
    return Estimate(
        expected_auroc(probability), expected_brier(probability), float(np.mean(probability)), len(probability)
    )


def expected_auroc(probability: Floats) -> float:
    """Expected pairs in the right order over expected pairs of one with and one without the outcome; ties count half.

    For n scores the sum over pairs i, j of p_i (1 - p_j) [p_i > p_j], over the sum of p_i (1 - p_j), i and j distinct.
    NaN where there is no such pair.

    Examples
    --------
    >>> expected_auroc(np.array([0.0, 0.0, 1.0]))
    1.0
    """
    values, at = np.unique(probability, return_inverse=True)
    positive = np.bincount(at, probability, len(values))
    negative = np.bincount(at, 1 - probability, len(values))
    below = np.cumsum(negative) - negative
    with_itself = float((probability * (1 - probability)).sum())
    right = float((positive * below).sum()) + (float((positive * negative).sum()) - with_itself) / 2
    pairs = float(positive.sum() * negative.sum()) - with_itself
    return right / pairs if pairs > 0 else float("nan")


def expected_brier(probability: Floats) -> float:
    """The mean of p (1 - p)."""
    return float(np.mean(probability * (1 - probability)))
