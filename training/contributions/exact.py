"""Exact contributions of features to the margin of boosters: path-dependent TreeSHAP, as LightGBM's `pred_contrib`.

Two ways to one answer. LightGBM's own needs nothing prepared. Tables (`training.contributions.tables`) take as long to
make as some hundred rows of the other way, and are then many times faster: they serve batches, and single rows once
they are there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from features.by_agent import Floats, in_slices
from features.errors import InputError
from training.contributions.groups import DEEPEST, Groups, groups_of
from training.contributions.lookup import BLOCK, add_up
from training.contributions.tables import Tables, tables_of
from training.contributions.trees import Tree, depth, read

__all__ = ["FEW_ROWS", "Trees", "contributions"]

FEW_ROWS = 128
"""Tables are not made for fewer: it takes as long as to explain some hundred rows without (decision 10)."""


@dataclass(frozen=True, eq=False)
class Trees:
    """The trees of several boosters, ready to be explained together.

    Attributes
    ----------
    boosters : tuple of (lightgbm.Booster, float)
        What a booster's `raw_score` and `pred_contrib` are multiplied by.
    trees : tuple of Tree
        Their leaves are scaled.
    sizes : tuple of int
        How many of the trees each booster has.
    features : int
    """

    boosters: tuple[tuple[lgb.Booster, float], ...]
    trees: tuple[Tree, ...]
    sizes: tuple[int, ...]
    features: int

    @classmethod
    def of(cls, boosters: Sequence[tuple[lgb.Booster, float]]) -> Self:
        """Read boosters, each with a scale for its margin.

        The margin is the sum of a booster's trees and, of a random forest (`boosting="rf"`), their mean.

        Raises
        ------
        InputError
            No booster, boosters of different features, several classes, or linear leaves.
        """
        widths = sorted({booster.num_feature() for booster, _ in boosters})
        if len(widths) != 1:
            said = " and ".join(map(str, widths)) or "no"
            raise InputError(f"The boosters to explain have {said} features; give boosters of the same features.")
        found = [read(booster, scale, f"Booster {at}") for at, (booster, scale) in enumerate(boosters)]
        factors = tuple((booster, factor) for (booster, _), (_, factor) in zip(boosters, found, strict=True))
        sizes = tuple(len(trees) for trees, _ in found)
        return cls(factors, tuple(tree for trees, _ in found for tree in trees), sizes, widths[0])

    @cached_property
    def tables(self) -> tuple[Groups, Tables]:
        """Made when first asked for: a fraction of a second for a thousand small trees."""
        groups = groups_of(self.trees)
        return groups, tables_of(groups)

    @cached_property
    def apart(self) -> list[tuple[Groups, Tables]]:
        """Tables of each booster, for `each`."""
        ends = np.cumsum(self.sizes).tolist()
        groups = [groups_of(self.trees[low:high]) for low, high in zip([0, *ends], ends, strict=False)]
        return [(group, tables_of(group)) for group in groups]

    @property
    def prepared(self) -> bool:
        """Whether the tables have been made."""
        return "tables" in vars(self)

    @cached_property
    def too_deep(self) -> bool:
        """Whether a leaf has more tests than tables can hold, so that LightGBM has to explain every row."""
        return max(map(depth, self.trees), default=0) > DEEPEST

    def each(self, X: npt.ArrayLike) -> Iterator[Floats]:
        """Contributions by booster, each scaled and as `contributions` has them: by tables once `apart` is there."""
        rows = _checked(self, X)
        if "apart" in vars(self):
            yield from (_by_tables(*tables, rows) for tables in self.apart)
            return
        for booster, factor in self.boosters if len(rows) else ():
            yield factor * np.asarray(booster.predict(rows, pred_contrib=True, num_threads=_threads(rows)))

    def margin(self, X: npt.ArrayLike) -> Floats:
        """What contributions add up to, shape (n,): the scaled margins of the boosters, added up."""
        rows = _checked(self, X)
        out = np.zeros(len(rows))
        for booster, factor in self.boosters if len(rows) else ():
            out += factor * np.asarray(booster.predict(rows, raw_score=True, num_threads=_threads(rows)))
        return out


def contributions(trees: Trees, X: npt.ArrayLike) -> Floats:
    """Contribution of every feature to the margin of every row, and the expected margin.

    Parameters
    ----------
    trees
    X : array, shape (n, k)
        With NaN where unknown and categories as their numbers.

    Returns
    -------
    array, shape (n, k + 1)
        The last column is the expected margin; each row adds up to `trees.margin(X)`. A feature without a split
        contributes exactly 0.

    Raises
    ------
    InputError
        X has another shape.
    """
    rows = _checked(trees, X)
    if trees.too_deep or (len(rows) <= FEW_ROWS and not trees.prepared):
        return np.asarray(sum(trees.each(rows), np.zeros((len(rows), trees.features + 1))))
    return _by_tables(*trees.tables, rows)


def _checked(trees: Trees, X: npt.ArrayLike) -> Floats:
    rows = np.require(X, np.float64, ["C", "W"])  # compiled loops would be compiled again for read-only arrays
    if rows.ndim != 2 or rows.shape[1] != trees.features:
        raise InputError(f"The rows to explain have shape {rows.shape}; the boosters want (n, {trees.features}).")
    return rows


def _threads(rows: Floats) -> int:
    """One thread for few rows: more of them would wait for each other; else as many as there are (0)."""
    return 1 if len(rows) <= FEW_ROWS else 0


def _by_tables(groups: Groups, tables: Tables, rows: Floats) -> Floats:
    out = np.empty((len(rows), rows.shape[1] + 1))

    def work(low: int, high: int) -> None:
        add_up(groups, tables, rows[low:high], out[low:high])

    if len(rows) <= BLOCK:  # threads take longer to start
        work(0, len(rows))
    else:
        in_slices(len(rows), work)
    return out
