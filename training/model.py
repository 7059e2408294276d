"""`RiskModel`: a yes-or-no outcome predicted by a stack of parts, calibrated, explained exactly, in plain files.

Parts are a logistic regression, LightGBM boosting, and LightGBM as a random forest and as extra trees; their margins
are added with weights that are never negative, so that contributions stay exact and expected directions hold. On disk:
LightGBM's own text and `model.json`. No pickles: a model can be read, diffed, and loaded by code that did not write it.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from features.catalog import contract_version, feature, feature_names
from training.calibration import Line, platt, sigmoid
from training.columns import Columns
from training.config import Recipe
from training.contributions import FEW_ROWS, Trees, contributions
from training.explain import Explanation, Told
from training.inputs import checked_frame, checked_target, checked_weight
from training.novelty import Seen
from training.parts import PARTS, Member, Rows, folds, part_weights

__all__ = ["RiskModel"]

Floats = npt.NDArray[np.float64]


class RiskModel(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Probability of an outcome, with reasons, an interval, and the right to say nothing.

    Parameters
    ----------
    outcome
        Name of the outcome; the catalog's expected directions for it become monotone constraints.
    recipe
        How its parts are made; by the number of rows where it is None (`Recipe.for_rows`).

    Attributes
    ----------
    classes_ : the two values of the target, the second is what is predicted
    columns_ : names and categories of the columns
    members_ : fitted parts, one set per share of people left out
    weights_, intercept_ : how the parts' margins are added
    line_ : calibration from margin to log-odds; (1, 0) until `calibrate` was called
    line_covariance_ : of its slope and intercept, (2, 2)
    contract_ : contract version of the feature code, where the columns are the catalog's, else None
    """

    def __init__(self, outcome: str = "outcome", recipe: Recipe | None = None) -> None:
        self.outcome = outcome
        self.recipe = recipe

    def fit(
        self, X: Any, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None, groups: npt.ArrayLike | None = None
    ) -> Self:
        """Fit on X of shape (n, k), with nulls and categories as they are, and a target of two values.

        Parameters
        ----------
        sample_weight
            How often each row counts.
        groups
            Rows of one group (a person) are never split between members; equal rows where it is None.

        Raises
        ------
        InputError
            The target has not two values.
        """
        frame, labels, weight = checked_frame(self, X), checked_target(y, X), checked_weight(sample_weight, X)
        self.classes_ = np.unique(labels)
        target = (labels == self.classes_[1]).astype(float)
        self.columns_ = Columns.of(frame)
        native = self.columns_.native(frame)
        direction = np.array([self._direction(name) for name in self.columns_.names])
        direction[self.columns_.categorical] = 0  # words have no order
        rows = Rows(
            native, self.columns_.expanded(native), target, weight, direction, self.columns_.owner,
            self.columns_.categorical,
        )  # fmt: skip
        self.__dict__.pop("_trees", None)  # of an earlier fit
        people = pd.util.hash_pandas_object(frame, index=False).to_numpy() if groups is None else np.asarray(groups)
        with threadpool_limits(1, "blas"):  # threads of BLAS would wait for the cores that members are fitted on
            self._fit_members(rows, people, self.recipe or Recipe.for_rows(len(target)))
        self.seen_ = Seen.of(native)
        self.line_, self.line_covariance_ = Line(1.0, 0.0), np.zeros((2, 2))
        self.contract_ = contract_version() if set(self.columns_.names) <= set(feature_names()) else None
        self.details_: dict[str, Any] = {}
        return self

    def calibrate(
        self, X: Any, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None, groups: npt.ArrayLike | None = None
    ) -> Self:
        """Fit the line from margins to log-odds on rows that are later than those of `fit`."""
        target = (np.asarray(y) == self.classes_[1]).astype(float)
        self.line_, self.line_covariance_ = platt(self.margins(X).mean(axis=1), target, sample_weight, groups)
        return self

    def predict_proba(self, X: Any) -> Floats:
        """Probabilities of the two classes, shape (n, 2)."""
        check_is_fitted(self, "members_")
        p = sigmoid(self.line_.apply(self.margins(X).mean(axis=1)))
        return np.column_stack([1 - p, p])

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """The more likely class; Respite itself reads probabilities only."""
        check_is_fitted(self, "members_")
        likely = (self.predict_proba(X)[:, 1] >= 0.5).astype(int)
        return np.asarray(self.classes_[likely])

    def predict_interval(self, X: Any, level: float = 0.9) -> Floats:
        """Lower and upper end of an interval for each probability, shape (n, 2).

        How far the probability itself may be off for want of people to learn from: the spread between members that
        each leave some people out (grouped jackknife), and the uncertainty of the calibration line. It says nothing
        about whether the outcome will come.

        Source: Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 11.
        """
        return self._interval(self.margins(X), level)

    def _interval(self, margins: Floats, level: float) -> Floats:
        """`margins`: of each member, shape (n, members)."""
        middle, members = margins.mean(axis=1), margins.shape[1]
        spread = (members - 1) / members * ((margins - middle[:, None]) ** 2).sum(axis=1) * self.line_.slope**2
        at = np.column_stack([middle, np.ones(len(middle))])
        spread += np.einsum("ni,ij,nj->n", at, self.line_covariance_, at)
        reach = ndtri(0.5 + level / 2) * np.sqrt(spread)
        log_odds = self.line_.apply(middle)
        return sigmoid(np.column_stack([log_odds - reach, log_odds + reach]))

    def unlike(self, X: Any) -> list[str | None]:
        """Why a row is unlike anything seen in training, or None; what the model says of such a row is worth little."""
        native = self._native(X)[1]
        return self.seen_.unlike(native, self.columns_.names)

    def explain(self, X: Any) -> Explanation:
        """Exact contributions of every feature for every row, in log-odds of the calibrated probability.

        Source: path-dependent TreeSHAP (Lundberg and others, 2020) for the trees; a slope times the distance from the
        median for the linear part.
        """
        frame, native = self._native(X)
        values, base = self.contributions(native)
        return Explanation(values, base, frame)

    def tell(self, X: Any, level: float = 0.9) -> Told:
        """`explain`, `predict_interval` and `unlike` at once: reading a single row takes longer than each of them."""
        frame, native = self._native(X)
        values, base, margins = self.told_of(native)
        unlike = self.seen_.unlike(native, self.feature_names)
        return Told([Explanation(values, base, frame)], [self._interval(margins, level)], unlike)

    def told_of(self, native: Floats) -> tuple[Floats, Floats, Floats]:
        """`contributions` and `margins_of` for columns as `columns_.native` gives them.

        Of few rows the margins are what the contributions add up to: no booster is asked twice.
        """
        boosted, grown = self._trees
        if len(native) > FEW_ROWS or any(trees and trees.prepared for trees in (boosted, grown)):
            return *self.contributions(native), self.margins_of(native)
        expanded, members = self.columns_.expanded(native), len(self.members_)
        values, apart = np.zeros(native.shape), np.zeros(expanded.shape)
        base, margins = np.full(len(native), self.intercept_), np.full((len(native), members), self.intercept_)
        found = [(one, values, place) for place, one in enumerate(boosted.each(native) if boosted else ())]
        found += [(one, apart, place % members) for place, one in enumerate(grown.each(expanded) if grown else ())]
        found += [(one, apart, place) for place, one in enumerate(self._linear(expanded))]
        for one, into, member in found:
            into += one[:, :-1]
            base += one[:, -1]
            margins[:, member] += members * one.sum(axis=1)
        values += self.columns_.folded(apart)
        return values * self.line_.slope, base * self.line_.slope + self.line_.intercept, margins

    def prepare(self) -> None:
        """Make what single rows are explained from: a fraction of a second, and `tell` of few rows is faster."""
        for trees in self._trees:
            if trees and not trees.too_deep:
                _ = trees.apart

    def contributions(self, native: Floats) -> tuple[Floats, Floats]:
        """The numbers of `explain` for columns as `columns_.native` gives them: (n, k), and the base (n,)."""
        expanded = self.columns_.expanded(native)
        values, apart = np.zeros(native.shape), np.zeros(expanded.shape)
        base = np.full(len(native), self.intercept_)
        boosted, grown = self._trees
        if boosted:
            found = contributions(boosted, native)
            values, base = values + found[:, :-1], base + found[:, -1]
        if grown:
            found = contributions(grown, expanded)
            apart, base = apart + found[:, :-1], base + found[:, -1]
        for found in self._linear(expanded):
            apart, base = apart + found[:, :-1], base + found[:, -1]
        values = values + self.columns_.folded(apart)
        return values * self.line_.slope, base * self.line_.slope + self.line_.intercept

    @property
    def feature_names(self) -> list[str]:
        return list(self.columns_.names)

    def margins(self, X: Any) -> Floats:
        """Log-odds before calibration as each member sees them, shape (n, members)."""
        return self.margins_of(self._native(X)[1])

    def margins_of(self, native: Floats) -> Floats:
        """The same for columns as `columns_.native` gives them."""
        expanded = self.columns_.expanded(native)
        found = [member.margins(native, expanded) @ self.weights_ + self.intercept_ for member in self.members_]
        return np.column_stack(found)

    def save(self, folder: Path) -> Path:
        """Write the model's files into a folder (`training.files`)."""
        from training.files import write_model

        check_is_fitted(self, "members_")
        return write_model(self, folder)

    @classmethod
    def load(cls, folder: Path) -> "RiskModel":
        """Read what `save` wrote.

        Raises
        ------
        ContractError
            The model was trained on features that this code defines otherwise, or its files are not whole.
        """
        from training.files import read_model

        return read_model(folder)

    def _fit_members(self, rows: Rows, people: npt.NDArray[Any], recipe: Recipe) -> None:
        """Fit the members side by side and weigh their parts by what they say of the people they left out."""
        left_out = list(folds(rows.y, people, recipe.members, recipe.seed))
        if not left_out:  # nobody can be left out: the simplest part alone
            alone = recipe.model_copy(update={**dict.fromkeys(PARTS[1:]), "linear_c": recipe.linear_c or 0.1})
            self.members_ = [Member.fit(rows, np.arange(len(rows.y)), alone, recipe.seed)]
            self.weights_, self.intercept_ = np.eye(len(PARTS))[0], 0.0
            return
        seeds = range(recipe.seed, recipe.seed + len(left_out))
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # a member a core
            members = list(pool.map(lambda fold, seed: Member.fit(rows, fold[0], recipe, seed), left_out, seeds))
        honest = np.zeros((len(rows.y), len(PARTS)))
        for member, (_, test) in zip(members, left_out, strict=True):
            honest[test] = member.margins(rows.native[test], rows.expanded[test])
        self.weights_, self.intercept_ = part_weights(honest, rows.y, rows.weight)
        unused = {name: None for name, weight in zip(PARTS, self.weights_, strict=True) if weight == 0}
        self.members_ = [replace(member, **unused) for member in members]

    @cached_property
    def _trees(self) -> tuple[Trees | None, Trees | None]:
        """Boosted trees and forests of all members, as they add to the margin."""
        share = self.weights_ / len(self.members_)
        boosted = [(m.boosting, share[1]) for m in self.members_ if m.boosting is not None]
        grown = [(m.forest, share[2]) for m in self.members_ if m.forest is not None]
        grown += [(m.extra_trees, share[3]) for m in self.members_ if m.extra_trees is not None]
        return Trees.of(boosted) if boosted else None, Trees.of(grown) if grown else None

    def _linear(self, expanded: Floats) -> Iterator[Floats]:
        """Contributions of each member's linear part to the mean margin, the base last, shape (n, m + 1)."""
        share = self.weights_[0] / len(self.members_)
        for linear in [m.linear for m in self.members_ if m.linear is not None]:
            found, middle = linear.contributions(expanded)
            yield share * np.column_stack([found, np.full(len(expanded), middle)])

    def _direction(self, name: str) -> int:
        entry = feature(name)
        return entry.direction(self.outcome) if entry else 0

    def _native(self, X: Any) -> tuple[pd.DataFrame, Floats]:
        """The model's columns of X, as they are and as numbers."""
        check_is_fitted(self, "members_")
        frame = checked_frame(self, X, self.columns_.index)
        return frame, self.columns_.native(frame)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags
