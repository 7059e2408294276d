"""A table of people, made ready: inputs, outcome, and what was left out and why."""

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlglot
from pandas.api.types import is_integer_dtype

from features.banned import is_protected, refuse_banned
from features.errors import InputError
from training.people.column_traps import why_avoided
from training.people.traps import LEAST_GROUPS, fold_groups, refuse_telltales

__all__ = ["People", "read_table"]

Floats = npt.NDArray[np.float64]
LEAST_ROWS, LEAST_OF_A_CLASS = 50, 10


@dataclass(frozen=True)
class People:
    """A table made ready: inputs, outcome, what was left out and why, and what a reader must be told.

    `groups` are those that were asked for, or else the rows that must stay in one fold, where there are any.
    """

    X: pd.DataFrame
    y: Floats
    groups: pd.Series | None
    order: pd.Series | None
    duplicates: int
    unlabelled: int
    left_out: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def read_table(
    path: Path,
    target: str,
    positive: str | None = None,
    drop: Sequence[str] = (),
    group: str | None = None,
    time: str | None = None,
    include_protected: bool = False,
) -> People:
    """Read a CSV or Parquet table and separate inputs, outcome, group and time.

    Exact duplicates count once. Left out, each with its reason: what was asked for, columns that the target is made
    of, protected attributes, constants, row numbers and other identifiers, and what is known only after the outcome.
    An identifier that repeats says whose rows must stay in one fold, unless `group` or `time` does.

    Raises
    ------
    InputError
        The file, a column, the target or the positive value is not there, or too few rows have an outcome; the group
        has fewer values than there are folds; or a single column tells the target.
    BannedInputError
        A column holds a signal that is never read.
    """
    frame = _read(path)
    refuse_banned(frame.columns, path.name)
    _check_apart(frame, path.name, group, time)
    before = len(frame)
    frame = frame.drop_duplicates(ignore_index=True)
    y, made_of = _outcome(frame, path.name, target, positive)
    known = y.notna()
    left_out = _left_out(frame, made_of, drop, [group, time], include_protected)
    frame, target_values = frame[known].reset_index(drop=True), y[known].to_numpy(dtype=float)
    counts = np.bincount(target_values.astype(int), minlength=2)
    if len(target_values) < LEAST_ROWS or counts.min() < LEAST_OF_A_CLASS:
        raise InputError(
            f"{path.name}: {counts[1]} of {len(target_values)} rows are positive; training needs {LEAST_ROWS} rows and"
            f" {LEAST_OF_A_CLASS} of each kind."
        )
    X = frame.drop(columns=list(left_out))
    if X.shape[1] == 0:
        raise InputError(f"{path.name}: no column is left to learn from; left out: {', '.join(left_out)}.")
    warnings = refuse_telltales(X, target_values, path.name)
    groups, told = fold_groups(frame, X, left_out, group, time)
    return People(
        X, target_values, groups, frame[time] if time else None,
        before - len(known), int((~known).sum()), left_out, warnings + told,
    )  # fmt: skip


def _read(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise InputError(f"--table {path}: no such file.")
    try:
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except (ValueError, OSError) as error:
        raise InputError(f"{path.name} could not be read as a table: {str(error).splitlines()[0]}.") from error
    if frame.empty:
        raise InputError(f"{path.name} has no rows.")
    return frame


def _check_apart(frame: pd.DataFrame, place: str, group: str | None, time: str | None) -> None:
    """The columns of the folds are there, full, and the groups are enough."""
    for option, name in (("--group", group), ("--time", time)):
        if name is not None and name not in frame.columns:
            raise InputError(f"{option} {name}: {place} has no such column; it has {', '.join(frame.columns)}.")
        if name is not None and frame[name].isna().any():
            raise InputError(f"{option} {name}: {frame[name].isna().sum()} rows of {place} have no value there.")
    if group is not None and frame[group].nunique() < LEAST_GROUPS:
        raise InputError(
            f"--group {group}: {place} has {frame[group].nunique()} values there; folds need {LEAST_GROUPS}."
        )


def _outcome(frame: pd.DataFrame, place: str, target: str, positive: str | None) -> tuple[pd.Series, set[str]]:
    """1, 0 or NaN per row, and the columns that the outcome is made of."""
    if target in frame.columns:
        return _outcome_of_column(frame[target], place, target, positive), {target}
    try:
        made_of = {
            str(column.name) for column in sqlglot.parse_one(target, dialect="duckdb").find_all(sqlglot.exp.Column)
        }
    except sqlglot.errors.SqlglotError as error:
        raise InputError(_no_target(place, target, frame)) from error
    if not made_of or not made_of <= set(frame.columns):
        raise InputError(_no_target(place, target, frame))
    with duckdb.connect() as db:
        db.register("people", frame.assign(_row=np.arange(len(frame))))
        try:
            found = db.sql(f"SELECT ({target})::BOOLEAN::DOUBLE AS y FROM people ORDER BY _row").df()["y"]  # noqa: S608 - the operator's own expression over their own table
        except duckdb.Error as error:
            raise InputError(f"--target: {str(error).splitlines()[0]}") from error
    return found, made_of


def _no_target(place: str, target: str, frame: pd.DataFrame) -> str:
    return (
        f"--target {target}: {place} has no such column, and it is no SQL expression over its columns;"
        f" those are {', '.join(frame.columns)}."
    )


def _outcome_of_column(column: pd.Series, place: str, target: str, positive: str | None) -> pd.Series:
    values = sorted(column.dropna().astype(str).unique())
    if positive is not None:
        if positive not in values:
            raise InputError(f"--positive {positive}: '{target}' in {place} holds {', '.join(values[:8])}.")
        return (column.astype(str) == positive).astype(float).where(column.notna())
    numbers = pd.to_numeric(column.replace({True: 1, False: 0}), errors="coerce")
    if not set(numbers.dropna().unique()) <= {0, 1} or numbers.isna().sum() > column.isna().sum():
        raise InputError(
            f"'{target}' in {place} holds {', '.join(values[:8])}; say which counts as yes with --positive."
        )
    return numbers.astype(float)


def _left_out(
    frame: pd.DataFrame, made_of: set[str], drop: Sequence[str], apart: Sequence[str | None], include_protected: bool
) -> dict[str, str]:
    found: dict[str, str] = {}
    for pattern in drop:
        matched = fnmatch.filter([str(name) for name in frame.columns], pattern)
        if not matched:
            raise InputError(f"--drop {pattern}: no such column; those are {', '.join(frame.columns)}.")
        found |= dict.fromkeys(matched, "asked for")
    found |= dict.fromkeys(made_of, "the target is made of it")
    found |= dict.fromkeys([name for name in apart if name], "group or time of the folds")
    for name in frame.columns:
        if name in found:
            continue
        if is_protected(str(name)) and not include_protected:
            found[name] = "protected attribute"
        elif len(frame[name].unique()) <= 1:
            found[name] = "the same for everyone"
        elif is_integer_dtype(frame[name]) and frame[name].is_unique and frame[name].is_monotonic_increasing:
            found[name] = "a row number"
        elif why := why_avoided(frame[name]):
            found[name] = why
    return found
