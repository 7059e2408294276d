"""Reading boosters: the trees that LightGBM describes itself, and what is refused."""

from typing import Any

import lightgbm as lgb
import numpy as np
import pytest

from features.errors import InputError
from training.contributions.trees import CATEGORY, NAN_LEFT, Tree, depth, nodes_of, read


@pytest.fixture
def rows() -> np.ndarray:
    rng = np.random.default_rng(2)
    X = rng.normal(size=(300, 4))
    X[:, 3] = rng.integers(0, 50, 300)
    X[rng.random(X.shape) < 0.1] = np.nan
    return X


def grown(X: np.ndarray, **more: Any) -> lgb.Booster:
    y = np.nan_to_num(X[:, 0] + X[:, 3] % 3)
    how = {"objective": "regression", "num_leaves": 9, "min_data_per_group": 1, "cat_smooth": 1.0, "verbosity": -1}
    return lgb.train(how | more, lgb.Dataset(X, y, categorical_feature=[3]), 4)


def walked(node: dict[str, Any]) -> list[dict[str, Any]]:
    """A node of LightGBM's own description and all below it."""
    children = [node[side] for side in ("left_child", "right_child") if side in node]
    return [node, *(below for child in children for below in walked(child))]


def test_trees_are_those_of_lightgbm_s_description(rows: np.ndarray) -> None:
    booster = grown(rows)
    trees, factor = read(booster, 0.5, "Booster 0")
    assert factor == 0.5
    for tree, described in zip(trees, booster.dump_model()["tree_info"], strict=True):
        nodes = walked(described["tree_structure"])
        inner = sorted((node for node in nodes if "split_index" in node), key=lambda node: node["split_index"])
        leaves = sorted((node for node in nodes if "leaf_index" in node), key=lambda node: node["leaf_index"])
        assert tree.feature == [node["split_feature"] for node in inner]
        assert tree.rows == [node["internal_count"] for node in inner]
        assert tree.leaf_rows == [node["leaf_count"] for node in leaves]
        assert tree.leaf_value == pytest.approx([node["leaf_value"] / 2 for node in leaves], abs=1e-15)
        read_nodes = nodes_of([tree])
        for at, node in enumerate(inner):
            if node["decision_type"] == "==":
                words = read_nodes.words[read_nodes.first[at] : read_nodes.last[at]]
                categories = [
                    32 * place + bit for place, word in enumerate(words) for bit in range(32) if word >> bit & 1
                ]
                assert (read_nodes.kind[at], categories) == (CATEGORY, [int(c) for c in node["threshold"].split("||")])
            else:
                assert tree.threshold[at] == node["threshold"]
                assert (read_nodes.kind[at] == NAN_LEFT) == (
                    node["default_left"] if node["missing_type"] == "NaN" else node["threshold"] >= 0
                )


def test_sets_of_categories_stay_with_their_nodes_when_trees_are_joined(rows: np.ndarray) -> None:
    trees, _ = read(grown(rows), 1.0, "Booster 0")
    alone, joined = [nodes_of([tree]) for tree in trees], nodes_of(trees)
    sets = [nodes.words[a:b].tolist() for nodes in alone for a, b in zip(nodes.first, nodes.last, strict=True)]
    assert sets == [joined.words[a:b].tolist() for a, b in zip(joined.first, joined.last, strict=True)]
    assert any(sets)


def test_a_forest_is_divided_by_its_trees(rows: np.ndarray) -> None:
    booster = grown(rows, boosting="rf", bagging_freq=1, bagging_fraction=0.5)
    trees, factor = read(booster, 3.0, "Booster 0")
    assert factor == 3.0 / 4
    assert trees[1].leaf_value[2] == pytest.approx(booster.get_leaf_output(1, 2) * 0.75)


def test_depth_counts_the_tests_of_the_deepest_leaf(rows: np.ndarray) -> None:
    booster = grown(rows, num_leaves=20)
    info = booster.trees_to_dataframe()
    deepest = info.groupby("tree_index")["node_depth"].max() - 1
    assert [depth(tree) for tree in read(booster, 1.0, "Booster 0")[0]] == deepest.to_list()
    assert depth(Tree([], [], [], [], [], [], [], [], [5], [1.0])) == 0


def test_linear_leaves_are_refused(rows: np.ndarray) -> None:
    booster = grown(rows, linear_tree=True)
    with pytest.raises(InputError, match=r"Booster 2, tree \d has linear leaves"):
        read(booster, 1.0, "Booster 2")


def test_several_classes_are_refused(rows: np.ndarray) -> None:
    y = np.arange(300) % 3
    booster = lgb.train({"objective": "multiclass", "num_class": 3, "verbosity": -1}, lgb.Dataset(rows, y), 2)
    with pytest.raises(InputError, match="Booster 0 has 3 classes"):
        read(booster, 1.0, "Booster 0")


def test_a_node_without_training_rows_is_refused(rows: np.ndarray) -> None:
    broken = grown(rows).model_to_string().replace("internal_count=300", "internal_count=000", 1)
    with pytest.raises(InputError, match="Booster 0, tree 0 has an inner node without training rows"):
        read(lgb.Booster(model_str=broken), 1.0, "Booster 0")
