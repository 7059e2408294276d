"""Logistic regression whose coefficients keep the direction that a feature is expected to have."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from training.calibration import sigmoid

__all__ = ["SignedLogistic"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SignedLogistic:
    """Margin of standardized columns; a missing value counts as the column's median plus a step of its own.

    Arrays have one entry a column; `center` is the median, `scale` the SD, `step` what missing adds.
    """

    center: Floats
    scale: Floats
    slope: Floats
    step: Floats
    intercept: float

    @classmethod
    def fit(
        cls, X: Floats, y: Floats, weight: Floats | None = None, direction: Floats | None = None, c: float = 0.1
    ) -> Self:
        """Fit by maximum likelihood with a penalty on squared slopes.

        Parameters
        ----------
        X, y
            Shape (n, m) with NaN where unknown; 0 or 1.
        weight
            How often each row counts.
        direction
            1 for slopes that may not be negative, -1 for slopes that may not be positive, 0 for free ones.
        c
            Inverse strength of the penalty, as in scikit-learn.
        """
        weight = np.ones(len(y)) if weight is None else weight
        direction = np.zeros(X.shape[1]) if direction is None else direction
        known = ~np.isnan(X)
        center = np.array([np.median(column[k]) if k.any() else 0.0 for column, k in zip(X.T, known.T, strict=True)])
        filled = np.where(known, X, center)
        scale = filled.std(axis=0)
        partly = known.any(axis=0) & ~known.all(axis=0)  # what is never known is the intercept's
        missing = ~known[:, partly]
        Z = np.column_stack([(filled - center) / np.where(scale > 0, scale, 1.0), missing])
        bounds = [(0.0 if d > 0 else None, 0.0 if d < 0 else None) for d in direction]
        found = _most_likely(Z, y, weight, bounds + [(None, None)] * (missing.shape[1] + 1), c)
        step = np.zeros(X.shape[1])
        step[partly] = found[X.shape[1] : -1]
        slope = np.where(scale > 0, found[: X.shape[1]], 0.0)
        return cls(center, np.where(scale > 0, scale, 1.0), slope, step, float(found[-1]))

    def contributions(self, X: Floats) -> tuple[Floats, float]:
        """What each column adds to the margin against its median, shape (n, m); and the margin of the medians."""
        return np.where(np.isnan(X), self.step, (X - self.center) / self.scale * self.slope), self.intercept

    def margin(self, X: Floats) -> Floats:
        """Log-odds, shape (n,)."""
        values, base = self.contributions(X)
        return np.asarray(values.sum(axis=1) + base)

    def as_dict(self) -> dict[str, Any]:
        return {
            **{name: getattr(self, name).tolist() for name in ("center", "scale", "slope", "step")},
            "intercept": self.intercept,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        arrays = {name: np.asarray(values[name]) for name in ("center", "scale", "slope", "step")}
        return cls(**arrays, intercept=float(values["intercept"]))


def _most_likely(
    Z: Floats, y: Floats, weight: Floats, bounds: list[tuple[float | None, float | None]], c: float
) -> Floats:
    """Slopes and, last, the intercept."""
    start = np.zeros(Z.shape[1] + 1)

    def loss(found: Floats) -> tuple[float, Floats]:
        margin = Z @ found[:-1] + found[-1]
        error = weight * (sigmoid(margin) - y)
        value = weight @ (np.logaddexp(0, margin) - y * margin) + found[:-1] @ found[:-1] / (2 * c)
        return float(value), np.append(Z.T @ error + found[:-1] / c, error.sum())

    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500}).x)
