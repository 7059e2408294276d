"""Rows through tables: every decision as LightGBM makes it, at the edges too."""

from typing import Any

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.contributions.exact import Trees, contributions
from training.contributions.trees import TINY

ODD = [np.nan, 0.0, -0.0, TINY, -TINY, 1e-35, -1e-35, 1.1e-35, -1.1e-35, 5e-324, np.inf, -np.inf, 1e300, -1e305]
CATEGORIES = [*ODD, -0.5, -1.0, 0.5, 2.9, 3.0, 31.0, 32.0, 63.999, 64.0, 1e9, 2.0**31, 2.0**31 + 3, 2.0**32 + 3, 1e18]
MISSING = [{}, {"use_missing": False}, {"zero_as_missing": True}]


def booster_of(X: np.ndarray, seed: int, how: dict[str, Any]) -> lgb.Booster:
    """Numbers around zero in the first column, categories in the second."""
    y = np.random.default_rng(seed).normal(size=len(X)) + np.nan_to_num(np.sign(X[:, 0])) + X[:, 1] % 2
    settled = {"objective": "regression", "num_leaves": 9, "min_data_in_leaf": 1, "min_data_in_bin": 1, "verbosity": -1,
               "min_data_per_group": 1, "cat_smooth": 0.0, "max_cat_to_onehot": 1, "num_threads": 1}  # fmt: skip
    return lgb.train(settled | how, lgb.Dataset(X, np.nan_to_num(y), categorical_feature=[1]), 4)


@settings(max_examples=60, deadline=None)
@given(
    numbers=st.lists(st.sampled_from([*ODD[:10], -1.0, 1.0, 2.0, -3.0]), min_size=40, max_size=80),
    seed=st.integers(0, 10**6),
    how=st.sampled_from(MISSING),
)
def test_odd_values_go_where_lightgbm_sends_them(numbers: list[float], seed: int, how: dict[str, bool]) -> None:
    categories = np.random.default_rng(seed).choice([0, 1, 2, 3, 7, 31, 32, 40, 64, np.nan], len(numbers))
    booster = booster_of(np.column_stack([numbers, categories]), seed, how)
    trees = Trees.of([(booster, 1.0)])
    edges = sorted({near for tree in trees.trees for at in tree.threshold for near in (at, np.nextafter(at, np.inf))})
    asked = np.array([(number, category) for number in [*ODD, *edges] for category in CATEGORIES])
    assert trees.tables
    theirs = np.asarray(booster.predict(asked, pred_contrib=True, num_threads=1))
    np.testing.assert_allclose(contributions(trees, asked), theirs, rtol=0, atol=1e-9)


@pytest.mark.parametrize("direction", [1, -1])
def test_zero_goes_aside_where_it_is_missing(direction: int) -> None:
    x = np.tile([-2.0, -1.0, 0.0, 1.0, 2.0], 40)
    y = np.where(x == 0, direction * 5.0, x)
    how = {"objective": "regression", "zero_as_missing": True, "min_data_in_bin": 1, "num_leaves": 4, "verbosity": -1}
    booster = lgb.train(how, lgb.Dataset(x[:, None], y), 3)
    trees = Trees.of([(booster, 1.0)])
    kinds = set(trees.tables[0].nodes.kind)
    assert kinds & {2, 3}, "no split sends zero elsewhere than its threshold does"
    asked = np.array([[-2.0], [-1e-35], [0.0], [np.nan], [1e-36], [0.5], [2.0]])
    np.testing.assert_allclose(contributions(trees, asked), booster.predict(asked, pred_contrib=True), atol=1e-12)
