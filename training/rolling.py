"""Fit at every origin and let everyone speak about the months that come after: the model, baselines, the champion."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.errors import InputError
from training.baselines import baseline_predictions
from training.evaluate import Metrics, evaluate
from training.model import RiskModel
from training.split import TimeSplit, unseen, unseen_agents, unseen_sites
from training.task import Model, Task
from training.turnover import TurnoverModel

__all__ = ["SCORES", "Fold", "fit_fold", "on_unseen", "pooled"]

Floats = npt.NDArray[np.float64]
LAST_SCORE = "last_survey_score"
SCORES = ("model", "signals_only", "last_score_only", "tenure_only", "logistic", "prevalence", "champion")


@dataclass(frozen=True)
class Fold:
    """One origin: its blocks, its model, and the test rows whose outcome is known.

    `tested` has agent_id, as_of, y and a column of probabilities per score.
    """

    split: TimeSplit
    model: RiskModel | TurnoverModel
    tested: pd.DataFrame


def fit_fold(task: Task, split: TimeSplit, columns: list[str], champion: Model | None = None) -> Fold:
    """Fit at one origin and score its test rows. A champion may have seen them; give one only where it has not."""
    model = task.fit(split, columns, task.config.recipe)
    known = ~np.isnan(task.y)
    test, X = split.test & known, task.frame[columns]
    found = task.frame.loc[test, ["agent_id", "as_of"]].assign(y=task.y[test], model=_probability(model, X[test]))
    train = split.train & _over(task, split) & known
    for name, p in baseline_predictions(X[train], task.y[train], X[test]).items():
        found[name] = p
    if LAST_SCORE in columns and X.loc[test, LAST_SCORE].notna().any():
        signals = [name for name in columns if name != LAST_SCORE]
        found["signals_only"] = _probability(task.fit(split, signals, task.config.recipe), X.loc[test, signals])
    if champion is not None:
        found["champion"] = _probability(champion, X[test])
    return Fold(split, model, found.reset_index(drop=True))


def on_unseen(task: Task, split: TimeSplit, columns: list[str]) -> dict[str, Metrics]:
    """The model on a fifth of the agents and on each site that its training had not seen, in the months of the test.

    Sites are left out where there is one only; a block with one class only is left out too.
    """
    held_out = {"unseen agents": unseen_agents(task.frame["agent_id"])[0]}
    if len(task.frame["site_id"].dropna().unique()) > 1:
        held_out |= {f"unseen site {name}": mask for name, mask in unseen_sites(task.frame["site_id"]).items()}
    return {
        name: metrics
        for name, mask in held_out.items()
        if (metrics := _held_out(task, split, columns, mask)) is not None
    }


def pooled(folds: list[Fold]) -> pd.DataFrame:
    """Test rows of all origins, with the scores that all of them have."""
    return pd.concat([fold.tested for fold in folds], join="inner", ignore_index=True)


def _held_out(task: Task, split: TimeSplit, columns: list[str], mask: npt.NDArray[np.bool_]) -> Metrics | None:
    known = ~np.isnan(task.y)
    try:
        apart = unseen(split, mask)
        test = apart.test & known
        p = _probability(task.fit(apart, columns, task.config.recipe), task.frame.loc[test, columns])
        return evaluate(task.y[test], p, task.config.outreach_share)
    except InputError:  # too few of them for a block of their own: nothing can be said, and nothing is
        return None


def _probability(model: Model, X: pd.DataFrame) -> Floats:
    return np.asarray(model.predict_proba(X)[:, 1])


def _over(task: Task, split: TimeSplit) -> npt.NDArray[np.bool_]:
    """Rows whose horizon ends before the calibration block begins: what baselines may learn from."""
    end = pd.Timestamp(split.dates["calibration_from"])
    return np.asarray(task.frame["as_of"] + pd.Timedelta(days=task.config.horizon_days) <= end)
