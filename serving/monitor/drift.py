"""Whether a column still looks as in training: how far it moved (PSI), and whether chance explains it (two tests).

Values are compared by the test of Kolmogorov and Smirnov where a column has many of them, by chi-square over the bins
where it has few; the share of nulls, against the newest date of training, by chi-square. The smaller p-value of the two
counts, doubled. Over all features p-values are adjusted so that of the features called drifted, at most a twentieth is
expected to be a false alarm. Values drifted where they also moved further than any single date of training was from all
of them together: seasons and campaigns move a whole centre at once, and tests that know of people alone take every one
of them for news.
Source: Benjamini and Hochberg (1995), Controlling the false discovery rate.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from features.quality.drift import LITTLE, counts_in, psi

__all__ = ["ColumnDrift", "adjusted", "column_drift"]

Floats = npt.NDArray[np.float64]
LEVEL, LEAST_ROWS, FEW_VALUES = 0.05, 20, 12
_LEAST_EXPECTED = 5.0


@dataclass(frozen=True)
class ColumnDrift:
    """How one column moved: `psi` over the bins of training, p-value of the tests, shares null then and now.

    `usual_psi` is the largest that a date of training had; 0 where that is not known.
    """

    name: str
    psi: float
    p_value: float
    null_share_before: float
    null_share: float
    usual_psi: float = 0.0

    @property
    def size(self) -> float:
        return max(self.psi, abs(self.null_share - self.null_share_before))

    def drifted(self, adjusted_p: float) -> bool:
        """More than chance explains, more than is little, and more than is usual from date to date."""
        further = self.psi >= LITTLE and self.psi > self.usual_psi
        return adjusted_p < LEVEL and (further or abs(self.null_share - self.null_share_before) >= LITTLE)


def column_drift(name: str, profile: dict[str, Any], values: Floats, agents: int) -> ColumnDrift | None:
    """Compare values of now with a column's profile; None where there are too few of either.

    `agents`: how many people training had; their weeks resemble each other, so a person counts once.
    """
    known = values[np.isfinite(values)]
    before = min(agents, profile["rows"])
    known_before = before * (1 - profile["null_share"])
    nulls_before = profile.get("null_share_newest", profile["null_share"])
    null_share = 1 - len(known) / max(1, len(values))
    if min(len(values), before) < LEAST_ROWS:
        return None
    counts = np.array([[nulls_before * before, (1 - nulls_before) * before], [len(values) - len(known), len(known)]])
    p = _chi_square(counts)
    size = 0.0
    if min(len(known), known_before) >= LEAST_ROWS:
        now = counts_in(known, profile["edges"])
        size = psi(profile["counts"], now)
        p = min(1.0, 2 * min(p, _values_test(profile, known, now, known_before)))
    return ColumnDrift(name, size, p, nulls_before, null_share, profile.get("usual_psi", 0.0))


def adjusted(p_values: list[float]) -> list[float]:
    """P-values corrected for their number after Benjamini and Hochberg.

    Examples
    --------
    >>> [round(p, 3) for p in adjusted([0.01, 0.04, 0.5])]
    [0.03, 0.06, 0.5]
    """
    return stats.false_discovery_control(p_values).tolist() if p_values else []


def _values_test(profile: dict[str, Any], known: Floats, now: list[int], known_before: float) -> float:
    quantiles = np.array(profile["quantiles"])
    if len(np.unique(quantiles)) <= FEW_VALUES:
        before = np.array(profile["counts"], dtype=float)
        return _chi_square(np.array([before / before.sum() * known_before, now]))
    distance = float(stats.ks_2samp(quantiles, known, method="asymp").statistic)
    rows = known_before * len(known) / (known_before + len(known))
    return float(stats.kstwobign.sf(np.sqrt(rows) * distance))


def _chi_square(counts: Floats) -> float:
    """P-value of two rows of counts; neighbouring columns are joined until each expects enough."""
    joined = _joined(counts)
    if joined.shape[1] < 2:
        return 1.0
    return float(stats.chi2_contingency(joined, correction=False).pvalue)


def _joined(counts: Floats) -> Floats:
    least = _LEAST_EXPECTED * counts.sum() / max(counts.sum(axis=1).min(), 1e-9)
    found: list[Floats] = []
    waiting = np.zeros(2)
    for column in counts.T:
        waiting = waiting + column
        if waiting.sum() >= least:
            found.append(waiting)
            waiting = np.zeros(2)
    if found:
        found[-1] = found[-1] + waiting
    return np.array(found).T if found else np.zeros((2, 0))
