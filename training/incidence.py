"""How the probability of a voluntary exit follows from hazards that compete: its log-odds, and their slopes.

Hazards are given as log-odds, shape (causes, n, bands), the voluntary one first; `days` is the length of each band.
"""

import numpy as np
import numpy.typing as npt

from training.calibration import sigmoid
from training.hazard import incidence

__all__ = ["gradient", "log_odds", "mean_gradient"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
_RULE = np.polynomial.legendre.leggauss(12)  # nodes and shares
_STEP = 1e-4
_LEAST = 1e-15


def log_odds(hazards: Floats, days: Whole) -> Floats:
    """Log-odds of the voluntary incidence by the end of the last band, shape (n,)."""
    p = incidence(sigmoid(hazards), days)[0, :, -1]
    p = np.clip(p, _LEAST, 1 - _LEAST)  # as it is shown: only 0 and 1 themselves have no log-odds
    return np.asarray(np.log(p) - np.log1p(-p))


def gradient(hazards: Floats, days: Whole) -> Floats:
    """How the log-odds of the incidence change with those of each hazard, shape (causes, n, bands)."""
    causes, n, bands = hazards.shape
    one = np.eye(causes * bands).reshape(causes * bands, causes, 1, bands) * _STEP
    steps = np.concatenate([one, -one])  # of each hazard in turn, up and down: all are asked at once
    moved = (hazards + steps).swapaxes(0, 1).reshape(causes, -1, bands)
    up, down = log_odds(moved, days).reshape(2, causes, bands, n)
    return np.asarray((up - down).swapaxes(1, 2) / (2 * _STEP))


def mean_gradient(starts: Floats, ends: Floats, days: Whole) -> Floats:
    """The mean of the gradient on the straight way from `starts` to `ends`, shape (causes, n, bands)."""
    (causes, n, bands), mean = ends.shape, np.zeros_like(ends)
    # of few rows all nodes at once; of many, one after another takes less room and no longer
    for nodes, shares in zip(*(np.array_split(one, min(len(one), 1 + n // 100)) for one in _RULE), strict=True):
        way = starts[:, None] + (nodes[:, None, None] + 1) / 2 * (ends - starts)[:, None]
        found = gradient(way.reshape(causes, -1, bands), days).reshape(causes, len(nodes), n, bands)
        mean += np.einsum("m,cmnb->cnb", shares / 2, found)
    return mean
