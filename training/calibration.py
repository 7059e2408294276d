"""From margins to probabilities that come true as often as they say, and how well they do."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize

from features.errors import InputError

__all__ = ["Line", "calibration_line", "logit", "platt", "sigmoid"]

Floats = npt.NDArray[np.float64]
PRIOR_SD = (0.3, 0.2)  # of the slope around 1, and of the shift at the mean margin around 0


class Line(NamedTuple):
    """log-odds = slope x margin + intercept."""

    slope: float
    intercept: float

    def apply(self, margin: Floats) -> Floats:
        return self.slope * margin + self.intercept


def sigmoid(log_odds: npt.ArrayLike) -> Floats:
    """Probability of log-odds, without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * np.asarray(log_odds, dtype=float))))


def logit(probability: npt.ArrayLike) -> Floats:
    """Log-odds of a probability, clipped at 1e-6 from 0 and 1."""
    p = np.clip(np.asarray(probability, dtype=float), 1e-6, 1 - 1e-6)
    return np.asarray(np.log(p / (1 - p)))


def platt(
    margin: Floats, y: Floats, weight: npt.ArrayLike | None = None, groups: npt.ArrayLike | None = None
) -> tuple[Line, Floats]:
    """Platt's line from margins to log-odds, with his smoothed targets, and the covariance of slope and intercept.

    Parameters
    ----------
    weight
        How often each row counts.
    groups
        Rows of one group are one person's: the covariance takes them together (sandwich estimate).

    Raises
    ------
    InputError
        The block holds only one class.

    Notes
    -----
    Margins come from people who were left out of fitting, so a slope near 1 and no shift are expected, and a block with
    few people does not move the line far: the slope has a normal prior (1, SD 0.3), so has the shift at the mean margin
    (0, SD 0.2), and with `groups` each person's rows count as one row's worth. The order of scores never turns over:
    the slope stays above 0. Source: Platt (1999), Probabilistic outputs for support vector machines.
    """
    weight = np.ones(len(y)) if weight is None else np.asarray(weight, dtype=float)
    positives, negatives = float(weight @ y), float(weight @ (1 - y))
    if not positives or not negatives:
        raise InputError("The calibration block holds only one class; give more dates, or a more frequent outcome.")
    target = np.where(y > 0, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    people = len(y) if groups is None else len(np.unique(np.asarray(groups)))
    line = _fit_line(margin, target, weight * people / len(y), least_slope=1e-3, prior=PRIOR_SD)
    return line, _sandwich(line, margin, target, weight, groups)


def _sandwich(line: Line, margin: Floats, target: Floats, weight: Floats, groups: npt.ArrayLike | None) -> Floats:
    """Covariance of slope and intercept, robust to rows of one person being alike (Huber 1967, White 1980)."""
    p = sigmoid(line.apply(margin))
    at = np.column_stack([margin, np.ones(len(margin))])
    bread = np.linalg.pinv((at * (weight * p * (1 - p))[:, None]).T @ at)
    scores = pd.DataFrame(at * (weight * (target - p))[:, None])
    summed = scores if groups is None else scores.groupby(np.asarray(groups)).sum()
    return np.asarray(bread @ (summed.T.to_numpy() @ summed.to_numpy()) @ bread)


def calibration_line(y: Floats, probability: Floats) -> Line:
    """Calibration slope and intercept of probabilities; 1 and 0 are perfect, a slope under 1 is overconfident."""
    return _fit_line(logit(probability), y, np.ones(len(y)), least_slope=None)


def _fit_line(
    x: Floats, target: Floats, weight: Floats, least_slope: float | None, prior: tuple[float, float] = (np.inf, np.inf)
) -> Line:
    """Logistic regression on one variable, the most likely line given the prior; standardized for a stable search."""
    center, total = float(np.average(x, weights=weight)), weight.sum()
    scale = float(np.sqrt(np.average((x - center) ** 2, weights=weight))) or 1.0
    z = (x - center) / scale
    share, pull = weight / total, 1 / (total * np.square(prior))

    def loss(line: Floats) -> tuple[float, Floats]:
        log_odds, away = line[0] * z + line[1], np.array([line[0] / scale - 1, line[1] - center])
        error = sigmoid(log_odds) - target
        value = float(share @ (np.logaddexp(0, log_odds) - target * log_odds)) + float(away**2 @ pull) / 2
        return value, np.array([share @ (error * z), share @ error]) + away * pull / [scale, 1]

    bounds = [(None if least_slope is None else least_slope * scale, None), (None, None)]
    start = np.array([1.0, float(logit(share @ target))])
    slope, intercept = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return Line(float(slope / scale), float(intercept - slope * center / scale))
