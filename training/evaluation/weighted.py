"""Measures of one score over many resamples at once: a resample is a row of weights, how often it holds each row.

Every function takes `y` and `p` of shape (n,) and `weights` of shape (resamples, n), and returns shape (resamples,),
NaN where a resample does not define the measure (AUROC of one class only). With weights of 1 it is the plain measure.
"""

from collections.abc import Callable, Collection

import numpy as np
import numpy.typing as npt

from features.errors import InputError
from training.calibration import logit, sigmoid

__all__ = ["MEASURES", "ranks", "weighted_measures"]

Floats = npt.NDArray[np.float64]
LEAST_SPREAD = 0.01  # SD of the log-odds below which a score is as good as constant
MOST_STEPS, CONVERGED = 30, 1e-8


def weighted_measures(
    y: Floats, p: Floats, weights: Floats, measures: Collection[str], outreach_share: float = 0.1
) -> dict[str, Floats]:
    """The named measures, each per resample.

    Raises
    ------
    InputError
        A name is not among `MEASURES`.
    """
    for name in measures:
        if name not in MEASURES:
            raise InputError(f"measure '{name}' is not known; those are {', '.join(MEASURES)}.")
    found = {name: _PLAIN[name](y, p, weights) for name in measures if name in _PLAIN}
    if {"calibration_slope", "calibration_intercept"} & set(measures):
        found["calibration_slope"], found["calibration_intercept"] = _line(y, p, weights)
    if {"precision_top", "lift_top"} & set(measures):
        found["precision_top"] = _precision_top(y, p, weights, outreach_share)
        found["lift_top"] = _ratio(found["precision_top"], _mean(y, weights))
    return {name: found[name] for name in measures}


def ranks(p: Floats) -> bool:
    """Whether scores differ: a constant score has no top and no slope, it says nothing beyond the base rate."""
    return bool(np.std(logit(p)) > LEAST_SPREAD)


def _mean(values: Floats, weights: Floats) -> Floats:
    return _ratio(weights @ values, weights.sum(axis=1))


def _ratio(above: Floats, below: Floats) -> Floats:
    found: Floats = np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below != 0)
    return found


def _classes(y: Floats, p: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Weight of positives and of negatives at each distinct score, from the lowest; shape (resamples, scores)."""
    order = np.argsort(p, kind="stable")
    starts = np.flatnonzero(np.diff(p[order], prepend=-np.inf))
    ordered, positive = weights[:, order], y[order]
    return np.add.reduceat(ordered * positive, starts, axis=1), np.add.reduceat(
        ordered * (1 - positive), starts, axis=1
    )


def _auroc(y: Floats, p: Floats, weights: Floats) -> Floats:
    positives, negatives = _classes(y, p, weights)
    below = np.cumsum(negatives, axis=1) - negatives / 2  # a tie counts one half
    return _ratio((positives * below).sum(axis=1), positives.sum(axis=1) * negatives.sum(axis=1))


def _auprc(y: Floats, p: Floats, weights: Floats) -> Floats:
    """Average precision: precision at every cut-off, weighted by the recall that it adds."""
    positives, negatives = (part[:, ::-1] for part in _classes(y, p, weights))
    reached = np.cumsum(positives, axis=1)
    precision = _ratio(reached, reached + np.cumsum(negatives, axis=1))
    return _ratio((positives * np.nan_to_num(precision)).sum(axis=1), positives.sum(axis=1))


def _brier_skill(y: Floats, p: Floats, weights: Floats) -> Floats:
    base = _mean(y, weights)
    return 1 - _ratio(_mean((y - p) ** 2, weights), base * (1 - base))


def _log_loss(y: Floats, p: Floats, weights: Floats) -> Floats:
    least = np.finfo(float).eps
    kept = np.clip(p, least, 1 - least)
    return _mean(-(y * np.log(kept) + (1 - y) * np.log1p(-kept)), weights)


def _precision_top(y: Floats, p: Floats, weights: Floats, share: float) -> Floats:
    """Precision among the highest scores; the last row taken may be taken less often than the resample holds it."""
    if not ranks(p):
        return _mean(y, weights)
    order = np.argsort(-p, kind="stable")
    ordered = weights[:, order]
    count = np.maximum(1, np.round(share * weights.sum(axis=1)))
    before = np.cumsum(ordered, axis=1) - ordered
    taken = np.clip(count[:, None] - before, 0, ordered)
    return _ratio(taken @ y[order], taken.sum(axis=1))


def _line(y: Floats, p: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Calibration slope and intercept by Newton's steps for all resamples together; NaN where there is no maximum."""
    if not ranks(p):
        return np.zeros(len(weights)), np.zeros(len(weights))
    x = logit(p)
    center, scale = float(x.mean()), float(x.std())
    z = (x - center) / scale
    slope, intercept = np.zeros(len(weights)), logit(_mean(y, weights))
    step = np.full((2, len(weights)), np.inf)
    for _ in range(MOST_STEPS):
        fitted = sigmoid(slope[:, None] * z + intercept[:, None])
        error, curve = weights * (fitted - y), weights * fitted * (1 - fitted)
        g1, g0, h11, h10, h00 = error @ z, error.sum(axis=1), curve @ z**2, curve @ z, curve.sum(axis=1)
        det = h11 * h00 - h10**2
        step = np.array([_ratio(h00 * g1 - h10 * g0, det), _ratio(h11 * g0 - h10 * g1, det)])
        # a long step may overshoot for ever; one of 3 per round still reaches any line in a few rounds
        step = np.clip(step, -3, 3)
        slope, intercept = slope - step[0], intercept - step[1]
        if np.nanmax(np.abs(step), initial=0) < CONVERGED:
            break
    # a resample whose classes a cut separates has no finite slope: its steps never end
    ended = np.abs(step).max(axis=0) < CONVERGED
    slope, intercept = np.where(ended, slope, np.nan), np.where(ended, intercept, np.nan)
    return slope / scale, intercept - slope * center / scale


_PLAIN: dict[str, Callable[[Floats, Floats, Floats], Floats]] = {
    "base_rate": lambda y, p, weights: _mean(y, weights),
    "mean_score": lambda y, p, weights: _mean(p, weights),
    "auroc": _auroc,
    "auprc": _auprc,
    "brier": lambda y, p, weights: _mean((y - p) ** 2, weights),
    "brier_skill": _brier_skill,
    "log_loss": _log_loss,
    "calibration_in_the_large": lambda y, p, weights: _mean(p - y, weights),
}
MEASURES = (*_PLAIN, "calibration_slope", "calibration_intercept", "precision_top", "lift_top")
