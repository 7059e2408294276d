"""Predicted beside actual, month by month: a score that was right on average may be wrong every winter."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.evaluation.proportion import wilson

__all__ = ["by_month"]

Floats = npt.NDArray[np.float64]


def by_month(y: Floats, p: Floats, as_of: npt.ArrayLike, agents: npt.ArrayLike | None = None) -> pd.DataFrame:
    """Mean score and observed share per calendar month of the as-of date.

    Parameters
    ----------
    y, p
        Outcomes (0 or 1) and probabilities, shape (n,).
    as_of
        Dates, shape (n,).
    agents
        Whose row it is. Where it is given, an agent with several rows in a month counts once for the interval, which
        is then wider than by rows, and safe.

    Returns
    -------
    DataFrame
        Indexed by month (`2025-03`), months without rows left out; score, observed, low, high (95 % Wilson), rows.
    """
    table = pd.DataFrame({"score": p, "observed": y, "agent": np.arange(len(y)) if agents is None else agents})
    months = pd.Series(pd.to_datetime(np.asarray(as_of)).strftime("%Y-%m"), index=table.index, name="month")
    found = table.groupby(months).agg(
        score=("score", "mean"), observed=("observed", "mean"), rows=("score", "size"), agents=("agent", "nunique")
    )
    low, high = wilson(found["observed"].to_numpy(), found["agents"].to_numpy())
    return found.assign(low=low, high=high)[["score", "observed", "low", "high", "rows"]]
