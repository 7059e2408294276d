"""The tables of the store: scores with history, consent, switches, tokens, and the audit log.

Times are UTC without a zone, because SQLite keeps none.
"""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Dialect, Double, Index
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

__all__ = [
    "STRONGEST",
    "USUAL",
    "AuditEntry",
    "AuditHead",
    "Base",
    "Consent",
    "Records",
    "Score",
    "Switch",
    "Token",
    "records",
]

STRONGEST = 8  # reasons of a score that are kept where they are read first
USUAL = 5  # reasons that are answered where nobody says how many


class Records(TypeDecorator[list[dict[str, Any]]]):
    """JSON objects that are alike: kept as a list for each field, which is a third shorter, or one by one."""

    impl = JSON
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> list[dict[str, Any]]:
        return records(value)


def records(value: Any) -> list[dict[str, Any]]:
    """Objects one by one, from a list for each field or as they are; none where nothing was kept.

    Examples
    --------
    >>> records({"signal": ["overtime", "tenure"], "contribution": [0.2, -0.1]})
    [{'signal': 'overtime', 'contribution': 0.2}, {'signal': 'tenure', 'contribution': -0.1}]
    """
    if value is None or isinstance(value, list):
        return value or []
    return [dict(zip(value, one, strict=True)) for one in zip(*value.values(), strict=True)]


class Base(DeclarativeBase):
    """The tables of the store."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {float: Double()}


class Score(Base):
    """One score with its reasons. `probability` is null where the model abstained, and `abstained` says why.

    The strongest reasons lie apart from the others: an answer seldom shows more, and fifty are slow to read.
    `answer` is the usual answer as it is sent, for the main horizon where there is a score: making it from the other
    columns, a hundred at a time, takes longer than all else.
    `main` marks the horizon that is meant where none is named; `low` and `high` hold 9 of 10 resampled models' scores.
    """

    __tablename__ = "scores"
    __table_args__ = (Index("by_team", "as_of", "team_id"), Index("by_agent", "agent_id", "outcome"))

    as_of: Mapped[date] = mapped_column(primary_key=True)
    agent_id: Mapped[str] = mapped_column(primary_key=True)
    outcome: Mapped[str] = mapped_column(primary_key=True)
    horizon_days: Mapped[int] = mapped_column(primary_key=True)
    main: Mapped[bool] = mapped_column(default=True)
    probability: Mapped[float | None]
    low: Mapped[float | None]
    high: Mapped[float | None]
    band: Mapped[str | None]
    abstained: Mapped[str | None]
    base: Mapped[float | None]
    strongest: Mapped[list[dict[str, Any]]] = mapped_column("reasons", Records)
    more_reasons: Mapped[list[dict[str, Any]]] = mapped_column(Records, nullable=True, default=list)
    families: Mapped[dict[str, float]] = mapped_column(JSON, default=dict)
    answer: Mapped[str | None]
    model_version: Mapped[str]
    contract_version: Mapped[str]
    team_id: Mapped[str]
    site_id: Mapped[str]
    queue: Mapped[str]
    scored_at: Mapped[datetime | None]

    @property
    def reasons(self) -> list[dict[str, Any]]:
        """All of them, strongest first."""
        return [*self.strongest, *(self.more_reasons or [])]

    @reasons.setter
    def reasons(self, every: list[dict[str, Any]]) -> None:
        self.strongest, self.more_reasons = every[:STRONGEST], every[STRONGEST:]


class Consent(Base):
    """What an agent allowed or refused, and when; the newest row counts, the former ones are its history."""

    __tablename__ = "consent"
    __table_args__ = (Index("consent_by_agent", "agent_id", "what", "number"),)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    agent_id: Mapped[str]
    what: Mapped[str]
    granted: Mapped[bool]
    at: Mapped[datetime]


class Switch(Base):
    """A switch that a person turned: who, when, and why."""

    __tablename__ = "switches"

    name: Mapped[str] = mapped_column(primary_key=True)
    on: Mapped[bool]
    reason: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]


class Token(Base):
    """A bearer token: its hash, whose it is, until when it opens. The token itself is shown once and kept nowhere.

    `teams` are those of a manager, `manager_id` is theirs where it is known, `agent_id` is the agent's own; without
    `scopes` it opens all that the role may ask.
    """

    __tablename__ = "tokens"

    name: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    revoked: Mapped[bool] = mapped_column(default=False)
    role: Mapped[str]
    teams: Mapped[list[str]] = mapped_column(JSON, default=list)
    agent_id: Mapped[str | None]
    scopes: Mapped[list[str]] = mapped_column(JSON, default=list)
    manager_id: Mapped[str | None]


class AuditEntry(Base):
    """Who did what with whose data, for which purpose, and how it ended; chained to the entry before by its hash."""

    __tablename__ = "audit"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    who: Mapped[str]
    what: Mapped[str]
    whom: Mapped[str]
    purpose: Mapped[str]
    model: Mapped[str]
    status: Mapped[int]
    previous: Mapped[str]
    sha256: Mapped[str]


class AuditHead(Base):
    """The end of the chain: one row, locked while an entry is added."""

    __tablename__ = "audit_head"

    name: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    sha256: Mapped[str]
