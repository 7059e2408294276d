"""The table of feedback."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from serving.tables import Base

__all__ = ["Feedback"]


class Feedback(Base):
    """What one agent said about themselves; `about` is what it speaks of, empty where they named nothing."""

    __tablename__ = "feedback"
    # the number of an erased row never names another's words
    __table_args__ = (Index("feedback_by_agent", "agent_id"), {"sqlite_autoincrement": True})

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    agent_id: Mapped[str]
    kind: Mapped[str]
    about: Mapped[str]
    said: Mapped[str]
    state: Mapped[str]
    at: Mapped[datetime]
    answer: Mapped[str | None]
    answered_by: Mapped[str | None]
    answered_at: Mapped[datetime | None]
