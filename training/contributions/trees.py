"""The trees of a booster, read from LightGBM's own text."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from features.by_agent import Floats, Ints
from features.errors import InputError

__all__ = ["CATEGORY", "NAN_LEFT", "TINY", "ZERO_ASIDE", "Nodes", "Tree", "depth", "nodes_of", "read"]

TINY = float(np.float32(1e-35))  # LightGBM reads what is not larger as 0
# how a node decides, added up: NaN goes left; zero goes where NaN goes, whatever the threshold; a set of categories
NAN_LEFT, ZERO_ASIDE, CATEGORY = 1, 2, 4
_CATEGORICAL, _DEFAULT_LEFT, _MISSING, _ZERO = 1, 2, 2, 1  # LightGBM's `decision_type`: two flags, then a missing type


class Tree(NamedTuple):
    """One tree. A child of 0 or more is an inner node of this tree, one below is the leaf `~child`."""

    feature: list[int]
    threshold: list[float]
    decision: list[int]  # LightGBM's `decision_type`
    left: list[int]
    right: list[int]
    rows: list[int]  # of training, by inner node
    bounds: list[int]  # of sets of categories among `words`; the threshold of a categorical node says which set
    words: list[int]
    leaf_rows: list[int]
    leaf_value: list[float]  # scaled


class Nodes(NamedTuple):
    """The tests of inner nodes: a value goes left when it is at most the threshold, or a category of the set.

    Attributes
    ----------
    feature, threshold : array
    kind : array
        Adds up `NAN_LEFT`, `ZERO_ASIDE` and `CATEGORY`.
    first, last : array
        The words of a node's set of categories; none where it is not a `CATEGORY`.
    words : array
        Sets of categories, 32 to a word.
    """

    feature: Ints
    threshold: Floats
    kind: Ints
    first: Ints
    last: Ints
    words: npt.NDArray[np.uint32]


def read(booster: lgb.Booster, scale: float, name: str) -> tuple[list[Tree], float]:
    """The trees of a booster with scaled leaves, and the factor between what LightGBM calls raw and their sum.

    The margin of a booster is what its objective turns into a prediction: the sum of its trees or, for a random
    forest, their mean. LightGBM's `raw_score` and `pred_contrib` give a forest's sum, which only its predictions
    divide; here the factor does. Iterations after the best one are left out, as in LightGBM's predictions.

    Raises
    ------
    InputError
        Several classes, linear leaves, or an inner node without training rows.
    """
    head, *texts = booster.model_to_string().partition("\nend of trees")[0].split("\nTree=")
    settings = head.splitlines()
    if "num_tree_per_iteration=1" not in settings:
        raise InputError(f"{name} has {booster.num_model_per_iteration()} classes; contributions are of one margin.")
    factor = scale / max(len(texts), 1) if "average_output" in settings else scale
    entries = [dict(line.partition("=")[::2] for line in text.splitlines()) for text in texts]
    return [_tree(tree, factor, f"{name}, tree {at}") for at, tree in enumerate(entries)], factor


def depth(tree: Tree) -> int:
    """Most tests from the root to a leaf."""
    depths = [1] * len(tree.left)
    for node, children in enumerate(zip(tree.left, tree.right, strict=True)):
        for child in children:
            if child >= 0:  # a later node: LightGBM numbers them as it splits
                depths[child] = depths[node] + 1
    return max(depths, default=0)


def nodes_of(trees: Sequence[Tree]) -> Nodes:
    """The inner nodes of all trees end to end."""
    decision = np.array([flags for tree in trees for flags in tree.decision], dtype=np.int64)
    threshold = np.array([value for tree in trees for value in tree.threshold], dtype=np.float64)
    category, default_left = decision & _CATEGORICAL > 0, decision & _DEFAULT_LEFT > 0
    missing, zero_left = decision >> _MISSING, threshold >= 0
    nan_left = np.where(missing == 0, zero_left, default_left)  # where nothing can be missing, NaN is read as 0
    aside = (missing == _ZERO) & (default_left != zero_left)
    sets = np.array(list(_sets(trees)), dtype=np.int64).reshape(-1, 2)
    return Nodes(
        np.array([feature for tree in trees for feature in tree.feature], dtype=np.int64),
        threshold,
        np.where(category, CATEGORY, nan_left * NAN_LEFT + aside * ZERO_ASIDE),
        sets[:, 0].copy(),
        sets[:, 1].copy(),
        np.array([word for tree in trees for word in tree.words], dtype=np.uint32),
    )


def _sets(trees: Sequence[Tree]) -> Iterator[tuple[int, int]]:
    """Per inner node, the first and last of the words of its set among those of all trees."""
    offset = 0
    for tree in trees:
        for flags, threshold in zip(tree.decision, tree.threshold, strict=True):
            at = int(threshold) if flags & _CATEGORICAL else -1
            yield (offset + tree.bounds[at], offset + tree.bounds[at + 1]) if at >= 0 else (0, 0)
        offset += len(tree.words)


def _tree(entries: dict[str, str], scale: float, name: str) -> Tree:
    def whole(key: str) -> list[int]:
        return [int(word) for word in entries.get(key, "").split()]

    if entries["is_linear"] != "0":
        raise InputError(f"{name} has linear leaves; tables are for constant ones (train with linear_tree=false).")
    rows = whole("internal_count")
    if min(rows, default=1) <= 0:
        raise InputError(f"{name} has an inner node without training rows; contributions weigh by their counts.")
    return Tree(
        whole("split_feature"),
        [float(word) for word in entries["threshold"].split()],
        whole("decision_type"),
        whole("left_child"),
        whole("right_child"),
        rows,
        whole("cat_boundaries"),
        whole("cat_threshold"),
        whole("leaf_count"),
        [float(word) * scale for word in entries["leaf_value"].split()],
    )
