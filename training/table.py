"""Any table of people and an outcome: trained, cross-validated, explained and tracked, but never put into service.

Columns that name protected attributes are left out unless they are asked for, because no score of Respite reads them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import GroupKFold, StratifiedKFold, TimeSeriesSplit

from features.home import Home
from training.baselines import baseline_predictions
from training.calibration import platt
from training.config import Growth
from training.evaluate import Metrics, evaluate
from training.explain import Explanation
from training.model import RiskModel
from training.people import People, read_table
from training.plots import lift_plot, reliability_plot, summary_plot
from training.tracking import Run

__all__ = ["TableRun", "train_table"]

Floats = npt.NDArray[np.float64]
FOLDS, REPEATS = 5, 2


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
