"""Where scores live after the nightly batch: SQLite beside everything else, or PostgreSQL by `RESPITE_STORE_URL`."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import date
from itertools import islice
from typing import Any, cast

from pydantic_core import from_json
from sqlalchemy import (
    JSON,
    Connection,
    Dialect,
    Engine,
    MetaData,
    Table,
    create_engine,
    delete,
    event,
    func,
    insert,
    select,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.types import UserDefinedType

from features.at_work import in_turn
from features.errors import ConfigError, NotReadyError
from features.home import Home
from serving.migrations import bring_up_to_date
from serving.privacy.keys import HOME
from serving.tables import Base, Consent, Records, Score, Switch, Token

__all__ = ["Base", "Consent", "Score", "Store", "Switch", "Token"]

_CHUNK, _CONNECTIONS = 1_000, 16


class Store:
    """The score store of a home. Its tables are made, or brought up to date, when it is opened.

    `answers_at_once`: a look-up takes less than handing it to a thread would (SQLite; a server is waited for).

    Raises
    ------
    NotReadyError
        The database does not answer.
    ConfigError
        The database was written by a newer Respite.
    """

    def __init__(self, home: Home) -> None:
        home.root.mkdir(parents=True, exist_ok=True)
        self.home, url = home, home.store_url
        self.answers_at_once = url.startswith("sqlite")
        # a connection for every thread that answers; a file does not go away, a server may
        pool: dict[str, Any] = {"pool_size": _CONNECTIONS, "max_overflow": 4, "pool_pre_ping": not self.answers_at_once}
        pool |= {"execution_options": {HOME: str(home.root)}, "json_deserializer": from_json}
        self.engine, self._reader = create_engine(url, **pool), create_engine(url, **pool, isolation_level="AUTOCOMMIT")
        if self.answers_at_once:
            event.listen(self.engine, "begin", _begin)
            for engine in (self.engine, self._reader):
                event.listen(engine, "connect", _write_ahead)
        # SQLite: a transaction that will write waits for its turn at its begin, when it can still wait
        self._writer: Engine = self.engine.execution_options(begin="BEGIN IMMEDIATE")
        try:
            bring_up_to_date(self._writer)
        except OperationalError as error:
            self.close()
            raise NotReadyError(f"The store {home.store_place} does not answer: {_first_line(error)}") from None
        except ConfigError:
            self.close()
            raise

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction that reads: committed at the end, rolled back if the body raises."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Look-ups without a transaction and without objects: for what every request asks."""
        with self._reader.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that writes; on SQLite one at a time."""
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        """The same without objects: for what is written with every request."""
        with in_turn(self.home) if self.answers_at_once else nullcontext(), self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        self.engine.dispose()
        self._reader.dispose()

    def replace_scores(self, as_of: date, outcome: str | Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
        """Write the scores of one date and one or more outcomes in one transaction: all or none; twice is once.

        Rows are taken one after another once the transaction has begun. JSON may be given as text.
        """
        outcomes, rows = [outcome] if isinstance(outcome, str) else outcome, iter(rows)
        with self.writing() as session:
            session.execute(delete(Score).where(Score.as_of == as_of, Score.outcome.in_(outcomes)))
            while some := list(islice(rows, _CHUNK)):
                session.connection().execute(insert(_AS_TEXT), some)
        if self.engine.dialect.name == "sqlite":
            _give_back(self.engine)

    def latest(self, outcome: str) -> date | None:
        """The newest date with scores of an outcome."""
        with self.session() as session:
            return session.scalar(select(func.max(Score.as_of)).where(Score.outcome == outcome))

    def scores(
        self,
        outcome: str,
        as_of: date,
        agent_ids: Sequence[str] | None = None,
        team_id: str | None = None,
        horizon: int | None = None,
    ) -> list[Score]:
        """Scores of a date: of some agents, of a team, or of everyone; in the order of agent ids.

        `horizon` in days; where it is left out, the one that the model speaks of first.
        """
        query = select(Score).where(Score.outcome == outcome, Score.as_of == as_of).order_by(Score.agent_id)
        query = query.where(Score.main) if horizon is None else query.where(Score.horizon_days == horizon)
        if agent_ids is not None:
            query = query.where(Score.agent_id.in_(agent_ids))
        if team_id is not None:
            query = query.where(Score.team_id == team_id)
        with self.session() as session:
            return list(session.scalars(query))

    def history(self, outcome: str, agent_id: str) -> list[Score]:
        """Every score of one agent, oldest first, then by horizon."""
        query = select(Score).where(Score.agent_id == agent_id, Score.outcome == outcome)
        with self.session() as session:
            return list(session.scalars(query.order_by(Score.as_of, Score.horizon_days)))


class _JsonText(UserDefinedType[Any]):
    """JSON that may be text already, so that what was written once is not written again."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "JSON"

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str]:
        return lambda value: value if isinstance(value, str) else json.dumps(value)


def _as_text(table: Table) -> Table:
    """The same table for writing, with text where it has JSON."""
    found = table.to_metadata(MetaData())
    for column in found.columns:
        column.type = _JsonText() if isinstance(column.type, JSON | Records) else column.type
    return found


_AS_TEXT = _as_text(cast("Table", Score.__table__))


def _give_back(engine: Engine) -> None:
    """Empty the write-ahead log of SQLite, which stays as long as the longest transaction was."""
    connection = engine.raw_connection()
    connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _write_ahead(connection: Any, _record: Any) -> None:
    """Readers do not wait for the writer; transactions begin where SQLAlchemy says so, not where Python guesses."""
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA busy_timeout=40000")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))


def _first_line(error: OperationalError) -> str:
    return str(error.orig).strip().splitlines()[0]
