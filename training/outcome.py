"""One retraining: rolling origins for each outcome; findings, explanations and a registered challenger in MLflow."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from features.errors import ContractError
from features.home import Home
from features.raw import rows
from training.after_outreach import said_of
from training.card import DATA, PAGE, as_text, card, card_of
from training.config import OutcomeConfig
from training.evaluate import Metrics
from training.evaluation.lead_time import LeadTime, lead_time
from training.evaluation.resampling import Interval
from training.explain import Explanation
from training.findings import Findings, advantages, explained, findings, stability
from training.nonresponse import sensitivity
from training.profile import model_profile
from training.rolling import Fold, fit_fold, on_unseen
from training.run_record import parameters_of, record, record_fold
from training.task import BurnoutTask, Model, Task, TurnoverTask, model_columns, task_of
from training.tuned import tuned_task

if TYPE_CHECKING:
    from training.tracking import Run

__all__ = ["Trained", "train_outcome", "train_outcomes"]

Say = Callable[[str], None]
EXPERIMENT = "outcomes"


@dataclass(frozen=True)
class Trained:
    """What a retraining of one outcome found: the registered version, metrics of every score, what moves the score.

    `unseen`: the model on agents and sites that it had not seen. `champion`: by how much this model is better than the
    champion, by measure; empty where there is none that could be compared. `after_outreach`: what was done about labels
    after offers, in a sentence.
    """

    outcome: str
    version: str
    run_id: str
    dates: dict[str, str]
    found: Findings
    explanation: Explanation
    additivity_error: float
    stability: float
    unseen: dict[str, Metrics]
    champion: dict[str, Interval]
    lead: LeadTime
    sensitivity: pd.DataFrame | None
    after_outreach: str

    @property
    def metrics(self) -> Metrics:
        return self.found.measured["model"]

    @property
    def others(self) -> dict[str, Metrics]:
        return {name: metrics for name, metrics in self.found.measured.items() if name != "model"}

    @property
    def families(self) -> pd.Series:
        return self.explanation.by_family().abs().mean().sort_values(ascending=False)

    def gate_metrics(self) -> dict[str, float]:
        """Numbers that promotion decides by (`training.promotion.decide`)."""
        found = {"additivity_error": self.additivity_error, "stability": self.stability}
        beside = {f"advantage_{name}": values for name, values in self.found.advantages.items()}
        for name, values in (beside | ({"advantage_champion": self.champion} if self.champion else {})).items():
            for measure, interval in values.items():
                found |= {
                    f"{name}_{measure}{end}": value for end, value in zip(("", "_low", "_high"), interval, strict=True)
                }
        return found | _fairness_metrics(self.found)


def train_outcomes(
    home: Home, configs: Sequence[OutcomeConfig], say: Say = lambda text: None, tune: int | None = None
) -> dict[str, Trained]:
    """Retrain some outcomes: one parent run, a child for each outcome, and below it one for each origin.

    `tune`: how many trials search for a better recipe first, on the train block of the first origin.
    """
    from training import tracking

    names = " and ".join(config.name for config in configs)
    with tracking.tracked(home, EXPERIMENT, f"retraining {names}") as parent:
        return {config.name: _train(home, config, parent, say, tune) for config in configs}


def train_outcome(home: Home, config: OutcomeConfig, say: Say = lambda text: None) -> Trained:
    """Retrain one outcome: fit at every origin, measure on later months, explain, track, register the newest model.

    Raises
    ------
    NotReadyError
        There are no features, or no table with the outcome.
    InputError
        Too short a history, or a block with one class only.
    """
    return train_outcomes(home, [config], say)[config.name]


def _train(home: Home, config: OutcomeConfig, parent: "Run", say: Say, tune: int | None) -> Trained:
    task, columns = task_of(home, config), model_columns()
    if tune is not None:
        task = tuned_task(home, task, columns, tune, say)
        config = task.config
    splits = task.splits()
    champion = _champion(home, config.name, splits[-1].dates["test_from"])
    with parent.child(f"{config.name} {splits[-1].dates['test_to']}") as run:
        folds = []
        for number, split in enumerate(splits):
            say(f"{config.name}: origin {number + 1} of {len(splits)}")
            folds.append(fit_fold(task, split, columns, champion if split is splits[-1] else None))
            record_fold(run, folds[-1], number, config)
        say(f"{config.name}: evaluating")
        trained = _examined(home, task, folds, columns, run.id)
        last = folds[-1]
        last.model.details_ = _details(task, last, trained, columns)
        record(run, trained, config)
        say(f"{config.name}: registering")
        X = task.frame.loc[last.split.train, columns]
        run.dataset(X.assign(label=task.y[last.split.train]), config.name, "label", str(home.features))
        trained = replace(trained, version=str(run.model(last.model, X, register_as=config.name)))
        about = card_of(home, task, trained, columns, run.started_on, parameters_of(config, trained))
        run.text(as_text(about), DATA)
        run.text(card(about), PAGE)
    return trained


def _examined(home: Home, task: Task, folds: list[Fold], columns: list[str], run_id: str) -> Trained:
    """Everything that can be said of the folds, before anything is registered."""
    config, last = task.config, folds[-1]
    found = findings(folds, config, rows(home, "protected") if home.batches("protected") else None)
    X = task.frame.loc[last.split.test, columns]
    explanation, error = explained(last.model, X, config.recipe.seed)
    return Trained(
        outcome=config.name,
        version="",
        run_id=run_id,
        dates=last.split.dates,
        found=found,
        explanation=explanation,
        additivity_error=error,
        stability=stability(task, last, columns, X.iloc[:500]),
        unseen=on_unseen(task, last.split, columns),
        champion=advantages(last.tested, "champion") if "champion" in last.tested else {},
        lead=_lead(home, found.tested, config),
        sensitivity=_sensitivity(task, last, columns),
        after_outreach=said_of(task.after),
    )


def _champion(home: Home, outcome: str, test_from: str) -> Model | None:
    """The champion, where it can score these features and has not seen the months of the test."""
    from training import tracking

    if tracking.current(home, outcome) is None:
        return None
    try:
        model, _ = tracking.load_current(home, outcome)
    except ContractError:  # trained on other features: it cannot score these rows, so it is not compared
        return None
    dates: Any = model.details_["dates"]
    return model if dates["calibration_to"] < test_from else None


def _lead(home: Home, tested: pd.DataFrame, config: OutcomeConfig) -> LeadTime:
    """How long before notice, or before the survey that showed it, people were first among those to be reached."""
    if config.name == "turnover":
        exits = rows(home, "exits").query("kind == 'voluntary'")
        events = exits[["agent_id"]].assign(event_on=pd.to_datetime(exits["notice_on"]))
    else:
        surveys = rows(home, "surveys")
        high = surveys[(surveys["scale"] == config.scale) & (surveys["score"] >= config.threshold)]
        events = high[["agent_id"]].assign(event_on=pd.to_datetime(high["submitted_at"]).dt.normalize())
    first, last = tested["as_of"].min(), tested["as_of"].max() + pd.Timedelta(days=config.horizon_days)
    events = events[(events["event_on"] > first) & (events["event_on"] < last)].drop_duplicates()
    scores = tested[["agent_id", "as_of"]].assign(score=tested["model"])
    return lead_time(scores, events, outreach_share=config.outreach_share, within_days=config.horizon_days)


def _sensitivity(task: Task, last: Fold, columns: list[str]) -> pd.DataFrame | None:
    if not isinstance(task, BurnoutTask):
        return None
    test = last.split.test if task.after is None else last.split.test & ~task.after.offered
    p = last.model.predict_proba(task.frame.loc[test, columns])[:, 1]
    weights = task.weights(last.split)[test]
    return sensitivity(task.scores[test], p, task.config.threshold, weights, task.config.recipe.seed)


def _details(task: Task, last: Fold, trained: Trained, columns: list[str]) -> dict[str, Any]:
    """What goes with the model wherever it goes."""
    known = last.split.calibration & ~np.isnan(task.y)
    base_rate = float(task.y[known].mean())
    if isinstance(task, TurnoverTask):  # most of its calibration block is not over yet
        base_rate = float(np.nanmean(task.y[last.split.train]))
    config = task.config.model_dump(mode="json")
    rows, scores = task.frame[last.split.train], last.tested["model"].to_numpy()
    dates = rows["as_of"].to_numpy()
    profile = model_profile(rows[columns], list(rows["agent_id"]), scores, trained.explanation, dates)
    found = {"config": config, "dates": last.split.dates, "base_rate": base_rate, "run_id": trained.run_id}
    return found | {"auroc": trained.metrics.auroc, "brier": trained.metrics.brier, "profile": profile}


def _fairness_metrics(found: Findings) -> dict[str, float]:
    groups = found.fairness.groups
    judged = groups[groups["judgement"].isin(["within four-fifths", "below four-fifths"])] if len(groups) else groups
    if not len(judged):
        return {}
    beyond = (judged["judgement"] == "below four-fifths") & judged["beyond_chance"].astype(bool)
    return {
        "least_impact_ratio": float(judged["impact_ratio"].min()),
        "groups_below_beyond_chance": float(beyond.sum()),
    }
