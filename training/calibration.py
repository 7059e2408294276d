"""From margins to probabilities that come true as often as they say, and how well they do."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from features.errors import InputError

__all__ = ["Line", "calibration_line", "logit", "platt", "sigmoid"]

Floats = npt.NDArray[np.float64]


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


def platt(margin: Floats, y: Floats) -> Line:
    """Platt's line from margins to log-odds, with his smoothed targets; the order of scores never turns over.

    Raises
    ------
    InputError
        The block holds only one class.

    Notes
    -----
    A slope that would be negative is set to a small positive one: then the margins say nothing about this block, and
    everyone gets close to its base rate. Source: Platt (1999), Probabilistic outputs for support vector machines.
    """
    positives, negatives = float(y.sum()), float(len(y) - y.sum())
    if not positives or not negatives:
        raise InputError("The calibration block holds only one class; give more dates, or a more frequent outcome.")
    target = np.where(y > 0, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    return _fit_line(margin, target, least_slope=1e-3)


def calibration_line(y: Floats, probability: Floats) -> Line:
    """Calibration slope and intercept of probabilities; 1 and 0 are perfect, a slope under 1 is overconfident."""
    return _fit_line(logit(probability), y, least_slope=None)


def _fit_line(x: Floats, target: Floats, least_slope: float | None) -> Line:
    """Logistic regression on one variable by maximum likelihood, on a standardized scale for a stable search."""
    center, scale = float(x.mean()), float(x.std()) or 1.0
    z = (x - center) / scale

    def loss(line: Floats) -> tuple[float, Floats]:
        log_odds = line[0] * z + line[1]
        error = sigmoid(log_odds) - target
        value = float(np.mean(np.logaddexp(0, log_odds) - target * log_odds))
        return value, np.array([np.mean(error * z), np.mean(error)])

    bounds = [(None if least_slope is None else least_slope * scale, None), (None, None)]
    start = np.array([1.0, float(logit(target.mean()))])
    slope, intercept = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return Line(float(slope / scale), float(intercept - slope * center / scale))
