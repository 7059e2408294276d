"""The only door to MLflow: runs, artefacts, the registry, and the champion's way back.

The store is one SQLite file in the home, artefacts are a folder beside it; nothing lands in the working directory.
"""

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import mlflow
import pandas as pd
from matplotlib.figure import Figure
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

import features
import training
from features.errors import NotReadyError
from features.home import Home
from training.files import load_model
from training.model import RiskModel
from training.turnover import TurnoverModel

__all__ = ["Registered", "Run", "current", "history", "load_current", "promote", "tracked"]

CHAMPION, CHALLENGER = "champion", "challenger"
_FILES = "risk_model"
_RUNTIME = (
    "duckdb",
    "ibis-framework",
    "lightgbm",
    "numba",
    "numpy",
    "pandas",
    "pyarrow",
    "pydantic",
    "scikit-learn",
    "scipy",
)
for _chatty in ("alembic", "mlflow"):
    logging.getLogger(_chatty).setLevel(logging.WARNING)


@dataclass(frozen=True)
class Registered:
    """A version in the registry, and the metrics of the run that made it."""

    outcome: str
    version: str
    run_id: str
    metrics: dict[str, float]
    tags: dict[str, str]


class Run:
    """One MLflow run that is under way."""

    def __init__(self, client: MlflowClient, run_id: str) -> None:
        self.client, self.id = client, run_id

    @contextmanager
    def child(self, name: str) -> Iterator["Run"]:
        """A run below this one, in the same experiment; ended as failed when the body raises."""
        experiment = self.client.get_run(self.id).info.experiment_id
        with mlflow.start_run(experiment_id=experiment, run_name=name, nested=True, parent_run_id=self.id) as run:
            yield Run(self.client, run.info.run_id)

    def parameters(self, values: dict[str, Any]) -> None:
        for name, value in values.items():
            self.client.log_param(self.id, name, value)

    def metrics(self, values: dict[str, float], step: int = 0) -> None:
        for name, value in values.items():
            self.client.log_metric(self.id, name, float(value), step=step)

    def tags(self, values: dict[str, Any]) -> None:
        for name, value in values.items():
            self.client.set_tag(self.id, name, str(value))

    def figure(self, figure: Figure, name: str) -> None:
        self.client.log_figure(self.id, figure, f"plots/{name}.png")

    def text(self, content: str, path: str) -> None:
        self.client.log_text(self.id, content, path)

    def table(self, frame: pd.DataFrame, path: str) -> None:
        """A table as CSV, to be read without tools."""
        self.client.log_text(self.id, frame.to_csv(index=False), path)

    def dataset(self, frame: pd.DataFrame, name: str, target: str, source: str) -> None:
        """The rows that were trained on: schema, size and digest, not the rows themselves."""
        from mlflow.data import from_pandas
        from mlflow.data.code_dataset_source import CodeDatasetSource

        data = _without_integers(frame)
        where = CodeDatasetSource({"respite.source": source})
        mlflow.log_input(from_pandas(data, source=where, name=name, targets=target), context="training")

    def model(self, model: RiskModel | TurnoverModel, example: pd.DataFrame, register_as: str | None) -> str | None:
        """Log the model's plain files as a pyfunc model; register it as challenger, and return its version."""
        from mlflow.models import infer_signature

        example = _without_integers(example)
        with tempfile.TemporaryDirectory() as folder:
            code = _code(Path(folder) / "code")
            logged = mlflow.pyfunc.log_model(
                name="model",
                loader_module="training.pyfunc",
                data_path=str(model.save(Path(folder) / _FILES)),
                code_paths=code,
                pip_requirements=[f"{name}=={version(name)}" for name in _RUNTIME] + ["sqlglot==28.0.0"],
                signature=infer_signature(example, model.predict_proba(example)[:, 1]),
                input_example=example,
            )
        return self._register(model, register_as, logged) if register_as else None

    def _register(self, model: RiskModel | TurnoverModel, name: str, logged: Any) -> str:
        """A new version of a registered model, as challenger."""
        if not self.client.search_registered_models(f"name = '{name}'"):
            self.client.create_registered_model(name)
        made = self.client.create_model_version(name, logged.model_uri, run_id=self.id, model_id=logged.model_id)
        registered = str(made.version)
        self.client.set_registered_model_alias(name, CHALLENGER, registered)
        self.client.set_model_version_tag(name, registered, "contract_version", str(model.contract_))
        return registered


def _without_integers(frame: pd.DataFrame) -> pd.DataFrame:
    """A signature with integers would refuse nulls; floats hold them, and mean the same here."""
    return frame.astype(dict.fromkeys(frame.select_dtypes("integer").columns, "float64"))


def _code(folder: Path) -> list[str]:
    """Copies of the two packages that a model needs to run, without caches."""
    packages = [Path(str(package.__file__)).parent for package in (features, training)]
    ignore = shutil.ignore_patterns("__pycache__", "simulation", "commands.py")
    return [str(shutil.copytree(package, folder / package.name, ignore=ignore)) for package in packages]


@contextmanager
def tracked(home: Home, experiment: str, name: str) -> Iterator[Run]:
    """A run in an experiment of this home; ended as failed when the body raises."""
    client = _client(home)
    found = client.get_experiment_by_name(experiment)
    location = (home.artifacts / experiment).as_uri()
    experiment_id = found.experiment_id if found else client.create_experiment(experiment, artifact_location=location)
    with mlflow.start_run(experiment_id=experiment_id, run_name=name) as run:
        yield Run(client, run.info.run_id)


def current(home: Home, outcome: str, alias: str = CHAMPION) -> Registered | None:
    """The version that carries an alias, or None."""
    client = _client(home)
    try:
        found = client.get_model_version_by_alias(outcome, alias)
    except MlflowException:
        return None
    run = client.get_run(found.run_id)
    return Registered(outcome, str(found.version), str(found.run_id), dict(run.data.metrics), dict(run.data.tags))


def load_current(home: Home, outcome: str, alias: str = CHAMPION) -> tuple[RiskModel | TurnoverModel, Registered]:
    """The model behind an alias, from its plain files.

    Raises
    ------
    NotReadyError
        No version carries the alias.
    ContractError
        It was trained on another version of the features.
    """
    found = current(home, outcome, alias)
    if found is None:
        step = "promote" if alias == CHAMPION else "train"
        raise NotReadyError(f"There is no {alias} for {outcome} yet; run `respite {step} --outcome {outcome}` first.")
    with tempfile.TemporaryDirectory() as folder:
        path = mlflow.artifacts.download_artifacts(f"models:/{outcome}@{alias}", dst_path=folder)
        return load_model(Path(path) / "data" / _FILES), found


def promote(home: Home, challenger: Registered, tags: dict[str, str], accepted: bool) -> None:
    """Write a decision on the version as tags, and give it the alias if it was accepted."""
    client = _client(home)
    for name, value in tags.items():
        client.set_model_version_tag(challenger.outcome, challenger.version, name, value)
    if accepted:
        client.set_registered_model_alias(challenger.outcome, CHAMPION, challenger.version)


def history(home: Home, outcomes: Sequence[str]) -> pd.DataFrame:
    """Every registered version with its metrics and aliases, newest first."""
    client = _client(home)
    rows = []
    for outcome in outcomes:
        for found in client.search_model_versions(f"name = '{outcome}'"):
            aliases = client.get_model_version(outcome, found.version).aliases
            metrics = client.get_run(found.run_id).data.metrics
            rows.append({"outcome": outcome, "version": int(found.version), "aliases": ", ".join(aliases)} | metrics)
    table = pd.DataFrame(rows)
    return table.sort_values(["outcome", "version"], ascending=[True, False]) if rows else table


def _client(home: Home) -> MlflowClient:
    """Point MLflow at this home; the store's tables are made at the first call."""
    home.root.mkdir(parents=True, exist_ok=True)
    mlflow.set_tracking_uri(home.tracking_uri)
    mlflow.set_registry_uri(home.tracking_uri)
    return MlflowClient()
