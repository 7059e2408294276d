"""What the work is like: slow standard normal series per seat, half-shared within a team; load has seasons."""

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["CONDITIONS", "MANAGER_SHARE", "STAYS", "draw_conditions", "season"]

Floats = npt.NDArray[np.float64]

CONDITIONS = ("load", "escalation", "abuse", "schedule", "support", "breaks")
# part of a condition's deviation that is still there a week later
STAYS = 0.93
TEAM_SHARE, OWN_SHARE = 0.6, 0.8
# how much of support is the manager, in standard deviations
MANAGER_SHARE = 0.6
BUSY, BUSIEST_DAY = 0.15, 335


def draw_conditions(rng: np.random.Generator, team: npt.NDArray[np.int64], weeks: int) -> dict[str, Floats]:
    """Deviations of each condition from its mean, shape (weeks, seats), before manager and season.

    Variance is 1, but for support, whose rest is the manager's.
    """
    found = {}
    for name in CONDITIONS:
        of_team = _slow(rng, weeks, int(team.max()) + 1)[:, team]
        found[name] = TEAM_SHARE * of_team + OWN_SHARE * _slow(rng, weeks, len(team))
    found["support"] *= np.sqrt(1 - MANAGER_SHARE**2)
    return found


def season(mondays: pd.Timestamp | pd.DatetimeIndex, peak: int = BUSIEST_DAY) -> Floats:
    """A wave of one year between -1 and 1, highest on the peak's day of the year; one value a Monday."""
    return np.asarray(np.cos(2 * np.pi * (np.asarray(mondays.day_of_year) + 3 - peak) / 365.25))


def _slow(rng: np.random.Generator, weeks: int, width: int) -> Floats:
    """Standard normal series that move slowly (a first-order autoregression over weeks)."""
    out = np.empty((weeks, width))
    out[0] = rng.standard_normal(width)
    for week in range(1, weeks):
        out[week] = STAYS * out[week - 1] + np.sqrt(1 - STAYS**2) * rng.standard_normal(width)
    return out
