"""Any table of people and an outcome: trained, cross-validated, explained and tracked, but never put into service.

Columns that name protected attributes are left out unless they are asked for, because no score of Respite reads them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, TimeSeriesSplit

from features.home import Home
from training.baselines import baseline_predictions
from training.config import Recipe
from training.evaluate import Metrics, evaluate
from training.explain import Explanation
from training.model import RiskModel
from training.people.table import People, read_table
from training.plots import lift_plot, reliability_plot, summary_plot
from training.tracking import Run
from training.tuned import tuned_table

__all__ = ["TableRun", "train_table"]

Floats = npt.NDArray[np.float64]
FOLDS, REPEATS = 5, 2
EXPLAINED_ROWS = 300  # small tables have deep forests, which take a tenth of a second a row


@dataclass(frozen=True)
class TableRun:
    """Out-of-fold metrics (mean over folds, and SD), the same for baselines, and the drivers of the final model."""

    run_id: str
    rows: int
    positives: int
    duplicates: int
    left_out: dict[str, str]
    warnings: list[str]
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
    recipe: Recipe | None = None,
    say: Callable[[str], None] = lambda text: None,
    tune: int | None = None,
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
    tune
        How many trials search for a better recipe first, on the first five folds.
    """
    from training import tracking

    people = read_table(table, target, positive, drop, group, time, include_protected)
    recipe = recipe or Recipe.for_rows(len(people.y))
    folds = list(_folds(people, recipe.seed))
    if tune is not None:
        tuned = tuned_table(home, table.stem, people, folds[:FOLDS], tune, recipe, say)
        recipe = tuned.recipe
        told = f"{tuned.sentence}; the search read these same rows, so the model's figures flatter it."
        people = replace(people, warnings=[*people.warnings, told])
    scores: list[tuple[npt.NDArray[np.int64], dict[str, Floats]]] = []
    for done, (train, test) in enumerate(folds):
        say(f"fold {done + 1} of {len(folds)}")
        fitted = _fitted(table.stem, recipe, people, train)
        found = {"model": fitted.predict_proba(people.X.iloc[test])[:, 1]}
        found |= baseline_predictions(people.X.iloc[train], people.y[train], people.X.iloc[test])
        scores.append((test, found))
    per_fold = _measure(people.y, scores)
    model = _fitted(table.stem, recipe, people, np.arange(len(people.y)))
    explained = np.sort(np.random.default_rng(recipe.seed).permutation(len(people.y))[:EXPLAINED_ROWS])
    explanation = model.explain(people.X.iloc[explained])
    with tracking.tracked(home, "tables", table.stem) as run:
        run.parameters(
            {"recipe": recipe.model_dump_json(), "target": target, "positive": positive, "folds": len(folds)}
        )
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
        run.id, len(people.y), int(people.y.sum()), people.duplicates, people.left_out, people.warnings,
        averages["model"], _spread(per_fold["model"]), {k: v for k, v in averages.items() if k != "model"},
        explanation.importance(),
    )  # fmt: skip


def _fitted(name: str, recipe: Recipe, people: People, rows: npt.NDArray[np.int64]) -> RiskModel:
    groups = None if people.groups is None else people.groups.iloc[rows]
    return RiskModel(name, recipe).fit(people.X.iloc[rows], people.y[rows], groups=groups)


def _folds(people: People, seed: int) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    rows = np.arange(len(people.y))
    if people.order is not None:
        in_order = np.argsort(people.order.to_numpy(), kind="stable")
        for train, test in TimeSeriesSplit(FOLDS).split(in_order):
            yield in_order[train], in_order[test]
        return
    for repeat in range(REPEATS):
        if people.groups is None:
            yield from StratifiedKFold(FOLDS, shuffle=True, random_state=seed + repeat).split(rows, people.y)
        else:
            shuffled = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed + repeat)
            yield from shuffled.split(rows, people.y, people.groups)


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
