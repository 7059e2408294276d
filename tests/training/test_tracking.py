"""The door to MLflow: what is registered can be loaded by a stranger, and nothing lands beside the home."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from mlflow.tracking import MlflowClient

import training
from features import Home, contract_version, load_frame
from features.catalog import feature_names
from features.errors import NotReadyError
from training.tracking import CHALLENGER, current, history, load_current, tracked

ROOT = Path(training.__file__).parents[1]
STRANGER = """
import json, sys
import mlflow, pandas as pd
mlflow.set_tracking_uri(sys.argv[1])
model = mlflow.pyfunc.load_model("models:/burnout@champion")
import training
print(json.dumps({"p": list(model.predict(pd.read_parquet(sys.argv[2]))), "code": training.__file__}))
"""


def client_of(home: Home) -> MlflowClient:
    return MlflowClient(home.tracking_uri, registry_uri=home.tracking_uri)


def test_a_stranger_loads_the_champion_with_mlflow_alone_and_reads_the_same(road: Home, tmp_path: Path) -> None:
    rows = load_frame(road)[feature_names()].tail(40)
    rows.to_parquet(tmp_path / "rows.parquet")
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    answer = subprocess.run(
        [sys.executable, "-P", "-c", STRANGER, road.tracking_uri, str(tmp_path / "rows.parquet")],
        cwd=folder, capture_output=True, text=True, check=False,
        env={name: value for name, value in os.environ.items() if not name.startswith(("PYTHONPATH", "MLFLOW_"))},
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    said = json.loads(answer.stdout.splitlines()[-1])
    model, _ = load_current(road, "burnout")
    np.testing.assert_allclose(said["p"], model.predict_proba(rows)[:, 1], atol=1e-12)
    assert not Path(said["code"]).is_relative_to(ROOT), "the model should bring its own code"
    assert list(folder.iterdir()) == []


def test_the_newest_version_is_challenger_and_a_released_one_champion(road: Home) -> None:
    client = client_of(road)
    aliases = {
        (outcome, alias): int(client.get_model_version_by_alias(outcome, alias).version)
        for outcome in ("burnout", "turnover")
        for alias in ("champion", "challenger")
    }
    assert list(aliases.values()) == [1, 1, 1, 2]
    for outcome in ("burnout", "turnover"):
        assert client.get_model_version(outcome, "1").tags["contract_version"] == contract_version()


def test_history_lists_every_version_newest_first(road: Home) -> None:
    table = history(road, ["burnout", "turnover"])
    assert table[["outcome", "version"]].to_numpy().tolist() == [["burnout", 1], ["turnover", 2], ["turnover", 1]]
    assert table["aliases"].tolist()[1:] == ["challenger", "champion"]
    assert table["auroc"].between(0, 1).all()


def test_artifacts_lie_in_the_home_and_no_mlruns_beside_it(road: Home) -> None:
    client = client_of(road)
    for experiment in client.search_experiments():
        if experiment.name != "Default":
            assert experiment.artifact_location == (road.artifacts / experiment.name).as_uri()
    assert not (Path.cwd() / "mlruns").exists()
    assert not (ROOT / "mlruns").exists()


def test_a_logged_model_is_plain_files_without_pickles(road: Home) -> None:
    kinds = {path.suffix for path in road.artifacts.rglob("*") if path.is_file()}
    assert not kinds & {".pkl", ".pickle", ".joblib", ".cloudpickle"}
    assert {".txt", ".json"} <= kinds
    for needed in road.artifacts.rglob("requirements.txt"):
        assert "pytest" not in needed.read_text()


def test_before_training_and_promotion_the_step_to_run_is_named(home: Home) -> None:
    assert current(home, "burnout") is None
    with pytest.raises(NotReadyError, match="no champion for burnout yet; run `respite promote --outcome burnout`"):
        load_current(home, "burnout")
    with pytest.raises(NotReadyError, match="no challenger for burnout yet; run `respite train --outcome burnout`"):
        load_current(home, "burnout", CHALLENGER)
    assert history(home, ["burnout"]).empty


def test_a_run_whose_body_raises_ends_as_failed(home: Home) -> None:
    with pytest.raises(ZeroDivisionError), tracked(home, "trial", "broken") as run:
        _ = 1 / 0
    assert client_of(home).get_run(run.id).info.status == "FAILED"


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_only_this_module_imports_mlflow() -> None:
    code = [path for package in ("features", "training", "serving") for path in (ROOT / package).rglob("*.py")]
    who = [path.relative_to(ROOT).as_posix() for path in [*code, ROOT / "respite.py"] if "mlflow" in imports_of(path)]
    assert who == ["training/tracking.py"]
