"""Versions of shifts become states of working days: what was known of a day, from one day until another.

A version is part of a state from the day on which it became known until the day on which a later version of it did.
"""

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.by_agent import NEVER, Days, Floats, Ints, in_slices
from features.cells import cells_of, coded, gathered, table_of, whole, with_ends
from features.rollup import WORK_SUMS

__all__ = ["work_facts"]


def work_facts(rows: pa.Table) -> pa.Table:
    """States of working days, in order of week, agent, day and `known_on`.

    Parameters
    ----------
    rows
        What `features.rollup.shift_rows` gives, every version of every shift that ever lay on its agent-days.

    Returns
    -------
    Table
        `agent_id`, `day`, `known_on`, `superseded_on`, the sums by the names of `WORK_SUMS`, `work_start` and
        `work_end` (UTC seconds); null where nothing is known. `segments` and `notices` list what the day's shifts have
        of each, in order. A state of which every shift has moved away has no shifts.
    """
    agent, agents = coded(rows.column("agent_id"))
    day, known_on = (whole(rows.column(name)) for name in ("day", "known_on"))
    replaced_on = whole(pc.fill_null(rows.column("replaced_on").cast(pa.date32()).cast(pa.int32()), NEVER))
    values = tuple(whole(rows.column(name)) for name in WORK_SUMS)
    start_s, end_s, segment, notice = (whole(rows.column(name)) for name in ("start_s", "end_s", "segment", "notice"))
    cell, cells = cells_of(agent, day, len(agents))
    start, order = gathered(cell, cells)
    states = np.zeros(cells, np.int64)
    in_slices(cells, lambda low, high: _count_states(low, high, start, order, known_on, replaced_on, states))
    first, total = np.cumsum(states) - states, int(states.sum())
    of, changed_on = np.empty(total, np.int64), np.empty(total, np.int32)
    sums, sizes = np.full((len(WORK_SUMS) + 2, total), np.nan), np.zeros((2, total), np.int64)

    def fill(low: int, high: int) -> None:
        _add_up(
            low, high, start, order, known_on, replaced_on, values, start_s, end_s, segment, first, of, changed_on,
            sums, sizes,
        )  # fmt: skip

    in_slices(cells, fill)
    bounds = np.concatenate([np.zeros((2, 1), np.int64), np.cumsum(sizes, axis=1)], axis=1)
    segments, notices = np.empty(bounds[0, -1], np.int64), np.empty(bounds[1, -1])
    in_slices(
        total,
        lambda low, high: _list(
            low, high, start, order, cell[of], known_on, replaced_on, changed_on, segment, notice, bounds, segments,
            notices,
        ),
    )  # fmt: skip
    keys = {"agent_id": (agent, agents), "day": day}
    table = table_of(keys, of, (*WORK_SUMS, "work_start", "work_end"), sums)
    table = table.add_column(2, "known_on", pa.array(changed_on).cast(pa.date32()))
    for name, at, items in (("segments", 0, segments), ("notices", 1, notices)):
        lists = pa.ListArray.from_arrays(pa.array(bounds[at], pa.int32()), pa.array(items))
        table = table.append_column(name, lists)
    return with_ends(table)


@numba.njit(cache=True, nogil=True)
def _changes(rows: Ints, known_on: Days, replaced_on: Days) -> Days:
    """The days on which what was known of an agent-day changed, in order."""
    days = np.empty(2 * len(rows), np.int32)
    size = 0
    for row in rows:
        days[size] = known_on[row]
        size += 1
        if replaced_on[row] != NEVER:
            days[size] = replaced_on[row]
            size += 1
    return np.unique(days[:size])


@numba.njit(cache=True, nogil=True)
def _count_states(
    low: int, high: int, start: Ints, order: Ints, known_on: Days, replaced_on: Days, states: Ints
) -> None:
    for cell in range(low, high):
        if start[cell + 1] > start[cell]:
            states[cell] = len(_changes(order[start[cell] : start[cell + 1]], known_on, replaced_on))


@numba.njit(cache=True, nogil=True)
def _holds(row: int, day: int, known_on: Days, replaced_on: Days) -> bool:
    return bool(known_on[row] <= day < replaced_on[row])


@numba.njit(cache=True, nogil=True)
def _add_up(
    low: int, high: int, start: Ints, order: Ints, known_on: Days, replaced_on: Days, values: tuple[Floats, ...],
    start_s: Floats, end_s: Floats, segment: Ints, first: Ints, of: Ints, changed_on: Days, sums: Floats, sizes: Ints,
) -> None:  # fmt: skip
    """Sums over the versions that hold in each state; `sizes` are those of its lists. `of` is a row of its cell."""
    begin, end = len(values), len(values) + 1
    for cell in range(low, high):
        rows = order[start[cell] : start[cell + 1]]
        if len(rows) == 0:
            continue
        state = first[cell]
        for day in _changes(rows, known_on, replaced_on):
            of[state], changed_on[state], sums[0, state] = rows[0], day, 0
            for row in rows:
                if _holds(row, day, known_on, replaced_on):
                    for one in range(len(values)):
                        value = values[one][row]
                        if value == value:
                            sums[one, state] = value + (0.0 if np.isnan(sums[one, state]) else sums[one, state])
                    if segment[row] >= 0:
                        sums[begin, state] = np.fmin(sums[begin, state], start_s[row])
                        sums[end, state] = np.fmax(sums[end, state], end_s[row])
                    sizes[0, state] += segment[row] >= 0
                    sizes[1, state] += 1
            state += 1


@numba.njit(cache=True, nogil=True)
def _list(
    low: int, high: int, start: Ints, order: Ints, cell: Ints, known_on: Days, replaced_on: Days, changed_on: Days,
    segment: Ints, notice: Floats, bounds: Ints, segments: Ints, notices: Floats,
) -> None:  # fmt: skip
    """The segments and notices of the versions that hold in each state, in order."""
    for state in range(low, high):
        at, told = bounds[0, state], bounds[1, state]
        for row in order[start[cell[state]] : start[cell[state] + 1]]:
            if _holds(row, changed_on[state], known_on, replaced_on):
                if segment[row] >= 0:
                    segments[at] = segment[row]
                    at += 1
                notices[told] = notice[row]
                told += 1
        segments[bounds[0, state] : at].sort()
        notices[bounds[1, state] : told].sort()
