"""Effects where teams cross over in an order that a lot drew (stepped wedge)."""

import warnings

import numpy as np
import pandas as pd
from scipy import stats

from training.effects.effect import Estimate

__all__ = ["wedge_effect"]


def wedge_effect(panel: pd.DataFrame, level: float = 0.95) -> Estimate:
    """Difference between periods with and without the program, calendar time and team taken out.

    Parameters
    ----------
    panel
        As for `staggered_effect`: `team`, `period`, `y`, `begins`.

    Notes
    -----
    Means of teams and periods, fixed effects of both, variance clustered by team with the bias correction and the
    degrees of freedom of Bell and McCaffrey (2002), which holds with few teams. It takes the effect to be the same from
    the first period on; where it grows, `staggered_effect` is the one to ask. Source: Hussey and Hughes (2007), Design
    and analysis of stepped wedge cluster randomized trials.
    """
    from diff_diff import LinearRegression

    rows = panel.reset_index(drop=True)
    within = ((rows["begins"] > 0) & (rows["period"] >= rows["begins"])).astype(float)
    dummies = [pd.get_dummies(rows[name], drop_first=True, dtype=float) for name in ("team", "period")]
    design = np.column_stack([within, *dummies])
    fitted = LinearRegression(cluster_ids=rows["team"].to_numpy(), vcov_type="hc2_bm", alpha=1 - level)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Satterthwaite DOF")  # of teams and periods, about which nothing is said
        fitted.fit(design, rows["y"].to_numpy(dtype=float))
    found = fitted.get_inference(1)
    middle, se, teams = float(found.coefficient), float(found.se), rows["team"].nunique()
    df = float(found.df) if found.df else teams - 1
    reach = float(stats.t.ppf(0.5 + level / 2, df)) * se
    begun = rows.loc[rows["begins"] > 0, "team"].nunique()
    return Estimate(
        middle, se, middle - reach, middle + reach, begun, teams,
        "team and period effects, Bell-McCaffrey clustered by team (diff-diff)", teams,
    )  # fmt: skip
