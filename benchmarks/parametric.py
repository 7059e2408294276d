"""The simulator's own form as a parametric model, fitted on the same rows as ours.

Exhaustion is linear in averages of the conditions that fade by its own memory, week by week; a survey score follows
exhaustion; notice is given by a hazard that is log-linear in its drivers. What nobody can observe is left out: traits
and susceptibility. A condition itself is observed through noisy channels (`observed_drivers`), or, as an upper bound,
exactly (`exact_drivers`).
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, PoissonRegressor
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from features.home import Home
from features.raw import rows
from features.simulation import Truth, conditions, exhaustion, hazards
from training.split import TimeSplit
from training.task import BurnoutTask, TurnoverTask

__all__ = ["exact_drivers", "observed_drivers", "parametric"]

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
_WEEKLY = (
    "contacts_per_hour_7d", "overtime_7d", "escalation_rate_7d", "abuse_per_100_7d", "late_change_rate_7d",
    "quick_returns_7d", "missed_break_rate_7d", "days_off",
)  # fmt: skip
_NOW = ("start_sd", "weekend_share", "one_to_one_gap", "late_change_rate", "abuse_per_100", "team_quit_rate",
        "last_survey_score")  # fmt: skip
_EXACT_NOW = ("log_pay", "manager", "contagion", "schedule", "abuse")
_PENALTIES = np.array([0.1, 1.0, 10.0, 100.0])


def observed_drivers(home: Home, frame: pd.DataFrame) -> pd.DataFrame:
    """What the tables show of each driver, in the simulator's form, shape (n, k), index of the frame."""
    weekly = frame[["agent_id", "as_of", *(name for name in _WEEKLY if name in frame)]].copy()
    weekly["days_off"] = _days_off(home, frame)
    usual = weekly.groupby(frame["queue"])["contacts_per_hour_7d"].transform("mean")
    weekly["contacts_per_hour_7d"] = np.log(weekly["contacts_per_hour_7d"] / usual)
    return pd.concat([_faded(weekly, _WEEKLY), frame[list(_NOW)], _certain(frame, np.expm1(frame["tenure"]))], axis=1)


def exact_drivers(truth: Truth, frame: pd.DataFrame) -> pd.DataFrame:
    """The true averages and drivers at the end of the last whole week, and the last survey score."""
    names = [f"exposure_{name}" for name in exhaustion.EXPOSED]
    over = (frame["as_of"] - truth.weeks["monday"].min()).dt.days // 7 - 1
    state = (
        frame[["agent_id"]]
        .assign(week=over)
        .merge(
            truth.weeks[["agent_id", "week", "days_employed", *names, *_EXACT_NOW]], on=["agent_id", "week"], how="left"
        )
    )
    state.index = frame.index
    found = state[[*names, *_EXACT_NOW]].assign(last_survey_score=frame["last_survey_score"])
    return pd.concat([found, _certain(frame, state["days_employed"])], axis=1)


def parametric(task: BurnoutTask | TurnoverTask, split: TimeSplit, drivers: pd.DataFrame) -> Floats:
    """Probabilities of every row by a model fitted on the train and calibration blocks, shape (n,)."""
    if isinstance(task, BurnoutTask):
        return _burnout(task, split, drivers)
    return _turnover(task, split, drivers)


def _burnout(task: BurnoutTask, split: TimeSplit, drivers: pd.DataFrame) -> Floats:
    """Logistic in exhaustion's drivers, with the weights for non-response that ours has too."""
    use = (split.train | split.calibration) & ~np.isnan(task.y)
    weights = {"logisticregression__sample_weight": task.weights(split)[use]}
    model = _prepared(LogisticRegression(max_iter=5000), {"logisticregression__C": 1 / _PENALTIES}, "neg_log_loss")
    model.fit(drivers[use], task.y[use], groups=task.frame.loc[use, "agent_id"], **weights)
    return np.asarray(model.predict_proba(drivers)[:, 1])


def _turnover(task: TurnoverTask, split: TimeSplit, drivers: pd.DataFrame) -> Floats:
    """Two log-linear hazards, and what they come to from the end of the gap to the horizon."""
    gap, horizon = task.config.gap_days, task.config.horizon_days
    use = split.train | split.calibration
    spells = task.followed(task.frame[use], pd.Timestamp(split.dates["test_from"]))
    exposed = np.clip(spells.day, gap, horizon) - gap
    at_risk, rates = exposed > 0, []
    for cause in ("voluntary", "involuntary"):
        event = (spells.cause == cause) & (spells.day >= gap) & (spells.day < horizon)
        rate, days = (event / np.maximum(exposed, 1))[at_risk], exposed[at_risk].astype(float)
        grid = {"poissonregressor__alpha": _PENALTIES / days.sum()}
        model = _prepared(PoissonRegressor(max_iter=5000), grid, "neg_mean_poisson_deviance")
        agents = task.frame.loc[use, "agent_id"][at_risk]
        model.fit(drivers[use][at_risk], rate, groups=agents, poissonregressor__sample_weight=days)
        rates.append(model.predict(drivers))
    quits, both = rates[0], rates[0] + rates[1]
    return np.asarray(quits / both * -np.expm1(-both * (horizon - gap)))


def _prepared(model: LogisticRegression | PoissonRegressor, grid: dict[str, Floats], scoring: str) -> GridSearchCV:
    """The model behind what every linear one needs; its penalty is chosen on agents that are left out."""
    whole = make_pipeline(SimpleImputer(strategy="mean"), StandardScaler(), model)
    return GridSearchCV(whole, grid, scoring=scoring, cv=GroupKFold(5), n_jobs=2)


def _certain(frame: pd.DataFrame, days_employed: pd.Series) -> pd.DataFrame:
    """Newness and seasons, which need no measuring."""
    dates = pd.DatetimeIndex(frame["as_of"])
    return pd.DataFrame(
        {
            "newness": hazards.newness(days_employed),
            "load_season": conditions.season(dates),
            "quit_season": conditions.season(dates, hazards.QUIT_PEAK),
        },
        index=frame.index,
    )


def _faded(weekly: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    """Averages over a person's weeks that fade by exhaustion's memory."""
    ordered = weekly.sort_values(["agent_id", "as_of"])
    found = ordered.groupby("agent_id")[list(names)].transform(
        lambda values: values.ewm(alpha=1 - exhaustion.KEEP, ignore_na=False).mean()
    )
    return found.reindex(weekly.index)


def _days_off(home: Home, frame: pd.DataFrame) -> pd.Series:
    """Share of the five weekdays in the week before each date (the dates are weeks apart) that were absences."""
    spans = rows(home, "absences").drop_duplicates(["agent_id", "start_on"], keep="last")
    start, end = (pd.to_datetime(spans[name]) for name in ("start_on", "end_on"))
    days = spans[["agent_id"]].assign(day=[list(pd.date_range(a, b)) for a, b in zip(start, end, strict=True)])
    days = days.explode("day").dropna()
    days["day"] = pd.to_datetime(days["day"])
    days = days[days["day"].dt.dayofweek < 5].drop_duplicates()
    weekday = frame["as_of"].iloc[0].dayofweek
    days["as_of"] = days["day"] + pd.to_timedelta((weekday - days["day"].dt.dayofweek - 1) % 7 + 1, unit="D")
    share = days.groupby(["agent_id", "as_of"]).size() / 5
    at = pd.MultiIndex.from_arrays([frame["agent_id"], frame["as_of"]])
    return pd.Series(share.reindex(at).fillna(0.0).to_numpy(), index=frame.index)
