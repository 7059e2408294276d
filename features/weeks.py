"""Agent-day facts become sums over windows: what every signal from contacts is made of.

A window is a few whole weeks back from a date: the last one, 4, 12, and the three blocks of 4 before the last 4. What
counts is what had happened and was known before the date. Plain loops, compiled by Numba.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from features.by_agent import ByAgent, Days, Floats, Ints, Look, in_slices
from features.days import COUNTED, SUMMED

__all__ = ["DAY_FACTS", "HISTORY_DAYS", "SLOPE_WEEKS", "WINDOWS", "QueueSums", "Sums", "window_sums"]

Sums = dict[str, Floats]
Flags = npt.NDArray[np.bool_]

HISTORY_WEEKS = 16
HISTORY_DAYS = 7 * HISTORY_WEEKS
SLOPE_WEEKS = 8
# weeks back from T, half open; "before_n" are the blocks that an agent's own past is made of
WINDOWS: dict[str, tuple[int, int]] = {
    "7": (0, 1), "28": (0, 4), "84": (0, 12), "before_1": (4, 8), "before_2": (8, 12), "before_3": (12, 16),
}  # fmt: skip
DAY_FACTS = ("busy_s", "union_s", "long_stretches", "half_hours", "excess_s", "hard_run", "gap_s")
_ANSWERS = ("sentiment", "csat", "nps", "resolved", "ces")
_OF_QUEUE = ("log_n", "log_sum", "log_square", "escalated_n", "escalated")
_BOUNDS = np.array(list(WINDOWS.values()))


@dataclass(frozen=True)
class QueueSums:
    """Sums of a window per roster row and contact queue: one line each.

    `group` numbers the lines that share date and queue.
    """

    row: Ints
    group: Ints
    sums: Sums

    def of_all(self, column: str) -> Floats:
        """Each line's total over everyone who worked the queue."""
        return _added(self.group, self.sums[column])[self.group]

    def per_row(self, values: Floats, rows: int) -> Floats:
        """Totals of the lines of each roster row; an unknown value counts nothing."""
        return _added(self.row, values, rows)


def _added(cell: Ints, values: Floats, least: int = 0) -> Floats:
    """Totals per cell; an unknown value counts nothing."""
    return np.bincount(cell, np.nan_to_num(values), least).astype(np.float64, copy=False)


def window_sums(
    increments: ByAgent, states: ByAgent, look: Look, queues: Ints
) -> tuple[dict[str, Sums], dict[str, QueueSums], Sums]:
    """Sums for every row of the roster.

    Parameters
    ----------
    increments
        Sums per agent, day, day of knowledge and queue, with the columns `SUMMED`.
    states
        States of agent-days, with the columns `DAY_FACTS`.
    queues
        The numbers of the contact queues, in an order that does not change from build to build.

    Returns
    -------
    sums
        Per window, a column per fact: one value per roster row, NaN where no contact was seen.
    queues
        Per window, the sums per roster row and contact queue, for what is compared within a queue.
    weekly
        Mean answer per week and kind, shape (roster rows, 8), the last week first.
    """
    rows, columns = len(look), len(SUMMED)
    summed = np.full((len(WINDOWS), columns, rows), np.nan)
    answers = np.full((len(_ANSWERS), rows, SLOPE_WEEKS), np.nan)
    of_states = np.full((len(WINDOWS), len(DAY_FACTS), rows), np.nan)
    lines = Lines.with_room(increments, look, len(queues))

    def work(low: int, high: int) -> None:
        _sum_weeks(
            low, high, look.agent, look.date, increments.start, increments.order, increments.day, increments.known_on,
            increments.queue, increments.values, _BOUNDS, _at(_ANSWERS), _at([f"{name}_n" for name in _ANSWERS]),
            _at(_OF_QUEUE), queues, summed, answers, lines.first, lines.used, lines.window, lines.queue, lines.values,
        )  # fmt: skip
        _gather_states(
            low, high, look.agent, look.date, states.start, states.order, states.day, states.known_on,
            states.superseded_on, states.values, _BOUNDS, of_states,
        )  # fmt: skip

    in_slices(rows, work)
    sums = {
        name: dict(zip(SUMMED, summed[at], strict=True)) | dict(zip(DAY_FACTS, of_states[at], strict=True))
        for at, name in enumerate(WINDOWS)
    }
    for found in sums.values():
        found["gap_median"] = found.pop("gap_s")
    return sums, lines.by_window(look), dict(zip(_ANSWERS, answers, strict=True))


@dataclass(frozen=True)
class Lines:
    """Room for the sums per roster row, window and queue; a row's lines begin at `first` and are `used`."""

    first: Ints
    used: Ints
    window: npt.NDArray[np.int8]
    queue: Days
    values: Floats

    @classmethod
    def with_room(cls, increments: ByAgent, look: Look, queues: int) -> "Lines":
        """As many lines as there can be: memory that is never written costs nothing."""
        size = (increments.start[1:] - increments.start[:-1])[look.agent] if len(look) else np.zeros(0, np.int64)
        room = np.minimum(size, queues) * len(WINDOWS)
        total = int(room.sum())
        return cls(
            np.cumsum(room) - room,
            np.zeros(len(look), np.int64),
            np.empty(total, np.int8),
            np.empty(total, np.int32),
            np.empty((total, len(_OF_QUEUE))),
        )

    def by_window(self, look: Look) -> dict[str, QueueSums]:
        row = np.repeat(np.arange(len(look)), self.used)
        at = np.arange(len(row)) + np.repeat(self.first - (np.cumsum(self.used) - self.used), self.used)
        window, queue, values = self.window[at], self.queue[at].astype(np.int64), self.values[at]
        group = np.unique(look.date, return_inverse=True)[1][row] * (int(queue.max(initial=0)) + 1) + queue
        found = {}
        for number, name in enumerate(WINDOWS):
            inside = np.flatnonzero(window == number)
            sums = {column: values[inside, place] for place, column in enumerate(_OF_QUEUE)}
            found[name] = QueueSums(row[inside], group[inside], sums)
        return found


def _at(names: Sequence[str]) -> Ints:
    return np.array([SUMMED.index(name) for name in names])


@numba.njit(cache=True, nogil=True)
def _sum_weeks(
    low: int, high: int, agent: Days, date: Days, start: Ints, order: Ints, day: Days, known_on: Days, queue: Days,
    values: Floats, bounds: Ints, answers: Ints, answers_n: Ints, of_queue: Ints, queues: Ints,
    out: Floats, weekly: Floats, first: Ints, used: Ints, line_window: npt.NDArray[np.int8], line_queue: Days,
    lines: Floats,
) -> None:  # fmt: skip
    """Sums of the increments that each row saw: per window, per week for answers, per window and queue."""
    columns = values.shape[1]
    weeks = np.zeros((HISTORY_WEEKS, columns))
    seen = np.zeros((HISTORY_WEEKS, columns), dtype=np.bool_)
    by_queue = np.zeros((len(bounds), len(queues), len(of_queue)))
    there = np.zeros((len(bounds), len(queues)), dtype=np.bool_)
    for row in range(low, high):
        weeks[:], seen[:] = 0, False
        for place in range(start[agent[row]], start[agent[row] + 1]):
            at = order[place]
            back = date[row] - 1 - day[at]
            if back < 0 or back >= HISTORY_DAYS or known_on[at] >= date[row]:
                continue
            week = back // 7
            for column in range(COUNTED):
                weeks[week, column] += values[at, column]
            for column in range(COUNTED, columns):
                if values[at, column] == values[at, column]:
                    weeks[week, column] += values[at, column]
                    seen[week, column] = True
            for window in range(len(bounds)):
                if bounds[window, 0] <= week < bounds[window, 1]:
                    there[window, queue[at]] = True
                    for part in range(len(of_queue)):
                        value = values[at, of_queue[part]]
                        by_queue[window, queue[at], part] += value if value == value else 0.0
        for window in range(len(bounds)):
            _close_window(weeks, seen, bounds[window, 0], bounds[window, 1], out[window, :, row])
            for one in queues:
                if there[window, one]:
                    line = first[row] + used[row]
                    used[row] += 1
                    line_window[line], line_queue[line] = window, one
                    lines[line] = by_queue[window, one]
                    by_queue[window, one], there[window, one] = 0, False
        for kind in range(len(answers)):
            for week in range(SLOPE_WEEKS):
                if weeks[week, answers_n[kind]] != 0:
                    weekly[kind, row, week] = weeks[week, answers[kind]] / weeks[week, answers_n[kind]]


@numba.njit(cache=True, nogil=True)
def _close_window(weeks: Floats, seen: Flags, low: int, high: int, out: Floats) -> None:
    """The sums over some weeks, unless corrections left no contact in them; contacts are the first column."""
    if weeks[low:high, 0].sum() <= 0:
        return
    for column in range(weeks.shape[1]):
        total, known = 0.0, column < COUNTED
        for week in range(low, high):
            total += weeks[week, column]
            known |= seen[week, column]
        if known:
            out[column] = total


@numba.njit(cache=True, nogil=True)
def _gather_states(
    low: int, high: int, agent: Days, date: Days, start: Ints, order: Ints, day: Days, known_on: Days, until: Days,
    values: Floats, bounds: Ints, out: Floats,
) -> None:  # fmt: skip
    """Sums of the days that each row saw; of `hard_run` the longest, of `gap_s` (the last column) the median."""
    last = values.shape[1] - 1
    gaps, week_of = np.empty(HISTORY_DAYS), np.empty(HISTORY_DAYS, dtype=np.int64)
    some = np.empty(HISTORY_DAYS)
    for row in range(low, high):
        count = 0
        for place in range(start[agent[row]], start[agent[row] + 1]):
            at = order[place]
            back = date[row] - 1 - day[at]
            if back < 0 or back >= HISTORY_DAYS or known_on[at] >= date[row] or until[at] < date[row]:
                continue
            if values[at, 0] != values[at, 0]:  # a day that corrections emptied
                continue
            week = back // 7
            for window in range(len(bounds)):
                if bounds[window, 0] <= week < bounds[window, 1]:
                    _add_day(values[at], out[window, :, row])
            if values[at, last] == values[at, last]:
                gaps[count], week_of[count] = values[at, last], week
                count += 1
        for window in range(len(bounds)):
            size = 0
            for gap in range(count):
                if bounds[window, 0] <= week_of[gap] < bounds[window, 1]:
                    some[size] = gaps[gap]
                    size += 1
            if size:
                some[:size].sort()
                out[window, last, row] = (some[(size - 1) // 2] + some[size // 2]) / 2


@numba.njit(cache=True, nogil=True)
def _add_day(values: Floats, out: Floats) -> None:
    longest = len(values) - 2
    for column in range(longest):
        out[column] = values[column] if np.isnan(out[column]) else out[column] + values[column]
    out[longest] = values[longest] if np.isnan(out[longest]) else max(out[longest], values[longest])
