"""The simulated centre as a whole: settings in, tables of the contract and the truth out."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import InputError
from features.home import Home
from features.raw import next_batch
from features.simulation.events import draw_contacts, draw_shifts
from features.simulation.weeks import Lives, live
from features.tables import TABLES, Table

__all__ = ["Centre", "Simulated", "simulate", "write"]

SHIFTS_AT_ONCE = 12_000
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


@dataclass(frozen=True)
class Centre:
    """Settings of a simulation: seats to fill, days to run, first Monday, seed.

    Raises
    ------
    InputError
        Fewer than 10 agents or 28 days.
    """

    agents: int = 400
    days: int = 540
    seed: int = 7
    start: date = date(2025, 3, 31)

    def __post_init__(self) -> None:
        if self.agents < 10:
            raise InputError(f"--agents {self.agents}: a centre has at least 10 agents.")
        if self.days < 28:
            raise InputError(f"--days {self.days}: a simulation runs for at least 28 days.")


@dataclass(frozen=True)
class Simulated:
    """Tables of the contract but for contacts, which come in chunks; and the truth, kept apart."""

    tables: dict[str, pd.DataFrame]
    truth: pd.DataFrame
    _lives: Lives
    _shifts: pd.DataFrame
    _seed: np.random.SeedSequence

    def contacts(self) -> Iterator[pd.DataFrame]:
        """Contacts in chunks of some ten thousand shifts; the same at every call."""
        rng = np.random.default_rng(self._seed)
        for start in range(0, len(self._shifts), SHIFTS_AT_ONCE):
            yield draw_contacts(rng, self._shifts.iloc[start : start + SHIFTS_AT_ONCE], first_id=start * 100)

    def frames(self) -> dict[str, pd.DataFrame]:
        """Every table in memory, for small centres."""
        return {**self.tables, "contacts": pd.concat(list(self.contacts()), ignore_index=True)}


def simulate(centre: Centre) -> Simulated:
    """Run a centre: same settings, same rows."""
    for_lives, for_shifts, for_contacts = np.random.SeedSequence(centre.seed).spawn(3)
    lives = live(np.random.default_rng(for_lives), centre.agents, centre.days, pd.Timestamp(centre.start))
    shifts, worked = draw_shifts(np.random.default_rng(for_shifts), lives)
    tables = {**lives.tables, "shifts": shifts}
    return Simulated(tables, lives.weeks, lives, worked, for_contacts)


def write(simulated: Simulated, home: Home, tick: Callable[[int], None] = lambda contacts: None) -> dict[str, int]:
    """Write the tables into `home` as an ingest would, and the truth into a folder of its own; rows per table."""
    home.truth.mkdir(parents=True, exist_ok=True)
    for name in TABLES:
        shutil.rmtree(home.table(name), ignore_errors=True)  # a centre takes the place of the one before
    rows = {name: len(frame) for name, frame in simulated.tables.items()}
    for name, frame in simulated.tables.items():
        pq.write_table(_arrow(frame, TABLES[name]), next_batch(home, name), compression="zstd")
    simulated.truth.to_parquet(home.truth / "weeks.parquet", index=False)
    rows["contacts"] = 0
    with pq.ParquetWriter(next_batch(home, "contacts"), _schema(TABLES["contacts"]), compression="zstd") as writer:
        for chunk in simulated.contacts():
            writer.write_table(_arrow(_ledger(chunk), TABLES["contacts"]))
            rows["contacts"] += len(chunk)
            tick(rows["contacts"])
    return rows


def _ledger(contacts: pd.DataFrame) -> pd.DataFrame:
    """Contacts with the rows that take corrected versions back; a correction comes in the chunk of its contact."""
    versions = contacts.sort_values("recorded_at", kind="stable")
    following = versions.groupby("contact_id")["recorded_at"].shift(-1)
    taken_back = versions[following.notna()].assign(recorded_at=following[following.notna()], sign=-1)
    return pd.concat([contacts.assign(sign=1), taken_back], ignore_index=True)


def _schema(table: Table) -> pa.Schema:
    return pa.schema([(name, _ARROW[kind]) for name, kind in table.stored.items()])


def _arrow(frame: pd.DataFrame, table: Table) -> pa.Table:
    schema = _schema(table)
    if table.offset_at:
        local = frame[table.offset_at] + pd.to_timedelta(frame["utc_offset_s"], unit="s")
        frame = frame.assign(day=local.dt.date)
    missing = {name: None for name in schema.names if name not in frame.columns}
    return pa.Table.from_pandas(frame.assign(**missing)[schema.names], schema=schema, preserve_index=False)
