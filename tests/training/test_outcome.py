"""A training run on a simulated centre: what it finds and what it leaves behind."""

import shutil
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from features import Home, contract_version
from features.catalog import feature_names, input_names
from features.errors import InputError, NotReadyError
from features.raw import next_batch
from training import Metrics
from training.after_outreach import said_of
from training.config import OUTCOMES, OutcomeConfig
from training.outcome import train_outcome
from training.task import TurnoverTask, task_of
from training.tracking import CHALLENGER, current, load_current

BASELINES = {"prevalence", "tenure_only", "last_score_only", "logistic", "signals_only"}


def client_of(home: Home) -> MlflowClient:
    return MlflowClient(home.tracking_uri, registry_uri=home.tracking_uri)


def run_of(home: Home, outcome: str, alias: str = "champion") -> Run:
    found = current(home, outcome, alias)
    assert found is not None
    return client_of(home).get_run(found.run_id)


def file_of(home: Home, run: Run, path: str) -> Path:
    return Path(mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/{path}", tracking_uri=home.tracking_uri))


@pytest.mark.parametrize("outcome", ["burnout", "turnover"])
def test_measures_and_settings_are_in_the_run(outcome: str, road: Home) -> None:
    data = run_of(road, outcome).data
    assert set(Metrics.__annotations__) <= set(data.metrics)
    for measure in ("auroc", "log_loss", "brier"):
        low, middle, high = (data.metrics[f"advantage_tenure_only_{measure}{end}"] for end in ("_low", "", "_high"))
        assert low <= middle <= high
    assert data.metrics["additivity_error"] < 1e-9
    assert -1 <= data.metrics["stability"] <= 1
    assert data.params["horizon_days"] == "90"
    assert data.params["gap_days"] == str(OUTCOMES[outcome].gap_days)
    assert data.params["recipe.boosting.trees"] == "40"
    assert data.params["train_to"] < data.params["calibration_from"] < data.params["test_from"]
    assert data.tags["contract_version"] == contract_version()
    assert data.tags["labels_after_outreach"] == said_of(task_of(road, OUTCOMES[outcome]).after)


@pytest.mark.parametrize("outcome", ["burnout", "turnover"])
def test_the_card_of_a_run_misses_nothing_that_the_run_knows(outcome: str, road: Home) -> None:
    run = run_of(road, outcome)
    page = file_of(road, run, "card.html").read_text(encoding="utf-8")
    assert "Missing:" not in page
    for said in (f"{run.data.metrics['auroc']:.3f}", run.data.params["test_from"], run.info.run_id, contract_version()):
        assert said in page


@pytest.mark.parametrize("outcome", ["burnout", "turnover"])
def test_plots_are_pictures_in_the_run(outcome: str, road: Home) -> None:
    run = run_of(road, outcome)
    for name in ("reliability", "lift", "decision_curve", "months", "shap_summary"):
        picture = file_of(road, run, f"plots/{name}.png").read_bytes()
        assert picture.startswith(b"\x89PNG")
        assert len(picture) > 5_000


def test_the_comparison_has_the_model_beside_every_baseline(road: Home) -> None:
    run = run_of(road, "burnout")
    table = pd.read_csv(file_of(road, run, "comparison.csv")).set_index("score")
    assert set(table.index) == BASELINES | {"model"}
    assert table.loc["model", "auroc"] == pytest.approx(run.data.metrics["auroc"])
    assert table.loc["prevalence", ["auroc", "lift_top"]].tolist() == [0.5, 1.0]


def test_the_feature_contract_of_the_run_names_every_feature(road: Home) -> None:
    contract = pd.read_csv(file_of(road, run_of(road, "burnout"), "feature_contract.csv"))
    assert contract["name"].tolist() == feature_names()


def test_the_rows_that_were_trained_on_are_a_dataset_of_the_run(road: Home) -> None:
    run = run_of(road, "burnout")
    (given,) = run.inputs.dataset_inputs
    assert given.dataset.name == "burnout"
    assert [tag.value for tag in given.tags] == ["training"]
    assert given.dataset.digest


def test_a_retraining_is_a_parent_with_a_run_for_each_outcome_and_origin(road: Home) -> None:
    client, runs = client_of(road), {name: run_of(road, name) for name in ("burnout", "turnover")}
    parents = {run.data.tags["mlflow.parentRunId"] for run in runs.values()}
    assert client.get_run(parents.pop()).data.tags["mlflow.runName"] == "retraining burnout and turnover"
    for run in runs.values():
        below = f"tags.`mlflow.parentRunId` = '{run.info.run_id}'"
        (origin,) = client.search_runs([run.info.experiment_id], below)
        assert origin.data.params["test_to"] == run.data.params["test_to"]
        assert origin.data.metrics["auroc"] == pytest.approx(run.data.metrics["auroc"])


def test_a_second_run_on_the_same_rows_ties_with_the_champion(road: Home) -> None:
    metrics = run_of(road, "turnover", CHALLENGER).data.metrics
    for measure in ("auroc", "log_loss", "brier"):
        for end in ("", "_low", "_high"):
            assert metrics[f"advantage_champion_{measure}{end}"] == pytest.approx(0, abs=1e-12)


def test_the_model_knows_its_settings_dates_and_base_rate(road: Home, quick: dict[str, OutcomeConfig]) -> None:
    model, _ = load_current(road, "turnover")
    assert OutcomeConfig(**model.details_["config"]) == quick["turnover"]
    assert 0 < model.details_["base_rate"] < 0.5
    assert model.details_["dates"]["test_to"] == run_of(road, "turnover").data.params["test_to"]
    assert model.feature_names == input_names()


@pytest.mark.parametrize("outcome", ["burnout", "turnover"])
def test_rows_have_enough_history_and_known_ones_a_whole_horizon(outcome: str, road: Home) -> None:
    task = task_of(road, OUTCOMES[outcome])
    contacts = pd.read_parquet(road.table("contacts"), columns=["started_at", "ended_at"])
    assert set(np.unique(task.y[~np.isnan(task.y)])) == {0.0, 1.0}
    first = contacts["started_at"].min() + pd.Timedelta(days=OUTCOMES[outcome].min_history_days)
    assert task.frame["as_of"].min() >= first
    over = task.frame["as_of"] + pd.Timedelta(days=90) <= contacts["ended_at"].max()
    dismissed = set(pd.read_parquet(road.table("exits")).query("kind == 'involuntary'")["agent_id"])
    early = task.frame["agent_id"][(task.y == 0) & ~over]  # known before the horizon is over: nobody but the dismissed
    assert set(early) <= dismissed
    for split in task.splits():
        assert (split.test <= over).all()


@pytest.mark.parametrize("outcome", ["burnout", "turnover"])
def test_labels_after_offers_on_record_are_not_known_unless_they_are_to_count_as_they_are(
    outcome: str, road: Home, tmp_path: Path
) -> None:
    home = Home(tmp_path / "own")
    shutil.copytree(road.root / "raw", home.root / "raw", ignore=shutil.ignore_patterns("outreach"))
    shutil.copytree(road.features, home.features)
    plain = task_of(home, OUTCOMES[outcome])
    assert plain.after is None
    reached = sorted(plain.frame["agent_id"].unique())[::2]
    when = plain.frame["as_of"].median()
    turns = pd.DataFrame({"agent_id": reached, "offered_at": when, "action": "care", "arm": "offer"})
    turns.assign(response=None, responded_at=pd.NaT).to_parquet(next_batch(home, "outreach"))
    task = task_of(home, OUTCOMES[outcome])
    lost = ~np.isnan(plain.y) & np.isnan(task.y)
    assert lost.any()
    assert task.frame["agent_id"][lost].isin(reached).all()
    assert np.array_equal(plain.y[~lost], task.y[~lost], equal_nan=True)
    as_they_are = OUTCOMES[outcome].model_copy(update={"labels_after_outreach": "as they are"})
    assert np.array_equal(plain.y, task_of(home, as_they_are).y, equal_nan=True)


def test_nothing_of_a_block_is_followed_into_the_next(road: Home) -> None:
    task = task_of(road, OUTCOMES["turnover"])
    assert isinstance(task, TurnoverTask)
    split = task.splits()[-1]
    end = pd.Timestamp(split.dates["calibration_from"])
    rows = task.frame[split.train]
    spells = task.followed(rows, end)
    assert (rows["as_of"] + pd.to_timedelta(spells.day, unit="D") <= end).all()
    assert (spells.cause != "").any()


@pytest.mark.parametrize("outcome", ["burnout", "turnover"])
def test_the_sentence_about_groups_is_in_the_run(outcome: str, road: Home) -> None:
    said = file_of(road, run_of(road, outcome), "fairness.txt").read_text(encoding="utf-8")
    assert said.endswith(".")
    assert "fair." not in said


def test_burnout_comes_with_what_the_silent_would_change(road: Home) -> None:
    table = pd.read_csv(file_of(road, run_of(road, "burnout"), "nonresponse.csv"))
    assert table["prevalence"].tail(3).is_monotonic_increasing


def bare(home: Home, road: Home, *tables: str) -> Home:
    """A home with some of the road's tables and its frame."""
    home.raw.mkdir(parents=True)
    for name in tables:
        home.table(name).symlink_to(road.table(name))
    home.features.symlink_to(road.features)
    return home


@pytest.mark.parametrize(("outcome", "table"), [("burnout", "surveys"), ("turnover", "exits")])
def test_without_the_table_of_the_outcome_it_says_which_is_missing(
    outcome: str, table: str, home: Home, road: Home
) -> None:
    with pytest.raises(NotReadyError, match=f"Training {outcome} needs the table '{table}'"):
        train_outcome(bare(home, road, "contacts"), OUTCOMES[outcome])


def test_without_a_frame_it_says_what_to_run(home: Home, road: Home) -> None:
    home.raw.mkdir(parents=True)
    for name in ("contacts", "exits"):
        home.table(name).symlink_to(road.table(name))
    with pytest.raises(NotReadyError, match="run `respite features"):
        train_outcome(home, OUTCOMES["turnover"])


def test_before_any_horizon_has_ended_it_says_how_long_that_takes(road: Home) -> None:
    with pytest.raises(NotReadyError, match="takes 5000 days after an as-of date"):
        task_of(road, OUTCOMES["turnover"].model_copy(update={"horizon_days": 5000}))


def test_a_horizon_too_long_for_the_history_is_refused(road: Home) -> None:
    versions = len(client_of(road).search_model_versions("name = 'burnout'"))
    with pytest.raises(InputError, match="training with a horizon of 150 days needs 328 days"):
        train_outcome(road, OUTCOMES["burnout"].model_copy(update={"horizon_days": 150}))
    assert versions == len(client_of(road).search_model_versions("name = 'burnout'"))
