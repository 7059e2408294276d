"""`--tune N`: search for a better recipe with Optuna, pruned, seeded, and resumed where it was interrupted.

A trial is a recipe; its loss is a log-loss, fold by fold, so that a trial that falls behind ends early. The recipe at
hand is the first trial: what comes out is never worse than it on the folds that were searched on.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
from optuna.pruners import MedianPruner
from optuna.samplers import TPESampler
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from features.errors import InputError
from training.config import Recipe

__all__ = ["Tuned", "tune"]

Losses = Callable[[Recipe], Iterator[float]]
"""Fits a recipe and gives its log-loss, fold by fold; the same folds in the same order every time."""

RANGES: dict[str, tuple[float, float]] = {
    "linear_c": (0.003, 3.0),
    "boosting.trees": (30, 600),
    "boosting.leaves": (2, 32),
    "boosting.learning_rate": (0.01, 0.2),
    "boosting.rows_per_leaf": (3, 300),
    "boosting.l2": (0.3, 100.0),
    "boosting.feature_share": (0.1, 1.0),
    "forest.leaves": (4, 1024),
    "forest.rows_per_leaf": (1, 200),
    "forest.features_per_split": (0.5, 6.0),
    "extra_trees.rows_per_leaf": (1, 200),
    "extra_trees.features_per_split": (0.5, 6.0),
}
"""What is searched, all of it on a logarithmic scale; a range reaches as far as the recipe at hand."""

_FIRST_LOSSES = "losses of the first trial"
_TRIALS_BEFORE_PRUNING = 4


@dataclass(frozen=True)
class Tuned:
    """The best recipe, its mean log-loss, that of the recipe at hand, and how many trials of the study ended how."""

    recipe: Recipe
    loss: float
    loss_before: float
    trials: int
    pruned: int

    @property
    def sentence(self) -> str:
        return (
            f"{self.trials} trials, {self.pruned} ended early: log-loss {self.loss:.4f},"
            f" {self.loss_before:.4f} before tuning"
        )


def tune(
    losses: Losses,
    storage: str,
    name: str,
    trials: int,
    recipe: Recipe,
    say: Callable[[str], None] = lambda text: None,
) -> Tuned:
    """Search until a study has so many trials, those of earlier runs and pruned ones counted.

    Parameters
    ----------
    losses
        What a recipe is judged by.
    storage, name
        Where the study is kept (a database's address), and its name there: give other data another name.
    recipe
        The recipe at hand. Its parts that are None stay so; `members` and `seed` are not searched.

    Raises
    ------
    InputError
        Fewer than one trial is asked for.

    Notes
    -----
    The sampler is seeded anew for each trial by the recipe's seed and the number of trials before it, so that a study
    that was interrupted goes on as if it had not been. Folds differ in how hard they are; a trial is therefore compared
    with others by how far it is from the first trial on the folds seen so far.
    """
    if trials < 1:
        raise InputError(f"--tune {trials}: give the number of trials, 1 or more.")
    with _study(storage, name) as study:
        while (done := len(_ended(study))) < trials:
            study.sampler = TPESampler(seed=recipe.seed + done)
            if not done and not study.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
                study.enqueue_trial(_at_hand(recipe))
            _run_trial(study, losses, recipe)
            say(f"trial {done + 1} of {trials}, log-loss {_best(study).value:.4f} at best")
        ended, best = _ended(study), _best(study)
        found = recipe if best.number == ended[0].number else _recipe(recipe, best.params)
        pruned = sum(trial.state == TrialState.PRUNED for trial in ended)
        return Tuned(found, float(best.value or 0.0), float(ended[0].value or 0.0), len(ended), pruned)


@contextmanager
def _study(storage: str, name: str) -> Iterator[optuna.Study]:
    """A study, new or continued; Optuna itself says nothing meanwhile."""
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    database = RDBStorage(storage)
    try:
        yield optuna.create_study(
            storage=database,
            study_name=name,
            load_if_exists=True,
            pruner=MedianPruner(n_startup_trials=_TRIALS_BEFORE_PRUNING),
        )
    finally:
        database.remove_session()
        database.engine.dispose()
        optuna.logging.set_verbosity(verbosity)


def _run_trial(study: optuna.Study, losses: Losses, recipe: Recipe) -> None:
    """One trial; if it is interrupted or breaks, it counts as failed and not towards the number of trials."""
    trial = study.ask()
    first = study.user_attrs.get(_FIRST_LOSSES, [])
    found: list[float] = []
    try:
        params = {path: _suggested(trial, path, value) for path, value in _at_hand(recipe).items()}
        for step, loss in enumerate(losses(_recipe(recipe, params))):
            found.append(loss)
            trial.report(float(np.mean(found) - np.mean(first[: step + 1])) if first else 0.0, step)
            if trial.should_prune():
                study.tell(trial, state=TrialState.PRUNED)
                return
    except BaseException:
        study.tell(trial, state=TrialState.FAIL)
        raise
    if not first:
        study.set_user_attr(_FIRST_LOSSES, found)
    study.tell(trial, float(np.mean(found)))


def _ended(study: optuna.Study) -> list[FrozenTrial]:
    """Trials that count, oldest first."""
    return list(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED)))


def _best(study: optuna.Study) -> FrozenTrial:
    """The trial with the least loss, the oldest of several."""
    return min(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)), key=lambda trial: trial.value or 0.0)


def _at_hand(recipe: Recipe) -> dict[str, float]:
    """What is searched, with the recipe's own values; parts that it leaves out are not searched."""
    dump, found = recipe.model_dump(), {}
    for path in RANGES:
        part, _, field = path.rpartition(".")
        within: dict[str, Any] | None = dump[part] if part else dump
        if within is not None and within[field]:  # 0 has no place on a logarithmic scale
            found[path] = within[field]
    return found


def _suggested(trial: optuna.Trial, path: str, at_hand: float) -> float:
    low, high = RANGES[path]
    low, high = min(low, at_hand), max(high, at_hand)
    if isinstance(at_hand, int):
        return trial.suggest_int(path, int(low), int(high), log=True)
    return trial.suggest_float(path, low, high, log=True)


def _recipe(recipe: Recipe, params: dict[str, Any]) -> Recipe:
    """A recipe with some values replaced, checked as any recipe is."""
    dump = recipe.model_dump()
    for path, value in params.items():
        part, _, field = path.rpartition(".")
        (dump[part] if part else dump)[field] = value
    return Recipe.model_validate(dump)
