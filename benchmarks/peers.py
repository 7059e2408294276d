"""What a practitioner would try first on a table of people, each with its defaults and the preprocessing it needs.

Nothing here is set for a table. One-hot encoding goes to those that need it; the others get categories as they are.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
from catboost import CatBoostClassifier
from interpret.glassbox import ExplainableBoostingClassifier
from lightgbm import LGBMClassifier
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from xgboost import XGBClassifier

__all__ = ["PEERS", "Peer"]

Floats = npt.NDArray[np.float64]
Peer = Callable[[pd.DataFrame, npt.NDArray[np.int64], pd.DataFrame], Floats]
"""Probabilities for test rows: (X of training, y of training, X of test) -> shape (n,)."""

SEED = 7
PENALTIES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)


def logistic_regression(X: pd.DataFrame, y: npt.NDArray[np.int64], test: pd.DataFrame) -> Floats:
    """Scaled and one-hot; its C is the best of seven by log-loss in an inner 5-fold cross-validation."""
    model = make_pipeline(_one_hot(scaled=True), LogisticRegression(max_iter=2000))
    search = GridSearchCV(model, {"logisticregression__C": PENALTIES}, scoring="neg_log_loss", cv=5)
    return np.asarray(search.fit(X, y).predict_proba(test)[:, 1])


def random_forest(X: pd.DataFrame, y: npt.NDArray[np.int64], test: pd.DataFrame) -> Floats:
    """500 trees, else scikit-learn's defaults; one-hot."""
    model = make_pipeline(_one_hot(scaled=False), RandomForestClassifier(500, random_state=SEED, n_jobs=-1))
    return np.asarray(model.fit(X, y).predict_proba(test)[:, 1])


def lightgbm(X: pd.DataFrame, y: npt.NDArray[np.int64], test: pd.DataFrame) -> Floats:
    """Defaults; its own categories."""
    X, test = _categories(X, test)
    model = LGBMClassifier(random_state=SEED, verbosity=-1)
    return np.asarray(model.fit(X, y).predict_proba(test)[:, 1])


def xgboost(X: pd.DataFrame, y: npt.NDArray[np.int64], test: pd.DataFrame) -> Floats:
    """Defaults; its own categories."""
    X, test = _categories(X, test)
    model = XGBClassifier(random_state=SEED, enable_categorical=True)
    return np.asarray(model.fit(X, y).predict_proba(test)[:, 1])


def catboost(X: pd.DataFrame, y: npt.NDArray[np.int64], test: pd.DataFrame) -> Floats:
    """Defaults; its own categories."""
    words = list(X.select_dtypes(exclude="number").columns)
    X, test = (frame.astype(dict.fromkeys(words, object)) for frame in (X, test))
    model = CatBoostClassifier(random_seed=SEED, cat_features=words, verbose=False, allow_writing_files=False)
    return np.asarray(model.fit(X, y).predict_proba(test)[:, 1])


def ebm(X: pd.DataFrame, y: npt.NDArray[np.int64], test: pd.DataFrame) -> Floats:
    """Explainable boosting machine with its defaults, pairs of features included."""
    return np.asarray(ExplainableBoostingClassifier(random_state=SEED).fit(X, y).predict_proba(test)[:, 1])


PEERS: dict[str, Peer] = {
    "logistic regression": logistic_regression,
    "random forest": random_forest,
    "LightGBM": lightgbm,
    "XGBoost": xgboost,
    "CatBoost": catboost,
    "EBM": ebm,
}


def _one_hot(scaled: bool) -> Pipeline:
    numbers = [SimpleImputer(strategy="median"), StandardScaler()] if scaled else [SimpleImputer(strategy="median")]
    words = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return make_column_transformer(
        (make_pipeline(*numbers), make_column_selector(dtype_include="number")),
        (words, make_column_selector(dtype_exclude="number")),
    )


def _categories(X: pd.DataFrame, test: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Words as categories; those that training has not seen are missing."""
    kinds = {name: pd.CategoricalDtype(sorted(X[name].unique())) for name in X.select_dtypes(exclude="number").columns}
    return X.astype(kinds), test.assign(
        **{name: test[name].where(test[name].isin(k.categories)).astype(k) for name, k in kinds.items()}
    )
