"""A day's contacts in order: pauses, stretches, crowded half-hours, runs of hard contacts.

A contact is a whole number that sorts by its start. From the low bits on: the minutes from UTC to the agent's clock
plus 14 hours (`OFFSET_BITS`), whether it was hard, its busy seconds (`BUSY_BITS`), and when it began: seconds after the
UTC midnight of its local day's date, plus 14 hours.
"""

import numba
import numpy as np

from features.by_agent import Floats, Ints

__all__ = ["BUSY_BITS", "EARLIEST_S", "OFFSET_BITS", "STATE_FACTS", "facts_of"]

BUSY_BITS = 23  # a contact's busy seconds: up to 97 days
OFFSET_BITS = 11
EARLIEST_S = 14 * 3600  # a local day begins at most 14 hours before the UTC day of the same date
BREAK_S = 300
STRETCH_S = 2 * 3600
HARD_GAP_S = 600
HALF_HOUR_S = 1800
MOST_IDLE_S = 270  # 15 % of a half-hour
STATE_FACTS = (
    "first_s", "last_s", "start_s", "busy_s", "union_s", "gap_s", "long_stretches", "half_hours", "excess_s",
    "hard_run",
)  # fmt: skip
_FEW = 100


@numba.njit(cache=True, nogil=True)
def facts_of(added: Ints, removed: Ints, day: int, room: Ints, out: Floats) -> None:
    """The facts of a day from the contacts that were added to it, less those that were taken back.

    Parameters
    ----------
    added, removed
        Numbers of contacts; `added` is brought into order.
    day
        Days since 1970.
    room : array, shape (3, at least as many as added)
        To work in.
    out
        What becomes `STATE_FACTS`: `first_s`, `last_s` (UTC seconds), `start_s` (the earliest local second of the day),
        `busy_s`, `union_s`, `gap_s` (median idle gap), `long_stretches`, `half_hours`, `excess_s` (busy seconds beyond
        85 %, summed over worked half-hours), `hard_run`. NaN where there is none.
    """
    out[:] = np.nan
    _sort(added)
    contacts = _less(added, removed) if len(removed) else added
    if len(contacts) == 0:
        return
    begin, end, gap = room[0, : len(contacts)], room[1, : len(contacts)], room[2, : len(contacts) - 1]
    busy_s, start_s = 0, 86_400
    for i in range(len(contacts)):
        begin[i] = (contacts[i] >> (BUSY_BITS + 1 + OFFSET_BITS)) + day * 86_400 - EARLIEST_S
        busy = (contacts[i] >> (1 + OFFSET_BITS)) & ((1 << BUSY_BITS) - 1)
        offset = (contacts[i] & ((1 << OFFSET_BITS) - 1)) * 60 - EARLIEST_S
        end[i] = begin[i] + busy
        busy_s, start_s = busy_s + busy, min(start_s, (begin[i] + offset) % 86_400)
    _sort(end)
    idle = 0
    for i in range(len(gap)):
        gap[i] = max(begin[i + 1] - end[i], 0)
        idle += gap[i]
    out[0], out[1], out[2] = begin[0], end[-1], start_s
    out[3], out[4] = busy_s, end[-1] - begin[0] - idle
    out[6] = _long_stretches(begin, end, gap)
    out[7], out[8] = _crowded(begin, end, gap)
    out[9] = _hard_run(contacts, gap)
    if len(gap):
        _sort(gap)
        out[5] = (gap[(len(gap) - 1) // 2] + gap[len(gap) // 2]) / 2


@numba.njit(cache=True, nogil=True)
def _sort(numbers: Ints) -> None:
    if len(numbers) > _FEW:
        numbers.sort()
        return
    for place in range(1, len(numbers)):  # a few that are nearly in order
        number, at = numbers[place], place
        while at > 0 and numbers[at - 1] > number:
            numbers[at] = numbers[at - 1]
            at -= 1
        numbers[at] = number


@numba.njit(cache=True, nogil=True)
def _less(added: Ints, removed: Ints) -> Ints:
    """Contacts in order, each of the removed taken out once."""
    contacts = added.copy()
    for number in removed:
        position = np.searchsorted(contacts, number)
        if position < len(contacts) and contacts[position] == number:
            contacts = np.append(contacts[:position], contacts[position + 1 :])
    return contacts


@numba.njit(cache=True, nogil=True)
def _long_stretches(begin: Ints, end: Ints, gap: Ints) -> int:
    """How many stretches without an idle gap of 5 minutes are longer than two hours."""
    found, since = 0, begin[0]
    for i in range(len(begin)):
        if i == len(gap) or gap[i] >= BREAK_S:
            found += end[i] - since > STRETCH_S
            if i < len(gap):
                since = begin[i + 1]
    return found


@numba.njit(cache=True, nogil=True)
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


@numba.njit(cache=True, nogil=True)
def _hard_run(contacts: Ints, gap: Ints) -> int:
    """Longest run of hard contacts with no idle gap of ten minutes."""
    longest = run = 0
    for i in range(len(contacts)):
        near = i > 0 and gap[i - 1] < HARD_GAP_S
        run = (run + 1 if near else 1) if (contacts[i] >> OFFSET_BITS) & 1 else 0
        longest = max(longest, run)
    return longest
