"""The same definitions on another engine give the same frame. Runs where Java and PySpark are installed."""

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features import Centre, Home, load_mapping, simulate, write_features
from features.engine import connected
from features.errors import InputError
from features.ingest import ingest
from features.simulation import write

BANK_LOG = Path(__file__).parents[3] / "shared" / "data" / "bank_calls_feb1999.csv.gz"
needs_spark = pytest.mark.skipif(
    shutil.which("java") is None or importlib.util.find_spec("pyspark") is None,
    reason="needs Java 17 and the extra 'spark'",
)


def simulated(home: Home) -> date:
    write(simulate(Centre(agents=30, days=133, seed=11)), home)
    return date(2025, 8, 4)


def bank_calls(home: Home) -> date:
    if not BANK_LOG.exists():
        pytest.skip("needs the real call log of the bank")
    ingest(load_mapping("bank_calls"), BANK_LOG, home)
    return date(1999, 3, 1)


@needs_spark
@pytest.mark.parametrize("centre", [simulated, bank_calls])
def test_spark_and_duckdb_give_the_same_frame(centre: Callable[[Home], date], tmp_path: Path) -> None:
    home, other = Home(tmp_path / "duckdb"), Home(tmp_path / "spark")
    day = centre(home)
    shutil.copytree(home.raw, other.raw)
    write_features(home, [day])
    words = ["features", "--as-of", str(day), "--engine", "local[2]", "--home", str(other.root)]
    # a process of its own: a JVM ends with the process that started it
    ended = subprocess.run([sys.executable, "-m", "respite", *words], capture_output=True, text=True, timeout=600)
    assert ended.returncode == 0, ended.stderr[-2000:]
    here, there = (pd.read_parquet(place.features / f"as_of={day}" / "part.parquet") for place in (home, other))
    assert list(here["agent_id"]) == list(there["agent_id"])
    numbers = here.select_dtypes("float64").columns
    assert here[numbers].notna().any().sum() > 60
    np.testing.assert_allclose(there[numbers], here[numbers], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("engine", ["sparkling", "", "duck"])
def test_an_engine_that_nobody_knows_is_refused_with_those_that_are(engine: str) -> None:
    with pytest.raises(InputError, match=r"name duckdb, spark://host:port, local\[2\], or a URL"), connected(engine):
        pass


def test_a_url_where_nobody_answers_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^--engine nosuch://x: "), connected("nosuch://x"):
        pass


def test_the_engines_own_tables_are_read_without_a_home(centre: Any, frame: pd.DataFrame, tmp_path: Path) -> None:
    """A warehouse, here a DuckDB file: views with the contract's columns, as docs/engines.md describes."""
    import duckdb

    from features import build

    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as warehouse:
        for name, rows in centre.items():
            warehouse.register("given", rows)
            warehouse.execute(f"CREATE TABLE {name} AS FROM given")
    found = build(None, [date(2025, 8, 4)], engine=f"duckdb://{tmp_path / 'warehouse.duckdb'}")
    pd.testing.assert_frame_equal(found, frame, check_dtype=False, rtol=1e-9, atol=1e-9)
