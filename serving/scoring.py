"""What may be answered, without any HTTP: scores from the store, and scores of rows that the caller brings."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from features.catalog import contract_version, feature_names
from features.errors import InputError, NotReadyError
from features.home import Home
from serving.batch import score_frame
from serving.schemas import ReasonOut, RowScore, RowsRequest, RowsResponse, ScoreOut, ScoresRequest, ScoresResponse
from serving.store import Score, Store
from training.task import Model
from training.tracking import load_current

__all__ = ["Scoring", "UnknownAgentError"]


class UnknownAgentError(InputError):
    """An agent has no score on that date."""


class Scoring:
    """Answers of one home. Models are loaded at the first question that needs them."""

    def __init__(self, home: Home) -> None:
        self.home, self.store = home, Store(home)
        self._models: dict[str, tuple[Model, str]] = {}

    def scores(self, request: ScoresRequest) -> ScoresResponse:
        """Scores that the batch wrote, in the order of the question.

        Raises
        ------
        NotReadyError
            Nothing was scored yet, or not on that date.
        UnknownAgentError
            Someone is not among the scored.
        """
        as_of = request.as_of or self.store.latest(request.outcome)
        found = self.store.scores(request.outcome, as_of, request.agent_ids) if as_of else []
        if as_of is None or (not found and not self.store.scores(request.outcome, as_of)):
            raise NotReadyError(f"There are no {request.outcome} scores{f' as of {as_of}' if as_of else ' yet'}.")
        by_agent = {score.agent_id: score for score in found}
        unknown = [agent for agent in request.agent_ids if agent not in by_agent]
        if unknown:
            raise UnknownAgentError(
                f"agent_ids: {', '.join(map(repr, unknown[:5]))} had no post on {as_of};"
                " ids are those of the table agents."
            )
        first = found[0]
        return ScoresResponse(
            outcome=request.outcome,
            horizon_days=first.horizon_days,
            model_version=first.model_version,
            contract_version=first.contract_version,
            scores=[_shown(by_agent[agent], request.top_reasons) for agent in request.agent_ids],
        )

    def score_rows(self, request: RowsRequest) -> RowsResponse:
        """Score rows of features that the caller brings; nothing is kept.

        Raises
        ------
        NotReadyError
            There is no champion.
        InputError
            A name is not in the catalog, or a value is not finite.
        """
        model, version = self._model(request.outcome)
        rows = [row for row in score_frame(model, version, _frame(request.rows)) if row["main"]]
        return RowsResponse(
            outcome=request.outcome,
            horizon_days=model.details_["config"]["horizon_days"],
            model_version=version,
            contract_version=contract_version(),
            scores=[RowScore(**_parts(row, request.top_reasons)) for row in rows],
        )

    def close(self) -> None:
        self.store.close()

    def _model(self, outcome: str) -> tuple[Model, str]:
        if outcome not in self._models:
            model, registered = load_current(self.home, outcome)
            self._models[outcome] = (model, registered.version)
        return self._models[outcome]


def _frame(rows: Sequence[dict[str, float | None]]) -> pd.DataFrame:
    """Rows of the request as a frame with every feature; what was not sent is unknown."""
    known = set(feature_names())
    for number, row in enumerate(rows):
        for name, value in row.items():
            if name not in known:
                raise InputError(
                    f"rows[{number}]: '{name}' is not a feature; the catalog has {len(known)}, such as tenure."
                )
            if value is not None and not np.isfinite(value):
                raise InputError(f"rows[{number}].{name}: {value} is not a finite number.")
    frame = pd.DataFrame(list(rows)).reindex(columns=feature_names()).astype("float64")
    return frame.assign(as_of=pd.Timestamp(0), agent_id="", team_id="", site_id="", queue="")


def _shown(score: Score, top: int) -> ScoreOut:
    row = {"probability": score.probability, "band": score.band, "abstained": score.abstained, "base": score.base}
    parts = _parts(row | {"reasons": score.reasons}, top)
    return ScoreOut(agent_id=score.agent_id, as_of=score.as_of, **parts)


def _parts(row: dict[str, Any], top: int) -> dict[str, Any]:
    reasons = row["reasons"]
    return {
        "probability": row["probability"],
        "band": row["band"],
        "abstained": row["abstained"],
        "base_log_odds": row["base"],
        "reasons": [
            ReasonOut(sentence=r["sentence"], family=r["family"], contribution=r["contribution"]) for r in reasons[:top]
        ],
        "other_reasons_log_odds": float(sum(reason["contribution"] for reason in reasons[top:])),
    }
