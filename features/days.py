"""Contacts become agent-day facts: sums that remember when they were known, and what hangs on the order of a day.

- `increments`: sums and counts per agent, day, contact queue and the UTC day on which the contacts became known. They
  add up: what was known before T is the sum of the increments with `known_on < T`. A correction is two of
  them, one that takes the earlier version back.
- `contact_states`: pauses, stretches, crowded half-hours, runs of hard contacts. A state is the day as it was known at
  the end of one UTC day, from `known_on` until `superseded_on`: the contacts known by then, less those taken back.

Plain loops, compiled by Numba: tens of nanoseconds a contact, where sorting and windows in a data base take hundreds.
"""

import math
import os
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.by_agent import Days, Floats, Ints, in_slices
from features.cells import cells_of, coded, gathered, table_of, whole, with_ends
from features.in_order import BUSY_BITS, EARLIEST_S, OFFSET_BITS, STATE_FACTS, facts_of
from features.rollup import FLAGS, NUMBERS

__all__ = ["COUNTED", "STATE_FACTS", "SUMMED", "contact_facts"]

DAY_US = 86_400_000_000
HARD_SCORE = -0.5
SATISFIED = 4
PROMOTER, DETRACTOR = 9, 6
USUAL_HANDLE_S = 300.0  # logarithms are taken of multiples of it, so that their squares stay small and sums fine
# what values are rounded to, so that sums are exact: 97 days in seconds, scores, logarithms
_SECONDS, _SCORES, _LOGS = 2.0**28, 2.0**38, 2.0**32
_FEW = 100
_COUNTS = (
    "contacts", *(f"{flag}_n" for flag in FLAGS), *FLAGS, "log_n", "sentiment_n", "negative", "csat_n", "csat", "nps_n",
    "ces_n", "agent_sentiment_n",
)  # fmt: skip
_VALUES = (
    "handle_s", "acw_s", "unhappy_s", "log_sum", "log_square", "sentiment", "nps", "ces", "agent_sentiment",
)  # fmt: skip
SUMMED = (*_COUNTS, *_VALUES)
COUNTED = len(_COUNTS)  # the first of them are counts, and always known


class Contacts(NamedTuple):
    """Rows of contacts as arrays; flags are 1, 0 or -1 (unknown), numbers NaN where unknown.

    `group` sorts the rows of an agent-day by increment: `known_on`, then queue, then whether the contact is taken back.
    `number` is the place in the day (see `features.in_order`).
    """

    agent: Days
    queue: Days
    day: Days
    known_on: Days
    group: Ints
    sign: Ints
    number: Ints
    flags: tuple[npt.NDArray[np.int8], ...]
    talk_s: Floats
    hold_s: Floats
    acw_s: Floats
    sentiment: Floats
    csat: Floats
    nps: Floats
    ces: Floats
    agent_sentiment: Floats


def contact_facts(rows: pa.Table) -> dict[str, pa.Table]:
    """Increments and states of the agent-days of some contacts, in order of week, agent, day and `known_on`.

    Parameters
    ----------
    rows
        What `features.rollup.contact_rows` gives, every row of its agent-days.

    Returns
    -------
    dict of tables
        `increments`: `agent_id`, `day`, `known_on`, `queue`, and the sums by the names of `SUMMED`; null where no
        value was known. `contact_states`: `agent_id`, `day`, `known_on`, `superseded_on`, and `STATE_FACTS`; a state
        without contacts has nulls.
    """
    contacts, agents, queues = _contacts(rows)
    cell, cells = cells_of(contacts.agent, contacts.day, len(agents))
    start, order = gathered(cell, cells)
    increments_of, states_of = np.zeros(cells, np.int64), np.zeros(cells, np.int64)
    in_slices(cells, lambda low, high: _arrange(low, high, start, order, contacts, increments_of, states_of))
    first_increment, first_state = (np.cumsum(sizes) - sizes for sizes in (increments_of, states_of))
    of_increment, of_state = np.empty(increments_of.sum(), np.int64), np.empty(states_of.sum(), np.int64)
    sums, facts = np.empty((len(SUMMED), len(of_increment))), np.empty((len(STATE_FACTS), len(of_state)))
    most = int((start[1:] - start[:-1]).max(initial=0))

    def fill(low: int, high: int) -> None:
        _add_up(low, high, start, order, contacts, first_increment, of_increment, sums)
        _state_facts(low, high, start, order, contacts, first_state, of_state, facts, most)

    in_slices(cells, fill)
    keys = {"agent_id": (contacts.agent, agents), "day": contacts.day, "known_on": contacts.known_on}
    return {
        "increments": table_of(keys | {"queue": (contacts.queue, queues)}, of_increment, SUMMED, sums),
        "contact_states": with_ends(table_of(keys, of_state, STATE_FACTS, facts)),
    }


def _contacts(rows: pa.Table) -> tuple[Contacts, pa.Array, pa.Array]:
    """Rows as arrays, and the names of agents and queues."""
    names = ["day", "sign", "utc_offset_s", "started_at", "ended_at", "recorded_at", *FLAGS, *NUMBERS]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        words = pool.map(coded, (rows.column("agent_id"), rows.column("queue")))
        arrays = dict(zip(names, pool.map(whole, (rows.column(name) for name in names)), strict=True))
        (agent, agents), (queue, queues) = words
    day, sign = arrays["day"], arrays["sign"]
    flags, numbers = tuple(arrays[name] for name in FLAGS), {name: arrays[name] for name in NUMBERS}
    known_on, group, number = np.empty(len(day), np.int32), *np.empty((2, len(day)), np.int64)
    in_slices(
        len(day),
        lambda low, high: _place(
            low, high, day, arrays["started_at"], arrays["ended_at"], arrays["recorded_at"], arrays["utc_offset_s"],
            arrays["acw_s"], arrays["sentiment"], arrays["abusive"], queue, sign, known_on, group, number,
        ),
    )  # fmt: skip
    return Contacts(agent, queue, day, known_on, group, sign, number, flags, **numbers), agents, queues


@numba.njit(cache=True, nogil=True)
def _place(
    low: int, high: int, day: Days, started: Ints, ended: Ints, recorded: Ints, offset: Ints, acw_s: Floats,
    sentiment: Floats, abusive: npt.NDArray[np.int8], queue: Days, sign: Ints, known_on: Days, group: Ints,
    number: Ints,
) -> None:  # fmt: skip
    """When each contact became known, which increment it belongs to, and its place in the day."""
    for row in range(low, high):
        known_on[row] = max(recorded[row], ended[row]) // DAY_US
        group[row] = np.int64(known_on[row]) << 32 | np.int64(queue[row]) << 1 | (sign[row] < 0)
        begin = started[row] // 1_000_000
        wrap_up = acw_s[row] if acw_s[row] == acw_s[row] else 0.0
        busy = min(np.int64(math.floor(ended[row] / 1_000_000 + wrap_up)) - begin, 2**BUSY_BITS - 1)
        hard = sentiment[row] <= HARD_SCORE or abusive[row] == 1
        minutes = (offset[row] + EARLIEST_S) // 60
        since = begin - np.int64(day[row]) * 86_400 + EARLIEST_S
        number[row] = ((since << BUSY_BITS | busy) << 1 | hard) << OFFSET_BITS | minutes


@numba.njit(cache=True, nogil=True)
def _arrange(low: int, high: int, start: Ints, order: Ints, contacts: Contacts, increments: Ints, states: Ints) -> None:
    """Bring the rows of each cell into the order of their groups, and count its increments and states."""
    group, known_on = contacts.group, contacts.known_on
    for cell in range(low, high):
        rows = order[start[cell] : start[cell + 1]]
        _sort(rows, group)
        for place in range(len(rows)):
            states[cell] += place == 0 or known_on[rows[place]] != known_on[rows[place - 1]]
            increments[cell] += place == 0 or group[rows[place]] != group[rows[place - 1]]


@numba.njit(cache=True, nogil=True)
def _sort(rows: Ints, group: Ints) -> None:
    if len(rows) > _FEW:
        rows[:] = rows[np.argsort(group[rows], kind="mergesort")]
        return
    for place in range(1, len(rows)):  # a few rows that are nearly in order
        row, at = rows[place], place
        while at > 0 and group[rows[at - 1]] > group[row]:
            rows[at] = rows[at - 1]
            at -= 1
        rows[at] = row


@numba.njit(cache=True, nogil=True)
def _add_up(
    low: int, high: int, start: Ints, order: Ints, contacts: Contacts, first: Ints, of: Ints, out: Floats
) -> None:
    """Sums of each increment: the rows of a cell that share a group. `of` is a row of each."""
    counts, values = np.zeros(COUNTED), np.empty(len(_VALUES))
    for cell in range(low, high):
        at = first[cell]
        values[:] = np.nan
        for place in range(start[cell], start[cell + 1]):
            row = order[place]
            _count(contacts, row, counts)
            _sum(contacts, row, values)
            after = order[place + 1] if place + 1 < start[cell + 1] else -1
            if after < 0 or contacts.group[row] != contacts.group[after]:
                of[at] = row
                out[:COUNTED, at], out[COUNTED:, at] = counts, values
                counts[:], values[:] = 0, np.nan
                at += 1


@numba.njit(cache=True, nogil=True)
def _count(contacts: Contacts, row: int, counts: Floats) -> None:
    """Add a contact to what is counted, in the order of `_COUNTS`."""
    sign = 1.0 if contacts.sign[row] > 0 else -1.0
    flags = len(contacts.flags)
    counts[0] += sign
    for one in range(flags):
        counts[1 + one] += sign if contacts.flags[one][row] >= 0 else 0.0
        counts[1 + flags + one] += sign if contacts.flags[one][row] == 1 else 0.0
    at = 1 + 2 * flags
    counts[at] += sign if _handle_s(contacts, row) > 0 else 0.0
    counts[at + 1] += sign if contacts.sentiment[row] == contacts.sentiment[row] else 0.0
    counts[at + 2] += sign if contacts.sentiment[row] <= HARD_SCORE else 0.0
    counts[at + 3] += sign if contacts.csat[row] == contacts.csat[row] else 0.0
    counts[at + 4] += sign if contacts.csat[row] >= SATISFIED else 0.0
    counts[at + 5] += sign if contacts.nps[row] == contacts.nps[row] else 0.0
    counts[at + 6] += sign if contacts.ces[row] == contacts.ces[row] else 0.0
    counts[at + 7] += sign if contacts.agent_sentiment[row] == contacts.agent_sentiment[row] else 0.0


@numba.njit(cache=True, nogil=True)
def _sum(contacts: Contacts, row: int, values: Floats) -> None:
    """Add a contact to what is summed, in the order of `_VALUES`."""
    sign = 1.0 if contacts.sign[row] > 0 else -1.0
    handle_s, score = _handle_s(contacts, row), contacts.sentiment[row]
    _put(values, 0, sign, handle_s, _SECONDS)
    _put(values, 1, sign, contacts.acw_s[row], _SECONDS)
    _put(values, 2, sign, -score * handle_s if score < 0 else 0.0, _SECONDS)
    if handle_s > 0:
        log_s = math.log(handle_s / USUAL_HANDLE_S)
        _put(values, 3, sign, log_s, _LOGS)
        _put(values, 4, sign, log_s * log_s, _LOGS)
    _put(values, 5, sign, score, _SCORES)
    nps = contacts.nps[row]
    _put(values, 6, sign, nps if nps != nps else 1.0 * (nps >= PROMOTER) - 1.0 * (nps <= DETRACTOR), _SCORES)
    _put(values, 7, sign, contacts.ces[row], _SCORES)
    _put(values, 8, sign, contacts.agent_sentiment[row], _SCORES)


@numba.njit(cache=True, nogil=True)
def _handle_s(contacts: Contacts, row: int) -> float:
    """Talk, hold and after-call work; NaN where the talk is unknown."""
    hold_s, acw_s = contacts.hold_s[row], contacts.acw_s[row]
    return contacts.talk_s[row] + (hold_s if hold_s == hold_s else 0.0) + (acw_s if acw_s == acw_s else 0.0)  # type: ignore[no-any-return] # fields of arrays are untyped


@numba.njit(cache=True, nogil=True)
def _put(values: Floats, at: int, sign: float, value: float, unit: float) -> None:
    """Add a value that is known, rounded to a whole multiple of 1 / unit, so that sums are exact whatever their order.

    Adding and taking away 1.5 x 2^52 / unit pushes the smaller bits out of a double's 53.
    """
    if value == value:
        push = 1.5 * 2.0**52 / unit
        values[at] = sign * (value + push - push) + (values[at] if values[at] == values[at] else 0.0)


@numba.njit(cache=True, nogil=True)
def _state_facts(
    low: int, high: int, start: Ints, order: Ints, contacts: Contacts, first: Ints, of: Ints, out: Floats, most: int
) -> None:
    """The facts of each state: a cell's rows up to those of one `known_on`. `of` is the last row of each."""
    added, removed, room = np.empty(most, np.int64), np.empty(most, np.int64), np.empty((3, most), np.int64)
    for cell in range(low, high):
        at, plus, minus = first[cell], 0, 0
        for place in range(start[cell], start[cell + 1]):
            row = order[place]
            if contacts.sign[row] > 0:
                added[plus] = contacts.number[row]
                plus += 1
            else:
                removed[minus] = contacts.number[row]
                minus += 1
            if place + 1 == start[cell + 1] or contacts.known_on[order[place + 1]] != contacts.known_on[row]:
                of[at] = row
                facts_of(added[:plus], removed[:minus], int(contacts.day[row]), room, out[:, at])
                at += 1
