"""Fixtures of the serving tests: a home that has been down the whole road, and its store."""

from collections.abc import Iterator
from datetime import date

import pandas as pd
import pytest

from features import Centre, Home, load_frame, simulate, write_features
from features.simulation import write
from serving import Store
from training import RiskModel
from training.tracking import load_current


@pytest.fixture(scope="session")
def road(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with models and scores: version 1 of both outcomes in charge, version 2 of turnover its challenger.

    Made once per session, whichever folder asks first; tests read it and leave its models and scores as they are.
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
def store(home: Home) -> Iterator[Store]:
    """An empty store."""
    made = Store(home)
    yield made
    made.close()


@pytest.fixture
def scored(road: Home) -> Iterator[Store]:
    """The store of the road's home."""
    made = Store(road)
    yield made
    made.close()


@pytest.fixture(scope="session")
def newest(road: Home) -> pd.DataFrame:
    """The newest date of the road's feature frame."""
    frame = load_frame(road)
    return frame[frame["as_of"] == frame["as_of"].max()].reset_index(drop=True)


@pytest.fixture(scope="session")
def last_day(newest: pd.DataFrame) -> date:
    """The date that was scored."""
    return newest["as_of"].iloc[0].date()


@pytest.fixture(scope="session")
def champion(road: Home) -> RiskModel:
    """The burnout model in charge."""
    return load_current(road, "burnout")[0]
