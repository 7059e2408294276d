"""What a run of a retraining keeps in MLflow: settings, metrics, tables and plots, for each outcome and origin."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pandas as pd

from features.catalog import CATALOG, contract_version
from training.config import OutcomeConfig
from training.evaluate import Metrics, evaluate
from training.explain import Explanation
from training.plots import (
    decision_curve_plot,
    lift_plot,
    months_plot,
    reliability_plot,
    selection_plot,
    summary_plot,
)  # fmt: skip
from training.rolling import SCORES, Fold

if TYPE_CHECKING:
    from training.outcome import Trained
    from training.tracking import Run

__all__ = ["parameters_of", "record", "record_fold"]


def record_fold(run: "Run", fold: Fold, number: int, config: OutcomeConfig) -> None:
    """A run for one origin: its dates, and how its model did."""
    y = fold.tested["y"].to_numpy()
    with run.child(f"{config.name} origin {number + 1}") as child:
        child.parameters(fold.split.dates)
        child.metrics(evaluate(y, fold.tested["model"].to_numpy(), config.outreach_share).as_dict())


def record(run: "Run", trained: "Trained", config: OutcomeConfig) -> None:
    """Settings, metrics, tags, tables and plots of one outcome."""
    found, name = trained.found, config.name
    run.parameters(parameters_of(config, trained))
    run.metrics(trained.metrics.as_dict() | trained.gate_metrics())
    run.metrics({"lead_time_median_days": trained.lead.median, "never_reached": trained.lead.never_reached})
    run.tags(
        {"contract_version": contract_version(), "fairness": found.fairness.verdict}
        | {"labels_after_outreach": trained.after_outreach}
    )
    tables = {
        "comparison": _comparison(found.measured),
        "intervals": pd.DataFrame(found.uncertain, index=["estimate", "low", "high"]).T.reset_index(names="measure"),
        "unseen": _comparison(trained.unseen),
        "months": found.months.reset_index(),
        "decision_curve": found.curve.reset_index(),
        "fairness": found.fairness.groups,
        "fairness_gaps": found.fairness.gaps,
        "importance": _importance(trained.explanation),
        "feature_contract": pd.DataFrame([asdict(entry) for entry in CATALOG]),
    }
    if trained.sensitivity is not None:
        tables["nonresponse"] = trained.sensitivity
    for file, table in tables.items():
        run.table(table, f"{file}.csv")
    run.text(found.fairness.sentence, "fairness.txt")
    y, p = found.tested["y"].to_numpy(), found.tested["model"].to_numpy()
    scores = {score: found.tested[score].to_numpy() for score in SCORES if score in found.tested}
    figures = {
        "reliability": reliability_plot(y, p, f"{name}: does the score come true?"),
        "lift": lift_plot(y, scores, f"{name}: who is reached"),
        "decision_curve": decision_curve_plot(found.curve, f"{name}: is acting on the score worth it?"),
        "months": months_plot(found.months, f"{name}: predicted and actual by month"),
        "shap_summary": summary_plot(trained.explanation, f"{name}: what moves the score"),
    }
    if not found.fairness.groups.empty:
        figures["selection"] = selection_plot(found.fairness.groups, f"{name}: who is reached, by group")
    for file, figure in figures.items():
        run.figure(figure, file)


def _importance(explanation: Explanation) -> pd.DataFrame:
    found = explanation.importance()
    return pd.DataFrame({"feature": found.index, "mean_contribution": found.to_numpy()})


def _comparison(measured: dict[str, Metrics]) -> pd.DataFrame:
    return pd.DataFrame([{"score": name, **metrics.as_dict()} for name, metrics in measured.items()])


def parameters_of(config: OutcomeConfig, trained: "Trained") -> dict[str, Any]:
    """Settings by name, and the dates of the blocks."""
    return {**_flat(config.model_dump(mode="json")), **trained.dates}


def _flat(values: dict[str, Any], before: str = "") -> dict[str, Any]:
    """Nested settings as names with dots."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        found |= _flat(value, f"{before}{name}.") if isinstance(value, dict) else {f"{before}{name}": value}
    return found
