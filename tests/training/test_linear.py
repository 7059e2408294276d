"""The linear part: scikit-learn's logistic regression where nothing is constrained, the best there is where it is."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from training.calibration import sigmoid
from training.linear import SignedLogistic


def drawn(seed: int, rows: int = 400, columns: int = 5, unknown: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """Columns of different scales with nulls, and an outcome that all of them move."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, columns)) * 10.0 ** rng.integers(-2, 3, columns) + rng.normal(size=columns)
    odds = (X - X.mean(axis=0)) / X.std(axis=0) @ rng.normal(size=columns)
    y = (rng.random(rows) < sigmoid(odds)).astype(float)
    X[rng.random(X.shape) < unknown] = np.nan
    return X, y


def standardized(X: np.ndarray) -> np.ndarray:
    """Columns as the penalty sees them, built by hand: medians for nulls, SD 1, and a column of 1 for each null."""
    center = np.nanmedian(X, axis=0)
    filled = np.where(np.isnan(X), center, X)
    flags = np.isnan(X)[:, np.isnan(X).any(axis=0)]
    return np.column_stack([(filled - center) / filled.std(axis=0), flags])


@pytest.mark.parametrize("unknown", [0.0, 0.15])
@pytest.mark.parametrize("c", [0.1, 10.0])
@pytest.mark.parametrize("seed", range(3))
def test_without_constraints_it_is_scikit_learn_s(seed: int, c: float, unknown: float) -> None:
    X, y = drawn(seed, unknown=unknown)
    weight = np.random.default_rng(seed).uniform(0.5, 2, len(y))
    ours = SignedLogistic.fit(X, y, weight, c=c)
    Z = standardized(X)
    theirs = LogisticRegression(C=c, tol=1e-10, max_iter=10_000).fit(Z, y, sample_weight=weight)
    np.testing.assert_allclose(ours.slope, theirs.coef_[0, : X.shape[1]], atol=1e-4)
    np.testing.assert_allclose(ours.intercept, theirs.intercept_[0], atol=1e-4)
    np.testing.assert_allclose(sigmoid(ours.margin(X)), theirs.predict_proba(Z)[:, 1], atol=1e-4)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.lists(st.sampled_from([-1, 0, 1]), min_size=5, max_size=5))
def test_constraints_hold_and_nothing_within_them_is_better(seed: int, ways: list[int]) -> None:
    """Karush-Kuhn-Tucker: no slope is held at 0 but one that would go against its direction; all others are at rest."""
    X, y = drawn(seed, rows=150)
    direction = np.array(ways, dtype=float)
    found = SignedLogistic.fit(X, y, direction=direction, c=0.5)
    assert (found.slope * direction >= 0).all()
    Z = standardized(X)[:, :5]
    gradient = Z.T @ (sigmoid(found.margin(X)) - y) + found.slope / 0.5
    held = (found.slope == 0) & (direction != 0)
    assert np.abs(gradient[~held]).max(initial=0) < 0.05  # beside sums over 150 rows
    assert (gradient[held] * direction[held] > -0.05).all()


def test_a_column_that_goes_against_its_direction_gets_nothing() -> None:
    X, y = drawn(1)
    free = SignedLogistic.fit(X, y).slope
    assert (np.abs(free) > 0.01).all()
    np.testing.assert_array_equal(SignedLogistic.fit(X, y, direction=-np.sign(free)).slope, np.zeros(5))
    np.testing.assert_allclose(SignedLogistic.fit(X, y, direction=np.sign(free)).slope, free, atol=1e-3)


def test_a_null_adds_its_own_step_and_a_column_s_median_nothing() -> None:
    rng = np.random.default_rng(2)
    X = rng.normal(size=(2000, 2))
    X[rng.random(2000) < 0.3, 0] = np.nan
    y = (rng.random(2000) < np.where(np.isnan(X[:, 0]), 0.8, 0.3)).astype(float)
    found = SignedLogistic.fit(X, y, c=100.0)
    values, base = found.contributions(np.array([[np.nan, found.center[1]], found.center]))
    assert values[0, 0] == found.step[0] == pytest.approx(np.log(0.8 / 0.2) - np.log(0.3 / 0.7), abs=0.3)
    np.testing.assert_array_equal(values[:, 1], 0)
    np.testing.assert_array_equal(values[1], 0)
    assert base == found.intercept
    assert found.step[1] == 0


@pytest.mark.parametrize("column", [np.full(100, 3.0), np.full(100, np.nan)])
def test_a_column_that_says_nothing_adds_nothing(column: np.ndarray) -> None:
    X, y = drawn(3, rows=100, columns=2, unknown=0.0)
    alone = SignedLogistic.fit(X, y)
    found = SignedLogistic.fit(np.column_stack([X, column]), y)
    rows = np.column_stack([X, np.linspace(-5, 5, 100)])
    np.testing.assert_allclose(found.margin(rows), alone.margin(X), atol=1e-4)
    for other in (rows[:, 2], column, np.full(100, np.nan)):
        np.testing.assert_array_equal(found.contributions(np.column_stack([X, other]))[0][:, 2], 0)


def test_contributions_and_the_base_are_the_margin() -> None:
    X, y = drawn(4)
    found = SignedLogistic.fit(X, y)
    values, base = found.contributions(X)
    np.testing.assert_allclose(values.sum(axis=1) + base, found.margin(X), atol=1e-12)


def test_a_row_of_weight_two_is_two_rows() -> None:
    X, y = drawn(5, rows=120, unknown=0.0)
    X[np.arange(120) % 2 == 0] = X[np.arange(120) % 2 == 1]  # so that repeating rows moves no median and no SD
    times = np.full(120, 2)
    weighted = SignedLogistic.fit(X, y, times.astype(float))
    repeated = SignedLogistic.fit(np.repeat(X, times, axis=0), np.repeat(y, times))
    np.testing.assert_allclose(weighted.slope, repeated.slope, atol=1e-4)


def test_it_is_whole_after_its_way_through_json() -> None:
    X, y = drawn(6)
    found = SignedLogistic.fit(X, y)
    again = SignedLogistic.from_dict(json.loads(json.dumps(found.as_dict())))
    np.testing.assert_array_equal(again.margin(X), found.margin(X))
