"""Where a home holds data about people: Parquet files, plain text, and the tables of the store."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Engine, MetaData, Table

from features.home import Home

__all__ = [
    "AGENT",
    "OUTSIDE",
    "free_words",
    "left",
    "mention",
    "mentions",
    "parquet_files",
    "personal_tables",
    "text_files",
    "words_of",
]

AGENT = "agent_id"
OUTSIDE = (
    "backups of this folder and of the store's database",
    "exports of the source systems from which tables were ingested (an ingest of them would bring the agent back)",
    "the source systems themselves: telephony, scheduling, surveys, HR records",
    "pages and exports that people saved or printed",
    "logs of a proxy in front of the service",
    "models trained earlier: they hold no rows, but learned from them; retrain them",
    "suggestions that they gave without their name: nobody can tell which these are",
)
_FREE_WORDS = ("feedback", "offer_notes", "suggestions")
_DATABASES = {".db", ".db-wal", ".db-shm", ".sqlite"}
_BINARY = {*_DATABASES, ".parquet", ".key", ".png"}


def parquet_files(home: Home) -> Iterator[Path]:
    """Every Parquet file of the home, models' artifacts included."""
    return iter(sorted(home.root.rglob("*.parquet")))


def text_files(home: Home) -> Iterator[Path]:
    """Every file that is neither Parquet nor a database nor a key."""
    return (path for path in sorted(home.root.rglob("*")) if path.is_file() and path.suffix not in _BINARY)


def personal_tables(engine: Engine) -> list[Table]:
    """Tables of a database that have a column `agent_id`, whoever made them."""
    found = MetaData()
    found.reflect(engine)
    return [table for table in found.sorted_tables if AGENT in table.columns]


def free_words(engine: Engine) -> list[Table]:
    """Tables of a database in which people write what they like, and may name others."""
    found = MetaData()
    found.reflect(engine)
    return [found.tables[name] for name in _FREE_WORDS if name in found.tables]


def mention(agent: str) -> "re.Pattern[bytes]":
    """The agent's id as a word of its own: 'A1' is not mentioned by 'A12'."""
    return re.compile(rb"(?<![A-Za-z0-9_])" + re.escape(agent.encode()) + rb"(?![A-Za-z0-9_])")


def mentions(column: pa.ChunkedArray, agent: str) -> pa.ChunkedArray:
    """Which cells of a column of words hold the agent's id, alone or within a text; null counts as not."""
    words = column.cast(pa.string())
    found = pc.match_substring(words, agent)
    if not pc.any(found).as_py():
        return pc.fill_null(found, False)
    one = mention(agent)
    return pa.chunked_array([pa.array([bool(w and one.search(w.encode())) for w in words.to_pylist()])])


def words_of(table: pa.Table) -> list[str]:
    """Columns that hold words."""

    def is_text(kind: pa.DataType) -> bool:
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))

    return [field.name for field in table.schema if is_text(field.type)]


def left(home: Home, agent: str) -> list[str]:
    """Files of the home that still hold the agent's id: texts, cells of Parquet and databases, logs of writes."""
    one = mention(agent)
    found = [path for path in text_files(home) if one.search(path.read_bytes()) or one.search(path.name.encode())]
    for path in home.root.rglob("*"):
        live = path.suffix in {".db", ".sqlite"} and _in_database(path, one)
        if live or (path.suffix == ".db-wal" and agent.encode() in path.read_bytes()):
            found.append(path)
    for path in parquet_files(home):
        table = pq.read_table(path)
        if any(pc.any(mentions(table.column(name), agent)).as_py() for name in words_of(table)):
            found.append(path)
    return sorted(str(path.relative_to(home.root)) for path in found)


def _in_database(path: Path, one: "re.Pattern[bytes]") -> bool:
    """Whether any cell of an SQLite file holds the id."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
        db.text_factory = bytes
        names = [row[0].decode() for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        cells = (cell for name in names for row in db.execute(f'SELECT * FROM "{name}"') for cell in row)  # noqa: S608 - its own table names
        return any(isinstance(cell, bytes) and one.search(cell) for cell in cells)
