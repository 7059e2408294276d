"""`RiskModel`: LightGBM for a yes-or-no outcome, calibrated, explained exactly, kept in plain files.

On disk: `booster.txt` (LightGBM's own text) and `model.json`. No pickles: a model can be read, diffed, and loaded by
code that did not write it.
"""

import json
from pathlib import Path
from typing import Any, Self

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from features.catalog import contract_version, feature, feature_names
from features.errors import ContractError, InputError
from training.calibration import Line, platt, sigmoid
from training.config import Growth
from training.explain import Explanation

__all__ = ["RiskModel"]

Floats = npt.NDArray[np.float64]
_FORMAT = 1
ONE_THREAD_ROWS = 100_000


class RiskModel(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Probability of an outcome, with reasons.

    Parameters
    ----------
    outcome
        Name of the outcome; the catalog's expected directions for it become monotone constraints.
    growth
        How the trees grow; the defaults of `Growth` where it is None.

    Attributes
    ----------
    feature_names_in_ : list of str
    categories_ : dict of column to its categories; a category that was not seen in training counts as missing
    line_ : Line
        Calibration from margin to log-odds; (1, 0) until `calibrate` was called.
    contract_ : str or None
        Contract version of the feature code, where the columns are the catalog's.
    """

    def __init__(self, outcome: str = "outcome", growth: Growth | None = None) -> None:
        self.outcome = outcome
        self.growth = growth

    def fit(self, X: pd.DataFrame, y: npt.ArrayLike) -> Self:
        """Fit on X of shape (n, k), with nulls and categories as they are, and y of 0 and 1.

        Raises
        ------
        InputError
            y has one class, or other values than 0 and 1.
        """
        X, target = _as_frame(X), np.asarray(y, dtype=float)
        if not np.isin(target, [0, 1]).all() or len(np.unique(target)) < 2:
            raise InputError(f"{self.outcome}: the target must hold both 0 and 1; found {np.unique(target)[:5]}.")
        self.feature_names_in_ = list(X.columns)
        self.classes_ = np.array([0, 1])
        self.categories_ = {
            str(name): sorted(X[name].dropna().astype(str).unique()) for name in X.columns if not _is_numeric(X[name])
        }
        self.line_ = Line(1.0, 0.0)
        self.contract_ = contract_version() if set(X.columns) <= set(feature_names()) else None
        self.details_: dict[str, Any] = {}
        data = lgb.Dataset(
            self._encode(X),
            target,
            feature_name=[f"f{i}" for i in range(X.shape[1])],
            categorical_feature=[self.feature_names_in_.index(name) for name in self.categories_],
            free_raw_data=True,
        )
        growth = self.growth or Growth()
        self.booster_ = lgb.train(self._parameters(growth, len(X)), data, num_boost_round=growth.trees)
        return self

    def calibrate(self, X: pd.DataFrame, y: npt.ArrayLike) -> Self:
        """Fit the line from margins to log-odds on rows that are later than those of `fit`."""
        self.line_ = platt(self._margin(X), np.asarray(y, dtype=float))
        return self

    def predict_proba(self, X: pd.DataFrame) -> Floats:
        """Probabilities of no and yes, shape (n, 2)."""
        check_is_fitted(self, "booster_")
        p = sigmoid(self.line_.apply(self._margin(X)))
        return np.column_stack([1 - p, p])

    def predict(self, X: pd.DataFrame) -> npt.NDArray[np.int64]:
        """The more likely class; Respite itself reads probabilities only."""
        return (self.predict_proba(X)[:, 1] >= 0.5).astype(np.int64)

    def explain(self, X: pd.DataFrame) -> Explanation:
        """Exact contributions of every feature for every row, in log-odds of the calibrated probability.

        Source: TreeSHAP as LightGBM computes it (`pred_contrib`); one row runs on one thread.
        """
        check_is_fitted(self, "booster_")
        X = self._columns(X)
        raw = np.asarray(self.booster_.predict(self._encode(X), pred_contrib=True, num_threads=_threads(len(X))))
        return Explanation(
            values=raw[:, :-1] * self.line_.slope, base=raw[:, -1] * self.line_.slope + self.line_.intercept, data=X
        )

    def save(self, folder: Path) -> Path:
        """Write `booster.txt` and `model.json` into a folder."""
        check_is_fitted(self, "booster_")
        folder.mkdir(parents=True, exist_ok=True)
        self.booster_.save_model(str(folder / "booster.txt"))
        about = {
            "format": _FORMAT,
            "outcome": self.outcome,
            "features": self.feature_names_in_,
            "categories": self.categories_,
            "calibration": {"slope": self.line_.slope, "intercept": self.line_.intercept},
            "contract_version": self.contract_,
            "growth": (self.growth or Growth()).model_dump(),
            "details": self.details_,
        }
        (folder / "model.json").write_text(json.dumps(about, indent=2), encoding="utf-8")
        return folder

    @classmethod
    def load(cls, folder: Path) -> "RiskModel":
        """Read what `save` wrote.

        Raises
        ------
        ContractError
            The model was trained on features that this code defines otherwise, or its files are not whole.
        """
        try:
            about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
            booster = lgb.Booster(model_file=str(folder / "booster.txt"))
        except (OSError, ValueError, lgb.basic.LightGBMError) as error:
            raise ContractError(f"{folder} does not hold a whole model: {error}") from error
        if not isinstance(about, dict) or about.get("format") != _FORMAT:
            raise ContractError(f"{folder} holds a model of another format than {_FORMAT}; this code cannot read it.")
        if about["contract_version"] not in (None, contract_version()):
            raise ContractError(
                f"The {about['outcome']} model was trained on feature contract {about['contract_version']}, this code"
                f" is {contract_version()}; retrain it, or run the code it was trained with."
            )
        model = cls(about["outcome"], Growth(**about["growth"]))
        model.feature_names_in_, model.categories_ = about["features"], about["categories"]
        model.classes_, model.booster_ = np.array([0, 1]), booster
        model.line_, model.contract_ = Line(**about["calibration"]), about["contract_version"]
        model.details_ = about["details"]
        return model

    def _parameters(self, growth: Growth, rows: int) -> dict[str, Any]:
        return {
            "objective": "binary",
            "num_leaves": growth.leaves,
            "learning_rate": growth.learning_rate,
            "min_data_in_leaf": growth.rows_per_leaf,
            "min_data_per_group": growth.rows_per_leaf,
            "lambda_l2": growth.l2,
            "cat_l2": growth.l2,
            "feature_fraction": growth.feature_share,
            "bagging_fraction": growth.row_share,
            "bagging_freq": 1,
            "monotone_constraints": [self._direction(name) for name in self.feature_names_in_],
            "seed": growth.seed,
            "num_threads": _threads(rows),
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }

    def _direction(self, name: str) -> int:
        entry = feature(name)
        return entry.direction(self.outcome) if entry else 0

    def _margin(self, X: pd.DataFrame) -> Floats:
        X = self._columns(X)
        return np.asarray(self.booster_.predict(self._encode(X), raw_score=True, num_threads=_threads(len(X))))

    def _columns(self, X: pd.DataFrame) -> pd.DataFrame:
        X = _as_frame(X)
        missing = [name for name in self.feature_names_in_ if name not in X.columns]
        if missing:
            raise InputError(f"The {self.outcome} model needs columns that are missing: {', '.join(missing[:5])}.")
        return X[self.feature_names_in_]

    def _encode(self, X: pd.DataFrame) -> Floats:
        """Numbers as they are, categories as their place in `categories_`, anything unknown as NaN."""
        out = np.empty(X.shape)
        for i, name in enumerate(X.columns):
            if str(name) in self.categories_:
                codes = pd.Index(self.categories_[str(name)], dtype=object).get_indexer(X[name].astype(str))
                out[:, i] = np.where((codes < 0) | X[name].isna(), np.nan, codes)
            else:
                out[:, i] = _numbers(X[name], str(name))
        return out


def _load_pyfunc(path: str) -> "_Scorer":
    """MLflow's door: `mlflow.pyfunc.load_model` calls this with the folder of the model's files."""
    return _Scorer(RiskModel.load(Path(path)))


class _Scorer:
    """What MLflow sees: a frame in, one probability a row out."""

    def __init__(self, model: RiskModel) -> None:
        self.model = model

    def predict(self, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> Floats:
        return np.asarray(self.model.predict_proba(model_input)[:, 1])


def _as_frame(X: Any) -> pd.DataFrame:
    return X if isinstance(X, pd.DataFrame) else pd.DataFrame(np.asarray(X)).rename(columns=lambda i: f"x{i}")


def _is_numeric(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)


def _numbers(column: pd.Series, name: str) -> Floats:
    try:
        return column.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise InputError(f"Column '{name}' holds text where the model expects a number: {error}.") from error


def _threads(rows: int) -> int:
    """One thread up to 100,000 rows, else as many as there are (0).

    A single row is faster on one (decision 4 of the design), and small tables lose more to threads that wait for
    a busy core than they gain.
    """
    return 1 if rows <= ONE_THREAD_ROWS else 0
