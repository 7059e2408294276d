"""Contributions: against Shapley values by their definition, and sums that keep what they add up."""

from itertools import combinations
from math import factorial
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from training import Explanation, RiskModel
from training.config import Boosting, Forest, Recipe
from training.explain import family_of
from training.parts import Member

NAMES = ["quick_returns", "occupancy", "tenure", "shoe_size"]
TINY = Recipe(
    members=2,
    linear_c=1.0,
    boosting=Boosting(trees=8, leaves=6, rows_per_leaf=15, l2=1.0, feature_share=1.0, learning_rate=0.3),
    forest=Forest(trees=5, leaves=8, rows_per_leaf=15),
    extra_trees=Forest(trees=20, leaves=32, rows_per_leaf=3, features_per_split=4.0, row_share=0.9),
)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(4).normal(size=(600, 4)), columns=NAMES)


@pytest.fixture(scope="module")
def y(rows: pd.DataFrame) -> np.ndarray:
    odds = 1.2 * rows["quick_returns"] + 3 * ((rows["occupancy"] > 0) & (rows["tenure"] > 0)) - 1.5
    return np.asarray(np.random.default_rng(5).random(600) < 1 / (1 + np.exp(-odds)))


@pytest.fixture(scope="module")
def model(rows: pd.DataFrame, y: np.ndarray) -> RiskModel:
    found = RiskModel("burnout", TINY).fit(rows, y)
    assert (found.weights_ > 0).all()  # every part counts
    return found


def expected(node: dict[str, Any], row: np.ndarray, known: frozenset[int]) -> float:
    """A tree's mean output where only some features are known: unknown splits go both ways, by their counts."""
    if "leaf_value" in node:
        return float(node["leaf_value"])
    left, right = node["left_child"], node["right_child"]
    if node["split_feature"] in known:
        return expected(left if row[node["split_feature"]] <= node["threshold"] else right, row, known)
    counts = [child.get("internal_count", child.get("leaf_count")) for child in (left, right)]
    return (counts[0] * expected(left, row, known) + counts[1] * expected(right, row, known)) / sum(counts)


def worth_of(member: Member, weights: np.ndarray, row: np.ndarray, known: frozenset[int]) -> float:
    """A member's margin where only some features are known: an unknown one counts as its median in the linear part."""
    assert member.linear is not None
    linear = member.linear.intercept + sum(
        member.linear.slope[at] * (row[at] - member.linear.center[at]) / member.linear.scale[at] for at in known
    )
    boosted, *grown = (
        [expected(tree["tree_structure"], row, known) for tree in part.dump_model()["tree_info"]]
        for part in (member.boosting, member.forest, member.extra_trees)
    )
    return float(weights @ [linear, sum(boosted), *(np.mean(trees) for trees in grown)])


def shapley(model: RiskModel, row: np.ndarray) -> tuple[np.ndarray, float]:
    """Shapley values by their definition: a feature's mean addition over all orders in which features become known."""
    everyone, k = range(len(row)), len(row)
    worth = {
        frozenset(known): np.mean([worth_of(m, model.weights_, row, frozenset(known)) for m in model.members_])
        for size in range(k + 1)
        for known in combinations(everyone, size)
    }
    found = np.zeros(k)
    for known, value in worth.items():
        weight = factorial(len(known)) * factorial(k - len(known) - 1) / factorial(k) if len(known) < k else 0
        for feature in set(everyone) - known:
            found[feature] += weight * (worth[known | {feature}] - value)
    return found, float(worth[frozenset()])


def test_contributions_are_shapley_values_by_their_definition(model: RiskModel, rows: pd.DataFrame) -> None:
    """Of the whole margin: linear part, boosted trees and forests of every member, by their weights."""
    explanation = model.explain(rows.head(4))
    for place, row in enumerate(rows.head(4).to_numpy()):
        by_hand, base = shapley(model, row)
        np.testing.assert_allclose(explanation.values[place], by_hand, atol=1e-9)
        assert explanation.base[place] == pytest.approx(base + model.intercept_, abs=1e-9)


def test_contributions_of_boosted_trees_agree_with_shap(rows: pd.DataFrame, y: np.ndarray) -> None:
    shap = pytest.importorskip("shap")
    boosted = RiskModel("burnout", TINY.model_copy(update={"linear_c": None, "forest": None, "extra_trees": None})).fit(
        rows, y
    )
    theirs = [shap.TreeExplainer(member.boosting)(rows.head(10).to_numpy()) for member in boosted.members_]
    ours, weight = boosted.explain(rows.head(10)), boosted.weights_[1]
    np.testing.assert_allclose(ours.values, weight * np.mean([t.values for t in theirs], axis=0), atol=1e-6)
    bases = np.mean([t.base_values for t in theirs], axis=0)
    np.testing.assert_allclose(ours.base, weight * bases + boosted.intercept_, atol=1e-6)


def test_families_add_up_to_all_contributions(model: RiskModel, rows: pd.DataFrame) -> None:
    explanation = model.explain(rows)
    families = explanation.by_family()
    assert list(families) == ["schedule", "workload", "context", "shoe_size"]
    np.testing.assert_allclose(families.sum(axis=1), explanation.values.sum(axis=1), atol=1e-12)
    assert family_of("quick_returns_own_z") == "schedule"


def test_importance_is_largest_first_and_keeps_the_order_of_ties(rows: pd.DataFrame) -> None:
    values = np.tile([0.5, -1.0, 0.5, -0.5], (600, 1))
    importance = Explanation(values, np.zeros(600), rows).importance()
    assert importance.to_dict() == {"occupancy": 1.0, "quick_returns": 0.5, "tenure": 0.5, "shoe_size": 0.5}
    assert list(importance.index) == ["occupancy", "quick_returns", "tenure", "shoe_size"]


def test_shap_gets_the_same_numbers_and_its_plots_draw(people: pd.DataFrame, tiny: Recipe) -> None:
    mpl.use("Agg")
    import matplotlib.pyplot as plt
    import shap

    inputs = people.drop(columns="left")
    explanation = RiskModel("leaving", tiny).fit(inputs, people["left"]).explain(inputs)
    theirs = explanation.to_shap()
    assert isinstance(theirs, shap.Explanation)
    assert theirs.feature_names == list(inputs)
    assert theirs.values.shape == theirs.data.shape == inputs.shape
    np.testing.assert_array_equal(theirs.base_values, explanation.base)
    for draw, given in ((shap.plots.waterfall, theirs[0]), (shap.plots.bar, theirs)):
        plt.close("all")
        draw(given, show=False)
        words = {text.get_text() for axes in plt.gcf().axes for text in axes.get_yticklabels()}
        assert any("commute" in word for word in words)
    plt.close("all")
