"""Events become agent-day facts, and facts are brought up to date by the agent-days that new events touch."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa

from features.contact_files import contacts_in
from features.days import contact_facts
from features.engine import SourceTables, batches, unbound
from features.fact_files import Facts, monday, sizes_of, week_of, within
from features.home import Home
from features.rollup import contact_rows, shift_rows
from features.shifts import work_facts

__all__ = ["facts_of", "refresh"]

CONTACTS_AT_ONCE = 1_500_000


def facts_of(tables: SourceTables) -> dict[str, pa.Table]:
    """All facts of some tables, in memory."""
    shifts = tables["shifts"]
    rows = shift_rows(unbound("shifts") if shifts is None else shifts)
    work = rows.schema().to_pyarrow().empty_table() if shifts is None else rows.to_pyarrow()
    return contact_facts(contact_rows(tables["contacts"]).to_pyarrow()) | {"work_states": work_facts(work)}


def refresh(connection: Any, home: Home) -> Facts:
    """Bring the facts up to date with the batches of events in `home`, and return them.

    The batches are listed once: one that arrives meanwhile is new to the next build.
    """
    facts = Facts.load(home)
    home.facts.mkdir(parents=True, exist_ok=True)
    listed = {name: home.batches(name) for name in ("contacts", "shifts")}
    sizes = {name: sizes_of(files) for name, files in listed.items()}
    new = {
        name: [path for path in files if path.name not in facts.batches.get(name, {})] for name, files in listed.items()
    }
    if not any(new.values()) and facts.batches:
        return facts
    facts.build += 1
    for name, first, update in (
        ("contacts", _first_contacts, _update_contacts), ("shifts", _first_shifts, _update_shifts)
    ):  # fmt: skip
        if not new[name]:
            continue
        if facts.batches.get(name):
            update(home, facts, batches(connection, name, listed[name]), batches(connection, name, new[name]))
        else:
            first(home, facts, connection, listed[name])
    facts.batches = sizes
    facts.save(home)
    pa.default_memory_pool().release_unused()
    return facts


def _first_shifts(home: Home, facts: Facts, connection: Any, files: Sequence[Path]) -> None:
    facts.store(home, "work_states", work_facts(shift_rows(batches(connection, "shifts", files)).to_pyarrow()))


def _first_contacts(home: Home, facts: Facts, connection: Any, files: Sequence[Path]) -> None:
    """Roll all contacts up, some weeks of days at a time so that memory stays bounded."""
    contacts = batches(connection, "contacts", files)
    read = (contacts_in(files) if connection.name == "duckdb" else None) or partial(_between, contacts)
    with ThreadPoolExecutor(1) as behind:  # the last facts are stored while the next are made
        stored: Future[None] | None = None
        for rows in _ahead(partial(read, *days) for days in _spans(contacts)):
            found = contact_facts(rows)
            if stored:
                stored.result()
            stored = behind.submit(_store_all, home, facts, found)
        if stored:
            stored.result()


def _between(contacts: Any, low: date, high: date) -> Any:
    return contact_rows(contacts.filter(contacts.day >= low, contacts.day < high)).to_pyarrow()


def _store_all(home: Home, facts: Facts, found: Mapping[str, pa.Table]) -> None:
    for kind, rows in found.items():
        facts.store(home, kind, rows)


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


def _spans(contacts: Any) -> Iterator[tuple[date, date]]:
    """Whole weeks with about as many contacts as are read at once: the first day, and the day after the last."""
    about = contacts.agg(first=contacts.day.min(), last=contacts.day.max(), rows=contacts.count())
    ends = about.to_pyarrow().to_pylist()[0]
    if ends["first"] is None:
        return
    first, last = week_of(ends["first"]), week_of(ends["last"])
    step = max(1, (last - first + 1) * CONTACTS_AT_ONCE // ends["rows"])
    for week in range(first, last + 1, step):
        yield monday(week), monday(min(week + step, last + 1))


def _update_contacts(home: Home, facts: Facts, contacts: Any, new: Any) -> None:
    """Make the facts of the agent-days that new rows touch anew."""
    touched = new.select("agent_id", "day").distinct().to_pyarrow()
    for kind, found in contact_facts(contact_rows(_of_days(contacts, touched)).to_pyarrow()).items():
        facts.replace(home, kind, found, touched)


def _update_shifts(home: Home, facts: Facts, shifts: Any, new: Any) -> None:
    """Make the states of every agent-day anew on which a new version of a shift lies, or an earlier one lay."""
    ids = ibis.memtable(new.select("shift_id").distinct().to_pyarrow())
    touched = _worked_on(shifts.semi_join(ids, "shift_id")).to_pyarrow()
    # every version of every shift that ever lay on one of those days
    days = ibis.memtable(touched)
    every = _worked_on(shifts, "shift_id").semi_join(days, ["agent_id", "day"]).select("shift_id").distinct()
    states = work_facts(shift_rows(shifts.semi_join(every, "shift_id")).to_pyarrow())
    facts.replace(home, "work_states", states.filter(within(states, touched)), touched)


def _worked_on(shifts: Any, *more: str) -> Any:
    """The agent and local day of each version of a shift."""
    start = shifts.actual_start.fill_null(shifts.scheduled_start)
    day = (start + shifts.utc_offset_s.as_interval("s")).date()
    return shifts.select("agent_id", *more, day=day).distinct()


def _of_days(contacts: Any, touched: pa.Table) -> Any:
    days = touched.column("day").unique().to_pylist()
    return contacts.filter(contacts.day.isin(days)).semi_join(ibis.memtable(touched), ["agent_id", "day"])
