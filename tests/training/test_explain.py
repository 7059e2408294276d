"""Contributions: against Shapley values by their definition, and sums that keep what they add up."""

from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import pandas as pd
import pytest

from training import Explanation, RiskModel
from training.config import Growth
from training.explain import family_of

NAMES = ["quick_returns", "occupancy", "tenure", "shoe_size"]


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(4).normal(size=(300, 4)), columns=NAMES)


@pytest.fixture(scope="module")
def model(rows: pd.DataFrame) -> RiskModel:
    rng = np.random.default_rng(5)
    odds = rows["quick_returns"] * 2 * (rows["occupancy"] > 0) - rows["tenure"]
    y = rng.random(len(rows)) < 1 / (1 + np.exp(-odds))
    return RiskModel("burnout", Growth(trees=6, rows_per_leaf=15, feature_share=1.0)).fit(rows, y)


def expected(node: dict[str, Any], row: np.ndarray, known: frozenset[int]) -> float:
    """A tree's mean output where only some features are known: unknown splits go both ways, by their counts."""
    if "leaf_value" in node:
        return float(node["leaf_value"])
    left, right = node["left_child"], node["right_child"]
    if node["split_feature"] in known:
        return expected(left if row[node["split_feature"]] <= node["threshold"] else right, row, known)
    counts = [child.get("internal_count", child.get("leaf_count")) for child in (left, right)]
    return (counts[0] * expected(left, row, known) + counts[1] * expected(right, row, known)) / sum(counts)


def shapley(trees: list[dict[str, Any]], row: np.ndarray) -> np.ndarray:
    """Shapley values by their definition: a feature's mean addition over all orders in which features become known."""
    everyone, k = range(len(row)), len(row)
    worth = {
        frozenset(known): sum(expected(tree, row, frozenset(known)) for tree in trees)
        for size in range(k + 1)
        for known in combinations(everyone, size)
    }
    found = np.zeros(k)
    for known, value in worth.items():
        weight = factorial(len(known)) * factorial(k - len(known) - 1) / factorial(k) if len(known) < k else 0
        for feature in set(everyone) - known:
            found[feature] += weight * (worth[known | {feature}] - value)
    return found


def test_contributions_are_shapley_values_by_their_definition(model: RiskModel, rows: pd.DataFrame) -> None:
    trees = [tree["tree_structure"] for tree in model.booster_.dump_model()["tree_info"]]
    found = model.explain(rows.head(10)).values
    by_hand = np.array([shapley(trees, row) for row in rows.head(10).to_numpy()])
    np.testing.assert_allclose(found, by_hand, atol=1e-6)


def test_contributions_agree_with_shap_before_calibration(model: RiskModel, rows: pd.DataFrame) -> None:
    shap = pytest.importorskip("shap")
    theirs = shap.TreeExplainer(model.booster_)(rows.head(10).to_numpy())
    ours = model.explain(rows.head(10))
    np.testing.assert_allclose(ours.values, theirs.values, atol=1e-6)
    np.testing.assert_allclose(ours.base, theirs.base_values, atol=1e-6)


def test_families_add_up_to_all_contributions(model: RiskModel, rows: pd.DataFrame) -> None:
    explanation = model.explain(rows)
    families = explanation.by_family()
    assert list(families) == ["schedule", "workload", "context", "shoe_size"]
    np.testing.assert_allclose(families.sum(axis=1), explanation.values.sum(axis=1))
    assert family_of("quick_returns_own_z") == "schedule"


def test_importance_is_largest_first_and_keeps_the_order_of_ties(rows: pd.DataFrame) -> None:
    values = np.tile([0.5, -1.0, 0.5, -0.5], (300, 1))
    importance = Explanation(values, np.zeros(300), rows).importance()
    assert importance.to_dict() == {"occupancy": 1.0, "quick_returns": 0.5, "tenure": 0.5, "shoe_size": 0.5}
    assert list(importance.index) == ["occupancy", "quick_returns", "tenure", "shoe_size"]


def test_shap_s_plots_find_what_they_need(people: pd.DataFrame) -> None:
    inputs = people.drop(columns="left")
    explanation = RiskModel("leaving", Growth(trees=5)).fit(inputs, people["left"]).explain(inputs)
    theirs = explanation.to_shap()
    assert theirs.feature_names == list(inputs)
    assert theirs.values.shape == theirs.data.shape == inputs.shape
    np.testing.assert_array_equal(theirs.base_values, explanation.base)
