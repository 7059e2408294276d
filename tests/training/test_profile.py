"""The profile that goes with a model: small, plain JSON, and about nobody."""

import json

import numpy as np
import pandas as pd
import pytest

from features import Home
from features.catalog import feature
from features.quality.drift import psi
from training.explain import Explanation
from training.profile import by_signal, column_profile, counts_in, model_profile
from training.tracking import load_current


def test_a_column_compared_with_its_own_profile_has_not_moved() -> None:
    values = np.random.default_rng(1).normal(size=500)
    profile = column_profile(values)
    assert psi(profile["counts"], counts_in(values, profile["edges"])) == 0
    assert sum(profile["counts"]) == profile["rows"] == 500


@pytest.mark.parametrize(("values", "null_share"), [([np.nan] * 4, 1.0), ([1.0, np.nan], 0.5), ([], 1.0)])
def test_nulls_are_counted(values: list[float], null_share: float) -> None:
    assert column_profile(np.array(values, dtype=float))["null_share"] == null_share


def test_versions_of_a_signal_are_summed() -> None:
    names = ["overtime", "overtime_own_z", "tenure"]
    assert all(feature(name) for name in names)
    explanation = Explanation(np.array([[1.0, 2.0, 4.0]]), np.zeros(1), pd.DataFrame([[0.0, 0.0, 0.0]], columns=names))
    assert by_signal(explanation).to_dict("records") == [{"overtime": 3.0, "tenure": 4.0}]


def test_a_profile_is_json_of_bounded_size_however_many_rows() -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.normal(size=(5000, 3)), columns=["overtime", "tenure", "occupancy"])
    explanation = Explanation(rng.normal(size=(50, 3)), np.zeros(50), frame.head(50))
    profile = model_profile(frame, [f"A{i % 40}" for i in range(5000)], rng.uniform(size=400), explanation)
    assert profile["agents"] == 40
    assert len(json.dumps(profile)) < 40_000


@pytest.mark.parametrize("outcome", ["burnout", "turnover"])
def test_every_champion_carries_its_profile(road: Home, outcome: str) -> None:
    model, _ = load_current(road, outcome)
    profile = model.details_["profile"]
    assert {"agents", "columns", "scores", "contributions"} == set(profile)
    assert json.loads(json.dumps(profile)) == profile
    assert 0 < model.details_["auroc"] <= 1
