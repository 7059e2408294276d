"""Rows of the store that were kept long enough: scores, offers with what was noted about them, answered feedback."""

from datetime import date, datetime

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import DeclarativeBase, Session

from serving.feedback.tables import Feedback
from serving.outreach.tables import Offer, OfferNote, OutboxRow
from serving.tables import Score

__all__ = ["forget_feedback", "forget_offers", "forget_scores"]


def forget_scores(session: Session, before: date) -> int:
    """Delete scores as of days before a day; how many."""
    return _forget(session, Score, Score.as_of < before)


def forget_offers(session: Session, before: date) -> int:
    """Delete offers and holdouts of weeks before a day, with their notes and what was to be sent; how many."""
    old = Offer.week < before
    for follows in (OfferNote, OutboxRow):
        session.execute(delete(follows).where(follows.offer.in_(select(Offer.number).where(old))))
    return _forget(session, Offer, old)


def forget_feedback(session: Session, before: date) -> int:
    """Delete feedback that was answered before a day; what nobody has answered stays until somebody has."""
    return _forget(session, Feedback, Feedback.answered_at < datetime.combine(before, datetime.min.time()))


def _forget(session: Session, table: type[DeclarativeBase], old: ColumnElement[bool]) -> int:
    found = session.scalar(select(func.count()).select_from(table).where(old)) or 0
    session.execute(delete(table).where(old))
    return found
