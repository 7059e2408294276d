"""Means of teams over periods, for programs that teams begin one after another."""

import numpy as np
import pandas as pd

from features.home import Home
from features.raw import rows
from training.effects.measures import measure, reaches
from training.effects.turns import Turns, posts_on

__all__ = ["PERIOD_DAYS", "balanced", "team_panel"]

PERIOD_DAYS = 28
_BEFORE = 8  # periods before the first begin; earlier ones say little of now


def team_panel(home: Home, turns: Turns) -> pd.DataFrame:
    """One row per team and period: `team`, `period` from 1, `day` it begins on, `begins`, and a column per outcome.

    Periods of 28 days are laid so that one of them begins with the first team. A team's people are those who are in it
    when a period begins. Only whole periods count.
    """
    begins, last = turns.begins, reaches(home)
    first = begins.min() - pd.Timedelta(days=PERIOD_DAYS * _BEFORE)
    days = pd.date_range(first, last - pd.Timedelta(days=PERIOD_DAYS), freq=f"{PERIOD_DAYS}D")
    posts = rows(home, "agents")
    people = pd.concat([_people_on(posts, day, period) for period, day in enumerate(days, start=1)], ignore_index=True)
    values = measure(home, people).groupby([people["team"], people["period"]]).mean()
    panel = values.reset_index().assign(day=lambda rows: rows["period"].map(dict(enumerate(days, start=1))))
    since = ((begins - first) / pd.Timedelta(days=PERIOD_DAYS)).apply(np.floor).astype(int) + 1
    return panel.assign(begins=panel["team"].map(since).fillna(0).astype(int))


def balanced(panel: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """The panel of one outcome as estimators want it: periods with a value for nearly all teams, and those teams."""
    wide = panel.set_index(["team", "period"])[outcome].unstack()  # noqa: PD010 - one value a cell
    wide = wide.loc[:, wide.notna().mean() >= 0.8].dropna()
    if wide.empty:
        return pd.DataFrame(columns=["team", "period", "y", "begins"])
    number = {period: place for place, period in enumerate(wide.columns, start=1)}
    begins = panel.drop_duplicates("team").set_index("team")["begins"].reindex(wide.index)
    # a team begins with the first period that is there and in which it runs; never where none is
    at = begins.map(lambda first: next((number[p] for p in wide.columns if first and p >= first), 0))
    long = wide.rename(columns=number).melt(ignore_index=False, var_name="period", value_name="y").reset_index()
    return long.assign(begins=long["team"].map(at).astype(int), period=long["period"].astype(int))


def _people_on(posts: pd.DataFrame, day: pd.Timestamp, period: int) -> pd.DataFrame:
    held = posts_on(posts, day)
    return pd.DataFrame(
        {"agent_id": held.index, "team": held["team_id"].to_numpy(), "period": period, "start": day,
         "end": day + pd.Timedelta(days=PERIOD_DAYS)}
    )  # fmt: skip
