"""Rows that are unlike anything seen in training: a model should not speak about them."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

__all__ = ["RULES", "Seen"]

Floats = npt.NDArray[np.float64]
ROOM = 0.5  # of a column's range, on both sides
MANY_OUTSIDE, ALWAYS_KNOWN, MANY_MISSING = 0.05, 0.99, 0.5
RULES = (
    f"Unlike anything seen in training: a value further outside what training saw than {ROOM:.0%} of its range.",
    f"Unlike anything seen in training: more than {MANY_OUTSIDE:.0%} of the columns outside what training saw.",
    f"More than {MANY_MISSING:.0%} of what was always known in training is unknown.",
)
"""When nothing is said about a row, a sentence each."""


@dataclass(frozen=True)
class Seen:
    """What the columns of a training frame held: lowest, highest, and how often they were known; shape (k,) each."""

    low: Floats
    high: Floats
    known: Floats

    @classmethod
    def of(cls, X: Floats) -> Self:
        """Ranges of X, shape (n, k), with NaN where unknown; a column without values holds nothing against anyone."""
        known = ~np.isnan(X)
        low = np.where(known, X, np.inf).min(axis=0)
        high = np.where(known, X, -np.inf).max(axis=0)
        return cls(low, high, known.mean(axis=0))

    def unlike(self, X: Floats, names: list[str]) -> list[str | None]:
        """Why each row is unlike the training rows, or None.

        Unlike are a value that lies further outside than half of the column's range, more than 5 % of the columns (and
        more than one) outside their range, or more than half of what was always known in training (in 99 of 100 rows)
        unknown.
        """
        with np.errstate(invalid="ignore"):
            room = np.where(self.known > 0, ROOM * (self.high - self.low), np.inf)
            outside = ((self.low > X) | (self.high < X)) & (self.known > 0)
            far = outside & ((self.low - room > X) | (self.high + room < X))
        many = outside.sum(axis=1) > max(1.0, MANY_OUTSIDE * X.shape[1])  # one alone is not many, of however few
        usual = self.known >= ALWAYS_KNOWN
        empty = np.isnan(X[:, usual]).mean(axis=1) > MANY_MISSING if usual.any() else np.zeros(len(X), bool)
        found: list[str | None] = [None] * len(X)
        for row in np.flatnonzero(far.any(axis=1) | many | empty):
            column = int(np.argmax(far[row] if far[row].any() else outside[row]))
            found[row] = (
                f"{names[column]} is {X[row, column]:.4g}, seen between {self.low[column]:.4g} and"
                f" {self.high[column]:.4g}"
                if far[row].any() or many[row]
                else "most of what is always known is unknown here"
            )
        return found

    def as_dict(self) -> dict[str, Any]:
        found = {"low": self.low, "high": self.high, "known": self.known}
        return {name: [None if np.isinf(v) else float(v) for v in values] for name, values in found.items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        empty = {"low": np.inf, "high": -np.inf, "known": 0.0}
        return cls(**{n: np.array([empty[n] if v is None else v for v in values[n]]) for n in empty})
