"""Rows arrive in a home: batch after batch, as an ingest adds them once it has read and checked them."""

from typing import NamedTuple

import duckdb
import pandas as pd

from features import Home
from features.raw import append, sql_files
from features.tables import TABLES, Column

Frames = dict[str, pd.DataFrame]

_SQL_TYPE = {"time": "TIMESTAMP", "date": "DATE", "number": "DOUBLE", "flag": "BOOLEAN"}
_KNOWN_AT = {"surveys": "submitted_at", "check_ins": "held_at"}  # of the tables without recorded_at
_AGENTS_FIRST = sorted(TABLES, key=lambda name: name != "agents")


class Arrival(NamedTuple):
    """What became of a batch: how many rows were duplicates, and line and reason of each that was rejected."""

    duplicates: int
    rejected: list[tuple[int, str]]


def arrive(home: Home, name: str, rows: pd.DataFrame) -> Arrival:
    """Append some rows to a table; of their columns those of the contract count. The first is line 1."""
    with duckdb.connect() as db:
        db.register("given", rows)
        columns = ", ".join(_typed(column, column.name in rows) for column in TABLES[name].columns)
        db.execute(f"CREATE TABLE typed AS SELECT row_number() OVER () AS _line, {columns} FROM given")
        db.execute("CREATE TABLE rejects (_line BIGINT, _rule VARCHAR, _reason VARCHAR)")
        duplicates = append(db, TABLES[name], home)
        rejected = db.execute("SELECT _line, _reason FROM rejects ORDER BY ALL").fetchall()
    return Arrival(duplicates, rejected)


def _typed(column: Column, given: bool) -> str:
    return f"{column.name if given else 'NULL'}::{_SQL_TYPE.get(column.kind, 'VARCHAR')} AS {column.name}"


def arrive_all(home: Home, frames: Frames) -> None:
    """Append the rows of every table that has some."""
    for name in _AGENTS_FIRST:
        if name in frames and len(frames[name]):
            arrive(home, name, frames[name])


def known(frames: Frames, since: object, until: object) -> Frames:
    """The rows that became known from a moment on and before another."""
    first, end = pd.Timestamp(str(since)), pd.Timestamp(str(until))
    return {name: rows[_known_at(name, rows).between(first, end, inclusive="left")] for name, rows in frames.items()}


def _known_at(name: str, rows: pd.DataFrame) -> pd.Series:
    column = "recorded_at" if TABLES[name].versioned else _KNOWN_AT.get(name)
    at = rows[column] if column else pd.Series(pd.Timestamp.min, rows.index)
    return pd.to_datetime(at)


def stored(home: Home, name: str) -> pd.DataFrame:
    """All rows of a table as they are kept."""
    with duckdb.connect() as db:
        return db.sql(f"FROM {sql_files(home, name)}").df()
