"""A simulated centre on disk: its tables as an ingest would write them, and the truth in a folder of its own."""

import shutil
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.home import Home
from features.raw import next_batch
from features.simulation.centre import Simulated
from features.tables import TABLES, Table

__all__ = ["as_stored", "write"]

_ARROW = {
    "id": pa.string(),
    "text": pa.string(),
    "zone": pa.string(),
    "time": pa.timestamp("us"),
    "date": pa.date32(),
    "number": pa.float64(),
    "flag": pa.bool_(),
    "whole": pa.int64(),
}


def write(simulated: Simulated, home: Home, tick: Callable[[int], None] = lambda contacts: None) -> dict[str, int]:
    """Write the tables into `home`, and the truth apart; rows per table."""
    shutil.rmtree(home.truth, ignore_errors=True)
    for name in TABLES:
        shutil.rmtree(home.table(name), ignore_errors=True)  # a centre takes the place of the one before
    rows = {name: len(frame) for name, frame in simulated.tables.items()}
    for name, frame in simulated.tables.items():
        pq.write_table(as_stored(frame, TABLES[name]), next_batch(home, name), compression="zstd")
    simulated.truth.write(home)
    rows["contacts"] = _write_contacts(simulated, home, tick)
    return rows


def _write_contacts(simulated: Simulated, home: Home, tick: Callable[[int], None]) -> int:
    """Draw one chunk while the one before is written; how many contacts, corrections included."""
    table, number = TABLES["contacts"], 0
    repeated = ["agent_id", "queue", "channel", "day"]
    file = next_batch(home, "contacts")
    with (
        pq.ParquetWriter(file, _schema(table), compression="zstd", use_dictionary=repeated) as writer,
        ThreadPoolExecutor(1) as pool,
    ):
        written: Future[None] | None = None
        for chunk in simulated.contacts():
            stored = as_stored(_ledger(chunk), table)
            if written:
                written.result()
            written = pool.submit(writer.write_table, stored)
            number += len(chunk)
            tick(number)
        if written:
            written.result()
    return number


def as_stored(frame: pd.DataFrame, table: Table) -> pa.Table:
    """Rows of a table in the columns and types in which it is stored."""
    schema = _schema(table)
    if table.offset_at:
        local = frame[table.offset_at] + pd.to_timedelta(frame["utc_offset_s"], unit="s")
        frame = frame.assign(day=local.dt.normalize())
    missing = {name: None for name in schema.names if name not in frame.columns}
    return pa.Table.from_pandas(frame.assign(**missing)[schema.names], schema=schema, preserve_index=False)


def _schema(table: Table) -> pa.Schema:
    return pa.schema([(name, _ARROW[kind]) for name, kind in table.stored.items()])


def _ledger(contacts: pd.DataFrame) -> pd.DataFrame:
    """Contacts with the rows that take corrected versions back; a correction comes in the chunk of its contact."""
    several = contacts[contacts["contact_id"].duplicated(keep=False)].sort_values("recorded_at", kind="stable")
    following = several.groupby("contact_id")["recorded_at"].shift(-1)
    taken_back = several[following.notna()].assign(recorded_at=following[following.notna()], sign=-1)
    return pd.concat([contacts.assign(sign=1), taken_back], ignore_index=True)
