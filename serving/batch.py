"""The nightly batch: champion models over one date of the feature frame, scores and reasons into the store."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import pandas as pd

from features.catalog import contract_version, feature_names
from features.errors import InputError
from features.frame import load_frame
from features.home import Home
from serving.privacy.opt_out import not_scored, to_be_scored
from serving.reasons import reasons
from serving.store import Store
from training.config import OUTCOMES
from training.task import Model
from training.tracking import load_current

__all__ = ["BatchReport", "band", "score_all", "score_frame"]

THIN_HISTORY = "too little history: fewer than 30 contacts in the last 28 days"
UNLIKE = "unlike anything seen in training"
ELEVATED, HIGH = 1.3, 2.0


@dataclass(frozen=True)
class BatchReport:
    """What one batch wrote: per outcome, the model's version, and how many were scored and abstained."""

    as_of: date
    outcomes: dict[str, dict[str, Any]]


def score_all(home: Home, as_of: date | None = None, outcomes: Sequence[str] = tuple(OUTCOMES)) -> BatchReport:
    """Score everyone on the roster as of a date (default: the newest of the frame). Running twice is running once.

    Raises
    ------
    NotReadyError
        There is no frame, or no champion.
    InputError
        The frame has no such date.
    """
    frame = load_frame(home, since=as_of)
    day = pd.Timestamp(as_of) if as_of else frame["as_of"].max()
    frame = frame[frame["as_of"] == day].reset_index(drop=True)
    if frame.empty:
        raise InputError(
            f"--as-of {as_of}: the feature frame has no such date; run `respite features --as-of {as_of}`."
        )
    store, found = Store(home), {}
    try:
        frame, opted_out = to_be_scored(store, frame)
        for outcome in outcomes:
            model, version = load_current(home, outcome)
            rows = score_frame(model, version.version, frame)
            rows += not_scored(opted_out, rows[0]) if rows else []
            store.replace_scores(day.date(), outcome, rows)
            found[outcome] = {
                "version": version.version,
                "scored": sum(row["probability"] is not None for row in rows),
                "abstained": sum(row["probability"] is None for row in rows),
                "bands": pd.Series([row["band"] for row in rows]).value_counts().to_dict(),
            }
    finally:
        store.close()
    return BatchReport(day.date(), found)


def score_frame(model: Model, version: str, frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows for the store: one per row of the frame, abstaining on thin histories and on what no model has seen."""
    explanation = model.explain(frame[feature_names()])
    probability, found = explanation.probability, reasons(explanation, frame)
    thin = frame["contacts_per_hour"].isna()
    silent = [
        THIN_HISTORY if few else why and f"{UNLIKE}: {why}" for few, why in zip(thin, model.unlike(frame), strict=True)
    ]
    config: Any = model.details_["config"]
    rows = []
    posts = frame[["as_of", "agent_id", "team_id", "site_id", "queue"]].to_dict("records")
    for i, post in enumerate(posts):
        scored = silent[i] is None
        rows.append(
            {
                "as_of": post["as_of"].date(),
                "agent_id": post["agent_id"],
                "outcome": model.outcome,
                "horizon_days": config["horizon_days"],
                "probability": float(probability[i]) if scored else None,
                "band": band(float(probability[i]), model.details_["base_rate"]) if scored else None,
                "abstained": silent[i],
                "base": float(explanation.base[i]) if scored else None,
                "reasons": [asdict(reason) for reason in found[i]] if scored else [],
                "model_version": version,
                "contract_version": contract_version(),
                "team_id": post["team_id"],
                "site_id": post["site_id"],
                "queue": post["queue"],
            }
        )
    return rows


def band(probability: float, base_rate: float) -> str:
    """How a score stands to what was usual for everyone: a fixed ruler, so that bands can all be low.

    Examples
    --------
    >>> band(0.05, 0.10), band(0.14, 0.10), band(0.25, 0.10)
    ('usual', 'elevated', 'high')
    """
    if probability >= HIGH * base_rate:
        return "high"
    return "elevated" if probability >= ELEVATED * base_rate else "usual"
