"""Fixtures of the training tests: a home that has been down the whole road, a table of people."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features import Centre, Home, simulate, write_features
from features.simulation import write


@pytest.fixture(scope="session")
def road(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with models and scores: version 1 of both outcomes in charge, version 2 of turnover its challenger.

    Made once per session, whichever folder asks first; tests read it and leave it as it is.
    """
    home = Home(tmp_path_factory.getbasetemp() / "road")
    if not (home.root / "respite.db").exists():
        _walk(home)
    return home


def _walk(home: Home) -> None:
    from serving import score_all
    from training.config import OUTCOMES
    from training.outcome import train_outcome
    from training.release import release

    write(simulate(Centre(agents=60, days=420, seed=3)), home)
    write_features(home)
    for outcome, config in OUTCOMES.items():
        train_outcome(home, config)
        release(home, outcome, override="a test", reviewer="the tests")
    train_outcome(home, OUTCOMES["turnover"])
    score_all(home)


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
