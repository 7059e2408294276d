"""What a model was trained on and what it said, small enough to go with it: monitoring compares later weeks with it.

It is kept with the model, not read from the training rows later: those are deleted after a year (retention), and a
model that is served from a registry elsewhere has no rows beside it. It holds shares and quantiles, no row of anyone.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.catalog import feature
from features.quality.drift import LEAST_ROWS, counts_in, edges_of, psi
from training.explain import Explanation

__all__ = ["by_signal", "column_profile", "model_profile"]

QUANTILES = 201
DIGITS = 9


def model_profile(
    trained_on: pd.DataFrame, agents: Sequence[str], scores: npt.NDArray[np.float64], explanation: Explanation,
    dates: npt.NDArray[Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The profile as plain JSON.

    Parameters
    ----------
    trained_on
        The train block, shape (n, k); `agents` of its rows, who count once each: their weeks resemble each other.
    scores
        Of months that the model had not seen.
    explanation
        Of such months, too.
    dates
        Of the rows of `trained_on`, where there are several.
    """
    signals = by_signal(explanation)
    return {
        "agents": len(set(agents)),
        "columns": {str(name): column_profile(trained_on[name].to_numpy(dtype=float), dates) for name in trained_on},
        "scores": column_profile(scores),
        "contributions": {name: round(value, DIGITS) for name, value in signals.abs().mean().items()},
    }


def column_profile(values: npt.NDArray[np.float64], dates: npt.NDArray[Any] | None = None) -> dict[str, Any]:
    """Rows, null share, bins with their counts, and quantiles of one column; without values only the first two.

    With the `dates` of the values also `null_share_newest`, of the newest of them (a signal that looks back is not
    known on the first ones), and `usual_psi`: how far the date that lay furthest from all of them together was.
    """
    known = values[np.isfinite(values)]
    found: dict[str, Any] = {"rows": len(values), "null_share": 1 - len(known) / max(1, len(values))}
    if dates is not None and len(dates):
        found["null_share_newest"] = float(1 - np.isfinite(values[dates == dates.max()]).mean())
    if not len(known):
        return found | {"edges": [], "counts": [], "quantiles": []}
    edges = edges_of(known)
    at = np.quantile(known, np.linspace(0, 1, QUANTILES), method="inverted_cdf")
    counts = counts_in(known, edges)
    usual = {} if dates is None else {"usual_psi": _usual_psi(values, dates, edges, counts)}
    return found | {"edges": edges, "counts": counts, "quantiles": at.tolist()} | usual


def _usual_psi(
    values: npt.NDArray[np.float64], dates: npt.NDArray[Any], edges: list[float], counts: list[int]
) -> float:
    of_dates = [one[np.isfinite(one)] for day in np.unique(dates) if len(one := values[dates == day])]
    found = [psi(counts, counts_in(known, edges)) for known in of_dates if len(known) >= LEAST_ROWS]
    return round(max(found, default=0.0), DIGITS)


def by_signal(explanation: Explanation) -> pd.DataFrame:
    """Contributions summed over the versions of a signal (own past, peers), shape (n, signals)."""
    names = [_signal(name) for name in explanation.names]
    values = pd.DataFrame(explanation.values)
    return values.T.groupby(np.array(names), sort=False).sum().T


def _signal(name: str) -> str:
    entry = feature(name)
    return entry.basis if entry and entry.basis else name
