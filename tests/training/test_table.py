"""Any table of people: what is read, what is left out and why, and folds that keep their promise."""

from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.tracking import MlflowClient

from features import Home
from features.errors import BannedInputError, InputError
from training.config import Boosting, Forest, Recipe
from training.people.table import read_table
from training.table import TableRun, train_table

QUICK = Recipe(members=2, boosting=Boosting(trees=12, rows_per_leaf=10), forest=Forest(trees=5, rows_per_leaf=10))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, TableRun]:
    """A run on 300 people with categories, nulls, a protected column and two duplicates."""
    folder = tmp_path_factory.mktemp("table")
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"calls": rng.normal(size=300), "site": rng.choice(["x", "y", None], 300)})
    frame = frame.assign(gender=rng.choice(["f", "m"], 300), same=1)
    frame["left"] = np.where(rng.random(300) < 1 / (1 + np.exp(-2 * frame["calls"])), "yes", "no")
    pd.concat([frame, frame.head(2)]).to_csv(folder / "people.csv", index=False)
    home = Home(folder / "home")
    return home, train_table(home, folder / "people.csv", "left", "yes", recipe=QUICK)


def test_a_run_counts_rows_positives_and_duplicates(trained: tuple[Home, TableRun]) -> None:
    run = trained[1]
    assert (run.rows, run.duplicates) == (300, 2)
    assert run.metrics["base_rate"] == pytest.approx(run.positives / run.rows, abs=0.01)


def test_a_run_is_better_than_chance_and_shows_what_moved_it(trained: tuple[Home, TableRun]) -> None:
    run = trained[1]
    assert run.metrics["auroc"] > 0.75
    assert run.drivers.index[0] == "calls"
    assert set(run.baselines) == {"prevalence", "logistic"}
    assert run.baselines["prevalence"]["auroc"] == 0.5
    assert all(value >= 0 for value in run.spread.values())


def test_a_run_says_what_was_left_out_and_why(trained: tuple[Home, TableRun]) -> None:
    assert trained[1].left_out == {
        "left": "the target is made of it", "gender": "protected attribute", "same": "the same for everyone",
    }  # fmt: skip


def test_a_run_is_tracked_but_never_registered(trained: tuple[Home, TableRun]) -> None:
    home, run = trained
    client = MlflowClient(home.tracking_uri, registry_uri=home.tracking_uri)
    found = client.get_run(run.run_id)
    assert client.search_registered_models() == []
    assert found.data.metrics["auroc"] == pytest.approx(run.metrics["auroc"])
    assert len(client.get_metric_history(run.run_id, "fold_auroc")) == 10
    names = {file.path for file in client.list_artifacts(run.run_id, "plots")}
    assert names == {"plots/reliability.png", "plots/lift.png", "plots/shap_summary.png"}


def test_the_model_of_a_run_can_be_loaded_and_scores_rows(trained: tuple[Home, TableRun]) -> None:
    home, run = trained
    mlflow.set_tracking_uri(home.tracking_uri)
    model = mlflow.pyfunc.load_model(f"runs:/{run.run_id}/model")
    rows = pd.DataFrame({"calls": [-2.0, 2.0, np.nan], "site": ["x", "z", None]})
    low, high, unknown = model.predict(rows)
    assert 0 < low < unknown < high < 1


def test_the_answer_can_be_written_as_json(trained: tuple[Home, TableRun]) -> None:
    assert set(asdict(trained[1])) >= {"run_id", "rows", "metrics", "baselines", "drivers", "left_out"}


def test_a_target_may_be_an_expression_and_its_columns_are_left_out(table: Path, people: pd.DataFrame) -> None:
    found = read_table(table, "commute > 35 AND site IS NOT NULL")
    assert list(found.X) == ["calls", "noise", "left"]
    np.testing.assert_array_equal(found.y, (people["commute"] > 35) & people["site"].notna())


def test_an_expression_may_look_at_all_rows_and_keeps_their_order(table: Path, people: pd.DataFrame) -> None:
    found = read_table(table, "commute >= quantile_cont(commute, 0.75) OVER ()")
    np.testing.assert_array_equal(found.y, people["commute"] >= people["commute"].quantile(0.75))
    pd.testing.assert_series_equal(found.X["noise"], people["noise"])


def test_rows_whose_outcome_is_unknown_are_left_out_and_counted(table: Path, people: pd.DataFrame) -> None:
    found = read_table(table, "calls > 30")
    assert found.unlabelled == people["calls"].isna().sum()
    assert len(found.y) == len(people) - found.unlabelled


@pytest.mark.parametrize("values", [(0, 1), (False, True), (0.0, 1.0), ("0", "1")])
def test_a_column_of_0_and_1_needs_no_positive_value(
    values: tuple[object, object], people: pd.DataFrame, tmp_path: Path
) -> None:
    people["left"] = people["left"].map(dict(enumerate(values)))
    people.to_parquet(tmp_path / "people.parquet")
    found = read_table(tmp_path / "people.parquet", "left")
    np.testing.assert_array_equal(found.y, people["left"] == values[1])


def test_a_positive_value_splits_a_column_of_words(table: Path, people: pd.DataFrame) -> None:
    found = read_table(table, "site", positive="Leeds")
    assert found.y.sum() == (people["site"] == "Leeds").sum()
    assert found.unlabelled == people["site"].isna().sum()


def test_drop_takes_patterns(table: Path) -> None:
    found = read_table(table, "left", drop=["c*", "noise"])
    assert list(found.X) == ["site"]
    assert found.left_out["calls"] == found.left_out["commute"] == found.left_out["noise"] == "asked for"


def test_protected_attributes_are_read_only_on_demand(people: pd.DataFrame, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    path = tmp_path / "people.csv"
    people.assign(Gender=rng.choice(["f", "m"], 400), age=rng.integers(20, 60, 400)).to_csv(path, index=False)
    assert not {"Gender", "age"} & set(read_table(path, "left").X)
    assert {"Gender", "age"} <= set(read_table(path, "left", include_protected=True).X)


def test_constants_and_row_numbers_are_left_out(people: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    people.assign(number=range(400), same="a", nothing=None).to_csv(path, index=False)
    left_out = read_table(path, "left").left_out
    assert left_out["number"] == "a row number"
    assert left_out["same"] == left_out["nothing"] == "the same for everyone"


def test_exact_duplicates_count_once(people: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    pd.concat([people, people.head(13)]).to_csv(path, index=False)
    found = read_table(path, "left")
    assert (found.duplicates, len(found.y)) == (13, len(people))


def folds_of(path: Path, **options: str) -> list[tuple[np.ndarray, np.ndarray, object]]:
    from training.table import _folds

    found = read_table(path, "left", **options)
    return [(train, test, found) for train, test in _folds(found, seed=1)]


def test_folds_keep_equal_values_of_the_group_together(people: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    people.assign(team=[f"T{row % 17}" for row in range(400)]).to_csv(path, index=False)
    for train, test, found in folds_of(path, group="team"):
        teams = found.groups.to_numpy()
        assert not set(teams[train]) & set(teams[test])
        assert "team" not in found.X


@pytest.mark.parametrize("option", ["group", "time"])
@pytest.mark.parametrize("column", ["site", "calls"])
def test_a_null_in_the_column_of_the_folds_is_no_crash(option: str, column: str, table: Path) -> None:
    """It is told in one sentence, or counts as a value of its own."""
    with suppress(InputError):
        assert len(folds_of(table, **{option: column})) == 5


def test_folds_in_time_never_train_on_what_came_later(table: Path) -> None:
    for train, test, found in folds_of(table, time="noise"):
        assert found.order.to_numpy()[train].max() <= found.order.to_numpy()[test].min()
        assert "noise" not in found.X


def test_folds_without_group_and_time_test_every_row_twice(table: Path) -> None:
    folds = folds_of(table)
    tested = np.concatenate([test for _, test, _ in folds])
    assert len(folds) == 10
    assert (np.bincount(tested) == 2).all()
    for train, test, _ in folds:
        assert not set(train) & set(test)


@pytest.mark.parametrize("option", ["group", "time"])
def test_a_table_can_be_trained_in_folds_of_groups_and_of_time(
    option: str, people: pd.DataFrame, tmp_path: Path, home: Home
) -> None:
    path = tmp_path / "people.csv"
    people.assign(when=np.arange(400) // 8).to_csv(path, index=False)
    run = train_table(home, path, "left", recipe=QUICK, **{option: "when"})
    assert run.left_out["when"] == "group or time of the folds"
    assert run.metrics["auroc"] > 0.55


REFUSED = {
    "target": ({"target": "gone"}, "--target gone: people.csv has no such column"),
    "expression": ({"target": "commute >"}, "no such column, and it is no SQL expression"),
    "expression of no column": ({"target": "1 = 1"}, "no SQL expression over its columns"),
    "expression of other columns": ({"target": "shoe > 3"}, "no SQL expression over its columns"),
    "expression that fails": ({"target": "site + noise > 3"}, "--target: "),
    "words without positive": ({"target": "site"}, "say which counts as yes with --positive"),
    "positive": ({"target": "site", "positive": "Lima"}, "--positive Lima: 'site' in people.csv holds Berlin, Leeds"),
    "drop": ({"target": "left", "drop": ["x*"]}, r"--drop x\*: no such column"),
    "group": ({"target": "left", "group": "team"}, "--group team: people.csv has no such column"),
    "time": ({"target": "left", "time": "when"}, "--time when: people.csv has no such column"),
    "too few": ({"target": "commute > 1000"}, "0 of 400 rows are positive; training needs 50 rows and 10 of each"),
    "nothing left": ({"target": "left", "drop": ["*o*", "calls", "site"]}, "no column is left to learn from"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_read_is_refused_in_one_sentence(what: str, table: Path) -> None:
    options, sentence = REFUSED[what]
    with pytest.raises(InputError, match=sentence) as refused:
        read_table(table, **options)
    assert "\n" not in str(refused.value)


def test_no_file_no_rows_and_no_table_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv: no such file"):
        read_table(tmp_path / "none.csv", "left")
    (tmp_path / "empty.csv").write_text("left,calls\n")
    with pytest.raises(InputError, match=r"empty\.csv has no rows"):
        read_table(tmp_path / "empty.csv", "left")
    (tmp_path / "no.parquet").write_text("text")
    with pytest.raises(InputError, match=r"no\.parquet could not be read as a table"):
        read_table(tmp_path / "no.parquet", "left")


def test_a_banned_column_is_refused_before_anything_is_read_from_it(people: pd.DataFrame, tmp_path: Path) -> None:
    people.assign(keystrokes=1).to_csv(tmp_path / "people.csv", index=False)
    with pytest.raises(BannedInputError, match="'keystrokes' is never ingested"):
        read_table(tmp_path / "people.csv", "left")
