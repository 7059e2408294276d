"""Versions of models: which is champion and which challenger, what was decided about them, and their way back.

The *champion* scores people. The *challenger* is the newest version. Both are aliases of a registered model that is
called like its outcome.
"""

import logging
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")  # it would break `--json`
os.environ.setdefault("MLFLOW_UV_AUTO_DETECT", "false")  # it would copy a lock file of the working directory

import mlflow
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from features.errors import NotReadyError
from features.home import TRACKING_VARIABLE, Home
from training.files import load_model
from training.model import RiskModel
from training.turnover import TurnoverModel

__all__ = [
    "CHALLENGER", "CHAMPION", "FILES", "Registered", "client_of", "current", "history", "load_current", "promote",
]  # fmt: skip

CHAMPION, CHALLENGER = "champion", "challenger"
FILES = "risk_model"
ANSWER_S = 10
for _chatty in ("alembic", "mlflow"):
    logging.getLogger(_chatty).setLevel(logging.WARNING)


@dataclass(frozen=True)
class Registered:
    """A version in the registry, and what the run that made it kept."""

    outcome: str
    version: str
    run_id: str
    metrics: dict[str, float]
    tags: dict[str, str]
    parameters: dict[str, str]


def client_of(home: Home) -> MlflowClient:
    """A client of this home; a store's tables are made at the first call.

    Raises
    ------
    NotReadyError
        The tracking server does not answer.
    """
    if home.tracking is None:
        home.root.mkdir(parents=True, exist_ok=True)
    elif home.tracking.startswith("http"):
        _answers(home.tracking_place)
    return MlflowClient(home.tracking_uri, home.tracking_uri)


@cache
def _answers(place: str) -> None:
    """Ask once, because MLflow would ask a server that is not there for minutes."""
    try:
        with urlopen(f"{place.rstrip('/')}/health", timeout=ANSWER_S):  # noqa: S310 - http and https only
            return
    except HTTPError:  # it answers, whatever it says
        return
    except OSError as error:
        reason = getattr(error, "reason", error)
        raise NotReadyError(f"{TRACKING_VARIABLE}: no MLflow server answers at {place} ({reason}).") from error


def current(home: Home, outcome: str, alias: str = CHAMPION) -> Registered | None:
    """The version that carries an alias, or None."""
    client = client_of(home)
    try:
        found = client.get_model_version_by_alias(outcome, alias)
    except MlflowException as error:
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise  # a server that does not answer is no missing champion
        return None
    run = client.get_run(found.run_id)
    kept = run.data
    return Registered(
        outcome, str(found.version), str(found.run_id), dict(kept.metrics), dict(kept.tags), dict(kept.params)
    )


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
    where = client_of(home).get_model_version_download_uri(outcome, found.version)
    with tempfile.TemporaryDirectory() as folder:
        path = mlflow.artifacts.download_artifacts(
            f"{where}/data/{FILES}", dst_path=folder, tracking_uri=home.tracking_uri, registry_uri=home.tracking_uri
        )
        return load_model(Path(path)), found


def promote(home: Home, challenger: Registered, tags: dict[str, str], accepted: bool) -> None:
    """Write a decision on the version as tags, and give it the alias if it was accepted."""
    client = client_of(home)
    for name, value in tags.items():
        client.set_model_version_tag(challenger.outcome, challenger.version, name, value)
    if accepted:
        client.set_registered_model_alias(challenger.outcome, CHAMPION, challenger.version)


def history(home: Home, outcomes: Sequence[str]) -> pd.DataFrame:
    """Every registered version with its metrics and aliases, newest first."""
    client = client_of(home)
    rows = []
    for outcome in outcomes:
        for found in client.search_model_versions(f"name = '{outcome}'"):
            aliases = client.get_model_version(outcome, found.version).aliases
            metrics = client.get_run(found.run_id).data.metrics
            rows.append({"outcome": outcome, "version": int(found.version), "aliases": ", ".join(aliases)} | metrics)
    table = pd.DataFrame(rows)
    return table.sort_values(["outcome", "version"], ascending=[True, False]) if rows else table
