"""Routes of feedback: agents say what is wrong about what is held about them, and are answered."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from serving.access import Principal
from serving.api.asked import with_entry
from serving.api.desk import Desk
from serving.api.route import Route
from serving.feedback import answer, give, listed, of_agent
from serving.feedback.log import UnknownFeedbackError, find
from serving.feedback.tables import Feedback
from serving.schemas import (
    AnswerRequest,
    FeedbackListResponse,
    FeedbackRequest,
    FeedbackResponse,
    OfFeedback,
    OfNumber,
    Oneself,
)
from serving.scoring import Answer

__all__ = ["FEEDBACK_ROUTES", "all_feedback", "answer_feedback", "feedback_of_agent", "give_feedback"]


def give_feedback(desk: Desk, who: Principal, question: Oneself, body: FeedbackRequest) -> Answer:
    """An agent contests a score, corrects a record, or adds what the numbers do not show."""
    desk.scoring.refuse_other(who, question.agent_id)
    row, body_ = give(question.agent_id, body.kind, body.said, body.about, datetime.now(UTC)), dict[str, Any]()

    def write(session: Session) -> None:
        session.add(row)
        session.flush()

    found = Answer(body_, (question.agent_id,), f"feedback: {body.kind}")
    with_entry(desk.store, found, write)
    body_["feedback"] = _shown(row)
    return found


def feedback_of_agent(desk: Desk, who: Principal, question: Oneself) -> Answer:
    """What one agent said, the newest first, with what they were answered."""
    if desk.scoring.policy.of(who).about != "everyone":
        desk.scoring.refuse_other(who, question.agent_id)
    found = of_agent(desk.store, question.agent_id)
    return Answer({"feedback": [_shown(one) for one in found]}, (question.agent_id,), "feedback")


def all_feedback(desk: Desk, _: Principal, question: OfFeedback) -> Answer:
    """What everyone said, the oldest first."""
    found = listed(desk.store, question.state, question.limit)
    agents = tuple(dict.fromkeys(one.agent_id for one in found))
    return Answer({"feedback": [_shown(one) for one in found]}, agents, "feedback")


def answer_feedback(desk: Desk, who: Principal, question: OfNumber, body: AnswerRequest) -> Answer:
    """Answer an agent, once."""
    about = find(desk.store, question.number)
    if about is None:
        raise UnknownFeedbackError(f"number: {question.number} is no feedback; GET /v1/feedback lists what there is.")
    shown: dict[str, Any] = {}

    def write(session: Session) -> None:
        shown["feedback"] = _shown(answer(session, question.number, body.said, who.name, datetime.now(UTC)))

    return with_entry(desk.store, Answer(shown, (about.agent_id,), f"feedback {question.number}: answered"), write)


def _shown(row: Feedback) -> dict[str, Any]:
    found = {column.key: getattr(row, column.key) for column in inspect(Feedback).columns}
    times = {k: f"{v.isoformat(timespec='seconds')}Z" for k, v in found.items() if isinstance(v, datetime)}
    return found | times


_OF_AGENT = "/v1/agents/{agent_id}/feedback"
FEEDBACK_ROUTES: tuple[Route, ...] = (
    Route("POST", _OF_AGENT, "feedback", Oneself, FeedbackResponse, give_feedback, FeedbackRequest, computes=True),
    Route("GET", _OF_AGENT, "feedback", Oneself, FeedbackListResponse, feedback_of_agent, computes=True),
    Route("GET", "/v1/feedback", "answer_feedback", OfFeedback, FeedbackListResponse, all_feedback, computes=True),
    Route("PUT", "/v1/feedback/{number}/answer", "answer_feedback", OfNumber, FeedbackResponse, answer_feedback,
          AnswerRequest, computes=True),
)  # fmt: skip
