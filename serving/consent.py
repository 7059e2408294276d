"""What agents agreed to, and the switch that stops all scoring. Every answer is kept; the last one counts.

Scoring goes on until an agent says no (opt-out); sharing with the manager waits until an agent says yes (opt-in).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from serving.store import Base, Store

__all__ = ["SCORING", "Consent", "Switch", "consent_store", "may_score", "record", "stopped", "switch"]

What = Literal["scoring", "share_with_manager"]
SCORING = "scoring"


class Consent(Base):
    """One answer of one agent."""

    __tablename__ = "consent"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    agent_id: Mapped[str] = mapped_column(index=True)
    what: Mapped[str]
    granted: Mapped[bool]
    at: Mapped[datetime]


class Switch(Base):
    """One turn of a switch: `on` stops what it is named after."""

    __tablename__ = "switches"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    name: Mapped[str]
    on: Mapped[bool]
    reason: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]


def consent_store(store: Store) -> Store:
    """The store with the tables of consent, which are made where they are missing."""
    Base.metadata.create_all(store.engine, [Base.metadata.tables[name] for name in ("consent", "switches")])
    return store


def record(session: Session, agent_id: str, what: What, granted: bool, at: datetime) -> None:
    """Write an answer down beside the earlier ones."""
    session.add(Consent(agent_id=agent_id, what=what, granted=granted, at=at))
    session.flush()


def may_score(session: Session, agent_ids: Iterable[str]) -> set[str]:
    """Those who did not opt out."""
    said = select(Consent).where(Consent.what == SCORING).order_by(Consent.at, Consent.number)
    last = {row.agent_id: row.granted for row in session.scalars(said)}
    return {agent_id for agent_id in agent_ids if last.get(agent_id, True)}


def switch(session: Session, name: str, on: bool, reason: str, by: str, at: datetime) -> None:
    """Turn a switch, and keep who turned it and why."""
    session.add(Switch(name=name, on=on, reason=reason, by=by, at=at))
    session.flush()


def stopped(session: Session) -> str | None:
    """Why scoring is stopped, or None where it is not."""
    last = select(Switch).where(Switch.name == SCORING).order_by(Switch.number.desc()).limit(1)
    found = session.scalar(last)
    return found.reason if found is not None and found.on else None
