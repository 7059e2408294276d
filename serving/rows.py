"""What models say of rows of the feature frame, as rows of the store: one for each row and horizon."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.catalog import contract_version, feature_names
from serving.privacy.opt_out import OPTED_OUT
from serving.reasons import Sentences, ranked
from training.explain import Explanation
from training.task import Model
from training.turnover import TurnoverModel

__all__ = ["THIN_HISTORY", "UNLIKE", "Row", "band", "opted_out", "score_frame", "scored", "unscored"]

THIN_HISTORY = "too little history: fewer than 30 contacts in the last 28 days"
UNLIKE = "unlike anything seen in training"
ELEVATED, HIGH = 1.3, 2.0
POST = ["as_of", "agent_id", "team_id", "site_id", "queue"]
Row = dict[str, Any]
_NOTHING: Row = {
    **dict.fromkeys(("probability", "low", "high", "band", "base")), "reasons": "[]", "families": "{}",
}  # fmt: skip


def score_frame(model: Model, version: str, frame: pd.DataFrame) -> list[Row]:
    """Rows for the store: one per row of the frame and horizon, abstaining on thin histories and on the unseen."""
    texts = ("reasons", "families")
    return [row | {name: json.loads(row[name]) for name in texts} for row in scored(model, version, frame)]


def scored(
    model: Model, version: str, frame: pd.DataFrame, sentences: Sentences | None = None, at: datetime | None = None
) -> Iterator[Row]:
    """The same, a horizon after another, with reasons and families as the JSON that the store keeps.

    Parameters
    ----------
    sentences
        Of the frame, where they have been made for another model; for all features.
    at
        When the rows are scored; now where it is left out.
    """
    if frame.empty:
        return
    inputs, silent = frame[feature_names()], _silent(model, frame)
    told = np.flatnonzero([why is None for why in silent])
    sentences = sentences or Sentences.of(frame, feature_names())
    details: Any = model.details_
    for shared in _shared(model, version, at):
        explanation, interval = _asked(model, inputs, shared["horizon_days"])
        # a band compares with what is usual within the horizon that the base rate was counted for
        rate = details["base_rate"] if shared["main"] else None
        said = _said(explanation, interval, sentences, told, rate)
        for post, why in zip(_posts(frame), silent, strict=True):
            yield post | shared | (next(said) if why is None else _NOTHING | {"abstained": why})


def unscored(model: Model, version: str, frame: pd.DataFrame, at: datetime | None = None) -> Iterator[Row]:
    """Rows of those who opted out, whom no model sees; as many as the others have."""
    posts = _posts(frame)
    for shared in _shared(model, version, at):
        yield from (opted_out(post | shared) for post in posts)


def opted_out(row: Row) -> Row:
    """A row as it is where the agent opted out."""
    return row | _NOTHING | {"abstained": OPTED_OUT}


def _posts(frame: pd.DataFrame) -> list[Row]:
    """Who, when and where."""
    days = [moment.date() for moment in frame["as_of"]]
    return [
        dict(zip(POST, post, strict=True))
        for post in zip(days, *(frame[name].tolist() for name in POST[1:]), strict=True)
    ]


def _shared(model: Model, version: str, at: datetime | None) -> Iterator[Row]:
    """What all rows of a horizon have in common."""
    details: Any = model.details_
    main = details["config"]["horizon_days"]
    for horizon in model.bands.ends if isinstance(model, TurnoverModel) else (main,):
        yield {
            "outcome": model.outcome,
            "horizon_days": horizon,
            "main": horizon == main,
            "model_version": version,
            "contract_version": contract_version(),
            "scored_at": (at or datetime.now(UTC)).replace(tzinfo=None),
        }


def _said(
    explanation: Explanation,
    interval: npt.NDArray[np.float64],
    sentences: Sentences,
    told: npt.NDArray[np.int64],
    rate: float | None,
) -> Iterator[Row]:
    """What a model says of the rows that it speaks about."""
    probability, families = explanation.probability[told].tolist(), explanation.by_family().iloc[told]
    columns = [
        probability,
        interval[told, 0].tolist(),
        interval[told, 1].tolist(),
        [None if rate is None else band(p, rate) for p in probability],
        explanation.base[told].tolist(),
        sentences.as_json(ranked(explanation), told),
        map(json.dumps, families.to_dict("records")),
    ]
    for one in zip(*columns, strict=True):
        yield dict(zip(_NOTHING, one, strict=True), abstained=None)


def _silent(model: Model, frame: pd.DataFrame) -> list[str | None]:
    """Why there is no score for a row, or None."""
    thin = frame["contacts_per_hour"].isna()
    return [
        THIN_HISTORY if few else why and f"{UNLIKE}: {why}" for few, why in zip(thin, model.unlike(frame), strict=True)
    ]


def _asked(model: Model, inputs: pd.DataFrame, horizon: int) -> tuple[Explanation, npt.NDArray[np.float64]]:
    """Why, and between what: the explanation and the interval (n, 2) for one horizon."""
    if isinstance(model, TurnoverModel):
        return model.explain(inputs, horizon), model.predict_interval(inputs, horizon=horizon)
    return model.explain(inputs), model.predict_interval(inputs)


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
