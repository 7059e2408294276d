"""The nightly batch: champion models over one date of the feature frame, scores and reasons into the store."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.catalog import contract_version, feature_names
from features.errors import InputError
from features.frame import load_frame
from features.home import Home
from serving.privacy.opt_out import not_scored, to_be_scored
from serving.reasons import reasons
from serving.store import Store
from training.config import OUTCOMES
from training.explain import Explanation
from training.task import Model
from training.tracking import load_current
from training.turnover import TurnoverModel

__all__ = ["BatchReport", "band", "horizons", "score_all", "score_frame"]

THIN_HISTORY = "too little history: fewer than 30 contacts in the last 28 days"
UNLIKE = "unlike anything seen in training"
ELEVATED, HIGH = 1.3, 2.0
_NOTHING: dict[str, Any] = {
    **dict.fromkeys(("probability", "low", "high", "band", "base")), "reasons": [], "families": {},
}  # fmt: skip


@dataclass(frozen=True)
class BatchReport:
    """What one batch wrote: per outcome, the model's version, and how many were scored and abstained."""

    as_of: date
    outcomes: dict[str, dict[str, Any]]


def score_all(home: Home, as_of: date | None = None, outcomes: Sequence[str] = tuple(OUTCOMES)) -> BatchReport:
    """Score who is on the roster as of a date (default: the newest of the frame) and did not opt out.

    Running twice is running once; killed at any moment, every outcome of a date is there whole or as it was before.

    Raises
    ------
    NotReadyError
        There is no frame, or no champion.
    InputError
        The frame has no such date.
    StoppedError
        Someone stopped Respite.
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
            rows += not_scored(opted_out, rows)
            store.replace_scores(day.date(), outcome, rows)
            found[outcome] = _counted(version.version, [row for row in rows if row["main"]])
    finally:
        store.close()
    return BatchReport(day.date(), found)


def score_frame(model: Model, version: str, frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows for the store: one per row of the frame and horizon, abstaining on thin histories and on the unseen."""
    details: Any = model.details_
    main, at = details["config"]["horizon_days"], datetime.now(UTC).replace(tzinfo=None)
    if frame.empty:
        return []
    silent, inputs = _silent(model, frame), frame[feature_names()]
    posts: Any = frame[["as_of", "agent_id", "team_id", "site_id", "queue"]].to_dict("records")
    rows: list[dict[str, Any]] = []
    for horizon in horizons(model):
        explanation, interval = _asked(model, inputs, horizon)
        # a band compares with what is usual within the horizon that the base rate was counted for
        rate = details["base_rate"] if horizon == main else None
        families, found = explanation.by_family().to_dict("records"), reasons(explanation, frame)
        for i, post in enumerate(posts):
            said = {
                "probability": float(explanation.probability[i]),
                "low": float(interval[i, 0]),
                "high": float(interval[i, 1]),
                "band": band(float(explanation.probability[i]), rate) if rate is not None else None,
                "base": float(explanation.base[i]),
                "reasons": [asdict(reason) for reason in found[i]],
                "families": {str(name): float(value) for name, value in families[i].items()},
            }
            rows.append(
                post
                | {
                    "as_of": post["as_of"].date(),
                    "outcome": model.outcome,
                    "horizon_days": horizon,
                    "main": horizon == main,
                    "abstained": silent[i],
                    "model_version": version,
                    "contract_version": contract_version(),
                    "scored_at": at,
                }
                | (said if silent[i] is None else _NOTHING)
            )
    return rows


def _silent(model: Model, frame: pd.DataFrame) -> list[str | None]:
    """Why there is no score for a row, or None."""
    thin = frame["contacts_per_hour"].isna()
    return [
        THIN_HISTORY if few else why and f"{UNLIKE}: {why}" for few, why in zip(thin, model.unlike(frame), strict=True)
    ]


def horizons(model: Model) -> list[int]:
    """Within how many days a model predicts."""
    if isinstance(model, TurnoverModel):
        return list(model.bands.ends)
    return [int(model.details_["config"]["horizon_days"])]


def _asked(model: Model, inputs: pd.DataFrame, horizon: int) -> tuple[Explanation, npt.NDArray[np.float64]]:
    """Why, and between what: the explanation and the interval (n, 2) for one horizon."""
    if isinstance(model, TurnoverModel):
        return model.explain(inputs, horizon), model.predict_interval(inputs, horizon=horizon)
    return model.explain(inputs), model.predict_interval(inputs)


def _counted(version: str, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "version": version,
        "scored": sum(row["probability"] is not None for row in rows),
        "abstained": sum(row["probability"] is None for row in rows),
        "bands": pd.Series([row["band"] for row in rows]).value_counts().to_dict(),
    }


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
