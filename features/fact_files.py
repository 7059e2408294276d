"""Agent-day facts, kept in the home so that a build reads only what is new.

A manifest names the files that hold, one per kind and week of days, and the batches of events that are in them. A
build writes new files beside the old ones and then exchanges the manifest: a run that dies leaves the previous
facts whole, and the next run continues from there.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.catalog import contract_version
from features.home import Home
from features.past import Pieces

__all__ = ["KINDS", "Facts", "monday", "shifts_since", "sizes_of", "week_of", "within"]

KINDS = ("increments", "contact_states", "work_states")
_ORDER = ["agent_id", "day", "known_on"]


@dataclass
class Facts:
    """The manifest: which batches are in the facts, and the files that hold them by kind and week."""

    contract: str
    batches: dict[str, dict[str, int]] = field(default_factory=dict)
    files: dict[str, dict[str, str]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    build: int = 0

    @classmethod
    def load(cls, home: Home) -> "Facts":
        """The facts that are there; empty where there are none, another contract made them, or a batch is gone."""
        path = home.facts / "manifest.json"
        fresh = cls(contract_version())
        if not path.exists():
            return fresh
        written = json.loads(path.read_text(encoding="utf-8"))
        if written["contract"] != fresh.contract:
            return cls(fresh.contract, build=written["build"])
        known = cls(**written)
        there = {name: sizes_of(home.batches(name)) for name in known.batches}
        whole = all(known.batches[name].items() <= there[name].items() for name in known.batches)
        return known if whole else cls(fresh.contract, build=known.build)

    def save(self, home: Home) -> None:
        """Exchange the manifest, then delete the files that it no longer names."""
        part = home.facts / ".manifest.part"
        part.write_text(json.dumps(self.__dict__, indent=1), encoding="utf-8")
        os.replace(part, home.facts / "manifest.json")
        kept = {name for files in self.files.values() for name in files.values()}
        for path in home.facts.glob("*.parquet"):
            if path.name not in kept:
                path.unlink()

    def pieces(self, home: Home, first: date, last: date) -> Pieces:
        """How to read the facts of the days from `first` to `last`, by kind and file, the oldest first."""
        return {kind: self._files(home, kind, week_of(first), week_of(last)) for kind in KINDS}

    def _files(self, home: Home, kind: str, low: int, high: int) -> Mapping[str, Callable[[], Any]]:
        weeks = {int(week): name for week, name in self.files[kind].items() if low <= int(week) <= high}
        words = [name for name in ("agent_id", "queue") if name != "queue" or kind == "increments"]
        return {
            weeks[week]: partial(pq.read_table, home.facts / weeks[week], read_dictionary=words)
            for week in sorted(weeks)
        }

    def shifts_since(self, home: Home) -> date | None:
        """The day on which the first shift was known."""
        days = [
            shifts_since(pq.read_table(home.facts / name, columns=["day", "known_on"]))
            for name in self.files["work_states"].values()
        ]
        return min((day for day in days if day is not None), default=None)

    def store(self, home: Home, kind: str, rows: pa.Table) -> None:
        """Write rows as one file a week of days, in place of what was there."""
        rows, week = _worded(rows), _weeks_of(rows)
        if not len(week):
            return
        if (np.diff(week) < 0).any():
            order = np.argsort(week, kind="stable")
            rows, week = rows.take(pa.array(order)), week[order]
        starts = np.flatnonzero(np.diff(week, prepend=week[:1] - 1))
        for start, end in zip(starts, np.append(starts[1:], len(week)), strict=True):
            name = f"{kind}-{week[start]}-{self.build:06d}.parquet"
            words = [field_.name for field_ in rows.schema if not pa.types.is_floating(field_.type)]
            part = rows.slice(start, end - start)
            pq.write_table(part, home.facts / name, compression="lz4", use_dictionary=words, write_statistics=False)
            self.files[kind][str(week[start])] = name

    def replace(self, home: Home, kind: str, rows: pa.Table, touched: pa.Table) -> None:
        """Put rows in place of those of the touched agent-days."""
        weeks = [str(week) for week in np.unique(_weeks_of(touched))]
        old = [pq.read_table(home.facts / name) for week in weeks if (name := self.files[kind].pop(week, None))]
        if old:
            kept = pa.concat_tables(old)
            kept = kept.filter(pc.invert(within(kept, touched)))
            rows = _sorted(pa.concat_tables([kept, _worded(rows)], promote_options="permissive"))
        self.store(home, kind, rows)


def shifts_since(work: pa.Table) -> date | None:
    """The day on which the first shift of some states was known."""
    day: date | None = pc.min(pc.max_element_wise(work.column("day"), work.column("known_on"))).as_py()
    return day


def sizes_of(files: Sequence[Path]) -> dict[str, int]:
    """The sizes of some files by name: how batches are told apart from others of the same name."""
    return {path.name: path.stat().st_size for path in files}


def week_of(day: date) -> int:
    """The number of a day's week since 1970."""
    return (day - date(1970, 1, 5)).days // 7


def monday(week: int) -> date:
    """The first day of a week."""
    return date(1970, 1, 5) + timedelta(days=7 * week)


def _sorted(table: pa.Table) -> pa.Table:
    order = _ORDER + (["queue"] if "queue" in table.column_names else [])
    return table.sort_by([(name, "ascending") for name in order])


def within(rows: pa.Table, days: pa.Table) -> pa.Array:
    """Which rows belong to one of some agent-days."""
    keys, wanted = (pd.MultiIndex.from_frame(one.select(["agent_id", "day"]).to_pandas()) for one in (rows, days))
    return pa.array(keys.isin(wanted))


def _weeks_of(rows: pa.Table) -> npt.NDArray[np.int32]:
    days = rows.column("day").cast(pa.date32()).cast(pa.int32()).to_numpy()
    return (days - 4) // 7  # type: ignore[no-any-return]


def _worded(rows: pa.Table) -> pa.Table:
    """Words as words, however they are stored."""
    for at, field_ in enumerate(rows.schema):
        if pa.types.is_dictionary(field_.type):
            rows = rows.set_column(at, field_.name, rows.column(at).cast(pa.string()))
    return rows
