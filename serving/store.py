"""Where scores live after the nightly batch: SQLite beside everything else, one row per agent, date and outcome."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Engine, Index, create_engine, delete, event, func, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from features.home import Home

__all__ = ["Read", "Score", "Store", "Token"]


class Base(DeclarativeBase):
    """The tables of the store."""


class Score(Base):
    """One score with its reasons. `probability` is null where the model abstained, and `abstained` says why."""

    __tablename__ = "scores"
    __table_args__ = (Index("by_team", "as_of", "team_id"),)

    as_of: Mapped[date] = mapped_column(primary_key=True)
    agent_id: Mapped[str] = mapped_column(primary_key=True)
    outcome: Mapped[str] = mapped_column(primary_key=True)
    horizon_days: Mapped[int]
    probability: Mapped[float | None]
    band: Mapped[str | None]
    abstained: Mapped[str | None]
    base: Mapped[float | None]
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    model_version: Mapped[str]
    contract_version: Mapped[str]
    team_id: Mapped[str]
    site_id: Mapped[str]
    queue: Mapped[str]


class Token(Base):
    """A bearer token: its hash, whose it is, until when it opens. The token itself is shown once and kept nowhere."""

    __tablename__ = "tokens"

    name: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    revoked: Mapped[bool] = mapped_column(default=False)


class Read(Base):
    """Who asked for what, and how it ended."""

    __tablename__ = "reads"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    who: Mapped[str]
    what: Mapped[str]
    status: Mapped[int]


class Store:
    """The score store of a home. Its tables are made at the first use."""

    def __init__(self, home: Home) -> None:
        home.root.mkdir(parents=True, exist_ok=True)
        self.engine: Engine = create_engine(home.store_url)
        event.listen(self.engine, "connect", _write_ahead)
        Base.metadata.create_all(self.engine)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction: committed at the end, rolled back if the body raises."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        self.engine.dispose()

    def replace_scores(self, as_of: date, outcome: str, rows: Sequence[dict[str, Any]]) -> None:
        """Write the scores of one date and outcome in one transaction: all of them or none; twice is once."""
        with self.session() as session:
            session.execute(delete(Score).where(Score.as_of == as_of, Score.outcome == outcome))
            if rows:
                session.execute(insert(Score), list(rows))

    def latest(self, outcome: str) -> date | None:
        """The newest date with scores of an outcome."""
        with self.session() as session:
            return session.scalar(select(func.max(Score.as_of)).where(Score.outcome == outcome))

    def scores(
        self, outcome: str, as_of: date, agent_ids: Sequence[str] | None = None, team_id: str | None = None
    ) -> list[Score]:
        """Scores of a date: of some agents, of a team, or of everyone; in the order of agent ids."""
        query = select(Score).where(Score.outcome == outcome, Score.as_of == as_of).order_by(Score.agent_id)
        if agent_ids is not None:
            query = query.where(Score.agent_id.in_(agent_ids))
        if team_id is not None:
            query = query.where(Score.team_id == team_id)
        with self.session() as session:
            return list(session.scalars(query))


def _write_ahead(connection: Any, _record: Any) -> None:
    """Readers do not wait for the writer."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA busy_timeout=5000")
