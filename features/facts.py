"""Agent-day facts, kept in the home so that a build reads only what is new.

A manifest names the files that hold, one per kind and week of days, and the batches of events that are in them. A
build writes new files beside the old ones and then exchanges the manifest: a run that dies leaves the previous
facts whole, and the next run continues from there.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.catalog import contract_version
from features.days import contact_facts
from features.engine import SourceTables, batches, unbound
from features.home import Home
from features.past import Pieces
from features.rollup import contact_rows, shift_rows
from features.shifts import work_facts

__all__ = ["KINDS", "Facts", "empty", "facts_of", "refresh", "shifts_since"]

KINDS = ("increments", "contact_states", "work_states")
CONTACTS_AT_ONCE = 1_500_000
_ORDER = ["agent_id", "day", "known_on"]


def facts_of(tables: SourceTables) -> dict[str, pa.Table]:
    """All facts of some tables, in memory."""
    shifts = tables["shifts"]
    work = empty("work_states") if shifts is None else work_facts(shift_rows(shifts).to_pyarrow())
    return contact_facts(contact_rows(tables["contacts"]).to_pyarrow()) | {"work_states": work}


def empty(kind: str) -> pa.Table:
    """No facts of a kind, with their columns."""
    if kind == "work_states":
        return work_facts(_no_rows(shift_rows(unbound("shifts"))))
    return contact_facts(_no_rows(contact_rows(unbound("contacts"))))[kind]


def _no_rows(expression: Any) -> pa.Table:
    return expression.schema().to_pyarrow().empty_table()


def _sorted(table: pa.Table) -> pa.Table:
    order = _ORDER + (["queue"] if "queue" in table.column_names else [])
    return table.sort_by([(name, "ascending") for name in order])


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
        there = {name: _sizes(home, name) for name in known.batches}
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
        return {kind: self._files(home, kind, _week(first), _week(last)) for kind in KINDS}

    def _files(self, home: Home, kind: str, low: int, high: int) -> Mapping[str, Callable[[], Any]]:
        weeks = {int(week): name for week, name in self.files[kind].items() if low <= int(week) <= high}
        words = [name for name in ("agent_id", "queue") if name != "queue" or kind == "increments"]
        found = {
            weeks[week]: partial(pq.read_table, home.facts / weeks[week], read_dictionary=words)
            for week in sorted(weeks)
        }
        return found or {"none": partial(empty, kind)}

    def shifts_since(self, home: Home) -> date | None:
        """The day on which the first shift was known."""
        days = [
            shifts_since(pq.read_table(home.facts / name, columns=["day", "known_on"]))
            for name in self.files["work_states"].values()
        ]
        return min((day for day in days if day is not None), default=None)


def shifts_since(work: pa.Table) -> date | None:
    """The day on which the first shift of some states was known."""
    day: date | None = pc.min(pc.max_element_wise(work.column("day"), work.column("known_on"))).as_py()
    return day


def refresh(connection: Any, home: Home) -> Facts:
    """Bring the facts up to date with the batches of events in `home`, and return them.

    The batches are listed once: one that arrives meanwhile is new to the next build.
    """
    facts = Facts.load(home)
    home.facts.mkdir(parents=True, exist_ok=True)
    listed = {name: home.batches(name) for name in ("contacts", "shifts")}
    sizes = {name: {path.name: path.stat().st_size for path in files} for name, files in listed.items()}
    new = {
        name: [path for path in files if path.name not in facts.batches.get(name, {})] for name, files in listed.items()
    }
    if not any(new.values()) and facts.batches:
        return facts
    facts.build += 1
    for name, update in (("contacts", _update_contacts), ("shifts", _update_shifts)):
        if not new[name]:
            continue
        everything = batches(connection, name, listed[name])
        if facts.batches.get(name):
            update(home, facts, everything, batches(connection, name, new[name]))
        else:
            _all_of(home, facts, everything, name)
    facts.batches = sizes
    facts.save(home)
    pa.default_memory_pool().release_unused()
    return facts


def _sizes(home: Home, name: str) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in home.batches(name)}


def _all_of(home: Home, facts: Facts, rows: Any, name: str) -> None:
    """Roll a whole table up, some weeks of days at a time so that memory stays bounded."""
    if name == "shifts":
        _store(home, facts, "work_states", work_facts(shift_rows(rows).to_pyarrow()))
        return
    with ThreadPoolExecutor(1) as behind:  # the last facts are stored while the next are made
        stored: Future[None] | None = None
        for read in _ahead(contact_rows(part).to_pyarrow for part in _spans(rows)):
            found = contact_facts(read)
            if stored:
                stored.result()
            stored = behind.submit(_store_all, home, facts, found)
        if stored:
            stored.result()


def _store_all(home: Home, facts: Facts, found: Mapping[str, pa.Table]) -> None:
    for kind, rows in found.items():
        _store(home, facts, kind, rows)


def _ahead(calls: Iterator[Callable[[], Any]]) -> Iterator[Any]:
    """Results of calls, each made while the one before is in use."""
    with ThreadPoolExecutor(1) as pool:
        coming = next(calls, None)
        waiting = coming and pool.submit(coming)
        while waiting:
            result = waiting.result()
            coming = next(calls, None)
            waiting = coming and pool.submit(coming)
            yield result
            del result


def _spans(contacts: Any) -> Iterator[Any]:
    ends = (
        contacts.agg(first=contacts.day.min(), last=contacts.day.max(), rows=contacts.count())
        .to_pyarrow()
        .to_pylist()[0]
    )
    if ends["first"] is None:
        return
    first, last = _week(ends["first"]), _week(ends["last"])
    step = max(1, (last - first + 1) * CONTACTS_AT_ONCE // ends["rows"])
    for week in range(first, last + 1, step):
        yield contacts.filter(contacts.day >= _monday(week), contacts.day < _monday(min(week + step, last + 1)))


def _update_contacts(home: Home, facts: Facts, contacts: Any, new: Any) -> None:
    """Make the facts of the agent-days that new rows touch anew."""
    touched = new.select("agent_id", "day").distinct().to_pyarrow()
    for kind, found in contact_facts(contact_rows(_of_days(contacts, touched)).to_pyarrow()).items():
        _merge(home, facts, kind, found, touched)


def _update_shifts(home: Home, facts: Facts, shifts: Any, new: Any) -> None:
    """Make the states of every agent-day anew on which a new version of a shift lies, or an earlier one lay."""
    import ibis

    ids = ibis.memtable(new.select("shift_id").distinct().to_pyarrow())
    touched = _worked_on(shifts.semi_join(ids, "shift_id")).to_pyarrow()
    # every version of every shift that ever lay on one of those days
    days = ibis.memtable(touched)
    every = _worked_on(shifts, "shift_id").semi_join(days, ["agent_id", "day"]).select("shift_id").distinct()
    states = work_facts(shift_rows(shifts.semi_join(every, "shift_id")).to_pyarrow())
    _merge(home, facts, "work_states", states.filter(_within(states, touched)), touched)


def _worked_on(shifts: Any, *more: str) -> Any:
    """The agent and local day of each version of a shift."""
    start = shifts.actual_start.fill_null(shifts.scheduled_start)
    day = (start + shifts.utc_offset_s.as_interval("s")).date()
    return shifts.select("agent_id", *more, day=day).distinct()


def _of_days(contacts: Any, touched: pa.Table) -> Any:
    import ibis

    days = touched.column("day").unique().to_pylist()
    return contacts.filter(contacts.day.isin(days)).semi_join(ibis.memtable(touched), ["agent_id", "day"])


def _week(day: date) -> int:
    return (day - date(1970, 1, 5)).days // 7


def _monday(week: int) -> date:
    return date(1970, 1, 5) + timedelta(days=7 * week)


def _store(home: Home, facts: Facts, kind: str, rows: pa.Table) -> None:
    """Write rows as one file a week of days, in place of what was there."""
    rows, week = _worded(rows), _weeks_of(rows)
    if not len(week):
        return
    if (np.diff(week) < 0).any():
        order = np.argsort(week, kind="stable")
        rows, week = rows.take(pa.array(order)), week[order]
    starts = np.flatnonzero(np.diff(week, prepend=week[:1] - 1))
    for start, end in zip(starts, np.append(starts[1:], len(week)), strict=True):
        name = f"{kind}-{week[start]}-{facts.build:06d}.parquet"
        words = [field_.name for field_ in rows.schema if not pa.types.is_floating(field_.type)]
        part = rows.slice(start, end - start)
        pq.write_table(part, home.facts / name, compression="lz4", use_dictionary=words, write_statistics=False)
        facts.files[kind][str(week[start])] = name


def _merge(home: Home, facts: Facts, kind: str, rows: pa.Table, touched: pa.Table) -> None:
    """Put rows in place of those of the touched agent-days."""
    weeks = [str(week) for week in np.unique(_weeks_of(touched))]
    old = [pq.read_table(home.facts / name) for week in weeks if (name := facts.files[kind].pop(week, None))]
    if old:
        kept = pa.concat_tables(old)
        kept = kept.filter(pc.invert(_within(kept, touched)))
        rows = _sorted(pa.concat_tables([kept, _worded(rows)], promote_options="permissive"))
    _store(home, facts, kind, rows)


def _within(rows: pa.Table, days: pa.Table) -> pa.Array:
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
