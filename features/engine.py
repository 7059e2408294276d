"""Where events become facts: DuckDB, embedded, by default; Spark or a warehouse by URL.

Tables come in as Ibis relations with the contract's columns; optional ones may be missing.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
from ibis.common.exceptions import TableNotFound

from features.errors import InputError, NotReadyError, RespiteError
from features.home import Home
from features.tables import TABLES, Table

__all__ = ["SourceTables", "batches", "connected", "source_tables", "unbound"]

SourceTables = dict[str, Any]
_IBIS_TYPE = {
    "id": "string",
    "text": "string",
    "zone": "string",
    "time": "timestamp",
    "date": "date",
    "number": "float64",
    "flag": "boolean",
    "whole": "int64",
}


@contextmanager
def connected(engine: str = "duckdb") -> Iterator[Any]:
    """An Ibis backend, closed at the end.

    Parameters
    ----------
    engine
        `duckdb` (in memory; it spills to disk what does not fit), `spark://host:port` or `local[N]` for Spark, or any
        URL that Ibis connects to, such as `postgres://user@host/database`.

    Raises
    ------
    InputError
        The engine's package is not installed, the URL is none, or nobody answers there.
    """
    connection = _connect(engine)
    try:
        yield connection
    finally:
        connection.disconnect()


def _connect(engine: str) -> Any:
    try:
        if engine == "duckdb" or engine.startswith("duckdb://"):
            connection = ibis.duckdb.connect(engine.removeprefix("duckdb").removeprefix("://") or ":memory:")
            # ibis 12 writes lambdas as DuckDB 2 no longer reads them by default
            connection.raw_sql("SET lambda_syntax = 'ENABLE_SINGLE_ARROW'")
            return connection
        if engine.startswith(("spark://", "local")):
            return ibis.pyspark.connect(_spark(engine))
        if "://" in engine:
            return ibis.connect(engine)
    except ImportError as error:
        raise InputError(f"--engine {engine}: its package is not installed ({error}); see docs/engines.md.") from error
    except RespiteError:
        raise
    except Exception as error:  # every backend has errors of its own
        raise InputError(f"--engine {engine}: could not connect: {str(error).splitlines()[0]}") from error
    raise InputError(f"--engine {engine}: name duckdb, spark://host:port, local[2], or a URL that Ibis knows.")


def _spark(master: str) -> Any:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(master).appName("respite").config("spark.sql.session.timeZone", "UTC")
    if master.startswith("local"):
        quiet = {"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "8", "spark.driver.host": "127.0.0.1",
                 "spark.driver.bindAddress": "127.0.0.1",
                 "spark.sql.execution.arrow.pyspark.enabled": "true"}  # fmt: skip
        for name, value in quiet.items():
            builder = builder.config(name, value)
    return builder.getOrCreate()


def source_tables(connection: Any, source: Home | Mapping[str, pd.DataFrame] | None) -> SourceTables:
    """Every table of the contract as an Ibis relation with the stored columns, or None where it is missing.

    Parameters
    ----------
    source
        A home whose tables were ingested, frames in memory (tests, notebooks), or None: the engine's own tables, which
        have the contract's columns and `utc_offset_s`.

    Raises
    ------
    NotReadyError
        A required table is missing.
    InputError
        Frames were given to an engine other than DuckDB, or the offset from UTC is missing.
    """
    found: SourceTables = {}
    for name, table in TABLES.items():
        relation = _relation(connection, source, table)
        if relation is None and table.required:
            raise NotReadyError(
                f"The table '{name}' is not there yet; run `respite ingest` or `respite simulate` first."
            )
        found[name] = None if relation is None else _conform(relation, table)
    return found


def unbound(name: str) -> Any:
    """A table of the contract with no rows behind it: what an expression over it looks like."""
    return ibis.table(_schema(TABLES[name]), name=name)


def batches(connection: Any, name: str, files: Sequence[Path]) -> Any:
    """Some files of a table as a relation with the stored columns."""
    return _conform(_files(connection, files), TABLES[name])


def _files(connection: Any, files: Sequence[Path]) -> Any:
    if connection.name == "duckdb":
        return connection.read_parquet([str(path) for path in files])
    first, *more = (connection.read_parquet(str(path)) for path in files)
    return first.union(*more) if more else first


def _relation(connection: Any, source: Home | Mapping[str, pd.DataFrame] | None, table: Table) -> Any | None:
    if source is None:
        try:
            return connection.table(table.name)
        except TableNotFound:
            return None
    if isinstance(source, Home):
        files = source.batches(table.name)
        return _files(connection, files) if files else None
    frame = source.get(table.name)
    return None if frame is None or frame.empty else _in_memory(connection, frame, table)


def _in_memory(connection: Any, frame: pd.DataFrame, table: Table) -> Any:
    """A frame as a relation, with the defaults that an ingest would have filled in."""
    if connection.name != "duckdb":
        raise InputError("Tables in memory run on DuckDB; for another engine, write them into a home first.")
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
    whole = f"SELECT {', '.join(['*', *absent])} FROM {table.name}"
    query = f"SELECT * REPLACE ({', '.join(filled)}) FROM ({whole})"
    connection.raw_sql(f"CREATE OR REPLACE TEMP VIEW {table.name}_complete AS {query}")
    return connection.table(f"{table.name}_complete")


def _schema(table: Table) -> dict[str, str]:
    return {name: _IBIS_TYPE[kind] for name, kind in table.stored.items()}


def _conform(relation: Any, table: Table) -> Any:
    """Exactly the stored columns, in their types; an optional column that is not there is null.

    Raises
    ------
    InputError
        The offset from UTC, which an ingest computes, is missing.
    """
    if table.offset_at and "utc_offset_s" not in relation.columns:
        raise InputError(f"{table.name}: column 'utc_offset_s' is missing (seconds from UTC to the agent's clock).")
    if table.offset_at and "day" not in relation.columns:
        local = relation[table.offset_at] + relation.utc_offset_s.cast("int64").as_interval("s")
        relation = relation.mutate(day=local.date())
    if table.ledger and "sign" not in relation.columns:
        relation = _as_ledger(relation, table)
    return relation.select(
        **{
            name: (relation[name] if name in relation.columns else ibis.null()).cast(kind)
            for name, kind in _schema(table).items()
        }
    )


def _as_ledger(relation: Any, table: Table) -> Any:
    """Every version, and for each that was corrected the row that takes it back (as `features.raw` stores them)."""
    versions = ibis.window(group_by=list(table.version_of), order_by="recorded_at")
    rows = relation.mutate(following=relation.recorded_at.lead().over(versions))
    taken_back = rows.filter(rows.following.notnull()).mutate(recorded_at=ibis._.following, sign=-1)
    return rows.mutate(sign=1).drop("following").union(taken_back.drop("following"))
