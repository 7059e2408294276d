"""A people's table as it is read: traps are avoided, told or refused, and honest tables are left alone."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GroupKFold

from features.errors import InputError
from training.people.table import People, read_table

DATA = Path(__file__).parents[3] / "shared" / "data"
EXHAUSTION = "(EE1+EE2+EE3)/3"


def read(frame: pd.DataFrame, folder: Path, **options: object) -> People:
    frame.to_csv(folder / "people.csv", index=False)
    return read_table(folder / "people.csv", "left", **options)  # type: ignore[arg-type]


def test_an_honest_table_is_left_alone(table: Path) -> None:
    found = read_table(table, "left")
    assert (found.warnings, found.groups, found.left_out) == ([], None, {"left": "the target is made of it"})


def test_what_is_written_when_someone_leaves_is_left_out_with_the_reason(people: pd.DataFrame, tmp_path: Path) -> None:
    gone = people["left"] == 1
    people["DateofTermination"] = np.where(gone, "2025-03-01", None)
    people["exit_reason"] = np.where(gone, "pay", None)
    found = read(people, tmp_path)
    assert "known only after the outcome" in found.left_out["DateofTermination"]
    assert "known only after the outcome" in found.left_out["exit_reason"]
    assert list(found.X) == ["commute", "calls", "site", "noise"]


def test_identifiers_are_left_out_with_the_reason(people: pd.DataFrame, tmp_path: Path) -> None:
    people["badge"] = np.random.default_rng(0).permutation(400) + 7000
    people["mail"] = [f"p{row}@example.org" for row in range(400)]
    found = read(people, tmp_path)
    assert found.left_out["badge"].startswith("an identifier")
    assert found.left_out["mail"].startswith("an identifier")
    assert found.groups is None


def test_a_column_that_tells_the_target_is_refused_and_can_be_dropped(people: pd.DataFrame, tmp_path: Path) -> None:
    people["status"] = np.where(people["left"] == 1, "inactive", "active")
    with pytest.raises(InputError, match=r"people\.csv: one column alone tells the target: 'status' .*--drop status"):
        read(people, tmp_path)
    assert read(people, tmp_path, drop=["status"]).left_out["status"] == "asked for"


def test_a_column_that_nearly_tells_the_target_is_warned_of(people: pd.DataFrame, tmp_path: Path) -> None:
    people["close"] = people["left"] + np.random.default_rng(0).normal(0, 0.35, 400)
    (warning,) = read(people, tmp_path).warnings
    assert "'close' alone nearly tells the target" in warning


def test_rows_of_one_person_never_stand_on_both_sides_of_a_fold(people: pd.DataFrame, tmp_path: Path) -> None:
    people["EmployeeID"] = [f"E{row // 4}" for row in range(400)]
    found = read(people, tmp_path)
    assert found.left_out["EmployeeID"] == "an identifier, by its name"
    assert found.warnings == ["'EmployeeID' names 100 people in 400 rows: the rows of a person are kept in one fold."]
    assert found.groups is not None
    for train, test in GroupKFold(5).split(found.X, found.y, found.groups):
        assert not set(people["EmployeeID"].iloc[train]) & set(people["EmployeeID"].iloc[test])


def test_a_person_whose_column_was_dropped_is_kept_in_one_fold_all_the_same(
    people: pd.DataFrame, tmp_path: Path
) -> None:
    people["EmployeeID"] = [f"E{row // 4}" for row in range(400)]
    found = read(people, tmp_path, drop=["EmployeeID"])
    assert found.left_out["EmployeeID"] == "asked for"
    assert found.groups is not None
    assert list(found.groups) == list(people["EmployeeID"])


def test_a_group_that_is_named_is_kept_before_the_person(people: pd.DataFrame, tmp_path: Path) -> None:
    people["EmployeeID"] = [f"E{row // 4}" for row in range(400)]
    people["office"] = [f"O{row // 40}" for row in range(400)]
    found = read(people, tmp_path, group="office")
    assert found.groups is not None
    assert list(found.groups) == list(people["office"])
    assert found.warnings == []


def test_people_whose_outcome_is_unknown_take_their_group_with_them(people: pd.DataFrame, tmp_path: Path) -> None:
    people["EmployeeID"] = [f"E{row // 4}" for row in range(400)]
    people["left"] = people["left"].astype(float).where(np.arange(400) % 3 > 0)
    found = read(people, tmp_path)
    assert found.groups is not None
    assert list(found.groups) == list(people.loc[people["left"].notna(), "EmployeeID"])


def test_near_duplicates_stay_in_one_fold_whatever_their_outcome(people: pd.DataFrame, tmp_path: Path) -> None:
    """Twins that only an identifier or the outcome tells apart; exact duplicates are gone before."""
    other = people.head(20).assign(left=1 - people["left"].head(20))
    together = pd.concat([people, other, people.head(5)], ignore_index=True)
    found = read(together, tmp_path)
    assert (found.duplicates, len(found.y)) == (5, 420)
    assert found.warnings == [
        "40 of 420 rows equal another in all inputs; equal rows are kept in one fold, as they may be one person."
    ]
    assert found.groups is not None
    assert (found.groups.iloc[:20].to_numpy() == found.groups.iloc[400:].to_numpy()).all()
    assert found.groups.nunique() == 400


def test_a_group_of_fewer_values_than_folds_is_refused(people: pd.DataFrame, tmp_path: Path) -> None:
    people["half"] = np.arange(400) % 2
    with pytest.raises(InputError, match=r"--group half: people\.csv has 2 values there; folds need 5"):
        read(people, tmp_path, group="half")


REAL = {
    "hr_attrition_synthetic": (
        {"target": "Attrition", "positive": "Yes"},
        {"Attrition", "Age", "Gender", "MaritalStatus", "Over18", "EmployeeCount", "StandardHours", "EmployeeNumber"},
        None,
    ),
    "employee_turnover": (
        {"target": "event", "drop": ["stag"]}, {"event", "stag", "gender", "age", "head_gender"}, 115,
    ),
    "teacher_burnout": (
        {"target": f"{EXHAUSTION} >= quantile_cont({EXHAUSTION}, 0.75) OVER ()", "drop": ["EE*", "DP*", "PA*"]},
        {"EE1", "EE2", "EE3", "DP1", "DP2", "PA1", "PA2", "PA3"},
        2,
    ),
}  # fmt: skip


@pytest.mark.real_data
@pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} is absent")
@pytest.mark.parametrize("name", REAL)
def test_real_tables_lose_nothing_but_what_is_sensible(name: str) -> None:
    options, left_out, equal = REAL[name]
    found = read_table(DATA / f"{name}.csv", **options)  # type: ignore[arg-type]
    assert set(found.left_out) == left_out
    assert [warning.split()[0] for warning in found.warnings] == ([str(equal)] if equal else [])
