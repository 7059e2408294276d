"""The tables of feedback: what agents say about what is held about them, and what they suggest without a name."""

from datetime import date, datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from serving.tables import Base

__all__ = ["Feedback", "Suggestion", "SuggestionCount"]


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


class Suggestion(Base):
    """Something that somebody suggests about the work; who it was is written nowhere.

    `week` is its Monday; `team_id` or `site_id` say where it comes from, as far as enough people are there. `shared`:
    the team's managers may read it. Neither the key nor the order of rows tells when in its week it came.
    """

    __tablename__ = "suggestions"
    __table_args__ = ({"sqlite_with_rowid": False},)

    key: Mapped[str] = mapped_column(primary_key=True)
    week: Mapped[date]
    team_id: Mapped[str | None]
    site_id: Mapped[str | None]
    said: Mapped[str]
    shared: Mapped[bool]


class SuggestionCount(Base):
    """How many suggestions came from one person on a day; `person` is a keyed hash, whose key goes after the day."""

    __tablename__ = "suggestion_counts"
    __table_args__ = ({"sqlite_with_rowid": False},)

    day: Mapped[date] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
