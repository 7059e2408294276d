"""What a model has to beat: the base rate, tenure, the last survey score, and a plain logistic regression."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

__all__ = ["baseline_predictions", "logistic"]

Floats = npt.NDArray[np.float64]
ONE_COLUMN = {"tenure_only": ["tenure", "new_hire"], "last_score_only": ["last_survey_score"]}


def baseline_predictions(X: pd.DataFrame, y: Floats, X_test: pd.DataFrame) -> dict[str, Floats]:
    """Probabilities of every baseline for `X_test`; those whose columns are not there, or all null, are left out."""
    found = {"prevalence": np.full(len(X_test), float(y.mean()))}
    for name, columns in ONE_COLUMN.items():
        if set(columns) <= set(X.columns) and X[columns].notna().any().all():
            found[name] = _fit_predict(X[columns], y, X_test[columns])
    return found | {"logistic": _fit_predict(X, y, X_test)}


def logistic() -> Pipeline:
    """Regularized logistic regression on standardized numbers and one-hot categories; missing is a column too."""
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    words = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="missing"),
        OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=5),
    )
    columns = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (words, make_column_selector(dtype_exclude="number")),
    )
    return make_pipeline(columns, LogisticRegression(C=0.1, max_iter=2000))


def _fit_predict(X: pd.DataFrame, y: Floats, X_test: pd.DataFrame) -> Floats:
    known = [name for name in X.columns if X[name].notna().any()]
    return np.asarray(logistic().fit(X[known], y).predict_proba(X_test[known])[:, 1])
