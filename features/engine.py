"""Where feature expressions run: DuckDB, embedded. Tables come in as Ibis relations, optional ones may be empty."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import ibis
import pandas as pd

from features.errors import InputError, NotReadyError
from features.home import Home
from features.tables import TABLES, Table

__all__ = ["SourceTables", "connected", "source_tables"]

SourceTables = dict[str, Any]
_IBIS_TYPE = {
    "id": "string",
    "text": "string",
    "zone": "string",
    "time": "timestamp",
    "date": "date",
    "number": "float64",
    "flag": "boolean",
}


@contextmanager
def connected() -> Iterator[Any]:
    """An Ibis backend in memory, closed at the end; DuckDB spills to disk what does not fit."""
    connection = ibis.duckdb.connect()
    try:
        yield connection
    finally:
        connection.disconnect()


def source_tables(connection: Any, source: Home | Mapping[str, pd.DataFrame]) -> SourceTables:
    """Every table of the contract as an Ibis relation; a missing optional one is there, typed and empty.

    Parameters
    ----------
    source
        A home whose tables were ingested, or frames in memory (tests, notebooks).

    Raises
    ------
    NotReadyError
        A required table is missing.
    """
    found: SourceTables = {}
    for name, table in TABLES.items():
        relation = _relation(connection, source, table)
        if relation is None and table.required:
            raise NotReadyError(
                f"The table '{name}' is not there yet; run `respite ingest` or `respite simulate` first."
            )
        found[name] = _conform(relation, table) if relation is not None else _empty(connection, table)
    return found


def _relation(connection: Any, source: Home | Mapping[str, pd.DataFrame], table: Table) -> Any | None:
    if isinstance(source, Home):
        path = source.table(table.name)
        return connection.read_parquet(str(path)) if path.exists() else None
    frame = source.get(table.name)
    return None if frame is None or frame.empty else _in_memory(connection, frame, table)


def _in_memory(connection: Any, frame: pd.DataFrame, table: Table) -> Any:
    """A frame as a relation, with the defaults that an ingest would have filled in.

    Raises
    ------
    InputError
        The offset from UTC, which an ingest computes, is missing.
    """
    if table.offset_at and "utc_offset_s" not in frame.columns:
        raise InputError(f"{table.name}: column 'utc_offset_s' is missing (seconds from UTC to the agent's clock).")
    connection.create_table(table.name, frame.dropna(axis=1, how="all"), temp=True, overwrite=True)
    present = set(connection.table(table.name).columns)
    absent = [f"NULL AS {column.name}" for column in table.columns if column.name not in present]
    filled = [
        f"coalesce({column.name}, ({column.default}))::TIMESTAMP AS {column.name}"
        for column in table.columns
        if column.default
    ]
    if not filled:
        return connection.table(table.name)
    # the contract's own expressions
    whole = f"SELECT {', '.join(['*', *absent])} FROM {table.name}"  # noqa: S608
    query = f"SELECT * REPLACE ({', '.join(filled)}) FROM ({whole})"  # noqa: S608
    connection.raw_sql(f"CREATE OR REPLACE TEMP VIEW {table.name}_complete AS {query}")
    return connection.table(f"{table.name}_complete")


def _schema(table: Table) -> dict[str, str]:
    schema = {column.name: _IBIS_TYPE[column.kind] for column in table.columns}
    return schema | ({"utc_offset_s": "int64"} if table.offset_at else {})


def _conform(relation: Any, table: Table) -> Any:
    """Exactly the contract's columns, in its types; an optional column that is not there is null."""
    return relation.select(
        **{
            name: (relation[name] if name in relation.columns else ibis.null()).cast(kind)
            for name, kind in _schema(table).items()
        }
    )


def _empty(connection: Any, table: Table) -> Any:
    return connection.create_table(f"no_{table.name}", schema=ibis.schema(_schema(table)), temp=True)
