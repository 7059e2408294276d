"""What the search for a recipe is judged on: blocks of time within the train block, and the folds of a table."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.errors import InputError
from features.home import Home
from training.config import OUTCOMES, Boosting, Recipe
from training.people.table import People
from training.task import BurnoutTask, TurnoverTask
from training.tuned import INNER_FOLDS, inner_splits, tuned_table, tuned_task

DAY = pd.Timedelta(days=1)
BEGIN = pd.Timestamp("2025-01-06")
SMALL = Recipe(members=2, boosting=Boosting(trees=5, rows_per_leaf=5), forest=None)
AGENTS = 120


def weeks_of(weeks: int) -> pd.DataFrame:
    """A row for each agent and week; `strain` moves the outcome."""
    rng = np.random.default_rng(4)
    frame = pd.DataFrame([(f"a{agent}", BEGIN + 7 * week * DAY) for week in range(weeks) for agent in range(AGENTS)])
    frame.columns = pd.Index(["agent_id", "as_of"])
    return frame.assign(strain=rng.normal(size=len(frame)), tenure=rng.random(len(frame)), site_id="Porto")


def burnout(weeks: int = 80) -> BurnoutTask:
    frame = weeks_of(weeks)
    scores = 45 + 12 * frame["strain"] + np.random.default_rng(5).normal(scale=8, size=len(frame))
    return BurnoutTask(OUTCOMES["burnout"].model_copy(update={"recipe": SMALL}), frame, scores.to_numpy())


def turnover(weeks: int = 80) -> TurnoverTask:
    frame, rng = weeks_of(weeks), np.random.default_rng(6)
    notice = BEGIN + pd.to_timedelta(rng.integers(20, 320, 100), unit="D")
    exits = pd.DataFrame({"agent_id": [f"a{agent}" for agent in range(100)], "notice_on": notice})
    exits = exits.assign(last_day=exits["notice_on"] + 14 * DAY, kind=["voluntary", "involuntary"] * 50)
    config = OUTCOMES["turnover"].model_copy(update={"recipe": SMALL})
    employed = frame.merge(exits, on="agent_id", how="left")
    frame = frame[~(employed["last_day"] < employed["as_of"]).to_numpy()].reset_index(drop=True)
    return TurnoverTask(config, frame, exits, BEGIN + weeks * 7 * DAY)


@pytest.mark.parametrize("task", [burnout(), turnover()], ids=["burnout", "turnover"])
def test_nothing_is_read_that_comes_true_after_the_outer_train_block(task: BurnoutTask | TurnoverTask) -> None:
    outer = task.splits()[0]
    end = pd.Timestamp(outer.dates["calibration_from"])
    horizon = task.config.horizon_days * DAY
    for split in inner_splits(task, outer):
        for rows in (split.train, split.calibration, split.test):
            assert rows.any()
            assert not (rows & ~outer.train).any()
            assert (task.frame.loc[rows, "as_of"] + horizon <= end).all()
        assert pd.Timestamp(split.dates["test_from"]) <= end


@pytest.mark.parametrize("task", [burnout(), turnover()], ids=["burnout", "turnover"])
def test_rows_are_scored_later_than_those_fitted_on_and_of_other_agents(task: BurnoutTask | TurnoverTask) -> None:
    as_of, agents = task.frame["as_of"], task.frame["agent_id"]
    splits = inner_splits(task, task.splits()[0])
    for split in splits:
        assert as_of[split.train].max() < as_of[split.calibration | split.test].min()
        assert not set(agents[split.train | split.calibration]) & set(agents[split.test])
        assert not np.isnan(task.y[split.test]).any()
    scored = np.sum([split.test for split in splits], axis=0)
    assert len(splits) == INNER_FOLDS
    assert scored.max() == 1


def test_a_horizon_lies_between_fitting_and_scoring_where_the_train_block_is_long_enough() -> None:
    for weeks, apart in ((140, True), (70, False)):
        task = burnout(weeks)
        split = inner_splits(task, task.splits()[0])[0]
        gap = task.frame["as_of"][split.test].min() - task.frame["as_of"][split.train].max()
        assert (gap >= task.config.horizon_days * DAY) == apart


def test_a_train_block_that_is_too_short_is_refused_in_one_sentence() -> None:
    task = burnout()
    outer = task.splits()[0]
    first_weeks = outer.train & (task.frame["as_of"] < BEGIN + 21 * DAY).to_numpy()
    with pytest.raises(InputError, match=r"^--tune burnout: the train block .* a longer history is needed\.$"):
        inner_splits(task, replace(outer, train=first_weeks))


@pytest.mark.parametrize("task", [burnout(), turnover()], ids=["burnout", "turnover"])
def test_a_task_comes_back_with_a_recipe_and_is_else_the_same(task: BurnoutTask | TurnoverTask, tmp_path: Path) -> None:
    told: list[str] = []
    found = tuned_task(Home(tmp_path / "new"), task, ["strain", "tenure"], 2, told.append)
    assert type(found) is type(task)
    assert found.config.model_copy(update={"recipe": SMALL}) == task.config
    assert found.config.recipe.members == SMALL.members
    assert told[0].startswith("tuning: trial 1 of 2")
    assert told[-1].startswith("tuned: 2 trials")
    assert (tmp_path / "new" / "optuna.db").is_file()


def test_a_search_on_a_table_goes_on_and_another_table_begins_anew(people: pd.DataFrame, tmp_path: Path) -> None:
    home, rows, told = Home(tmp_path), np.arange(200), []
    table = People(people[["commute", "calls", "site"]], people["left"].to_numpy(dtype=float), None, None, 0, 0)
    folds = [(rows, rows + 200), (rows + 200, rows)]
    first = tuned_table(home, "people", table, folds, 2, SMALL, lambda text: None)
    again = tuned_table(home, "people", table, folds, 3, SMALL, told.append)
    assert len(told) == 2, "one trial more, and the end"
    assert again.loss <= first.loss <= first.loss_before == again.loss_before
    changed = replace(table, y=1 - table.y)
    told.clear()
    tuned_table(home, "people", changed, folds, 2, SMALL, told.append)
    assert len(told) == 3, "two trials, and the end"
