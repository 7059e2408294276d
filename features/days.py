"""What depends on the order of a day's contacts: pauses, stretches, crowded half-hours, runs of hard contacts.

The increments of an agent-day become *states*: the day as it was known at the end of one UTC day, from `known_on`
until `superseded_on`. A state's contacts are those of the increments known by then, less the ones taken back.

Plain loops, compiled by Numba: tens of nanoseconds a contact, where sorting and windows in a data base take hundreds.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.rollup import BUSY_BITS, EARLIEST_S, OFFSET_BITS

__all__ = ["STATE_FACTS", "contact_states"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

BREAK_S = 300
STRETCH_S = 2 * 3600
HARD_GAP_S = 600
HALF_HOUR_S = 1800
MOST_IDLE_S = 270  # 15 % of a half-hour
STATE_FACTS = (
    "first_s", "last_s", "start_s", "busy_s", "union_s", "gap_s", "long_stretches", "half_hours", "excess_s",
    "hard_run",
)  # fmt: skip


def contact_states(increments: pa.Table) -> pd.DataFrame:
    """States of agent-days from their increments; sorted by agent, day and `known_on`.

    Parameters
    ----------
    increments
        What `features.rollup.increments` gives, every increment of its agent-days.

    Returns
    -------
    DataFrame
        `agent_id`, `day`, `known_on`, `superseded_on`, and per state `first_s`, `last_s` (UTC seconds), `start_s`
        (the earliest local second of the day), `busy_s`, `union_s`, `gap_s` (median idle gap), `long_stretches`,
        `half_hours`, `excess_s` (busy seconds beyond 85 %, summed over worked half-hours), `hard_run`. A state without
        contacts has nulls.
    """
    keys = increments.select(["agent_id", "day", "known_on"]).to_pandas()
    order = _order(keys)
    keys = keys.take(order)
    new_day = _changes(keys["agent_id"]) | _changes(keys["day"])
    at = np.flatnonzero(new_day | _changes(keys["known_on"]))
    first = np.maximum.accumulate(np.where(new_day, np.arange(len(keys)), 0))[at]
    states = keys.iloc[at][["agent_id", "day", "known_on"]].reset_index(drop=True)
    same_day = np.append(~new_day[at][1:], False)[: len(at)]
    states["superseded_on"] = states["known_on"].shift(-1).where(same_day)
    numbers, bounds = _lists(increments.column("numbers"), order)
    until = np.append(at[1:], len(keys))
    facts = _facts(numbers, bounds[first], bounds[until], _days(states["day"]) * 86_400 - EARLIEST_S)
    found: pd.DataFrame = pd.concat([states, pd.DataFrame(facts, columns=list(STATE_FACTS))], axis=1)
    return found


def _order(keys: pd.DataFrame) -> Ints:
    """Positions in order of agent, day and known_on."""
    codes, _ = pd.factorize(keys["agent_id"], sort=True)
    day, known = (_days(keys[name]) for name in ("day", "known_on"))
    order: Ints = np.lexsort((known, day, codes))
    return order


def _days(dates: pd.Series) -> Ints:
    return pd.to_datetime(dates).to_numpy().astype("datetime64[D]").astype(np.int64)


def _changes(column: pd.Series) -> npt.NDArray[np.bool_]:
    codes, _ = pd.factorize(column)
    return np.append(True, codes[1:] != codes[:-1])[: len(codes)]


def _lists(lists: Any, order: Ints) -> tuple[Ints, Ints]:
    """The numbers of all increments end to end, in that order, and where each begins; the last bound is the end."""
    taken = pc.take(lists.combine_chunks(), pa.array(order))
    sizes = pc.list_value_length(taken).to_numpy(zero_copy_only=False)
    return pc.list_flatten(taken).to_numpy(zero_copy_only=False), np.append(0, np.cumsum(sizes)).astype(np.int64)


def _facts(numbers: Ints, low: Ints, high: Ints, origin: Ints) -> Floats:
    """One row of `STATE_FACTS` per state, from its contacts at `low[i]:high[i]`, on every core."""
    out = np.full((len(low), len(STATE_FACTS)), np.nan)
    cores = os.cpu_count() or 1
    parts = [slice(len(low) * i // cores, len(low) * (i + 1) // cores) for i in range(cores)]
    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(lambda part: _fill(numbers, low[part], high[part], origin[part], out[part]), parts))
    return out


@numba.njit(cache=True, nogil=True)
def _fill(numbers: Ints, low: Ints, high: Ints, origin: Ints, out: Floats) -> None:
    for state in range(len(low)):
        contacts = _standing(numbers[low[state] : high[state]])
        if len(contacts):
            _facts_of(contacts, origin[state], out[state])


@numba.njit(cache=True)
def _standing(numbers: Ints) -> Ints:
    """The contacts, sorted by (start, busy seconds, hard), less those that were taken back."""
    added = np.sort(numbers[numbers & 1 == 0] >> 1)
    removed = numbers[numbers & 1 == 1] >> 1
    for number in removed:
        position = np.searchsorted(added, number)
        if position < len(added) and added[position] == number:
            added = np.append(added[:position], added[position + 1 :])
    return added


@numba.njit(cache=True)
def _facts_of(contacts: Ints, origin: int, out: Floats) -> None:
    begin = (contacts >> (BUSY_BITS + 1 + OFFSET_BITS)) + origin
    busy = (contacts >> (1 + OFFSET_BITS)) & ((1 << BUSY_BITS) - 1)
    offset = (contacts & ((1 << OFFSET_BITS) - 1)) * 60 - EARLIEST_S
    end = np.sort(begin + busy)
    gap = np.maximum(begin[1:] - end[:-1], 0)
    out[0], out[1], out[2] = begin[0], end[-1], ((begin + offset) % 86_400).min()
    out[3], out[4] = busy.sum(), end[-1] - begin[0] - gap.sum()
    if len(gap):
        order = np.sort(gap)
        out[5] = (order[(len(gap) - 1) // 2] + order[len(gap) // 2]) / 2
    out[6] = _long_stretches(begin, end, gap)
    out[7], out[8] = _crowded(begin, end, gap)
    out[9] = _hard_run((contacts >> OFFSET_BITS) & 1, gap)


@numba.njit(cache=True)
def _long_stretches(begin: Ints, end: Ints, gap: Ints) -> int:
    """How many stretches without an idle gap of 5 minutes are longer than two hours."""
    found, since = 0, begin[0]
    for i in range(len(begin)):
        if i == len(gap) or gap[i] >= BREAK_S:
            found += end[i] - since > STRETCH_S
            if i < len(gap):
                since = begin[i + 1]
    return found


@numba.njit(cache=True)
def _crowded(begin: Ints, end: Ints, gap: Ints) -> tuple[int, int]:
    """Worked half-hours, and their busy seconds beyond 85 %."""
    low, high = -(-begin[0] // HALF_HOUR_S), end[-1] // HALF_HOUR_S
    idle = np.zeros(max(high - low, 0), dtype=np.int64)
    for i in range(len(gap)):
        since, until = end[i], end[i] + gap[i]
        for slot in range(max(since // HALF_HOUR_S, low), min(-(-until // HALF_HOUR_S), high)):
            idle[slot - low] += min(until, (slot + 1) * HALF_HOUR_S) - max(since, slot * HALF_HOUR_S)
    worked, excess = 0, 0
    for seconds in idle:
        if seconds < HALF_HOUR_S:
            worked += 1
            excess += max(MOST_IDLE_S - seconds, 0)
    return worked, excess


@numba.njit(cache=True)
def _hard_run(hard: Ints, gap: Ints) -> int:
    """Longest run of hard contacts with no idle gap of ten minutes."""
    longest = run = 0
    for i in range(len(hard)):
        near = i > 0 and gap[i - 1] < HARD_GAP_S
        run = (run + 1 if near else 1) if hard[i] else 0
        longest = max(longest, run)
    return longest
