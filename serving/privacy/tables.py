"""Tables of privacy: what links pseudonyms to people, and the memory of released aggregates."""

from datetime import date
from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from serving.tables import Base

__all__ = ["CohortRow", "Identity", "ReleaseRow"]


class Identity(Base):
    """A salt for each agent: with it a pseudonym can be made again, without it never. Erasure deletes the row."""

    __tablename__ = "identities"

    agent_id: Mapped[str] = mapped_column(primary_key=True)
    salt: Mapped[str]


class CohortRow(Base):
    """The people behind released aggregates, by pseudonym; once, however often the cohort was shown."""

    __tablename__ = "release_cohorts"

    digest: Mapped[str] = mapped_column(primary_key=True)
    people: Mapped[list[Any]] = mapped_column(JSON)


class ReleaseRow(Base):
    """One aggregate that was shown: quantity, date, group, and the cohort behind it."""

    __tablename__ = "releases"

    quantity: Mapped[str] = mapped_column(primary_key=True)
    as_of: Mapped[date] = mapped_column(primary_key=True)
    group: Mapped[str] = mapped_column("grouping", primary_key=True)
    digest: Mapped[str] = mapped_column(ForeignKey(CohortRow.digest), primary_key=True)
