"""The door to MLflow: runs and their artefacts here, versions of models in `training.registry`.

By default the store is one SQLite file in the home and artefacts are a folder beside it; a tracking server that
`RESPITE_TRACKING_URI` names keeps its artefacts itself. Nothing lands in the working directory.

MLflow has one current URI and one active run for the whole process. Neither is read or set here: every call goes
through a client of its own home, so that two homes can be used side by side.
"""

# the registry sets MLflow up, so it comes before anything that imports it
from training.registry import (
    CHALLENGER,
    CHAMPION,
    FILES,
    Registered,
    client_of,
    current,
    history,
    load_current,
    promote,
)

# isort: split

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlflow
import pandas as pd
from mlflow.entities import Dataset, DatasetInput, InputTag, LoggedModel, LoggedModelOutput, Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.models import Model, ModelSignature, infer_signature
from mlflow.tracking import MlflowClient
from mlflow.tracking.context.registry import resolve_tags
from mlflow.types.schema import ColSpec, Schema

from features.home import Home
from training.model import RiskModel
from training.packing import code_copies, requirements
from training.pyfunc import Predictor
from training.turnover import TurnoverModel

if TYPE_CHECKING:  # the service keeps no figure, and would wait for matplotlib at its start
    from matplotlib.figure import Figure

__all__ = ["CHALLENGER", "CHAMPION", "Registered", "Run", "current", "history", "load_current", "promote", "tracked"]


class Run:
    """One MLflow run that is under way."""

    def __init__(self, client: MlflowClient, run_id: str, experiment_id: str) -> None:
        self.client, self.id, self.experiment_id = client, run_id, experiment_id

    @contextmanager
    def child(self, name: str) -> Iterator["Run"]:
        """A run below this one; ended as failed when the body raises."""
        tags = resolve_tags({"mlflow.parentRunId": self.id})
        made = self.client.create_run(self.experiment_id, run_name=name, tags=tags)
        with _until_it_ends(self.client, made.info.run_id):
            yield Run(self.client, made.info.run_id, self.experiment_id)

    @classmethod
    def of(cls, home: Home, run_id: str) -> "Run":
        """A run that has ended, to read what it kept and to add to it."""
        client = client_of(home)
        return cls(client, run_id, client.get_run(run_id).info.experiment_id)

    @property
    def started_on(self) -> str:
        """The day on which it began, in UTC."""
        began = datetime.fromtimestamp(self.client.get_run(self.id).info.start_time / 1000, UTC)
        return began.date().isoformat()

    def parameters(self, values: dict[str, Any]) -> None:
        self.client.log_batch(self.id, params=[Param(name, str(value)) for name, value in values.items()])

    def metrics(self, values: dict[str, float], step: int = 0) -> None:
        now = int(time.time() * 1000)
        found = [Metric(name, float(value), now, step) for name, value in values.items()]
        self.client.log_batch(self.id, metrics=found)

    def tags(self, values: dict[str, Any]) -> None:
        self.client.log_batch(self.id, tags=[RunTag(name, str(value)) for name, value in values.items()])

    def figure(self, figure: "Figure", name: str) -> None:
        self.client.log_figure(self.id, figure, f"plots/{name}.png")

    def text(self, content: str, path: str) -> None:
        self.client.log_text(self.id, content, path)

    def read_text(self, path: str) -> str | None:
        """A text that was kept; None where there is none."""
        folder = path.rpartition("/")[0] or None
        if not any(found.path == path for found in self.client.list_artifacts(self.id, folder)):
            return None
        with tempfile.TemporaryDirectory() as target:
            return Path(self.client.download_artifacts(self.id, path, target)).read_text(encoding="utf-8")

    def table(self, frame: pd.DataFrame, path: str) -> None:
        """A table as CSV, to be read without tools."""
        self.client.log_text(self.id, frame.to_csv(index=False), path)

    def dataset(self, frame: pd.DataFrame, name: str, target: str, source: str) -> None:
        """The rows that were trained on: schema, size and digest, not the rows themselves."""
        from mlflow.data import from_pandas
        from mlflow.data.code_dataset_source import CodeDatasetSource

        where = CodeDatasetSource({"respite.source": source})
        data = from_pandas(_without_integers(frame), source=where, name=name, targets=target)
        context = InputTag("mlflow.data.context", "training")
        self.client.log_inputs(self.id, [DatasetInput(Dataset(**data.to_dict()), [context])])

    def model(self, model: RiskModel | TurnoverModel, example: pd.DataFrame, register_as: str | None) -> str | None:
        """Log a model's plain files as a pyfunc model; register it as challenger, and return its version.

        `example` are rows that it was trained on; what is kept of them are quartiles, which are rows of nobody.
        """
        logged = self.client.create_logged_model(self.experiment_id, "model", self.id)
        try:
            self._upload(model, _of_nobody(_without_integers(example)), logged)
        except BaseException:
            self.client.finalize_logged_model(logged.model_id, "FAILED")
            raise
        self.client.finalize_logged_model(logged.model_id, "READY")
        self.client.log_outputs(self.id, [LoggedModelOutput(logged.model_id, step=0)])
        return self._register(model, register_as, logged) if register_as else None

    def _upload(self, model: RiskModel | TurnoverModel, example: pd.DataFrame, logged: LoggedModel) -> None:
        """The model in MLflow's layout, to where this store keeps models."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            mlflow.pyfunc.save_model(
                folder / "model",
                loader_module="training.pyfunc",
                data_path=str(model.save(folder / FILES)),
                code_paths=code_copies(folder / "code"),
                pip_requirements=requirements(),
                signature=_signature(model, example),
                input_example=example,
                mlflow_model=Model(
                    artifact_path=logged.artifact_location, run_id=self.id, model_uuid=logged.model_id,
                    model_id=logged.model_id,
                ),
            )  # fmt: skip
            self.client.log_model_artifacts(logged.model_id, str(folder / "model"))

    def _register(self, model: RiskModel | TurnoverModel, name: str, logged: LoggedModel) -> str:
        """A new version of a registered model, as challenger."""
        if not self.client.search_registered_models(f"name = '{name}'"):
            self.client.create_registered_model(name)
        # by its location: a source `models:/...` would be looked up in the current store of the process
        made = self.client.create_model_version(
            name, logged.artifact_location, run_id=self.id, model_id=logged.model_id
        )
        registered = str(made.version)
        self.client.set_registered_model_alias(name, CHALLENGER, registered)
        self.client.set_model_version_tag(name, registered, "contract_version", str(model.contract_))
        return registered


@contextmanager
def tracked(home: Home, experiment: str, name: str) -> Iterator[Run]:
    """A run in an experiment of this home; ended as failed when the body raises.

    Where `mlflow run` has begun a run in that experiment, it is carried on.
    """
    client = client_of(home)
    experiment_id = _experiment(client, home, experiment)
    begun = _begun_by_project(client, experiment_id)
    if begun is None:
        begun = client.create_run(experiment_id, run_name=name, tags=resolve_tags()).info.run_id
    else:
        client.update_run(begun, name=name)
    with _until_it_ends(client, begun):
        yield Run(client, begun, experiment_id)


def _experiment(client: MlflowClient, home: Home, name: str) -> str:
    """The experiment's id. A server knows itself where artefacts go; of a database we have to say it."""
    found = client.get_experiment_by_name(name)
    if found:
        return str(found.experiment_id)
    server = home.tracking_uri.startswith("http")
    return str(client.create_experiment(name, None if server else (home.artifacts / name).as_uri()))


def _begun_by_project(client: MlflowClient, experiment_id: str) -> str | None:
    """The run that `mlflow run` has begun for this process, if it lies in this store and experiment."""
    run_id = os.environ.get("MLFLOW_RUN_ID")
    if not run_id:
        return None
    try:
        found = client.get_run(run_id)
    except MlflowException:  # of another store
        return None
    return run_id if found.info.experiment_id == experiment_id else None


@contextmanager
def _until_it_ends(client: MlflowClient, run_id: str) -> Iterator[None]:
    try:
        yield
    except BaseException:
        client.set_terminated(run_id, "FAILED")
        raise
    client.set_terminated(run_id)


def _without_integers(frame: pd.DataFrame) -> pd.DataFrame:
    """A signature with integers would refuse nulls; floats hold them, and mean the same here."""
    return frame.astype(dict.fromkeys(frame.select_dtypes("integer").columns, "float64"))


def _of_nobody(frame: pd.DataFrame) -> pd.DataFrame:
    """Three rows of a column's quartiles, or of its most frequent value: an example that shows no person's data."""
    numbers = frame.select_dtypes("number")
    quartiles = numbers.quantile([0.25, 0.5, 0.75]).reset_index(drop=True)
    others = frame.drop(columns=list(numbers.columns)).mode().head(1)
    return pd.concat([quartiles, others.reindex([0, 0, 0]).reset_index(drop=True)], axis=1)[list(frame.columns)]


def _signature(model: RiskModel | TurnoverModel, example: pd.DataFrame) -> ModelSignature:
    """Every column has to be there, whether or not the example has nulls; they may be null all the same."""
    output = Predictor(model).predict(example)
    inputs = [ColSpec(column.type, column.name) for column in infer_signature(example).inputs]
    names: list[str | None] = list(output.columns) if isinstance(output, pd.DataFrame) else [None]
    return ModelSignature(Schema(inputs), Schema([ColSpec("double", name) for name in names]))
