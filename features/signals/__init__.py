"""The signals: formulas over what an agent did in a window, one module a family.

A module offers `signals(window)`: the names of the raw signals and one value per roster row, NaN where unknown.
Arithmetic on NaN stays NaN, so what is not known never reads as zero.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.catalog import MIN_CONTACTS
from features.weeks import WINDOWS, QueueSums, Sums
from features.workdays import WorkDays

__all__ = ["Floats", "Peers", "Window", "enough", "ratio"]

Floats = npt.NDArray[np.float64]
PRIOR_CONTACTS = 50


class Peers:
    """Groups of roster rows that are compared with one another; sums are taken in the roster's order."""

    def __init__(self, *keys: pd.Series) -> None:
        self.code: npt.NDArray[Any] = keys[0].groupby(list(keys), sort=False, dropna=False).ngroup().to_numpy()
        self.groups = int(self.code.max(initial=-1)) + 1

    def total(self, values: Floats) -> Floats:
        """Each row's group total of the known values."""
        sums: Floats = np.bincount(self.code, np.nan_to_num(values), self.groups).astype(np.float64, copy=False)
        totals: Floats = sums[self.code]
        return totals

    def count(self, values: Floats) -> Floats:
        """How many values are known in each row's group."""
        return self.total((~np.isnan(values)).astype(float))

    def mean(self, values: Floats) -> Floats:
        """Each row's group mean; NaN where nothing is known."""
        return ratio(self.total(values), self.count(values))

    def deviation(self, values: Floats) -> Floats:
        """Each row's group standard deviation (sample)."""
        squares = self.total((values - self.mean(values)) ** 2)
        return np.sqrt(ratio(squares, np.maximum(self.count(values) - 1, 0)))


@dataclass(frozen=True)
class Window:
    """What a window holds: sums from contacts, working days, and who is compared with whom."""

    name: str
    roster: pd.DataFrame
    sums: Sums
    queues: QueueSums
    work: WorkDays
    queue: Peers
    team: Peers

    @property
    def weeks(self) -> int:
        low, high = WINDOWS[self.name]
        return high - low

    def total(self, column: str) -> Floats:
        """A sum over the contacts of the window; NaN where none was seen."""
        return self.sums[column]

    @cached_property
    def logged_s(self) -> Floats:
        return self.work.total("logged_s", self.name)

    def smoothed(self, part: str, known: str, least: int = MIN_CONTACTS) -> Floats:
        """(k + 50 p0) / (n + 50), p0 = the share among the agents on the same queue, in the same window."""
        k, n = self.total(part), self.total(known)
        prior = ratio(self.queue.total(k), self.queue.total(n))
        return enough(n, ratio(k + PRIOR_CONTACTS * prior, n + PRIOR_CONTACTS), least)


def ratio(part: Any, whole: Any) -> Floats:
    """part / whole; NaN where there is no whole."""
    part, whole = np.asarray(part, dtype=float), np.asarray(whole, dtype=float)
    out = np.full(np.broadcast(part, whole).shape, np.nan)
    found: Floats = np.divide(part, whole, out=out, where=whole != 0)
    return found


def enough(n: Floats, value: Floats, least: int = MIN_CONTACTS) -> Floats:
    """A value over fewer than 30 contacts is unknown, never 0."""
    return np.where(n >= least, value, np.nan)
