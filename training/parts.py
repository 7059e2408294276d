"""What a `RiskModel` is made of: members, each with a linear part, boosted trees and forests, fitted on most people.

Every member leaves one share of the people out. Their margins for those left out are honest; the weights of the parts
are fitted on them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize

from training.calibration import sigmoid
from training.config import Boosting, Forest, Recipe
from training.linear import SignedLogistic

__all__ = ["PARTS", "Member", "Rows", "folds", "part_weights", "threads"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
PARTS = ("linear", "boosting", "forest", "extra_trees")
LEAST_OF_A_CLASS = 10
ONE_THREAD_ROWS = 100_000
_WEIGHT_PENALTY = 1.0


@dataclass(frozen=True)
class Rows:
    """Training rows as arrays: columns as numbers (n, k), one-hot (n, m), outcome, weights, and expected directions."""

    native: Floats
    expanded: Floats
    y: Floats
    weight: Floats
    direction: Whole  # (k,)
    owner: Whole  # (m,)
    categorical: list[int]


@dataclass(frozen=True)
class Member:
    """Fitted parts; those that the recipe leaves out, or that got no weight, are None."""

    linear: SignedLogistic | None
    boosting: lgb.Booster | None
    forest: lgb.Booster | None
    extra_trees: lgb.Booster | None

    @classmethod
    def fit(cls, rows: Rows, train: Whole, recipe: Recipe, seed: int) -> "Member":
        """Fit every part of the recipe on some of the rows."""
        return cls(
            _linear(rows, train, recipe.linear_c) if recipe.linear_c is not None else None,
            _boosted(rows, train, recipe.boosting, seed) if recipe.boosting else None,
            _grown(rows, train, recipe.forest, seed) if recipe.forest else None,
            _grown(rows, train, recipe.extra_trees, seed, extra_trees=True) if recipe.extra_trees else None,
        )

    def margins(self, native: Floats, expanded: Floats) -> Floats:
        """One column a part, shape (n, 4): log-odds of two, mean probabilities of two; 0 for those left out."""
        out, fast = np.zeros((len(native), len(PARTS))), {"num_threads": threads(len(native))}
        if self.linear is not None:
            out[:, 0] = self.linear.margin(expanded)
        if self.boosting is not None:
            out[:, 1] = self.boosting.predict(native, raw_score=True, **fast)
        if self.forest is not None:
            out[:, 2] = self.forest.predict(expanded, **fast)
        if self.extra_trees is not None:
            out[:, 3] = self.extra_trees.predict(expanded, **fast)
        return out


def folds(y: Floats, groups: npt.ArrayLike, members: int, seed: int) -> Iterator[tuple[Whole, Whole]]:
    """Rows that a member is fitted on and rows that it leaves out; rows of one group stay together.

    Groups are dealt like cards, to and fro, those with the most positive rows first: every member leaves out about as
    many rows of each class. None where there are too few of a class to leave some out: then there is one member, and
    its parts are not weighed.
    """
    group, names = pd.factorize(np.asarray(groups), use_na_sentinel=False)  # what people are called moves no one
    positives, rows = np.bincount(group, y), np.bincount(group)
    fewest = min(np.sum(positives > 0), np.sum(positives < rows))
    if min(np.sum(y == 0), np.sum(y == 1)) < LEAST_OF_A_CLASS or fewest < 2:
        return
    count, shuffled = min(members, int(fewest)), np.random.default_rng(seed).permutation(len(names))
    dealt = shuffled[np.lexsort((-rows[shuffled], -positives[shuffled]))]
    lap, place = np.divmod(np.arange(len(names)), count)
    left_out_by = np.empty(len(names), dtype=np.int64)
    left_out_by[dealt] = np.where(lap % 2, count - 1 - place, place)
    found = [(np.flatnonzero(left_out_by[group] != n), np.flatnonzero(left_out_by[group] == n)) for n in range(count)]
    if all(0 < y[train].mean() < 1 for train, _ in found):
        yield from found


def part_weights(margins: Floats, y: Floats, weight: Floats) -> tuple[Floats, float]:
    """Weights of the parts, none below 0, and an intercept: logistic regression on margins of people left out."""
    scale = margins.std(axis=0)
    Z = margins / np.where(scale > 0, scale, 1.0)
    center = Z.mean(axis=0)
    Z = Z - center

    def loss(found: Floats) -> tuple[float, Floats]:
        margin = Z @ found[:-1] + found[-1]
        error = weight * (sigmoid(margin) - y)
        value = weight @ (np.logaddexp(0, margin) - y * margin) + _WEIGHT_PENALTY * found[:-1] @ found[:-1] / 2
        return float(value), np.append(Z.T @ error + _WEIGHT_PENALTY * found[:-1], error.sum())

    usable: list[tuple[float | None, float | None]] = [(0.0, None if spread > 0 else 0.0) for spread in scale]
    start = np.append(np.where(scale > 0, 0.3, 0.0), 0.0)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[*usable, (None, None)]).x
    weights = np.where(scale > 0, found[:-1] / np.where(scale > 0, scale, 1.0), 0.0)
    return weights, float(found[-1] - found[:-1] @ center)


def threads(rows: int) -> int:
    """One thread up to 100,000 rows, else as many as there are (0).

    A single row is faster on one (decision 4 of the design), and small tables lose more to threads that wait for
    a busy core than they gain.
    """
    return 1 if rows <= ONE_THREAD_ROWS else 0


def _linear(rows: Rows, train: Whole, c: float) -> SignedLogistic:
    signs = rows.direction[rows.owner].astype(float)
    return SignedLogistic.fit(rows.expanded[train], rows.y[train], rows.weight[train], signs, c)


def _boosted(rows: Rows, train: Whole, growth: Boosting, seed: int) -> lgb.Booster:
    found = {
        "objective": "binary",
        "num_leaves": growth.leaves,
        "learning_rate": growth.learning_rate,
        "min_data_in_leaf": growth.rows_per_leaf,
        "min_data_per_group": growth.rows_per_leaf,
        "lambda_l2": growth.l2,
        "cat_l2": growth.l2,
        "feature_fraction": growth.feature_share,
        "bagging_fraction": growth.row_share,
        "monotone_constraints": rows.direction.tolist(),
    }
    return _trees(found, rows.native, rows, train, growth.trees, seed, rows.categorical)


def _grown(rows: Rows, train: Whole, growth: Forest, seed: int, extra_trees: bool = False) -> lgb.Booster:
    width = rows.expanded.shape[1]
    found = {
        "boosting": "rf",
        "objective": "regression",
        "num_leaves": growth.leaves,
        "max_depth": growth.depth,
        "min_data_in_leaf": growth.rows_per_leaf,
        "min_sum_hessian_in_leaf": 0.0,
        "min_data_in_bin": 1,
        "feature_fraction_bynode": min(1.0, growth.features_per_split / np.sqrt(width)),
        "bagging_fraction": growth.row_share,
        "extra_trees": extra_trees,
        "monotone_constraints": rows.direction[rows.owner].tolist(),
    }
    return _trees(found, rows.expanded, rows, train, growth.trees, seed, [])


def _trees(
    found: dict[str, Any], X: Floats, rows: Rows, train: Whole, rounds: int, seed: int, categorical: list[int]
) -> lgb.Booster:
    always = {
        "bagging_freq": 1,
        "seed": seed,
        "num_threads": threads(len(train)),
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }
    if not any(found["monotone_constraints"]):
        del found["monotone_constraints"]
    data = lgb.Dataset(
        X[train],
        rows.y[train],
        weight=rows.weight[train],
        feature_name=[f"f{place}" for place in range(X.shape[1])],
        categorical_feature=categorical,
        params=found | always,
        free_raw_data=True,
    )
    return lgb.train(found | always, data, num_boost_round=rounds)
