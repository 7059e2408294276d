"""Effects where teams begin one after another: each group of teams against those that have not begun yet."""

import warnings
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from training.effects.effect import Estimate

__all__ = ["LEAST_GROUP", "LEAST_TEAMS", "Staggered", "staggered_effect"]

LEAST_TEAMS, LEAST_GROUP = 12, 2  # fewer teams, or a group that a single team makes, give no variance to trust
_MOST_BEFORE = 4  # periods before the begin that are tested: each costs power

Floats = npt.NDArray[np.float64]


class Staggered(NamedTuple):
    """The overall effect, its course over periods from the begin, and how likely pre-trends like these are by chance.

    `course` has columns period (0 is the first of the program), estimate, low, high.
    """

    overall: Estimate
    course: pd.DataFrame
    pre_trend_p: float | None


def staggered_effect(panel: pd.DataFrame, level: float = 0.95) -> Staggered:
    """Group-time effects against teams that have not begun, added up over all treated team-periods.

    Parameters
    ----------
    panel
        One row per team and period: `team`, `period` (whole numbers), `y`, and `begins`, the team's first period of the
        program (0 where it never begins). Every team has every period.

    Notes
    -----
    Group-time effects come from diff-diff (why that one: docs/decisions/0015-effects.md). Its own variance takes each
    group of teams for large; with a handful of teams a group, intervals covered the truth in 90 of 100 programs. So the
    variance is that of leaving out one team after another (jackknife), and intervals are Student's with (teams - 1)
    degrees of freedom. Source: Callaway and Sant'Anna (2021), Difference-in-differences with multiple time periods.
    """
    teams = sorted(panel["team"].unique())
    overall, course = _fitted(panel)
    moved = [_fitted(panel[panel["team"] != team]) for team in teams]
    reach = float(stats.t.ppf(0.5 + level / 2, len(teams) - 1))
    se = float(np.sqrt(_spread(np.array([[one] for one, _ in moved]))[0, 0]))
    begun = panel.loc[panel["begins"] > 0, "team"].nunique()
    method = "Callaway and Sant'Anna (diff-diff), jackknife over teams"
    estimate = Estimate(overall, se, overall - reach * se, overall + reach * se, begun, len(teams), method, len(teams))
    paths = np.array([path.reindex(course.index).to_numpy() for _, path in moved])
    kept = np.isfinite(paths).all(axis=0)
    course, spread = course[kept], _spread(paths[:, kept])
    errors = np.sqrt(np.diag(spread))
    rows = pd.DataFrame({"period": course.index, "estimate": course.to_numpy(), "low": course - reach * errors,
                         "high": course + reach * errors}).reset_index(drop=True)  # fmt: skip
    return Staggered(estimate, rows, _pre_trend(course, spread, len(teams)))


def _fitted(panel: pd.DataFrame) -> tuple[float, pd.Series]:
    """Overall effect, and that by period from the begin."""
    from diff_diff import CallawaySantAnna

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of cells without a comparison; they are left out
        estimator = CallawaySantAnna(control_group="not_yet_treated", base_period="universal")
        fitted: Any = estimator.fit(panel, outcome="y", unit="team", time="period", first_treat="begins")
        course = fitted.aggregate("event_study")
    path = pd.Series(np.asarray(course.att, dtype=float), index=np.asarray(course.event_time).astype(int))
    return float(fitted.overall_att), path[np.isfinite(path)]


def _spread(moved: Floats) -> Floats:
    """Jackknife covariance of estimates that each leave one team out, shape (teams, k)."""
    away = moved - moved.mean(axis=0)
    return np.asarray((len(moved) - 1) / len(moved) * away.T @ away)


def _pre_trend(course: pd.Series, spread: Floats, teams: int) -> float | None:
    """P-value of the last periods before the begin being zero (Hotelling's test); None where there are none."""
    places = [place for place, at in enumerate(course.index) if -1 - _MOST_BEFORE <= at < -1 and spread[place, place]]
    if not places:
        return None
    before, k = course.to_numpy()[places], len(places)
    wald = float(before @ np.linalg.pinv(spread[np.ix_(places, places)]) @ before)
    return float(stats.f.sf(wald * (teams - k) / (k * (teams - 1)), k, teams - k))
