"""Fixtures of the training tests: a table of people, signals, and small recipes and models on them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.catalog import input_names
from training.config import Boosting, Forest, Recipe
from training.hazard import Spells
from training.model import RiskModel
from training.turnover import TurnoverModel

QUICK = Recipe(members=2, boosting=Boosting(trees=5, rows_per_leaf=10), forest=Forest(trees=3, rows_per_leaf=10))


@pytest.fixture(scope="session")
def tiny() -> Recipe:
    """Every part, small: three members of twelve boosted trees and six of each forest."""
    return Recipe(
        members=3,
        linear_c=1.0,
        boosting=Boosting(trees=12, leaves=4, rows_per_leaf=10, l2=1.0, learning_rate=0.1, feature_share=0.8),
        forest=Forest(trees=6, leaves=16, rows_per_leaf=5),
        extra_trees=Forest(trees=6, leaves=16, rows_per_leaf=5, row_share=0.9),
    )


@pytest.fixture
def people() -> pd.DataFrame:
    """400 people with numbers, categories and nulls; `left` depends on `commute`, `calls` and `site`."""
    rng = np.random.default_rng(5)
    rows = 400
    frame = pd.DataFrame(
        {
            "commute": rng.normal(30, 10, rows).round(1),
            "calls": rng.integers(0, 60, rows).astype(float),
            "site": rng.choice(["Berlin", "Leeds", "Porto"], rows),
            "noise": rng.normal(size=rows),
        }
    )
    odds = (frame["commute"] - 30) / 8 + (frame["site"] == "Leeds") * 1.5 - frame["calls"] / 30
    frame["left"] = (rng.random(rows) < 1 / (1 + np.exp(-odds))).astype(int)
    frame.loc[rng.random(rows) < 0.1, "calls"] = np.nan
    frame.loc[rng.random(rows) < 0.1, "site"] = None
    return frame


@pytest.fixture
def table(people: pd.DataFrame, tmp_path: Path) -> Path:
    """The people as a CSV file."""
    path = tmp_path / "people.csv"
    people.to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def signals() -> pd.DataFrame:
    """400 random rows of the columns that models of outcomes read, some of them null; not to be changed."""
    rng = np.random.default_rng(2)
    names = input_names()
    frame = pd.DataFrame(rng.normal(size=(400, len(names))), columns=names)
    return frame.mask(rng.random(frame.shape) < 0.05)


@pytest.fixture(scope="session")
def burnout(signals: pd.DataFrame) -> RiskModel:
    """A small model of burnout that is there to be logged, not to be good."""
    rng = np.random.default_rng(3)
    y = rng.random(len(signals)) < 1 / (1 + np.exp(-signals.fillna(0).to_numpy()[:, 0]))
    return RiskModel("burnout", QUICK).fit(signals, y.astype(float))


@pytest.fixture(scope="session")
def leaving(signals: pd.DataFrame) -> TurnoverModel:
    """The same of turnover."""
    rng = np.random.default_rng(4)
    day, cause = rng.integers(20, 400, len(signals)), rng.choice(["voluntary", "involuntary"], len(signals))
    return TurnoverModel(recipe=QUICK).fit(
        signals, Spells(day, np.where(day > 300, "", cause)), np.arange(len(signals))
    )
