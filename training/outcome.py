"""One training run: frame and labels in; a calibrated, evaluated, explained and registered model out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.catalog import input_names
from features.errors import ContractError, NotReadyError
from features.frame import load_frame
from features.home import Home
from features.raw import rows
from training.baselines import baseline_predictions
from training.config import OutcomeConfig
from training.evaluate import Metrics, auroc_advantage, evaluate
from training.labels import label
from training.model import RiskModel
from training.plots import lift_plot, reliability_plot, summary_plot
from training.split import TimeSplit, time_split

__all__ = ["Trained", "labelled_frame", "train_outcome"]

Floats = npt.NDArray[np.float64]
EXPLAINED_ROWS = 2000
_LABEL_TABLE = {"burnout": "surveys", "turnover": "exits"}


@dataclass(frozen=True)
class Trained:
    """What a run found: the registered version, metrics of the model and of every baseline, drivers by family."""

    outcome: str
    version: str
    run_id: str
    dates: dict[str, str]
    metrics: Metrics
    others: dict[str, Metrics]
    families: pd.Series
    drivers: pd.Series


def train_outcome(home: Home, config: OutcomeConfig, say: Callable[[str], None] = lambda text: None) -> Trained:
    """Train, calibrate on a later block, evaluate on a still later one, explain, track and register.

    Raises
    ------
    NotReadyError
        There are no features, or no table with the outcome.
    InputError
        Too short a history, or a block with one class only.
    """
    from training import tracking

    frame, y = labelled_frame(home, config)
    split = time_split(frame["as_of"], config.horizon_days, config.train_share, config.calibration_share)
    X = frame[input_names()]
    say("fitting")
    model = RiskModel(config.name, config.growth).fit(X[split.train], y[split.train])
    model.calibrate(X[split.calibration], y[split.calibration])
    base_rate = float(y[split.calibration].mean())
    model.details_ = {"config": config.model_dump(), "dates": split.dates, "base_rate": base_rate}
    say("evaluating")
    scores = _scores(model, X, y, split, home)
    measured = {name: evaluate(y[split.test], p, config.outreach_share) for name, p in scores.items()}
    advantages = _advantages(y[split.test], scores, frame.loc[split.test, "agent_id"])
    say("explaining")
    rows = np.random.default_rng(config.growth.seed).permutation(np.flatnonzero(split.test))[:EXPLAINED_ROWS]
    explanation = model.explain(X.iloc[np.sort(rows)])
    with tracking.tracked(home, config.name, f"{config.name} {split.dates['test_to']}") as run:
        run.parameters({**config.growth.model_dump(), **config.model_dump(exclude={"growth"}), **split.dates})
        run.metrics(measured["model"].as_dict() | advantages | _champion_metrics(measured))
        run.tags({"contract_version": model.contract_})
        run.table(_comparison(measured), "comparison.csv")
        run.text(_contract_text(), "feature_contract.csv")
        run.dataset(X[split.train].assign(label=y[split.train]), config.name, "label", str(home.features))
        p = scores["model"]
        run.figure(reliability_plot(y[split.test], p, f"{config.name}: does the score come true?"), "reliability")
        run.figure(lift_plot(y[split.test], scores, f"{config.name}: who is reached"), "lift")
        run.figure(summary_plot(explanation, f"{config.name}: what moves the score"), "shap_summary")
        say("registering")
        version = run.model(model, X[split.train].head(5), register_as=config.name)
    others = {name: metrics for name, metrics in measured.items() if name != "model"}
    families = explanation.by_family().abs().mean().sort_values(ascending=False)
    return Trained(
        config.name, str(version), run.id, split.dates, measured["model"], others, families, explanation.importance()
    )


def labelled_frame(home: Home, config: OutcomeConfig) -> tuple[pd.DataFrame, Floats]:
    """Rows of the feature frame whose outcome is known, and the outcome, shape (n,).

    Raises
    ------
    NotReadyError
        There is no feature frame, or no table with the outcome.
    """
    name = _LABEL_TABLE[config.name]
    if not home.batches(name):
        raise NotReadyError(f"Training {config.name} needs the table '{name}', which has not been ingested.")
    frame = load_frame(home)
    contacts = rows(home, "contacts", ["started_at", "ended_at"])
    enough = contacts["started_at"].min() + pd.Timedelta(days=config.min_history_days)
    frame = frame[frame["as_of"] >= enough].reset_index(drop=True)
    y = label(frame, {name: rows(home, name)}, config, contacts["ended_at"].max())
    if not y.notna().any():
        raise NotReadyError(
            f"No row has a known {config.name} outcome yet; that takes {config.horizon_days} days after an as-of date."
        )
    known = y.notna()
    return frame[known].reset_index(drop=True), y[known].to_numpy(dtype=float)


def _scores(model: RiskModel, X: pd.DataFrame, y: Floats, split: TimeSplit, home: Home) -> dict[str, Floats]:
    """Probabilities on the test block: the model, every baseline, signals alone, and the champion if there is one."""
    from training import tracking

    X_test = X[split.test]
    found = {"model": model.predict_proba(X_test)[:, 1]}
    found |= baseline_predictions(X[split.train], y[split.train], X_test)
    if X["last_survey_score"].notna().any():
        signals = X.drop(columns="last_survey_score")
        alone = RiskModel(model.outcome, model.growth).fit(signals[split.train], y[split.train])
        alone.calibrate(signals[split.calibration], y[split.calibration])
        found["signals_only"] = alone.predict_proba(signals[split.test])[:, 1]
    if tracking.current(home, model.outcome) is not None:
        try:
            champion, _ = tracking.load_current(home, model.outcome)
        except ContractError:  # trained on other features: it cannot score these rows, so it is not compared
            return found
        found["champion"] = champion.predict_proba(X_test)[:, 1]
    return found


def _advantages(y: Floats, scores: dict[str, Floats], agents: pd.Series) -> dict[str, float]:
    found: dict[str, float] = {}
    for name in ("tenure_only", "last_score_only", "logistic"):
        if name in scores:
            estimate, low, high = auroc_advantage(y, scores["model"], scores[name], agents)
            found |= {f"advantage_{name}": estimate, f"advantage_{name}_low": low, f"advantage_{name}_high": high}
    return found


def _champion_metrics(measured: dict[str, Metrics]) -> dict[str, float]:
    champion = measured.get("champion")
    return {f"champion_{name}": value for name, value in champion.as_dict().items()} if champion else {}


def _comparison(measured: dict[str, Metrics]) -> pd.DataFrame:
    rows: list[dict[str, Any]] = [{"score": name, **metrics.as_dict()} for name, metrics in measured.items()]
    return pd.DataFrame(rows)


def _contract_text() -> str:
    from dataclasses import asdict

    from features.catalog import CATALOG

    return pd.DataFrame([asdict(entry) for entry in CATALOG]).to_csv(index=False)
