"""What a model has to beat: each baseline reads what it says it reads, and nothing else."""

import numpy as np
import pandas as pd
import pytest

from training.baselines import baseline_predictions, logistic


@pytest.fixture
def signals() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(300, 3)), columns=["tenure", "last_survey_score", "occupancy"])
    return frame.assign(new_hire=(frame["tenure"] < -1).astype(float))


@pytest.fixture
def y(signals: pd.DataFrame) -> np.ndarray:
    return (np.random.default_rng(2).random(300) < 1 / (1 + np.exp(-2 * signals["occupancy"]))).to_numpy(dtype=float)


def test_every_baseline_gives_a_probability_a_row(signals: pd.DataFrame, y: np.ndarray) -> None:
    found = baseline_predictions(signals, y, signals.head(7))
    assert list(found) == ["prevalence", "tenure_only", "last_score_only", "logistic"]
    assert all(p.shape == (7,) and ((p > 0) & (p < 1)).all() for p in found.values())
    assert (found["prevalence"] == y.mean()).all()


def test_a_baseline_of_one_column_reads_no_other(signals: pd.DataFrame, y: np.ndarray) -> None:
    rows = signals.head(7)
    before = baseline_predictions(signals, y, rows)
    after = baseline_predictions(signals, y, rows.assign(occupancy=9.0))
    for name in ("prevalence", "tenure_only", "last_score_only"):
        np.testing.assert_array_equal(before[name], after[name])
    assert (after["logistic"] > before["logistic"]).all()


@pytest.mark.parametrize("change", ["dropped", "all null"])
def test_a_baseline_whose_column_is_not_there_is_left_out(change: str, signals: pd.DataFrame, y: np.ndarray) -> None:
    if change == "dropped":
        signals = signals.drop(columns="last_survey_score")
    else:
        signals = signals.assign(last_survey_score=np.nan)
    assert "last_score_only" not in baseline_predictions(signals, y, signals)


def test_logistic_takes_nulls_categories_and_categories_that_it_has_not_seen(people: pd.DataFrame) -> None:
    inputs, y = people.drop(columns="left"), people["left"].to_numpy(dtype=float)
    p = baseline_predictions(inputs, y, inputs.head(20).assign(site="Lima"))["logistic"]
    assert np.isfinite(p).all()
    fitted = logistic().fit(inputs, y)
    assert fitted.predict_proba(inputs)[:, 1][y == 1].mean() > fitted.predict_proba(inputs)[:, 1][y == 0].mean()
