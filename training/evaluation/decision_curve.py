"""Is acting on the score worth it? Net benefit over the thresholds at which an organization may offer support.

A threshold of 0.2 says that reaching one person in need is worth up to four offers to people who are not. Source:
Vickers & Elkin (2006), Decision curve analysis: a novel method for evaluating prediction models.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.errors import InputError

__all__ = ["THRESHOLDS", "decision_curve"]

Floats = npt.NDArray[np.float64]
THRESHOLDS: Floats = np.round(np.arange(0.01, 0.51, 0.01), 2)


def decision_curve(y: Floats, p: Floats, thresholds: npt.ArrayLike = THRESHOLDS) -> pd.DataFrame:
    """Net benefit per person of offering support from a score on, to all, and to none.

    Returns
    -------
    DataFrame
        Indexed by threshold t; `model`, `all` and `none` in true positives per person, `offered` the share with p >= t.
        Net benefit = TP/n - FP/n x t/(1 - t).

    Raises
    ------
    InputError
        A threshold is not between 0 and 1, or there are no rows.

    Examples
    --------
    >>> decision_curve(np.array([0.0, 0, 1, 1]), np.array([0.1, 0.3, 0.4, 0.9]), [0.2])["model"].item()
    0.4375
    """
    cuts = np.asarray(thresholds, dtype=float)
    for cut in cuts[~((cuts > 0) & (cuts < 1))]:
        raise InputError(f"threshold {cut:g} of the decision curve: it must lie between 0 and 1.")
    if len(y) == 0:
        raise InputError("The decision curve needs at least one row.")
    base, odds = float(np.mean(y)), cuts / (1 - cuts)
    order = np.argsort(p, kind="stable")
    first = np.searchsorted(p[order], cuts, side="left")  # rows from here on have p >= t
    reached = np.append(np.cumsum(y[order][::-1])[::-1], 0.0)[first] / len(y)
    offered = (len(y) - first) / len(y)
    return pd.DataFrame(
        {
            "model": reached - (offered - reached) * odds,
            "all": base - (1 - base) * odds,
            "none": np.zeros(len(cuts)),
            "offered": offered,
        },
        index=pd.Index(cuts, name="threshold"),
    )
