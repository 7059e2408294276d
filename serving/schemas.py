"""What the API takes and gives. Unknown fields are refused, so that a typing error is never read as a default."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["ReasonOut", "RowScore", "RowsRequest", "RowsResponse", "ScoreOut", "ScoresRequest", "ScoresResponse"]

Outcome = Literal["burnout", "turnover"]
_STRICT = ConfigDict(extra="forbid", frozen=True)


class ScoresRequest(BaseModel):
    """Scores of some agents from the last batch."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"example": {"agent_ids": ["A0007", "A0012"], "outcome": "burnout", "top_reasons": 3}},
    )

    agent_ids: list[str] = Field(min_length=1, max_length=1000, description="Whom to look up.")
    outcome: Outcome = Field("burnout", description="What is predicted.")
    as_of: date | None = Field(None, description="A date that was scored; the newest where it is left out.")
    top_reasons: int = Field(5, ge=0, le=50, description="How many reasons per score.")


class RowsRequest(BaseModel):
    """Rows of the feature frame, scored at once and not kept."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"example": {"outcome": "burnout", "rows": [{"quick_returns": 4, "contacts_per_hour": 3.1}]}},
    )

    rows: list[dict[str, float | None]] = Field(
        min_length=1, max_length=1000, description="Feature name to value; a feature that is left out is unknown."
    )
    outcome: Outcome = Field("burnout", description="What is predicted.")
    top_reasons: int = Field(5, ge=0, le=50, description="How many reasons per score.")


class ReasonOut(BaseModel):
    """A driver in words. `contribution` is in log-odds of the probability; above 0 it raised the score."""

    model_config = _STRICT

    sentence: str
    family: str
    contribution: float


class RowScore(BaseModel):
    """A probability and why. `base_log_odds` + all contributions = log-odds of the probability."""

    model_config = _STRICT

    probability: float | None
    band: Literal["usual", "elevated", "high"] | None
    abstained: str | None = Field(description="Why there is no score, where there is none.")
    base_log_odds: float | None
    reasons: list[ReasonOut] = Field(
        description="Strongest first; contributed to the score, did not cause the outcome."
    )
    other_reasons_log_odds: float = Field(description="Sum of the contributions that are not listed.")


class ScoreOut(RowScore):
    """The score of one agent from the store."""

    agent_id: str
    as_of: date


class _About(BaseModel):
    model_config = _STRICT

    outcome: Outcome
    horizon_days: int
    model_version: str
    contract_version: str
    use: str = "To offer support. Not for discipline, pay, promotion or termination."


class ScoresResponse(_About):
    """Scores in the order in which they were asked for."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "example": {
                "outcome": "burnout",
                "horizon_days": 90,
                "model_version": "3",
                "contract_version": "1.0a1b2c3d4e",
                "use": "To offer support. Not for discipline, pay, promotion or termination.",
                "scores": [
                    {
                        "agent_id": "A0007",
                        "as_of": "2026-09-23",
                        "probability": 0.41,
                        "band": "elevated",
                        "abstained": None,
                        "base_log_odds": -0.9,
                        "reasons": [
                            {
                                "sentence": "4 rests under 11 hours in 28 days; usually 1, peers 1",
                                "family": "schedule",
                                "contribution": 0.32,
                            }
                        ],
                        "other_reasons_log_odds": 0.22,
                    }
                ],
            }
        },
    )

    scores: list[ScoreOut]


class RowsResponse(_About):
    """Scores in the order of the rows."""

    scores: list[RowScore]
