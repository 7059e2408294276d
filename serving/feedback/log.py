"""Feedback in the store: it is given, read, and answered once; nothing of it is changed afterwards."""

from datetime import UTC, datetime
from typing import Literal, get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from features.errors import InputError
from serving.feedback.tables import Feedback
from serving.store import Store

__all__ = ["KINDS", "STATES", "Kind", "State", "UnknownFeedbackError", "answer", "find", "give", "listed", "of_agent"]

Kind = Literal["contest", "correction", "annotation"]
State = Literal["open", "answered"]
KINDS: tuple[Kind, ...] = get_args(Kind)
STATES: tuple[State, ...] = get_args(State)


class UnknownFeedbackError(InputError):
    """There is no feedback of this number."""


def give(agent_id: str, kind: Kind, said: str, about: str, now: datetime) -> Feedback:
    """A new row, open; whoever calls this adds it together with its entry in the log."""
    time = now.astimezone(UTC).replace(tzinfo=None)
    return Feedback(agent_id=agent_id, kind=kind, said=said.strip(), about=about.strip(), state="open", at=time)


def listed(store: Store, state: State | None, limit: int) -> list[Feedback]:
    """Everyone's, the oldest first: who waits longest is read first."""
    query = select(Feedback).order_by(Feedback.number).limit(limit)
    with store.session() as session:
        return list(session.scalars(query if state is None else query.where(Feedback.state == state)))


def of_agent(store: Store, agent_id: str) -> list[Feedback]:
    """What one agent said, the newest first."""
    query = select(Feedback).where(Feedback.agent_id == agent_id).order_by(Feedback.number.desc())
    with store.session() as session:
        return list(session.scalars(query))


def find(store: Store, number: int) -> Feedback | None:
    """One by its number."""
    with store.session() as session:
        return session.get(Feedback, number)


def answer(session: Session, number: int, said: str, by: str, now: datetime) -> Feedback:
    """Answer one that is open.

    Raises
    ------
    UnknownFeedbackError
        There is none of this number.
    InputError
        It was answered already.
    """
    found = session.get(Feedback, number, with_for_update=True)
    if found is None:
        raise UnknownFeedbackError(f"number: {number} is no feedback; GET /v1/feedback lists what there is.")
    if found.state != "open":
        raise InputError(f"number: {number} was answered already, by {found.answered_by}; an answer is not changed.")
    found.state, found.answer, found.answered_by = "answered", said.strip(), by
    found.answered_at = now.astimezone(UTC).replace(tzinfo=None)
    return found
