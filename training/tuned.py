"""What `--tune` searches on: the oldest months of an outcome, cut again in time and by agents; the folds of a table."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import log_loss

from features.catalog import contract_version
from features.errors import InputError
from features.home import Home
from training.config import Recipe
from training.model import RiskModel
from training.people.table import People
from training.split import LEAST_TEST_DAYS, TimeSplit, unseen_agents
from training.task import BurnoutTask, TurnoverTask
from training.tuning import Tuned, tune

__all__ = ["inner_splits", "tuned_table", "tuned_task"]

Say = Callable[[str], None]
Floats = npt.NDArray[np.float64]
Fold = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]
INNER_FOLDS = 4
LATER_SHARE = 1 / 3


def tuned_task(
    home: Home, task: BurnoutTask | TurnoverTask, columns: list[str], trials: int, say: Say = lambda text: None
) -> BurnoutTask | TurnoverTask:
    """The same task with the best recipe that `trials` trials find on the train block of its first origin.

    Raises
    ------
    InputError
        That block is too short to be cut once more, or has too few agents.
    """
    config, y = task.config, task.y
    splits = inner_splits(task, task.splits()[0])

    def losses(recipe: Recipe) -> Iterator[float]:
        for split in splits:
            p = task.fit(split, columns, recipe).predict_proba(task.frame.loc[split.test, columns])[:, 1]
            yield _loss(y[split.test], p)

    rows = splits[0].train | splits[0].calibration | splits[0].test
    what = f"{config.model_dump_json()} {splits[0].dates} {contract_version()}"
    name = f"{config.name} {_digest(task.frame.loc[rows, ['agent_id', *columns]], y[rows], what)}"
    found = _search(home, losses, name, trials, config.recipe, say)
    return replace(task, config=config.model_copy(update={"recipe": found.recipe}))


def tuned_table(
    home: Home, name: str, people: People, folds: Sequence[Fold], trials: int, recipe: Recipe, say: Say
) -> Tuned:
    """The best recipe that `trials` trials find on some folds of a table."""

    def losses(recipe: Recipe) -> Iterator[float]:
        for train, test in folds:
            groups = None if people.groups is None else people.groups.iloc[train]
            model = RiskModel(name, recipe).fit(people.X.iloc[train], people.y[train], groups=groups)
            yield _loss(people.y[test], model.predict_proba(people.X.iloc[test])[:, 1])

    what = f"{recipe.model_dump_json()} {[test.tolist() for _, test in folds]}"
    return _search(home, losses, f"{name} {_digest(people.X, people.y, what)}", trials, recipe, say)


def inner_splits(task: BurnoutTask | TurnoverTask, outer: TimeSplit) -> list[TimeSplit]:
    """Cut a train block: fit on earlier dates, calibrate and score on later ones, each time without some agents.

    Rows are scored of agents that were in no earlier block, so that nobody's own labels, which overlap in time, are
    read twice. Where the train block is long enough, a horizon lies between the dates besides; exits need none, since
    they are followed up to the later dates only. All outcomes come true before the outer calibration block begins.

    Raises
    ------
    InputError
        Too few dates of the train block have an outcome that is known by its end, or too few agents.
    """
    as_of, horizon = task.frame["as_of"], pd.Timedelta(days=task.config.horizon_days)
    end = pd.Timestamp(outer.dates["calibration_from"])
    usable = pd.Series(outer.train, index=as_of.index) & (as_of + horizon <= end)
    first, last = as_of[usable].min(), as_of[usable].max()
    if not usable.any() or (last - first).days < LEAST_TEST_DAYS:
        raise InputError(
            f"--tune {task.config.name}: the train block of the first origin ({outer.dates['train_from']} to"
            f" {outer.dates['train_to']}) has fewer than {LEAST_TEST_DAYS} days of dates whose outcome is known by its"
            " end; a longer history is needed."
        )
    begin = last - (last - first) * LATER_SHARE
    earlier, later = usable & (as_of < begin), usable & (as_of >= begin)
    apart = earlier & (as_of + horizon <= begin)
    if isinstance(task, BurnoutTask) and apart.any() and (as_of[apart].max() - first).days >= LEAST_TEST_DAYS:
        earlier = apart
    dates = {"train_from": first, "calibration_from": as_of[later].min(), "test_from": end, "test_to": last}
    known, told = ~np.isnan(task.y), {name: f"{date:%Y-%m-%d}" for name, date in dates.items()}
    return [
        TimeSplit((earlier & ~left).to_numpy(), (later & ~left).to_numpy(), (later & left & known).to_numpy(), told)
        for left in unseen_agents(task.frame["agent_id"], INNER_FOLDS, task.config.recipe.seed)
    ]


def _search(
    home: Home, losses: Callable[[Recipe], Iterator[float]], name: str, trials: int, recipe: Recipe, say: Say
) -> Tuned:
    home.root.mkdir(parents=True, exist_ok=True)
    found = tune(losses, home.tuning_url, name, trials, recipe, lambda text: say(f"tuning: {text}"))
    say(f"tuned: {found.sentence}")
    return found


def _loss(y: Floats, p: Floats) -> float:
    return float(log_loss(y, p, labels=[0, 1]))


def _digest(X: pd.DataFrame, y: Floats, what: str) -> str:
    """What tells one search from another: the data's values, and everything else that the losses depend on."""
    found = hashlib.sha256(what.encode())
    for part in (pd.util.hash_pandas_object(X, index=False).to_numpy(), y):
        found.update(np.ascontiguousarray(part).tobytes())
    return found.hexdigest()[:16]
