"""The judge of the quality benchmark, and the folds that it is given."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.paired import judge
from benchmarks.people_tables import FOLDS, REPEATS, SCHEMES, PeopleTable, alike, folds


def scores(auroc: list[float], brier: float) -> dict[str, list[float]]:
    return {"auroc": auroc, "brier": [brier] * len(auroc)}


def test_the_difference_is_taken_fold_by_fold_to_the_best_of_the_others() -> None:
    found = judge(
        {
            "weak": scores([0.5, 0.6, 0.5, 0.6], 0.2),
            "strong": scores([0.6, 0.8, 0.7, 0.9], 0.1),
            "ours": scores([0.61, 0.80, 0.70, 0.89], 0.15),
        }
    )
    differences = np.array([0.01, 0.0, 0.0, -0.01])
    assert found["best_of_others"] == "strong"
    assert found["auroc_difference"] == 0
    assert found["standard_error"] == pytest.approx(differences.std(ddof=1) / 2, abs=1e-4)
    assert found["corrected_error"] == pytest.approx(differences.std(ddof=1) * np.sqrt(1 / 4 + 1 / 4), abs=1e-4)
    assert found["brier_rank"] == 2
    assert found["met"]


@pytest.mark.parametrize(("auroc", "brier", "met"), [(0.0, 0.1, True), (-0.05, 0.1, False), (0.0, 0.4, False)])
def test_it_is_met_within_one_standard_error_and_with_the_second_brier_score(
    auroc: float, brier: float, met: bool
) -> None:
    others = {"a": scores([0.7, 0.8], 0.2), "b": scores([0.6, 0.7], 0.3)}
    assert judge(others | {"ours": scores([0.7 + auroc, 0.81 + auroc], brier)})["met"] == met


@pytest.fixture
def table() -> PeopleTable:
    """60 rows of 20 people, who are there three times each."""
    X = pd.DataFrame({"score": np.tile(np.arange(20.0), 3), "site": np.tile(["Leeds", "Porto"], 30)})
    return PeopleTable("people", X, (np.arange(60) % 20 < 8).astype(np.int64), alike(X))


def test_equal_rows_are_one_person_and_missing_values_are_equal() -> None:
    frame = pd.DataFrame({"a": [1.0, np.nan, 1.0, np.nan, 2.0], "b": ["x", "y", "x", "y", "x"]})
    one, two, again, two_again, three = alike(frame)
    assert (one, two) == (again, two_again)
    assert len({one, two, three}) == 3


def test_people_apart_keeps_a_person_in_one_fold_and_rows_freely_does_not(table: PeopleTable) -> None:
    for scheme in SCHEMES:
        shared = [set(table.person[train]) & set(table.person[test]) for train, test in folds(table, scheme)]
        assert len(shared) == FOLDS * REPEATS
        assert any(shared) == (scheme == "rows freely")
