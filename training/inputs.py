"""What a `RiskModel` is given, checked as scikit-learn's own estimators check it."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight, _num_samples, check_consistent_length, validate_data

from features.errors import InputError

__all__ = ["checked_frame", "checked_target", "checked_weight"]

Floats = npt.NDArray[np.float64]


def checked_frame(model: BaseEstimator, X: Any, names: "pd.Index[str] | None" = None) -> pd.DataFrame:
    """A frame with the model's columns in its order; any other array is fitted as columns x0, x1, ...

    Parameters
    ----------
    names
        The columns that are needed; at fitting None, and all of X are taken.

    Raises
    ------
    InputError
        Columns are missing, or there are no rows.
    """
    if not isinstance(X, pd.DataFrame):
        array = validate_data(model, X, reset=names is None, ensure_all_finite="allow-nan")
        known = [f"x{place}" for place in range(array.shape[1])] if names is None else names
        return pd.DataFrame(array, columns=known)
    frame: pd.DataFrame = X if X.columns.inferred_type == "string" else X.rename(columns=str)
    missing = [] if names is None else [name for name in names if name not in frame.columns]
    if missing:
        raise InputError(f"The model needs columns that are missing: {', '.join(missing[:5])}.")
    if frame.empty:
        raise InputError(
            f"Found {len(frame)} sample(s) with {frame.shape[1]} feature(s); at least 1 of both is needed."
        )
    if names is None:
        validate_data(model, frame, skip_check_array=True)
        return frame
    found: pd.DataFrame = frame[names]
    return found


def checked_target(y: npt.ArrayLike, X: Any) -> npt.NDArray[Any]:
    """A target of two values, one for each row of X.

    Raises
    ------
    InputError
        It has one class, or more than two.
    """
    check_consistent_length(X, y)
    target = column_or_1d(y, warn=True)
    check_classification_targets(target)
    kind, classes = type_of_target(target), np.unique(target)
    if kind != "binary":
        raise InputError(f"Only binary classification is supported. The type of the target is {kind}.")
    if len(classes) < 2:
        raise InputError(f"The target must hold both of two classes; found 1 class: {classes[0]}.")
    found: npt.NDArray[Any] = target
    return found


def checked_weight(weight: npt.ArrayLike | None, X: Any) -> Floats:
    """How often each row counts; once where nothing is said."""
    if weight is None:
        return np.ones(_num_samples(X))
    return np.asarray(_check_sample_weight(weight, X, dtype=np.float64, ensure_non_negative=True))
