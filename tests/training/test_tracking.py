"""The door to MLflow: runs with children, plain files, nothing beside the home, and homes that never mix."""

import ast
import json
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from mlflow.entities import Run as Logged
from mlflow.tracking import MlflowClient

import training
from features import Home, contract_version
from features.errors import NotReadyError
from training.model import RiskModel
from training.tracking import CHALLENGER, Run, current, history, load_current, promote, tracked
from training.turnover import TurnoverModel

ROOT = Path(training.__file__).parents[1]


def client_of(home: Home) -> MlflowClient:
    return MlflowClient(home.tracking_uri, home.tracking_uri)


def retrain(home: Home, model: RiskModel | TurnoverModel, signals: pd.DataFrame) -> dict[str, str]:
    """A retraining as it is logged: a parent, the outcome below it, a fold below that; their ids and the version."""
    with tracked(home, "outcomes", "retraining") as parent, parent.child(model.outcome) as run:
        with run.child("origin 1") as fold:
            fold.parameters({"train_from": "2025-01-01"})
            fold.metrics({"auroc": 0.6})
        log_everything(run, signals)
        version = run.model(model, signals, register_as=model.outcome)
    return {"parent": parent.id, "outcome": run.id, "fold": fold.id, "version": str(version)}


def log_everything(run: Run, signals: pd.DataFrame) -> None:
    run.parameters({f"setting {number}": number for number in range(120)})  # more than one batch
    run.metrics({"auroc": 0.7, "brier": 0.1, "unknown": float("nan")})
    run.tags({"contract_version": contract_version()})
    run.table(pd.DataFrame({"score": ["model"], "auroc": [0.7]}), "comparison.csv")
    run.text("<h1>card</h1>", "card.html")
    run.figure(Figure(), "lift")
    run.dataset(signals.assign(label=1.0), "burnout", "label", "features of a home")


@pytest.fixture(scope="module")
def kept(
    tmp_path_factory: pytest.TempPathFactory, signals: pd.DataFrame, burnout: RiskModel, leaving: TurnoverModel
) -> tuple[Home, dict[str, str]]:
    """A home after retraining: burnout twice, version 1 its champion; turnover once. And ids of the first."""
    home = Home(tmp_path_factory.mktemp("kept"))
    first = retrain(home, burnout, signals)
    challenger = current(home, "burnout", CHALLENGER)
    assert challenger is not None
    promote(home, challenger, {"decision": "Promoted: every gate holds.", "gates": "Brier skill 0.040"}, accepted=True)
    retrain(home, burnout, signals)
    retrain(home, leaving, signals)
    return home, first


def run_of(kept: tuple[Home, dict[str, str]], which: str) -> Logged:
    home, ids = kept
    return client_of(home).get_run(ids[which])


def files_of(home: Home, run_id: str, path: str = "") -> list[str]:
    return sorted(file.path for file in client_of(home).list_artifacts(run_id, path))


def test_a_retraining_has_children_per_outcome_and_those_per_fold(kept: tuple[Home, dict[str, str]]) -> None:
    parent, outcome, fold = (run_of(kept, which) for which in ("parent", "outcome", "fold"))
    assert "mlflow.parentRunId" not in parent.data.tags
    assert outcome.data.tags["mlflow.parentRunId"] == parent.info.run_id
    assert fold.data.tags["mlflow.parentRunId"] == outcome.info.run_id
    assert {run.info.experiment_id for run in (parent, outcome, fold)} == {parent.info.experiment_id}
    assert {run.info.status for run in (parent, outcome, fold)} == {"FINISHED"}
    assert (outcome.info.run_name, fold.info.run_name) == ("burnout", "origin 1")


def test_what_was_logged_is_there(kept: tuple[Home, dict[str, str]]) -> None:
    run = run_of(kept, "outcome")
    assert len(run.data.params) == 120
    assert run.data.metrics["auroc"] == 0.7
    assert np.isnan(run.data.metrics["unknown"])
    assert run.data.tags["contract_version"] == contract_version()
    assert files_of(kept[0], run.info.run_id) == ["card.html", "comparison.csv", "plots"]
    assert files_of(kept[0], run.info.run_id, "plots") == ["plots/lift.png"]


def test_the_data_set_is_a_schema_and_a_digest_not_its_rows(
    kept: tuple[Home, dict[str, str]], signals: pd.DataFrame
) -> None:
    (found,) = run_of(kept, "outcome").inputs.dataset_inputs
    assert [(tag.key, tag.value) for tag in found.tags] == [("mlflow.data.context", "training")]
    assert json.loads(found.dataset.profile)["num_rows"] == len(signals)
    assert len(json.loads(found.dataset.schema)["mlflow_colspec"]) == signals.shape[1] + 1
    assert "features of a home" in found.dataset.source


def test_the_newest_version_is_challenger_and_a_promoted_one_champion(kept: tuple[Home, dict[str, str]]) -> None:
    home, first = kept
    champion, challenger = current(home, "burnout"), current(home, "burnout", CHALLENGER)
    assert champion is not None
    assert challenger is not None
    assert (champion.version, challenger.version) == ("1", "2")
    assert champion.run_id == first["outcome"]
    tags = client_of(home).get_model_version("burnout", "1").tags
    assert tags["contract_version"] == contract_version()
    assert (tags["decision"], tags["gates"]) == ("Promoted: every gate holds.", "Brier skill 0.040")


def test_both_kinds_come_back_as_they_were(
    kept: tuple[Home, dict[str, str]], signals: pd.DataFrame, burnout: RiskModel, leaving: TurnoverModel
) -> None:
    for model, alias in ((burnout, "champion"), (leaving, CHALLENGER)):
        found, registered = load_current(kept[0], model.outcome, alias)
        assert type(found) is type(model)
        assert registered.version == "1"
        np.testing.assert_array_equal(found.predict_proba(signals), model.predict_proba(signals))


def test_history_lists_every_version_newest_first(kept: tuple[Home, dict[str, str]]) -> None:
    table = history(kept[0], ["burnout", "turnover"])
    assert table[["outcome", "version"]].to_numpy().tolist() == [["burnout", 2], ["burnout", 1], ["turnover", 1]]
    assert table["aliases"].tolist() == ["challenger", "champion", "challenger"]
    assert (table["auroc"] == 0.7).all()


def test_artifacts_lie_in_the_home(kept: tuple[Home, dict[str, str]]) -> None:
    home = kept[0]
    found = client_of(home).get_experiment_by_name("outcomes")
    assert found.artifact_location == (home.artifacts / "outcomes").as_uri()


def test_a_logged_model_is_plain_files_without_pickles(kept: tuple[Home, dict[str, str]]) -> None:
    kinds = {path.suffix for path in kept[0].artifacts.rglob("*") if path.is_file()}
    assert not kinds & {".pkl", ".pickle", ".joblib", ".cloudpickle"}
    assert {".txt", ".json"} <= kinds


def test_the_signature_asks_for_every_column_and_lets_values_be_null(
    kept: tuple[Home, dict[str, str]], signals: pd.DataFrame
) -> None:
    home = kept[0]
    for name, outputs in (("burnout", [None]), ("turnover", ["p30", "p90", "p180"])):
        where = client_of(home).get_model_version_download_uri(name, "1")
        model = mlflow.pyfunc.load_model(where)
        signature = model.metadata.signature
        assert signature.inputs.required_input_names() == list(signals.columns)
        assert [column.name for column in signature.outputs] == outputs
        assert len(model.predict(signals)) == len(signals)
        assert len(model.input_example) == 3


def test_the_input_example_shows_no_person(kept: tuple[Home, dict[str, str]], signals: pd.DataFrame) -> None:
    home = kept[0]
    example = mlflow.pyfunc.load_model(client_of(home).get_model_version_download_uri("burnout", "1")).input_example
    same = [(signals == row).all(axis=1).any() for _, row in example.iterrows()]
    assert not any(same)
    np.testing.assert_allclose(example.iloc[1].to_numpy(float), signals.median().to_numpy())


def test_columns_of_words_take_part_in_signature_and_example(people: pd.DataFrame, home: Home) -> None:
    X = people[["commute", "site", "calls"]].assign(calls=people["calls"].fillna(0).astype(int))
    model = RiskModel("leaving").fit(X, people["left"])
    with tracked(home, "tables", "people") as run:
        assert run.model(model, X, register_as=None) is None
    (logged,) = client_of(home).search_logged_models([run.experiment_id])
    found = mlflow.pyfunc.load_model(logged.artifact_location)
    assert [str(column.type) for column in found.metadata.signature.inputs] == [
        "DataType.double", "DataType.string", "DataType.double",
    ]  # fmt: skip
    as_floats = X.astype({"calls": float})
    np.testing.assert_allclose(found.predict(as_floats), model.predict_proba(X)[:, 1])


def test_before_training_and_promotion_the_step_to_run_is_named(home: Home) -> None:
    assert current(home, "burnout") is None
    with pytest.raises(NotReadyError, match="no champion for burnout yet; run `respite promote --outcome burnout`"):
        load_current(home, "burnout")
    with pytest.raises(NotReadyError, match="no challenger for burnout yet; run `respite train --outcome burnout`"):
        load_current(home, "burnout", CHALLENGER)
    assert history(home, ["burnout"]).empty


def test_runs_whose_body_raises_end_as_failed_up_to_the_parent(home: Home) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        tracked(home, "trial", "broken") as run,
        run.child("broken too") as child,
        child.child("where it began") as fold,
    ):
        _ = 1 / 0
    statuses = {client_of(home).get_run(found.id).info.status for found in (run, child, fold)}
    assert statuses == {"FAILED"}


def test_a_model_that_cannot_be_saved_is_marked_and_not_registered(home: Home, signals: pd.DataFrame) -> None:
    with pytest.raises(Exception, match="not fitted"), tracked(home, "trial", "broken") as run:
        run.model(RiskModel("burnout"), signals, register_as="burnout")
    (logged,) = client_of(home).search_logged_models([run.experiment_id])
    assert str(logged.status) == "FAILED"
    assert current(home, "burnout", CHALLENGER) is None


def test_two_homes_in_one_process_never_mix(
    tmp_path: Path, signals: pd.DataFrame, burnout: RiskModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    one, other = Home(tmp_path / "one"), Home(tmp_path / "other")
    with tracked(one, "outcomes", "one") as first, tracked(other, "outcomes", "other") as second:
        first.metrics({"auroc": 0.6})
        second.metrics({"auroc": 0.8})
        first.model(burnout, signals, register_as="burnout")
        assert current(other, "burnout", CHALLENGER) is None
        second.model(burnout, signals, register_as="burnout")
        first.model(burnout, signals, register_as="burnout")
    found = [current(home, "burnout", CHALLENGER) for home in (one, other)]
    assert [(entry.version, entry.metrics["auroc"]) for entry in found if entry] == [("2", 0.6), ("1", 0.8)]
    assert load_current(one, "burnout", CHALLENGER)[1].run_id == first.id
    assert load_current(other, "burnout", CHALLENGER)[1].run_id == second.id
    assert (mlflow.get_tracking_uri(), mlflow.get_registry_uri()) == before
    assert mlflow.active_run() is None
    assert not list((tmp_path / "cwd").iterdir())


@pytest.fixture
def begun(home: Home, monkeypatch: pytest.MonkeyPatch) -> str:
    """A run that `mlflow run` has begun in the experiment `outcomes` for the process that it starts."""
    with tracked(home, "outcomes", "before"):
        pass
    client = client_of(home)
    run = client.create_run(client.get_experiment_by_name("outcomes").experiment_id)
    monkeypatch.setenv("MLFLOW_RUN_ID", run.info.run_id)
    return str(run.info.run_id)


def test_a_run_that_mlflow_run_has_begun_is_carried_on(home: Home, begun: str) -> None:
    with tracked(home, "outcomes", "retraining") as run:
        assert run.id == begun
    found = client_of(home).get_run(begun)
    assert (found.info.run_name, found.info.status) == ("retraining", "FINISHED")


def test_one_of_another_experiment_or_store_is_left_alone(home: Home, begun: str, tmp_path: Path) -> None:
    with tracked(home, "tables", "people") as run, tracked(Home(tmp_path / "else"), "outcomes", "retraining") as far:
        assert begun not in (run.id, far.id)
    assert client_of(home).get_run(begun).info.status == "RUNNING"


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_only_tracking_and_registry_import_mlflow() -> None:
    code = [path for package in ("features", "training", "serving") for path in (ROOT / package).rglob("*.py")]
    who = {path.relative_to(ROOT).as_posix() for path in [*code, ROOT / "respite.py"] if "mlflow" in imports_of(path)}
    assert who == {"training/registry.py", "training/tracking.py"}
