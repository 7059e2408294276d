"""The routes of `/v1` beside the BentoML methods: each a question, what kind it is, and who answers it."""

from datetime import UTC, date, datetime

from serving.access import Principal
from serving.api.asked import with_entry
from serving.api.desk import Desk
from serving.api.offers import OFFER_ROUTES
from serving.api.pages import PAGE_ROUTES
from serving.api.route import Route
from serving.api.suggestions import SUGGESTION_ROUTES
from serving.api.voices import FEEDBACK_ROUTES
from serving.audit import read_log
from serving.consent import decision
from serving.schemas import (
    ConsentRequest,
    ConsentResponse,
    ExplanationResponse,
    GroupResponse,
    HistoryResponse,
    LogResponse,
    ModelResponse,
    OfAgent,
    OfEveryone,
    OfGroup,
    OfLog,
    OfModel,
    OfNothing,
    OfTeam,
    Oneself,
    PageResponse,
    ScoreResponse,
    ScoresRequest,
    ScoresResponse,
    WhatIfRequest,
    WhatIfResponse,
    Which,
)
from serving.scoring import Answer

__all__ = ["ROUTES", "consent", "explanation", "history", "log", "model", "page_of_everyone", "scores"]


def score_of_agent(desk: Desk, who: Principal, question: OfAgent) -> Answer:
    """The score of one agent, with reasons in words."""
    return desk.scoring.one(who, question.agent_id, question)


def scores(desk: Desk, who: Principal, _: OfNothing, body: ScoresRequest) -> Answer:
    """Scores of some agents from the last batch, with reasons in words."""
    return desk.scoring.some(who, body)


def explanation(desk: Desk, who: Principal, question: OfAgent) -> Answer:
    """Every reason of one score, and how it adds up."""
    return desk.scoring.explanation(who, question.agent_id, question)


def history(desk: Desk, who: Principal, question: OfAgent) -> Answer:
    """Every score of one agent that is kept, oldest first."""
    return desk.scoring.history(who, question.agent_id, question)


def what_if(desk: Desk, who: Principal, question: Oneself, body: WhatIfRequest) -> Answer:
    """What the model would say had work been otherwise, within what training saw."""
    now = desk.scoring.one(who, question.agent_id, Which(outcome=body.outcome, top_reasons=0))  # refuses others
    as_of = date.fromisoformat(now.body["freshness"]["as_of"])
    return desk.online.what_if(question.agent_id, as_of, body.outcome, body.changes)


def consent(desk: Desk, who: Principal, question: Oneself, body: ConsentRequest) -> Answer:
    """An agent decides about being scored, sharing the score with their manager, or being offered support."""
    desk.scoring.refuse_other(who, question.agent_id)
    since = "from the next batch on" if body.what == "scoring" else "at once"
    found = {"agent_id": question.agent_id, "what": body.what, "granted": body.granted, "since": since}
    row = decision(question.agent_id, body.what, body.granted, datetime.now(UTC))
    return with_entry(desk.store, Answer(found, (question.agent_id,)), lambda session: session.add(row))


def page_of_everyone(desk: Desk, who: Principal, question: OfEveryone) -> Answer:
    """Scores of everyone, a page at a time; under pseudonyms for a data scientist."""
    return desk.scoring.page(who, question, question.after, question.limit)


def scores_of_team(desk: Desk, who: Principal, question: OfTeam) -> Answer:
    """Scores of a team's members about whom the role reads: for a manager those who share theirs."""
    return desk.scoring.team(who, question.team_id, question)


def group(desk: Desk, who: Principal, question: OfGroup) -> Answer:
    """How a team, a site or a queue stands, without anyone in it; hidden where it could be traced to a person."""
    return desk.groups.figures(who, question.kind, question.name, question.outcome, question.as_of)


def model(desk: Desk, _: Principal, question: OfModel) -> Answer:
    """The model in charge, how it did on months it had not seen, and the contract of its inputs."""
    return desk.online.about(question.outcome)


def log(desk: Desk, _: Principal, question: OfLog) -> Answer:
    """Who asked what about whom (by pseudonym), and how it ended."""
    return Answer(read_log(desk.store, question.after, question.limit), group="the log")


_OF_AGENT = "/v1/agents/{agent_id}"
ROUTES: tuple[Route, ...] = (
    Route("GET", f"{_OF_AGENT}/score", "scores", OfAgent, ScoreResponse, score_of_agent),
    Route("POST", "/v1/scores", "scores", OfNothing, ScoresResponse, scores, ScoresRequest),
    Route("GET", f"{_OF_AGENT}/explanation", "explanation", OfAgent, ExplanationResponse, explanation),
    Route("GET", f"{_OF_AGENT}/history", "history", OfAgent, HistoryResponse, history),
    Route("POST", f"{_OF_AGENT}/what-if", "what_if", Oneself, WhatIfResponse, what_if, WhatIfRequest, computes=True),
    Route("PUT", f"{_OF_AGENT}/consent", "consent", Oneself, ConsentResponse, consent, ConsentRequest, computes=True),
    Route("GET", "/v1/scores", "scores", OfEveryone, PageResponse, page_of_everyone, computes=True),
    Route("GET", "/v1/teams/{team_id}/scores", "scores", OfTeam, ScoresResponse, scores_of_team),
    Route("GET", "/v1/groups/{kind}/{name}", "groups", OfGroup, GroupResponse, group, computes=True),
    Route("GET", "/v1/models/{outcome}", "models", OfModel, ModelResponse, model, computes=True),
    Route("GET", "/v1/log", "log", OfLog, LogResponse, log, computes=True),
    *OFFER_ROUTES,
    *FEEDBACK_ROUTES,
    *SUGGESTION_ROUTES,
    *PAGE_ROUTES,
)
