"""Loaded by MLflow alone: elsewhere, by a stranger, by Spark; the numbers are the same and the code is its own."""

import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from packaging.requirements import Requirement

import training
from features import Home
from features.errors import InputError
from training.model import RiskModel
from training.packing import requirements
from training.pyfunc import Predictor
from training.tracking import CHALLENGER, current, promote, tracked
from training.turnover import TurnoverModel

ROOT = Path(training.__file__).parents[1]
STRANGER = """
import json, sys
import mlflow, pandas as pd
before = set(sys.modules)
mlflow.set_tracking_uri(sys.argv[1])
rows = pd.read_parquet(sys.argv[2])
burnout, turnover = (mlflow.pyfunc.load_model(f"models:/{name}@champion") for name in ("burnout", "turnover"))
said = {"burnout": list(burnout.predict(rows)), "turnover": turnover.predict(rows).to_dict("list")}
import training
loaded = sorted({name.split(".")[0] for name in set(sys.modules) - before})
print(json.dumps(said | {"code": training.__file__, "loaded": loaded}))
"""
SPARK = """
import json, sys
import mlflow, pandas as pd
from pyspark.sql import SparkSession
from pyspark.sql.functions import struct
mlflow.set_tracking_uri(sys.argv[1])
rows = pd.read_parquet(sys.argv[2]).head(20)
local = {"spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
spark = SparkSession.builder.master("local[1]").config(map=local).getOrCreate()
frame = spark.createDataFrame(rows.reset_index(names="row"))
for name in ("burnout", "turnover"):
    udf = mlflow.pyfunc.spark_udf(spark, f"models:/{name}@champion", env_manager="local")
    frame = frame.withColumn(name, udf(struct(*rows.columns)))
got = frame.select("row", "burnout", "turnover.*").toPandas().set_index("row").sort_index()
spark.stop()
print(json.dumps(got.to_dict("list")))
"""


@pytest.fixture(scope="module")
def released(
    tmp_path_factory: pytest.TempPathFactory, signals: pd.DataFrame, burnout: RiskModel, leaving: TurnoverModel
) -> Home:
    """A home with a champion of each kind, and rows.parquet beside it."""
    home = Home(tmp_path_factory.mktemp("released"))
    for name, model in (("burnout", burnout), ("turnover", leaving)):
        with tracked(home, "outcomes", name) as run:
            run.model(model, signals, register_as=name)
        challenger = current(home, name, CHALLENGER)
        assert challenger is not None
        promote(home, challenger, {}, accepted=True)
    signals.tail(40).to_parquet(home.root / "rows.parquet")
    return home


def run_elsewhere(program: str, home: Home, folder: Path, seconds: int = 300, **more: str) -> dict[str, list[float]]:
    """What a program prints last that is run in an empty folder and knows nothing of this checkout."""
    ours = ("PYTHONPATH", "MLFLOW_", "RESPITE_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    answer = subprocess.run(
        [sys.executable, "-P", "-c", program, home.tracking_uri, str(home.root / "rows.parquet")],
        cwd=folder, capture_output=True, text=True, check=False, timeout=seconds,
        env=env | {"MLFLOW_DISABLE_TELEMETRY": "true"} | more,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    found: dict[str, list[float]] = json.loads(answer.stdout.splitlines()[-1])
    return found


def closure(names: list[str]) -> set[str]:
    """Packages that are installed with some, as their own metadata say."""
    found: set[str] = set()
    ahead = [Requirement(name) for name in names]
    while ahead:
        wanted = ahead.pop()
        name = wanted.name.lower().replace("_", "-")
        if name in found and not wanted.extras:
            continue
        found.add(name)
        for line in requires(wanted.name) or []:
            needed = Requirement(line)
            chosen = (
                [needed.marker.evaluate({"extra": extra}) for extra in ("", *wanted.extras)] if needed.marker else []
            )
            if (needed.marker is None or any(chosen)) and needed.name.lower().replace("_", "-") not in found:
                ahead.append(needed)
    return found


def test_a_stranger_loads_the_champions_with_mlflow_alone_and_reads_the_same(
    released: Home, signals: pd.DataFrame, burnout: RiskModel, leaving: TurnoverModel, tmp_path: Path
) -> None:
    said = run_elsewhere(STRANGER, released, tmp_path)
    rows = signals.tail(40)
    np.testing.assert_allclose(said["burnout"], burnout.predict_proba(rows)[:, 1], atol=1e-12)
    for horizon in (30, 90, 180):
        expected = leaving.predict_proba(rows, horizon)[:, 1]
        np.testing.assert_allclose(said["turnover"][f"p{horizon}"], expected, atol=1e-12)  # type: ignore[call-overload]
    assert not Path(str(said["code"])).is_relative_to(ROOT), "the model should bring its own code"
    assert list(tmp_path.iterdir()) == []


def test_what_loading_imports_is_among_the_requirements_or_comes_with_them(released: Home, tmp_path: Path) -> None:
    loaded = run_elsewhere(STRANGER, released, tmp_path)["loaded"]
    known, brought = packages_distributions(), closure(["mlflow", *requirements()])
    homes = {module: {name.lower().replace("_", "-") for name in known.get(str(module), [])} for module in loaded}
    assert {"lightgbm", "sklearn", "ibis", "numba"} < set(homes)
    missing = [module for module, names in homes.items() if names and not names & (brought | {"respite"})]
    assert missing == []


def test_requirements_are_pinned_exactly() -> None:
    assert all("==" in line for line in requirements())
    assert not {"pytest", "bentoml", "respite"} & {Requirement(line).name for line in requirements()}


def test_spark_says_the_same(
    released: Home, signals: pd.DataFrame, burnout: RiskModel, leaving: TurnoverModel, tmp_path: Path
) -> None:
    pytest.importorskip("pyspark", reason="needs the extra 'spark'")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java 17")
    said = run_elsewhere(SPARK, released, tmp_path, PYSPARK_PYTHON=sys.executable)
    rows = signals.tail(40).head(20)
    np.testing.assert_allclose(said["burnout"], burnout.predict_proba(rows)[:, 1], atol=1e-12)
    for horizon in (30, 90, 180):
        np.testing.assert_allclose(said[f"p{horizon}"], leaving.predict_proba(rows, horizon)[:, 1], atol=1e-12)


def test_a_later_horizon_is_never_less_likely(leaving: TurnoverModel, signals: pd.DataFrame) -> None:
    found = Predictor(leaving).predict(signals)
    assert isinstance(found, pd.DataFrame)
    assert list(found.columns) == ["p30", "p90", "p180"]
    assert found.index.equals(signals.index)
    assert (found["p30"] <= found["p90"]).all()
    assert (found["p90"] <= found["p180"]).all()


def test_a_column_that_is_absent_is_named(burnout: RiskModel, signals: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="occupancy"):
        Predictor(burnout).predict(signals.drop(columns="occupancy"))
