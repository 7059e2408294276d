"""Fixtures of the serving tests: stores, the newest date of the road, the model in charge."""

from collections.abc import Iterator
from datetime import date

import pandas as pd
import pytest

from features import Home, load_frame
from serving import Store
from training import RiskModel
from training.tracking import load_current


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
