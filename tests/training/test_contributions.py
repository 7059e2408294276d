"""Contributions: against LightGBM's and shap's, and against Shapley values by their definition."""

from itertools import combinations
from math import factorial
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import InputError
from training.contributions import exact as module
from training.contributions.exact import FEW_ROWS, Trees, contributions
from training.contributions.lookup import BLOCK, add_up

COLUMNS = 6  # three numbers, one of few values, one category, one constant


def rows_of(seed: int, rows: int) -> np.ndarray:
    """Correlated numbers with nulls, few values, categories, a constant, and rows that are there twice."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, COLUMNS))
    X[:, 1] += X[:, 0]
    X[:, 3] = rng.integers(-1, 2, rows)
    X[:, 4] = rng.integers(0, 40, rows)
    X[rng.random(X.shape) < 0.15] = np.nan
    X[:, 5] = 1.0
    X[rows // 2 :: 7] = X[: len(X[rows // 2 :: 7])]
    return X


def grown(X: np.ndarray, seed: int = 0, trees: int = 5, **more: Any) -> lgb.Booster:
    """A booster whose outcome depends on all columns but the constant, and on nulls."""
    rng = np.random.default_rng(seed)
    known = np.nan_to_num(X, nan=1.5)
    y = known[:, 0] * known[:, 2] + known[:, 1] + (known[:, 4] % 3) + known[:, 3] + rng.normal(size=len(X))
    how = {"objective": "regression", "min_data_in_leaf": 2, "min_data_per_group": 2, "cat_smooth": 1.0, "cat_l2": 1.0,
           "max_cat_to_onehot": 2, "num_threads": 1, "seed": seed, "verbosity": -1}  # fmt: skip
    return lgb.train(how | more, lgb.Dataset(X, y, categorical_feature=[4]), trees)


def forest(X: np.ndarray, seed: int = 0, trees: int = 5, **more: Any) -> lgb.Booster:
    return grown(X, seed, trees, **{"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6} | more)


def prepared(*boosters: tuple[lgb.Booster, float]) -> Trees:
    """Trees whose tables are there, so that every row goes through them."""
    trees = Trees.of(boosters)
    assert trees.tables
    return trees


def by_lightgbm(booster: lgb.Booster, X: np.ndarray) -> np.ndarray:
    """What LightGBM says; it leaves a forest's sum undivided."""
    return np.asarray(booster.predict(X, pred_contrib=True, num_threads=1))


def expected(node: dict[str, Any], row: np.ndarray, known: frozenset[int]) -> float:
    """A tree's mean output where only some features are known: unknown splits go both ways, by their counts."""
    if "leaf_value" in node:
        return float(node["leaf_value"])
    left, right = node["left_child"], node["right_child"]
    if node["split_feature"] in known:
        return expected(left if row[node["split_feature"]] <= node["threshold"] else right, row, known)
    counts = [child.get("internal_count", child.get("leaf_count")) for child in (left, right)]
    return (counts[0] * expected(left, row, known) + counts[1] * expected(right, row, known)) / sum(counts)


def shapley(tree: dict[str, Any], row: np.ndarray) -> np.ndarray:
    """Shapley values by their definition: the mean addition of a feature over all orders."""
    k = len(row)
    worth = {frozenset(c): expected(tree, row, frozenset(c)) for n in range(k + 1) for c in combinations(range(k), n)}
    found = np.zeros(k + 1)
    found[k] = worth[frozenset()]
    for known, value in worth.items():
        for feature in set(range(k)) - known:
            weight = factorial(len(known)) * factorial(k - len(known) - 1) / factorial(k)
            found[feature] += weight * (worth[known | {feature}] - value)
    return found


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    rows=st.integers(20, 300),
    leaves=st.integers(2, 40),
    depth=st.sampled_from([-1, 1, 3, 8]),
    boosting=st.sampled_from([grown, forest]),
    missing=st.sampled_from([{}, {"use_missing": False}, {"zero_as_missing": True}]),
)
def test_tables_say_what_lightgbm_says(
    seed: int, rows: int, leaves: int, depth: int, boosting: Any, missing: dict[str, bool]
) -> None:
    X = rows_of(seed, rows)
    booster = boosting(X, seed, num_leaves=leaves, max_depth=depth, feature_fraction=0.8, **missing)
    by = booster.num_trees() if boosting is forest else 1
    others = np.vstack([X, rows_of(seed + 1, 30)])
    found = contributions(prepared((booster, 1.0)), others)
    np.testing.assert_allclose(found, by_lightgbm(booster, others) / by, rtol=0, atol=1e-9)


@pytest.mark.parametrize("leaves", [64, 200])
def test_leaves_with_more_tests_than_a_table_holds_are_worked_out_one_by_one(leaves: int) -> None:
    X = rows_of(1, 1_000)
    booster = grown(X, num_leaves=leaves, trees=2)
    np.testing.assert_allclose(contributions(prepared((booster, 1.0)), X), by_lightgbm(booster, X), rtol=0, atol=1e-9)


def test_a_tree_too_deep_for_tables_is_left_to_lightgbm() -> None:
    x = np.arange(80.0)
    how = {"objective": "regression", "num_leaves": 80, "min_data_in_leaf": 1, "min_data_in_bin": 1, "verbosity": -1}
    how["boost_from_average"] = False
    booster = lgb.train(how, lgb.Dataset(x[:, None], 3.0 ** (x - 40)), 1)  # every split takes off the largest
    trees = Trees.of([(booster, 1.0)])
    assert trees.too_deep
    found = contributions(trees, x[:, None])
    assert not trees.prepared
    np.testing.assert_allclose(found, by_lightgbm(booster, x[:, None]))


def test_contributions_are_shapley_values_by_their_definition() -> None:
    X = np.random.default_rng(3).normal(size=(200, 5))
    y = X[:, 0] * X[:, 1] + (X[:, 2] > 0) * X[:, 3] - X[:, 4]
    how = {"objective": "regression", "num_leaves": 12, "min_data_in_leaf": 5, "verbosity": -1, "num_threads": 1}
    booster = lgb.train(how, lgb.Dataset(X, y), 3)
    trees = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]
    by_hand = np.array([sum(shapley(tree, row) for tree in trees) for row in X[:12]])
    np.testing.assert_allclose(contributions(prepared((booster, 1.0)), X[:12]), by_hand, rtol=0, atol=1e-12)


@pytest.mark.parametrize("code", ["lightgbm", "internal"])
def test_contributions_agree_with_shap_and_with_its_own_code(code: str) -> None:
    shap = pytest.importorskip("shap")
    X = rows_of(8, 300)
    X[:, 4] = 0.0  # shap's own code misreads sets of categories
    booster = grown(X, num_leaves=12)
    explainer = shap.TreeExplainer(booster, feature_perturbation="tree_path_dependent")
    explainer.model.model_type = code  # by "lightgbm" it asks LightGBM
    ours = contributions(prepared((booster, 1.0)), X)
    np.testing.assert_allclose(ours[:, :-1], explainer.shap_values(X), rtol=0, atol=1e-9)
    np.testing.assert_allclose(ours[:, -1], np.ravel(explainer.expected_value)[0], rtol=0, atol=1e-9)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), scales=st.lists(st.floats(-3, 3), min_size=3, max_size=3))
def test_several_boosters_add_up_by_their_scales(seed: int, scales: list[float]) -> None:
    X = rows_of(seed, 120)
    boosters = [grown(X, seed, num_leaves=6), forest(X, seed, trees=3, num_leaves=14), grown(X, seed + 1, num_leaves=3)]
    trees = prepared(*zip(boosters, scales, strict=True))
    parts = [by_lightgbm(booster, X) * scale for booster, scale in zip(boosters, scales, strict=True)]
    found = contributions(trees, X)
    np.testing.assert_allclose(found, parts[0] + parts[1] / 3 + parts[2], rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.sum(axis=1), trees.margin(X), rtol=0, atol=1e-9)


def test_a_forest_of_a_regression_adds_up_to_its_prediction() -> None:
    X = rows_of(5, 200)
    booster = forest(X, trees=7, num_leaves=20)
    for trees in (Trees.of([(booster, 1.0)]), prepared((booster, 1.0))):
        np.testing.assert_allclose(contributions(trees, X[:50]).sum(axis=1), booster.predict(X[:50]), atol=1e-12)
        np.testing.assert_allclose(trees.margin(X), booster.predict(X), atol=1e-12)


def test_only_the_iterations_up_to_the_best_one_count() -> None:
    X = rows_of(6, 300)
    for booster, by in ((grown(X, trees=9), 1), (forest(X, trees=9), 4)):
        booster.best_iteration = 4
        np.testing.assert_allclose(
            contributions(prepared((booster, 1.0)), X), by_lightgbm(booster, X) / by, rtol=0, atol=1e-12
        )


def test_both_ways_give_the_same_and_few_rows_make_no_tables() -> None:
    X = rows_of(9, 2 * FEW_ROWS)
    boosters = [(grown(X, num_leaves=9), 0.4), (forest(X, num_leaves=25), 0.6)]
    trees = Trees.of(boosters)
    few = contributions(trees, X[:FEW_ROWS])
    assert not trees.prepared
    many = contributions(trees, X)
    assert trees.prepared
    np.testing.assert_allclose(many[:FEW_ROWS], few, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(contributions(trees, X[:1]), many[:1])


def test_tables_of_each_booster_say_what_lightgbm_says_of_it() -> None:
    X = rows_of(12, 40)
    trees = Trees.of(
        [(grown(X, num_leaves=9), 0.4), (forest(X, num_leaves=25), 0.6), (grown(X, 3, num_leaves=3), -2.0)]
    )
    before = list(trees.each(X))
    assert len(trees.apart) == len(before) == 3
    for by_tables, by_lightgbm_ in zip(trees.each(X), before, strict=True):
        np.testing.assert_allclose(by_tables, by_lightgbm_, rtol=0, atol=1e-12)
    assert not trees.prepared, "those of all together are for batches"


def test_rows_do_not_depend_on_their_company(monkeypatch: pytest.MonkeyPatch) -> None:
    X = rows_of(10, 3 * BLOCK + 17)
    trees = prepared((grown(X, num_leaves=10), 1.0))
    order = np.random.default_rng(0).permutation(len(X))
    found = contributions(trees, X)
    np.testing.assert_array_equal(contributions(trees, X[order]), found[order])
    monkeypatch.setattr(module, "in_slices", lambda rows, work: work(0, rows))
    np.testing.assert_array_equal(contributions(trees, np.asfortranarray(X)), found)


def test_rows_that_must_not_be_written_compile_nothing_anew() -> None:
    X = rows_of(16, 100)
    trees = prepared((grown(X), 1.0))
    found = contributions(trees, X)
    compiled = list(add_up.signatures)
    X.flags.writeable = False
    np.testing.assert_array_equal(contributions(trees, X), found)
    assert add_up.signatures == compiled


def test_what_is_not_split_contributes_exactly_nothing() -> None:
    X = rows_of(11, 300)
    booster = grown(X, num_leaves=4, trees=3)
    unused = booster.feature_importance() == 0
    assert unused[5]
    found = contributions(prepared((booster, 1.0)), X)
    assert (found[:, :-1][:, unused] == 0).all()
    assert found[:, :-1][:, ~unused].any(axis=0).all()


def test_trees_of_one_leaf_are_all_base() -> None:
    X = rows_of(12, 50)
    booster = lgb.train({"objective": "regression", "verbosity": -1}, lgb.Dataset(X, np.full(50, 2.5)), 3)
    found = contributions(prepared((booster, 2.0)), X)
    np.testing.assert_allclose(found, np.tile([0.0] * COLUMNS + [5.0], (50, 1)))


def test_a_booster_from_its_file_gives_the_same(tmp_path: Path) -> None:
    X = rows_of(13, 200)
    booster = grown(X, num_leaves=12)
    booster.save_model(tmp_path / "booster.txt")
    again = lgb.Booster(model_file=tmp_path / "booster.txt")
    np.testing.assert_array_equal(contributions(prepared((again, 1.0)), X), contributions(prepared((booster, 1.0)), X))


@pytest.mark.parametrize("make", [Trees.of, lambda boosters: prepared(*boosters)])
def test_no_rows_have_no_contributions(make: Any) -> None:
    trees = make([(grown(rows_of(14, 60)), 1.0)])
    assert contributions(trees, np.empty((0, COLUMNS))).shape == (0, COLUMNS + 1)
    assert trees.margin(np.empty((0, COLUMNS))).shape == (0,)


def test_rows_of_another_width_are_refused() -> None:
    trees = Trees.of([(grown(rows_of(14, 60)), 1.0)])
    with pytest.raises(InputError, match=r"The rows to explain have shape \(3, 4\); the boosters want \(n, 6\)"):
        contributions(trees, np.zeros((3, 4)))
    with pytest.raises(InputError, match=r"shape \(6,\)"):
        contributions(trees, np.zeros(6))


def test_boosters_of_other_features_are_refused() -> None:
    X = rows_of(15, 80)
    narrow = lgb.train({"verbosity": -1}, lgb.Dataset(X[:, :3], X[:, 5]), 1)
    with pytest.raises(InputError, match="have 3 and 6 features"):
        Trees.of([(grown(X), 1.0), (narrow, 1.0)])
    with pytest.raises(InputError, match="have no features"):
        Trees.of([])
