"""Fixtures of the training tests: a table of people, and a recipe that fits in a fraction of a second."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from training.config import Boosting, Forest, Recipe


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
