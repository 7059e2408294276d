"""Fixtures of the training tests: a table of people."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest


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
