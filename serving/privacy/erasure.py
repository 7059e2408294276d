"""Erase one agent everywhere in a home; the chain of the audit log holds, since it names people by pseudonym only."""

from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, String, Table, delete, or_, select, text, update

from features.at_work import alone
from features.errors import InputError, NotReadyError
from features.home import Home
from serving.privacy.places import (
    AGENT,
    OUTSIDE,
    free_words,
    left,
    mention,
    parquet_files,
    personal_tables,
    text_files,
)
from serving.privacy.rewrite import ERASED, facts_follow, lines_without, rows_without
from serving.store import Store

__all__ = ["Erased", "erase"]


@dataclass(frozen=True)
class Erased:
    """What an erasure took away, place by place, and where the organization has to look itself."""

    agent_id: str
    rows: dict[str, int]
    outside: tuple[str, ...] = OUTSIDE
    left: list[str] = field(default_factory=list)


def erase(home: Home, agent: str) -> Erased:
    """Take an agent out of tables, rejected rows, facts, features, scores, consent, outreach and pages.

    It may be run again: what is gone is gone. Figures of groups that were shown stay as they are.

    Raises
    ------
    InputError
        No name, or nothing is held about them.
    NotReadyError
        A run is writing into the home, the service was reading the store, or something that cannot be rewritten still
        names them; run it again.
    """
    if not agent.strip():
        raise InputError("--agent: name one, by the id in the table agents.")
    with alone(home):
        return _erase(home, agent)


def _erase(home: Home, agent: str) -> Erased:
    store = Store(home)
    try:
        rows = _rows_of_store(store.engine, agent)
        facts_follow(home, lambda: _rows_of_files(home, agent, rows))
        if not any(rows.values()):
            raise InputError(f"--agent {agent}: nothing is held about them; ids are those of the table agents.")
        _overwrite(store.engine)
    finally:
        store.close()
    found = Erased(agent, {place: count for place, count in rows.items() if count}, left=left(home, agent))
    if found.left:
        where = ", ".join(found.left[:5])
        raise NotReadyError(f"--agent {agent}: still named in {where}; stop the service and run this again.")
    return found


def _rows_of_files(home: Home, agent: str, rows: dict[str, int]) -> int:
    for path in parquet_files(home):
        place = str(path.parent.relative_to(home.root)).split("/as_of=")[0]
        rows[place] = rows.get(place, 0) + rows_without(path, agent)
    for path in text_files(home):
        place = str(path.relative_to(home.root))
        rows[place] = lines_without(path, agent)
    return sum(rows.values())


def _rows_of_store(engine: Engine, agent: str) -> dict[str, int]:
    """Delete and strike out in one transaction, freed pages overwritten; the table `identities` is one of them."""
    found = {}
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("PRAGMA secure_delete = ON"))
        for table in reversed(personal_tables(engine)):
            done = connection.execute(delete(table).where(table.columns[AGENT] == agent))
            found[f"store, {table.name}"] = done.rowcount
        for table in free_words(engine):
            found[f"words in {table.name}"] = _struck_out(connection, table, agent)
    return found


def _struck_out(connection: Connection, table: Table, agent: str) -> int:
    """Take the agent's id out of what others wrote; in how many rows it was."""
    one, key = mention(agent), list(table.primary_key.columns)
    words = [column for column in table.columns if isinstance(column.type, String) and column not in key]
    named = select(table).where(or_(*(column.contains(agent, autoescape=True) for column in words)))
    count = 0
    for row in connection.execute(named).mappings().all():
        without = {c.name: one.sub(ERASED.encode(), row[c.name].encode()).decode() for c in words if row[c.name]}
        if any(row[name] != said for name, said in without.items()):
            connection.execute(update(table).where(*(column == row[column.name] for column in key)).values(without))
            count += 1
    return count


def _overwrite(engine: Engine) -> None:
    """Write the database anew, so that neither free pages nor the log of writes keep what was deleted."""
    if engine.dialect.name == "sqlite":
        bare = engine.raw_connection()  # SQLAlchemy begins a transaction, in which SQLite cannot do it
        try:
            for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                bare.cursor().execute(statement)
        finally:
            bare.close()
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in personal_tables(engine):
            connection.execute(text(f'VACUUM FULL "{table.name}"'))
