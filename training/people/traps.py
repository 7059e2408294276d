"""Traps in a people's table that make a model look better than it is: each is refused, avoided or told.

A column that alone tells the target is refused: it was recorded afterwards, or is the target in other words. Rows of
one person, and rows with equal inputs, are kept in one fold, so that no row is tested on its own twin.
"""

from collections.abc import Mapping
from shlex import quote

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import is_bool_dtype, is_datetime64_any_dtype, is_numeric_dtype
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from features.errors import InputError
from training.people.column_traps import is_person, why_identifier

__all__ = ["LEAST_GROUPS", "alone", "fold_groups", "person_column", "refuse_telltales"]

Floats = npt.NDArray[np.float64]
REFUSED, WARNED = 0.99, 0.95  # AUROC of one column alone
LEAST_GROUPS = 5  # one a fold
FEW_VALUES = 50  # numbers of so few values are looked at as categories too: a code need not rise with the target
FINE = 0.5  # share of distinct rows from which on equal inputs are no coincidence


def person_column(frame: pd.DataFrame, left_out: Mapping[str, str]) -> str | None:
    """The identifier whose values repeat: several rows of a person; the one that says so by its name comes first.

    One that the user dropped still tells whose rows are whose.
    """
    repeating = [
        name
        for name, why in left_out.items()
        if (why.startswith("an identifier") or (why == "asked for" and why_identifier(frame[name])))
        and frame[name].nunique() >= LEAST_GROUPS
        and frame[name].dropna().duplicated().any()
    ]
    return min(repeating, key=lambda name: (not is_person(name), frame[name].nunique()), default=None)


def refuse_telltales(X: pd.DataFrame, y: Floats, place: str) -> list[str]:
    """Warnings about columns that alone come close to the target.

    Raises
    ------
    InputError
        Columns reach an AUROC of 0.99 or more alone, by their values or by where they are empty.
    """
    reached = {str(name): alone(X[name], y) for name in X.columns}
    certain = [name for name, (auroc, _) in reached.items() if auroc >= REFUSED]
    if certain:
        said = "; ".join(f"'{name}' ({reached[name][1]}, AUROC {reached[name][0]:.3f})" for name in certain)
        raise InputError(
            f"{place}: one column alone tells the target: {said}. That is recorded after the outcome or made of it, and"
            f" a model of it is of no use; leave it out with --drop {quote(','.join(certain))}."
        )
    return [
        f"'{name}' alone nearly tells the target ({how}, AUROC {auroc:.3f}); leave it out with --drop {quote(name)}"
        " unless it is known before the outcome."
        for name, (auroc, how) in reached.items()
        if auroc >= WARNED
    ]


def alone(column: pd.Series, y: Floats) -> tuple[float, str]:
    """How well one column tells the target, as AUROC from 0.5 to 1, and by what of it."""
    empty = column.isna().to_numpy()
    tried = {"by where it is empty": _either_way(y, empty.astype(float))}
    ordered = is_numeric_dtype(column) or is_datetime64_any_dtype(column)
    if ordered:
        ranks = (column.astype(float) if is_bool_dtype(column) else column).rank().to_numpy(dtype=float)
        tried["by its values"] = max(
            _either_way(y, np.where(empty, edge, ranks)) for edge in (-1.0, float(len(column) + 1))
        )
    if not ordered or column.nunique() <= FEW_VALUES:
        tried["by its categories"] = float(roc_auc_score(y, _out_of_fold_mean(column, y)))
    how = max(tried, key=lambda name: tried[name])
    return tried[how], how


def _either_way(y: Floats, values: Floats) -> float:
    auroc = float(roc_auc_score(y, values))
    return max(auroc, 1 - auroc)


def _out_of_fold_mean(column: pd.Series, y: Floats, folds: int = 5) -> Floats:
    """The target's mean per category among the other folds, drawn towards the overall mean as by one row of it."""
    codes = pd.factorize(column.astype(object), use_na_sentinel=False)[0]
    found = np.empty(len(y))
    for train, test in StratifiedKFold(folds, shuffle=True, random_state=0).split(codes, y):
        count = np.bincount(codes[train], minlength=codes.max() + 1)
        positives = np.bincount(codes[train], weights=y[train], minlength=codes.max() + 1)
        found[test] = ((positives + y[train].mean()) / (count + 1))[codes[test]]
    return found


def fold_groups(
    frame: pd.DataFrame, X: pd.DataFrame, left_out: Mapping[str, str], group: str | None, time: str | None
) -> tuple[pd.Series | None, list[str]]:
    """Whose rows must stay in one fold, and what a reader must know of that.

    A column of groups or an order in time that the user named remains as it is, and what it parts is told. Otherwise
    the rows of a person stay together, or else rows with equal inputs.
    """
    person = person_column(frame, left_out)
    if person is None:
        return _twins(X, frame[group] if group else None, time)
    people = frame[person].where(frame[person].notna(), "row " + frame.index.astype(str).to_series(index=frame.index))
    said = f"'{person}' names {frame[person].nunique()} people in {len(frame)} rows"
    if group is not None:
        parted = int((frame[group].groupby(people).transform("nunique") > 1).sum())
        told = [f"{said}; --group {group} parts {parted} of them from other rows of the same person."] * (parted > 0)
        groups = frame[group]
    elif time is not None:
        told, groups = [f"{said}: later folds test people whom the model has seen before."], None
    else:
        told, groups = [f"{said}: the rows of a person are kept in one fold."], people
    groups, more = _twins(X, groups, time)
    return groups, told + more


def _twins(X: pd.DataFrame, groups: pd.Series | None, time: str | None) -> tuple[pd.Series | None, list[str]]:
    """The groups, or where there are none rows with equal inputs, unless most rows of a coarse table equal another."""
    twins = pd.Series(pd.util.hash_pandas_object(X, index=False).to_numpy(), index=X.index, name="equal inputs")
    said = f"{twins.duplicated(keep=False).sum()} of {len(X)} rows equal another in all inputs"
    if twins.is_unique:
        return groups, []
    if groups is not None:
        parted = int((groups.groupby(twins).transform("nunique") > 1).sum())
        return groups, [f"{said}, {parted} of them one of another group: a fold may test a row on its twin."] * (
            parted > 0
        )
    if time is not None:
        return None, [f"{said}: a later fold may test a row on its twin."]
    if twins.nunique() < max(FINE * len(X), LEAST_GROUPS):
        return None, [f"{said}; if some are rows of one person, name the person's column with --group."]
    return twins, [f"{said}; equal rows are kept in one fold, as they may be one person."]
