"""What the API takes and gives. Unknown fields are refused, so that a typing error is never read as a default."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, StringConstraints

__all__ = [
    "AgentId",
    "ConsentRequest",
    "ConsentResponse",
    "ExplanationResponse",
    "GroupResponse",
    "HistoryResponse",
    "Kind",
    "LogResponse",
    "ModelResponse",
    "OfAgent",
    "OfEveryone",
    "OfGroup",
    "OfLog",
    "OfModel",
    "OfTeam",
    "Oneself",
    "Outcome",
    "PageResponse",
    "Problem",
    "ReasonOut",
    "RowScore",
    "RowsRequest",
    "RowsResponse",
    "ScoreOut",
    "ScoreResponse",
    "ScoresRequest",
    "ScoresResponse",
    "WhatIfRequest",
    "WhatIfResponse",
    "Which",
]

Outcome = Literal["burnout", "turnover"]
Kind = Literal["team", "site", "queue"]
Band = Literal["usual", "elevated", "high"]
# no control characters: PostgreSQL takes no NUL, and no id has one
AgentId = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,200}$")]
USE = "To offer support. Not for discipline, pay, promotion or termination."
_AGENT = "A0007"
_REASON = {
    "sentence": "4 rests under 11 hours in 28 days; usually 1, peers 1",
    "family": "schedule",
    "contribution": 0.32,
}
_SCORE: dict[str, Any] = {
    "probability": 0.41,
    "interval": {"low": 0.33, "high": 0.5},
    "band": "elevated",
    "abstained": None,
    "base_log_odds": -0.9,
    "reasons": [_REASON],
    "other_reasons_log_odds": 0.22,
    "families": {"workload": 0.12, "escalation": 0.05, "schedule": 0.38, "sentiment": 0.0, "context": -0.01},
}
_FRESH = {"as_of": "2026-09-23", "scored_at": "2026-09-23T02:11:40Z", "age_days": 1, "fresh": True}
_ABOUT: dict[str, Any] = {
    "outcome": "burnout",
    "horizon_days": 90,
    "model_version": "3",
    "contract_version": "1.0a1b2c3d4e",
    "use": USE,
}


def _with(example: dict[str, Any] | None = None) -> ConfigDict:
    return ConfigDict(extra="forbid", frozen=True, json_schema_extra={"example": example} if example else None)


class Which(BaseModel):
    """Which scores of people."""

    model_config = _with()

    outcome: Outcome = Field("burnout", description="What is predicted.")
    horizon_days: int | None = Field(None, ge=1, le=3650, description="Within how many days; the model's own first.")
    as_of: date | None = Field(None, description="A date that was scored; the newest where it is left out.")
    top_reasons: int = Field(5, ge=0, le=50, description="How many reasons per score.")


class OfAgent(Which):
    """Scores of one agent."""

    agent_id: AgentId = Field(description="Whom it is about.", examples=[_AGENT])


class OfTeam(Which):
    """Scores of a team's members."""

    team_id: AgentId = Field(description="A team.", examples=["T01"])


class OfEveryone(Which):
    """A page of everyone."""

    after: AgentId | None = Field(None, description="The `next` of the page before.")
    limit: int = Field(100, ge=1, le=1000, description="How many.")


class OfGroup(BaseModel):
    """The figures of a group."""

    model_config = _with()

    kind: Kind = Field(description="What kind of group.")
    name: AgentId = Field(description="Its name.", examples=["T01"])
    outcome: Outcome = Field("burnout", description="What is predicted.")
    as_of: date | None = Field(None, description="A date that was scored; the newest where it is left out.")


class OfModel(BaseModel):
    """The model in charge of an outcome."""

    model_config = _with()

    outcome: Outcome = Field(description="What is predicted.")


class Oneself(BaseModel):
    """An agent."""

    model_config = _with()

    agent_id: AgentId = Field(description="Whom it is about.", examples=[_AGENT])


class OfLog(BaseModel):
    """A page of the log."""

    model_config = _with()

    after: int = Field(0, ge=0, le=2**53, description="The `next` of the page before.")
    limit: int = Field(100, ge=1, le=1000, description="How many.")


class ScoresRequest(Which):
    """Scores of some agents from a batch."""

    model_config = _with({"agent_ids": [_AGENT, "A0012"], "outcome": "burnout", "top_reasons": 3})

    agent_ids: list[AgentId] = Field(min_length=1, max_length=1000, description="Whom to look up.")


class RowsRequest(BaseModel):
    """Rows of the feature frame, scored at once and not kept."""

    model_config = _with({"outcome": "burnout", "rows": [{"quick_returns": 4, "contacts_per_hour": 3.1}]})

    rows: list[dict[str, FiniteFloat | None]] = Field(
        min_length=1, max_length=1000, description="Feature name to value; a feature that is left out is unknown."
    )
    outcome: Outcome = Field("burnout", description="What is predicted.")
    top_reasons: int = Field(5, ge=0, le=50, description="How many reasons per score.")


class WhatIfRequest(BaseModel):
    """Other values of signals that work can change, for one agent."""

    model_config = _with({"outcome": "burnout", "changes": {"quick_returns": 0}})

    changes: dict[str, FiniteFloat] = Field(
        min_length=1, max_length=20, description="Signal to the value that it would have throughout."
    )
    outcome: Outcome = Field("burnout", description="What is predicted.")


class ConsentRequest(BaseModel):
    """What an agent decides about themselves."""

    model_config = _with({"what": "share_with_manager", "granted": True})

    what: Literal["scoring", "share_with_manager"] = Field(description="Being scored, or sharing the score.")
    granted: bool = Field(description="Whether the agent wants it.")


class ReasonOut(BaseModel):
    """A driver in words. `contribution` is in log-odds of the probability; above 0 it raised the score."""

    model_config = _with()

    sentence: str
    family: str
    contribution: float


class Interval(BaseModel):
    """Where 9 of 10 scores lie that the model would give had it been trained on other people of the same kind."""

    model_config = _with()

    low: float
    high: float


class RowScore(BaseModel):
    """A probability and why. `base_log_odds` + all contributions = log-odds of the probability."""

    model_config = _with()

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

    model_config = _with()

    as_of: date
    scored_at: datetime | None
    age_days: int
    fresh: bool


class _About(BaseModel):
    model_config = _with()

    outcome: Outcome
    horizon_days: int
    model_version: str
    contract_version: str
    use: str = USE


class _AboutScores(_About):
    freshness: Freshness


class ScoreResponse(_AboutScores):
    """The score of one agent."""

    model_config = _with(_ABOUT | {"freshness": _FRESH, "score": _SCORE | {"agent_id": _AGENT}})

    score: ScoreOut


class ScoresResponse(_AboutScores):
    """Scores in the order in which they were asked for."""

    model_config = _with(_ABOUT | {"freshness": _FRESH, "scores": [_SCORE | {"agent_id": _AGENT}]})

    scores: list[ScoreOut]


class PageResponse(ScoresResponse):
    """A page of scores in the order of ids; `next` is the `after` of the next page, null on the last."""

    model_config = _with(_ABOUT | {"freshness": _FRESH, "scores": [_SCORE | {"agent_id": _AGENT}], "next": _AGENT})

    next: str | None


class ExplanationResponse(_AboutScores):
    """Every reason of one score. `base_log_odds` + contributions = `log_odds`, whose probability is the score."""

    model_config = _with(
        _ABOUT
        | {"freshness": _FRESH, "score": _SCORE | {"agent_id": _AGENT}, "log_odds": -0.36}
        | {"how_to_read": "Contributions add up in log-odds; above 0 they raised the score."}
    )

    score: ScoreOut
    log_odds: float | None
    how_to_read: str


class PastScore(BaseModel):
    """A score of an earlier batch, without its reasons."""

    model_config = _with()

    as_of: date
    horizon_days: int
    probability: float | None
    interval: Interval | None
    band: Band | None
    abstained: str | None
    model_version: str


class HistoryResponse(BaseModel):
    """Scores of one agent, oldest first."""

    model_config = _with(
        {"agent_id": _AGENT, "outcome": "burnout", "use": USE, "history": [
            {"as_of": "2026-09-16", "horizon_days": 90, "model_version": "3"}
            | {name: _SCORE[name] for name in ("probability", "interval", "band", "abstained")}]}
    )  # fmt: skip

    agent_id: str
    outcome: Outcome
    use: str = USE
    history: list[PastScore]


class RowsResponse(_About):
    """Scores of the rows, in their order."""

    model_config = _with(_ABOUT | {"scores": [_SCORE]})

    scores: list[RowScore]


class WhatIfResponse(_About):
    """The score with the changes beside the score without; what the model says of such work, not what will happen."""

    model_config = _with(
        _ABOUT | {"agent_id": _AGENT, "as_of": "2026-09-23", "changes": {"quick_returns": 0}, "now": _SCORE}
        | {"then": _SCORE | {"probability": 0.36}, "difference": -0.05, "note": "What the model says of such weeks."}
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

    model_config = _with(
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

    model_config = _with(
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

    model_config = _with(
        {"agent_id": _AGENT, "what": "share_with_manager", "granted": True, "since": "from the next batch on"}
    )

    agent_id: str
    what: str
    granted: bool
    since: str


class LogEntry(BaseModel):
    """One access; people are named by pseudonym."""

    model_config = _with()

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

    model_config = _with(
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
