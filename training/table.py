"""Any table of people and an outcome: trained, cross-validated, explained and tracked, but never put into service.

Columns that name protected attributes are left out unless they are asked for, because no score of Respite reads them.
"""

import fnmatch
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlglot
from pandas.api.types import is_integer_dtype
from sklearn.model_selection import GroupKFold, StratifiedKFold, TimeSeriesSplit

from features.errors import InputError
from features.home import Home
from features.tables import is_protected, refuse_banned
from training.baselines import baseline_predictions
from training.calibration import platt
from training.config import Growth
from training.evaluate import Metrics, evaluate
from training.explain import Explanation
from training.model import RiskModel
from training.plots import lift_plot, reliability_plot, summary_plot
from training.tracking import Run

__all__ = ["TableRun", "read_table", "train_table"]

Floats = npt.NDArray[np.float64]
FOLDS, REPEATS, LEAST_ROWS, LEAST_OF_A_CLASS = 5, 2, 50, 10


@dataclass(frozen=True)
class People:
    """A table made ready: inputs, outcome, and what was left out and why."""

    X: pd.DataFrame
    y: Floats
    groups: pd.Series | None
    order: pd.Series | None
    duplicates: int
    unlabelled: int
    left_out: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TableRun:
    """Out-of-fold metrics (mean over folds, and SD), the same for baselines, and the drivers of the final model."""

    run_id: str
    rows: int
    positives: int
    duplicates: int
    left_out: dict[str, str]
    metrics: dict[str, float]
    spread: dict[str, float]
    baselines: dict[str, dict[str, float]]
    drivers: pd.Series


def train_table(
    home: Home,
    table: Path,
    target: str,
    positive: str | None = None,
    drop: Sequence[str] = (),
    group: str | None = None,
    time: str | None = None,
    include_protected: bool = False,
    growth: Growth | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> TableRun:
    """Train on a table, evaluate by cross-validation (5 folds, twice), explain, and log all of it.

    Parameters
    ----------
    target
        A column, or a SQL expression over columns that is true, false or null.
    positive
        The value of the target column that counts as yes; not needed for 0/1 and true/false.
    drop
        Columns to leave out; `EE*` is a pattern.
    group, time
        A column whose equal values stay in one fold; a column in whose order folds are cut, earlier before later.
    """
    from training import tracking

    people = read_table(table, target, positive, drop, group, time, include_protected)
    growth = growth or _growth_for(len(people.y))
    folds = list(_folds(people, growth.seed))
    scores: list[tuple[npt.NDArray[np.int64], dict[str, Floats]]] = []
    model = RiskModel(table.stem, growth)
    margins = np.full(len(people.y), np.nan)
    for done, (train, test) in enumerate(folds):
        say(f"fold {done + 1} of {len(folds)}")
        fitted = RiskModel(table.stem, growth).fit(people.X.iloc[train], people.y[train])
        explained = fitted.explain(people.X.iloc[test])
        margins[test] = explained.log_odds
        found = {"model": explained.probability}
        found |= baseline_predictions(people.X.iloc[train], people.y[train], people.X.iloc[test])
        scores.append((test, found))
    per_fold = _measure(people.y, scores)
    model.fit(people.X, people.y)
    seen = ~np.isnan(margins)
    model.line_ = platt(margins[seen], people.y[seen])
    explanation = model.explain(people.X)
    with tracking.tracked(home, "tables", table.stem) as run:
        run.parameters({**growth.model_dump(), "target": target, "positive": positive, "folds": len(folds)})
        run.tags(
            {"left_out": people.left_out, "duplicates": people.duplicates, "protected_included": include_protected}
        )
        for number, metrics in enumerate(per_fold["model"]):
            run.metrics({f"fold_{name}": value for name, value in metrics.as_dict().items()}, step=number)
        averages = {name: _mean(measured) for name, measured in per_fold.items()}
        run.metrics(averages["model"])
        run.table(pd.DataFrame([{"score": name, **values} for name, values in averages.items()]), "comparison.csv")
        run.dataset(people.X.assign(label=people.y), table.stem, "label", str(table))
        _plots(run, people, scores, explanation, table.stem)
        say("saving the model")
        run.model(model, people.X.head(5), register_as=None)
    return TableRun(
        run.id, len(people.y), int(people.y.sum()), people.duplicates, people.left_out, averages["model"],
        _spread(per_fold["model"]), {k: v for k, v in averages.items() if k != "model"}, explanation.importance(),
    )  # fmt: skip


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
    of, protected attributes, constants, and row numbers.

    Raises
    ------
    InputError
        The file, a column, the target or the positive value is not there, or too few rows have an outcome.
    BannedInputError
        A column holds a signal that is never read.
    """
    frame = _read(path)
    refuse_banned(frame.columns, path.name)
    for option, name in (("--group", group), ("--time", time)):
        if name is not None and name not in frame.columns:
            raise InputError(f"{option} {name}: {path.name} has no such column; it has {', '.join(frame.columns)}.")
        if name is not None and frame[name].isna().any():
            raise InputError(f"{option} {name}: {frame[name].isna().sum()} rows of {path.name} have no value there.")
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
    return People(
        X, target_values, frame[group] if group else None, frame[time] if time else None,
        before - len(known), int((~known).sum()), left_out,
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
    return found


def _growth_for(rows: int) -> Growth:
    """Small tables want small leaves, and all of them still strong shrinkage."""
    return Growth(trees=250, leaves=8, rows_per_leaf=int(np.clip(rows // 60, 5, 40)), l2=5.0)


def _folds(people: People, seed: int) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    rows = np.arange(len(people.y))
    if people.order is not None:
        in_order = np.argsort(people.order.to_numpy(), kind="stable")
        for train, test in TimeSeriesSplit(FOLDS).split(in_order):
            yield in_order[train], in_order[test]
    elif people.groups is not None:
        yield from GroupKFold(FOLDS).split(rows, people.y, people.groups)
    else:
        for repeat in range(REPEATS):
            yield from StratifiedKFold(FOLDS, shuffle=True, random_state=seed + repeat).split(rows, people.y)


def _measure(y: Floats, scores: list[tuple[npt.NDArray[np.int64], dict[str, Floats]]]) -> dict[str, list[Metrics]]:
    return {name: [evaluate(y[test], found[name]) for test, found in scores] for name in scores[0][1]}


def _mean(measured: list[Metrics]) -> dict[str, float]:
    table = pd.DataFrame([metrics.as_dict() for metrics in measured])
    return {str(name): float(table[name].mean()) for name in table}


def _spread(measured: list[Metrics]) -> dict[str, float]:
    table = pd.DataFrame([metrics.as_dict() for metrics in measured])
    return {str(name): float(table[name].std()) for name in table}


def _plots(
    run: Run, people: People, scores: list[tuple[npt.NDArray[np.int64], dict[str, Floats]]],
    explanation: Explanation, name: str,
) -> None:  # fmt: skip
    y = np.concatenate([people.y[test] for test, _ in scores])
    together = {score: np.concatenate([found[score] for _, found in scores]) for score in scores[0][1]}
    figures = {
        "reliability": reliability_plot(y, together["model"], f"{name}: does the score come true?"),
        "lift": lift_plot(y, together, f"{name}: who is reached"),
        "shap_summary": summary_plot(explanation, f"{name}: what moves the score"),
    }
    for file, figure in figures.items():
        run.figure(figure, file)
