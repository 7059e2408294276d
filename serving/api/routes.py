"""Routes of `/v1` beside the BentoML methods; who may ask has been decided by the gate."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse

from serving.access import Principal
from serving.api.asked import asked
from serving.api.desk import Desk
from serving.audit import read_log
from serving.consent import record
from serving.groups import Kind
from serving.schemas import (
    AgentId,
    ConsentRequest,
    ConsentResponse,
    ExplanationResponse,
    GroupResponse,
    HistoryResponse,
    LogResponse,
    ModelResponse,
    Outcome,
    PageResponse,
    ScoreResponse,
    ScoresResponse,
    WhatIfRequest,
    WhatIfResponse,
)
from serving.scoring import Answer, Which

__all__ = ["routes"]

Agent = Annotated[AgentId, Path(description="Whom it is about.", examples=["A0007"])]
Team = Annotated[AgentId, Path(description="A team.", examples=["T01"])]
OutcomeQuery = Annotated[Outcome, Query(description="What is predicted.")]
Horizon = Annotated[int | None, Query(ge=1, le=3650, description="Within how many days; the model's own first.")]
AsOf = Annotated[date | None, Query(description="A date that was scored; the newest where it is left out.")]
Top = Annotated[int, Query(ge=0, le=50, description="How many reasons per score.")]


def routes(desk: Callable[[], Desk]) -> APIRouter:
    """The routes, answered from a desk."""
    router = APIRouter(prefix="/v1")

    @router.get("/agents/{agent_id}/score", response_model=ScoreResponse, operation_id="score_of_agent")
    def score(
        agent_id: Agent, outcome: OutcomeQuery = "burnout", horizon_days: Horizon = None, as_of: AsOf = None,
        top_reasons: Top = 5,
    ) -> JSONResponse:  # fmt: skip
        """The score of one agent, with reasons in words."""
        which = Which(outcome, horizon_days, as_of, top_reasons)
        return _sent(desk().scoring.one(_who(), agent_id, which))

    @router.get("/agents/{agent_id}/explanation", response_model=ExplanationResponse, operation_id="explanation")
    def explanation(
        agent_id: Agent, outcome: OutcomeQuery = "burnout", horizon_days: Horizon = None, as_of: AsOf = None
    ) -> JSONResponse:
        """Every reason of one score, and how it adds up."""
        return _sent(desk().scoring.explanation(_who(), agent_id, Which(outcome, horizon_days, as_of)))

    @router.get("/agents/{agent_id}/history", response_model=HistoryResponse, operation_id="history")
    def history(agent_id: Agent, outcome: OutcomeQuery = "burnout", horizon_days: Horizon = None) -> JSONResponse:
        """Every score of one agent that is kept, oldest first."""
        return _sent(desk().scoring.history(_who(), agent_id, Which(outcome, horizon_days)))

    @router.post("/agents/{agent_id}/what-if", response_model=WhatIfResponse, operation_id="what_if")
    def what_if(agent_id: Agent, body: WhatIfRequest) -> JSONResponse:
        """What the model would say had work been otherwise, within what training saw."""
        now = desk().scoring.one(_who(), agent_id, Which(body.outcome, top_reasons=0))  # refuses whom one may not read
        as_of = date.fromisoformat(now.body["freshness"]["as_of"])
        return _sent(desk().online.what_if(agent_id, as_of, body.outcome, body.changes))

    @router.put("/agents/{agent_id}/consent", response_model=ConsentResponse, operation_id="consent")
    def consent(agent_id: Agent, body: ConsentRequest) -> JSONResponse:
        """An agent decides about being scored, or about sharing the score with their manager."""
        desk().scoring.refuse_other(_who(), agent_id)
        asked().answer = Answer({}, (agent_id,))
        record(desk().store, agent_id, body.what, body.granted, datetime.now(UTC))
        since = "from the next batch on" if body.what == "scoring" else "at once"
        found = {"agent_id": agent_id, "what": body.what, "granted": body.granted, "since": since}
        return _sent(Answer(found, (agent_id,)))

    @router.get("/scores", response_model=PageResponse, operation_id="page_of_everyone")
    def page(
        outcome: OutcomeQuery = "burnout", horizon_days: Horizon = None, as_of: AsOf = None, top_reasons: Top = 5,
        after: Annotated[AgentId | None, Query(description="The `next` of the page before.")] = None,
        limit: Annotated[int, Query(ge=1, le=1000, description="How many.")] = 100,
    ) -> JSONResponse:  # fmt: skip
        """Scores of everyone, a page at a time; under pseudonyms for a data scientist."""
        which = Which(outcome, horizon_days, as_of, top_reasons)
        return _sent(desk().scoring.page(_who(), which, after, limit))

    @router.get("/teams/{team_id}/scores", response_model=ScoresResponse, operation_id="scores_of_team")
    def team(
        team_id: Team, outcome: OutcomeQuery = "burnout", horizon_days: Horizon = None, as_of: AsOf = None,
        top_reasons: Top = 5,
    ) -> JSONResponse:  # fmt: skip
        """Scores of a team's members about whom the role reads: for a manager those who share theirs."""
        return _sent(desk().scoring.team(_who(), team_id, Which(outcome, horizon_days, as_of, top_reasons)))

    @router.get("/groups/{kind}/{name}", response_model=GroupResponse, operation_id="group")
    def group(kind: Kind, name: Team, outcome: OutcomeQuery = "burnout", as_of: AsOf = None) -> JSONResponse:
        """How a team, a site or a queue stands, without anyone in it; hidden where it could be traced to a person."""
        return _sent(desk().groups.figures(_who(), kind, name, outcome, as_of))

    @router.get("/models/{outcome}", response_model=ModelResponse, operation_id="model")
    def model(outcome: Annotated[Outcome, Path(description="What is predicted.")]) -> JSONResponse:
        """The model in charge, how it did on months it had not seen, and the contract of its inputs."""
        return _sent(desk().online.about(outcome))

    @router.get("/log", response_model=LogResponse, operation_id="log")
    def log(
        after: Annotated[int, Query(ge=0, le=2**53, description="The `next` of the page before.")] = 0,
        limit: Annotated[int, Query(ge=1, le=1000, description="How many.")] = 100,
    ) -> JSONResponse:
        """Who asked what about whom (by pseudonym), and how it ended."""
        return _sent(Answer(read_log(desk().store, after, limit), group="the log"))

    return router


def _who() -> Principal:
    who = asked().who
    assert who is not None  # noqa: S101 - the gate let them in
    return who


def _sent(answer: Answer) -> JSONResponse:
    """The answer's body, once whom it is about is kept for the log."""
    return JSONResponse(asked().answered(answer))
