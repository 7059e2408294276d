"""Tables of outreach: offers and holdouts, what was said afterwards, and notices that wait to be delivered."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from serving.tables import Base

__all__ = ["Offer", "OfferNote", "OutboxRow"]


class Offer(Base):
    """One person's turn in one week of a program.

    `state` is null for a holdout: nothing is offered. `uid` names the offer to other systems and tells nothing of
    anyone. `also` are further actions that fit. `due_on`: until when the next step is to be taken.
    """

    __tablename__ = "offers"
    __table_args__ = (
        UniqueConstraint("program", "week", "agent_id", name="one_turn_a_week"),
        Index("offers_by_agent", "agent_id"),
        Index("offers_by_team", "team_id", "week"),
        {"sqlite_autoincrement": True},  # the number of an erased offer never names another
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    uid: Mapped[str] = mapped_column(unique=True)
    agent_id: Mapped[str]
    manager_id: Mapped[str]
    team_id: Mapped[str]
    site_id: Mapped[str]
    program: Mapped[str]
    week: Mapped[date]
    arm: Mapped[str]
    action: Mapped[str]
    also: Mapped[list[Any]] = mapped_column(JSON)
    state: Mapped[str | None]
    offered_by: Mapped[str | None]
    recorded_by: Mapped[str | None]
    offered_at: Mapped[datetime]
    due_on: Mapped[date | None]
    responded_at: Mapped[datetime | None]
    response: Mapped[str | None]
    done_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    outcome_at: Mapped[datetime | None]


class OfferNote(Base):
    """What was noted about an outcome; apart from the offers, so that no list and no export takes it along."""

    __tablename__ = "offer_notes"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    offer: Mapped[int] = mapped_column(ForeignKey(Offer.number))
    agent_id: Mapped[str]
    note: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]


class OutboxRow(Base):
    """A notice and how often it was tried; `agent_id` is there for erasure and is not sent."""

    __tablename__ = "outbox"
    __table_args__ = (UniqueConstraint("offer", "kind", "due_on", name="one_notice_a_step"),)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    offer: Mapped[int] = mapped_column(ForeignKey(Offer.number))
    agent_id: Mapped[str]
    kind: Mapped[str]
    due_on: Mapped[date]
    notice: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    error: Mapped[str | None]
