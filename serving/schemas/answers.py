"""What the API gives."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from serving.schemas.kinds import ABOUT, AGENT, FRESH, SCORE, USE, Band, Kind, Outcome, with_example

__all__ = [
    "ConsentResponse",
    "ExplanationResponse",
    "Freshness",
    "GroupResponse",
    "HistoryResponse",
    "Interval",
    "LogEntry",
    "LogResponse",
    "ModelResponse",
    "PageResponse",
    "PastScore",
    "Problem",
    "ReasonOut",
    "RowScore",
    "RowsResponse",
    "ScoreOut",
    "ScoreResponse",
    "ScoresResponse",
    "WhatIfResponse",
]


class ReasonOut(BaseModel):
    """A driver in words. `contribution` is in log-odds of the probability; above 0 it raised the score."""

    model_config = with_example()

    sentence: str
    family: str
    contribution: float


class Interval(BaseModel):
    """Where 9 of 10 scores lie that the model would give had it been trained on other people of the same kind."""

    model_config = with_example()

    low: float
    high: float


class RowScore(BaseModel):
    """A probability and why. `base_log_odds` + all contributions = log-odds of the probability."""

    model_config = with_example()

    probability: float | None
    interval: Interval | None
    band: Band | None
    abstained: str | None = Field(description="Why there is no score, where there is none.")
    base_log_odds: float | None
    reasons: list[ReasonOut] = Field(
        description="Strongest first; contributed to the score, did not cause the outcome. None under a pseudonym."
    )
    other_reasons_log_odds: float = Field(description="Sum of the contributions that are not listed.")
    families: dict[str, float] = Field(description="Contributions by family of signals.")


class ScoreOut(RowScore):
    """The score of one agent; `agent_id` is a pseudonym for a data scientist."""

    agent_id: str


class Freshness(BaseModel):
    """How old scores are: the date they are about, when they were made, and whether that is within what is set."""

    model_config = with_example()

    as_of: date
    scored_at: datetime | None
    age_days: int
    fresh: bool


class _About(BaseModel):
    model_config = with_example()

    outcome: Outcome
    horizon_days: int
    model_version: str
    contract_version: str
    use: str = USE


class _AboutScores(_About):
    freshness: Freshness


class ScoreResponse(_AboutScores):
    """The score of one agent."""

    model_config = with_example(ABOUT | {"freshness": FRESH, "score": SCORE | {"agent_id": AGENT}})

    score: ScoreOut


class ScoresResponse(_AboutScores):
    """Scores in the order in which they were asked for."""

    model_config = with_example(ABOUT | {"freshness": FRESH, "scores": [SCORE | {"agent_id": AGENT}]})

    scores: list[ScoreOut]


class PageResponse(ScoresResponse):
    """A page of scores in the order of ids; `next` is the `after` of the next page, null on the last."""

    model_config = with_example(ABOUT | {"freshness": FRESH, "scores": [SCORE | {"agent_id": AGENT}], "next": AGENT})

    next: str | None


class ExplanationResponse(_AboutScores):
    """Every reason of one score. `base_log_odds` + contributions = `log_odds`, whose probability is the score."""

    model_config = with_example(
        ABOUT
        | {"freshness": FRESH, "score": SCORE | {"agent_id": AGENT}, "log_odds": -0.36}
        | {"how_to_read": "Contributions add up in log-odds; above 0 they raised the score."}
    )

    score: ScoreOut
    log_odds: float | None
    how_to_read: str


class PastScore(BaseModel):
    """A score of an earlier batch, without its reasons."""

    model_config = with_example()

    as_of: date
    horizon_days: int
    probability: float | None
    interval: Interval | None
    band: Band | None
    abstained: str | None
    model_version: str


class HistoryResponse(BaseModel):
    """Scores of one agent, oldest first."""

    model_config = with_example(
        {"agent_id": AGENT, "outcome": "burnout", "use": USE, "history": [
            {"as_of": "2026-09-16", "horizon_days": 90, "model_version": "3"}
            | {name: SCORE[name] for name in ("probability", "interval", "band", "abstained")}]}
    )  # fmt: skip

    agent_id: str
    outcome: Outcome
    use: str = USE
    history: list[PastScore]


class RowsResponse(_About):
    """Scores of the rows, in their order."""

    model_config = with_example(ABOUT | {"scores": [SCORE]})

    scores: list[RowScore]


class WhatIfResponse(_About):
    """The score with the changes beside the score without; what the model says of such work, not what will happen."""

    model_config = with_example(
        ABOUT | {"agent_id": AGENT, "as_of": "2026-09-23", "changes": {"quick_returns": 0}, "now": SCORE}
        | {"then": SCORE | {"probability": 0.36}, "difference": -0.05, "note": "What the model says of such weeks."}
    )  # fmt: skip

    agent_id: str
    as_of: date
    changes: dict[str, float]
    now: RowScore
    then: RowScore
    difference: float | None
    note: str


class GroupResponse(BaseModel):
    """How a team, site or queue stands; over too few people there is no number, and `hidden` says why."""

    model_config = with_example(
        {"kind": "team", "name": "T01", "as_of": "2026-09-23", "outcome": "burnout", "horizon_days": 90}
        | {"model_version": "3", "people": 18, "mean_probability": 0.31, "expected": 6, "everyone": 0.24}
        | {"families": {"workload": 0.12, "schedule": 0.3}, "hidden": None, "instead": None, "use": USE}
    )

    kind: Kind
    name: str
    as_of: date
    outcome: Outcome
    horizon_days: int
    model_version: str
    people: int | None
    mean_probability: float | None
    expected: int | None
    everyone: float | None = Field(description="The mean over the whole centre.")
    families: dict[str, float] = Field(description="Mean contribution by family, against the whole centre.")
    hidden: str | None
    instead: str | None = Field(description="A larger group to ask for, where this one is hidden.")
    use: str = USE


class ModelResponse(BaseModel):
    """The model in charge of an outcome, and the contract of its inputs."""

    model_config = with_example(
        {"outcome": "burnout", "model_version": "3", "contract_version": "1.0a1b2c3d4e", "run_id": "3f2a"}
        | {"horizons_days": [90], "base_rate": 0.24, "metrics": {"auroc": 0.68, "brier": 0.16}, "use": USE}
        | {"inputs": [{"name": "quick_returns", "family": "schedule", "unit": "count",
                       "label": "rests under 11 hours", "actionable": True}]}
    )  # fmt: skip

    outcome: Outcome
    model_version: str
    contract_version: str
    run_id: str
    horizons_days: list[int]
    base_rate: float
    metrics: dict[str, float] = Field(description="On months that the model had not seen.")
    inputs: list[dict[str, Any]]
    use: str = USE


class ConsentResponse(BaseModel):
    """What counts from now on."""

    model_config = with_example(
        {"agent_id": AGENT, "what": "share_with_manager", "granted": True, "since": "from the next batch on"}
    )

    agent_id: str
    what: str
    granted: bool
    since: str


class LogEntry(BaseModel):
    """One access; people are named by pseudonym."""

    model_config = with_example()

    number: int
    at: datetime
    who: str
    what: str
    whom: str
    purpose: str
    model: str
    status: int


class LogResponse(BaseModel):
    """A page of the log of accesses, oldest first; `next` is the `after` of the next page."""

    model_config = with_example(
        {"entries": [{"number": 1, "at": "2026-09-23T08:00:00Z", "who": "hr", "what": "POST /v1/scores",
                      "whom": "P-7QJ2", "purpose": "support", "model": "burnout 3", "status": 200}], "next": None}
    )  # fmt: skip

    entries: list[LogEntry]
    next: int | None


class Problem(BaseModel):
    """A refusal (RFC 9457, application/problem+json): `detail` is one sentence a user can act on."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"type": "about:blank", "title": "Bad Request", "status": 400,
                                       "detail": "outcome: Input should be 'burnout' or 'turnover'; got 'luck'."}}
    )  # fmt: skip

    type: str = "about:blank"
    title: str
    status: int
    detail: str
