"""An agent's working days in a row: rests, runs of days, rotations, and sums of working time.

Every row of the roster looks at the last 126 days, as its date saw them, so that what depends on the day before is a
walk along an array. Plain loops, compiled by Numba.
"""

import numba
import numpy as np
import numpy.typing as npt

from features.by_agent import ByAgent, Days, Floats, Ints, Look, in_slices
from features.weeks import WINDOWS

__all__ = ["DAYS_BACK", "SUMS", "WORK_FACTS", "WorkDays", "lay_out"]

Flags = npt.NDArray[np.bool_]
Bits = npt.NDArray[np.uint64]

WEEKS_BACK = 18
DAYS_BACK = 7 * WEEKS_BACK  # 112 for the windows, and 14 so that the oldest of them knows the day before
QUICK_RETURN_H = 11
SAME_SHIFT_H = 2  # work that goes on within two hours is a segment of the same shift
LATE_FROM_H, NIGHT_FROM_H, EARLY_FROM_H = 11, 19, 4
QUARTER_S = 900
QUARTERS = 96
SUMS = (
    "worked_s", "paid_s", "logged_s", "night_s", "remote_s", "remote_known_s", "break_entitled_s", "break_missed_s",
    "scheduled_s", "adhered_s", "shifts", "late_7", "late_14",
)  # fmt: skip
WORK_FACTS = (*SUMS, "work_start", "work_end", "stands_in")
_COUNTS = ("days", "quick_returns", "backward_rotations", "weekends", "split", "longest_run", "quarters_changed")
_START, _END, _STANDS_IN = (WORK_FACTS.index(name) for name in ("work_start", "work_end", "stands_in"))
_BOUNDS = np.array(list(WINDOWS.values()))


class WorkDays:
    """What the working days of a roster add up to.

    Attributes
    ----------
    weekly : dict of arrays, shape (18, rows)
        Per week back from T: sums of the columns of `SUMS`, NaN where no day has a value; numbers of working days
        (`days`), of those that begin under 11 hours after the one before (`quick_returns`), have an earlier shift class
        (`backward_rotations`), fall on `weekends`, have a gap of two hours (`split`); the `longest_run` of days that
        ends in the week; the quarter-hours that differ from the week before (`quarters_changed`); the sums of
        `cosine` and `sine` of the clock at the first start, and of the `hours` of working days.
    hours_apart : dict of arrays, shape (rows,)
        Per window, squared distances of a working day's hours from their mean, added up.
    median_notice : dict of arrays, shape (rows,)
        Per window, the median notice of shifts in days; NaN where there is none.
    """

    def __init__(self, weekly: dict[str, Floats], hours_apart: Floats, notice: Floats) -> None:
        self.weekly = weekly
        self.hours_apart = dict(zip(WINDOWS, hours_apart, strict=True))
        self.median_notice = dict(zip(WINDOWS, notice, strict=True))

    def weeks(self, column: str, window: str) -> Floats:
        """The sums of a window's weeks, the last week first; shape (weeks, rows)."""
        low, high = WINDOWS[window]
        return self.weekly[column][low:high]

    def total(self, column: str, window: str) -> Floats:
        """Sum over a window; NaN where no day of it has a value."""
        part = self.weeks(column, window)
        known = ~np.isnan(part)
        return np.where(known.any(axis=0), np.where(known, part, 0).sum(axis=0), np.nan)

    def days(self, window: str) -> Floats:
        """How many working days a window has."""
        found: Floats = self.weeks("days", window).sum(axis=0)
        return found

    def counted(self, column: str, window: str) -> Floats:
        """How many working days of a window are of a kind; NaN where none was worked."""
        return np.where(self.days(window) > 0, self.weeks(column, window).sum(axis=0), np.nan)

    def regularity(self, window: str) -> Floats:
        """100 (2 mean[s(t) = s(t + 168 h)] - 1) over the quarter-hours of 28 days; NaN without work in each week."""
        same = 1 - self.weeks("quarters_changed", window)[:3].sum(axis=0) / (21 * QUARTERS)
        return np.where((self.weeks("days", window) > 0).all(axis=0), 100 * (2 * same - 1), np.nan)


def lay_out(work: ByAgent, look: Look, from_shifts: Flags | None = None) -> WorkDays:
    """Walk along the working days of every row of the roster.

    Parameters
    ----------
    work
        States of agent-days with the columns `WORK_FACTS` and the lists `segments` and `notices`.
    from_shifts
        Which roster rows see shifts; the others see the states that stand in for them. Default: all.
    """
    rows = len(look)
    sums = np.full((len(SUMS), WEEKS_BACK, rows), np.nan)
    counts = np.zeros((len(_COUNTS), WEEKS_BACK, rows))
    clock = np.zeros((3, WEEKS_BACK, rows))
    hours_apart, notice = (np.full((len(WINDOWS), rows), np.nan) for _ in range(2))
    if from_shifts is None:
        from_shifts = np.ones(rows, dtype=bool)
    (segment_at, segments), (notice_at, notices) = work.lists["segments"], work.lists["notices"]
    segments, notices = _in_order(segment_at, segments.astype(np.int64)), notices.astype(np.float64)
    first, is_split = _of_segments(segment_at, segments)
    angle = first * (2 * np.pi / 24)
    cosine, sine = np.cos(angle), np.sin(angle)

    def part(low: int, high: int) -> None:
        _walk(
            low, high, look.agent, look.date, from_shifts, work.start, work.order, work.day, work.known_on,
            work.superseded_on, work.values, segment_at, segments, notice_at, notices, first, is_split, cosine, sine,
            _BOUNDS, sums, counts, clock, hours_apart, notice,
        )  # fmt: skip

    in_slices(rows, part)
    weekly = dict(zip(SUMS, sums, strict=True)) | dict(zip(_COUNTS, counts, strict=True))
    return WorkDays(weekly | dict(zip(("cosine", "sine", "hours"), clock, strict=True)), hours_apart, notice)


@numba.njit(cache=True, nogil=True)
def _in_order(bounds: Ints, items: Ints) -> Ints:
    """Each list sorted."""
    found = items.copy()
    for state in range(len(bounds) - 1):
        if bounds[state + 1] - bounds[state] > 1:
            found[bounds[state] : bounds[state + 1]].sort()
    return found


@numba.njit(cache=True, nogil=True)
def _of_segments(bounds: Ints, segments: Ints) -> tuple[Floats, Flags]:
    """The clock in hours at each day's first start, and whether two hours lie between two stretches of its work."""
    first, is_split = np.full(len(bounds) - 1, np.nan), np.zeros(len(bounds) - 1, dtype=np.bool_)
    for state in range(len(first)):
        end = 0
        for at in range(bounds[state], bounds[state + 1]):
            begin, length = segments[at] >> 20, segments[at] & (2**20 - 1)
            if at == bounds[state]:
                first[state] = begin / 3600
            elif begin - end >= SAME_SHIFT_H * 3600:
                is_split[state] = True
            end = max(end, begin + length)
    return first, is_split


@numba.njit(cache=True, nogil=True)
def _walk(
    low: int, high: int, agent: Days, date: Days, from_shifts: Flags, start: Ints, order: Ints, day: Days,
    known_on: Days, until: Days, values: Floats, segment_at: Ints, segments: Ints, notice_at: Ints, notices: Floats,
    first: Floats, is_split: Flags, cosine: Floats, sine: Floats, bounds: Ints,
    sums: Floats, counts: Floats, clock: Floats, hours_apart: Floats, notice: Floats,
) -> None:  # fmt: skip
    state = np.empty(DAYS_BACK, dtype=np.int64)
    quarters = np.zeros((DAYS_BACK, 2), dtype=np.uint64)
    for row in range(low, high):
        state[:] = -1
        for place in range(start[agent[row]], start[agent[row] + 1]):
            at = order[place]
            column = DAYS_BACK - date[row] + day[at]
            seen = 0 <= column < DAYS_BACK and known_on[at] < date[row] <= until[at]
            if seen and (values[at, _STANDS_IN] == 1) != from_shifts[row]:
                state[column] = at
        quarters[:] = 0
        _sum_days(state, values, sums[:, :, row])
        _count_days(state, date[row], values, first, is_split, counts[:, :, row])
        _read_clock(state, values, first, cosine, sine, clock[:, :, row])
        for column in range(DAYS_BACK):
            if state[column] >= 0:
                _mark_quarters(quarters, column, segments[segment_at[state[column]] : segment_at[state[column] + 1]])
        for column in range(7, DAYS_BACK):
            changed = _bits(quarters[column, 0] ^ quarters[column - 7, 0])
            changed += _bits(quarters[column, 1] ^ quarters[column - 7, 1])
            counts[6, (DAYS_BACK - 1 - column) // 7, row] += changed
        for window in range(len(bounds)):
            days = state[DAYS_BACK - 7 * bounds[window, 1] : DAYS_BACK - 7 * bounds[window, 0]]
            hours_apart[window, row] = _hours_apart(days, values)
            notice[window, row] = _median_notice(days, notice_at, notices)


@numba.njit(cache=True, nogil=True)
def _sum_days(state: Ints, values: Floats, sums: Floats) -> None:
    for column in range(DAYS_BACK):
        if state[column] >= 0:
            week = (DAYS_BACK - 1 - column) // 7
            for fact in range(len(sums)):
                value = values[state[column], fact]
                if value == value:
                    sums[fact, week] = value if np.isnan(sums[fact, week]) else sums[fact, week] + value


@numba.njit(cache=True, nogil=True)
def _count_days(state: Ints, date: int, values: Floats, first: Floats, is_split: Flags, counts: Floats) -> None:
    """Working days of each week by what they are, in the order of `_COUNTS`; a run counts for the week it ends in."""
    before, run = -1, 0
    for column in range(DAYS_BACK):
        at, week = state[column], (DAYS_BACK - 1 - column) // 7
        if at < 0 or np.isnan(values[at, _START]):
            run = 0
            continue
        run += 1
        counts[0, week] += 1
        if before >= 0:
            rest_h = (values[at, _START] - values[before, _END]) / 3600
            counts[1, week] += SAME_SHIFT_H <= rest_h < QUICK_RETURN_H
            counts[2, week] += _shift_class(first[at]) < _shift_class(first[before])
        counts[3, week] += (date - DAYS_BACK + column + 3) % 7 >= 5  # 1970-01-01 was a Thursday
        counts[4, week] += is_split[at]
        counts[5, week] = max(counts[5, week], run)
        before = at


@numba.njit(cache=True, nogil=True)
def _shift_class(start_h: float) -> float:
    """0 early, 1 late, 2 night; NaN without a start."""
    if np.isnan(start_h):
        return start_h
    if EARLY_FROM_H <= start_h < LATE_FROM_H:
        return 0.0
    return 1.0 if LATE_FROM_H <= start_h < NIGHT_FROM_H else 2.0


@numba.njit(cache=True, nogil=True)
def _read_clock(state: Ints, values: Floats, first: Floats, cosine: Floats, sine: Floats, clock: Floats) -> None:
    """Per week: cosine and sine of the clock at the first start, and the hours of working days."""
    for column in range(DAYS_BACK):
        at, week = state[column], (DAYS_BACK - 1 - column) // 7
        if at < 0:
            continue
        if not np.isnan(first[at]):
            clock[0, week] += cosine[at]
            clock[1, week] += sine[at]
        if not np.isnan(values[at, 0]):
            clock[2, week] += values[at, 0] / 3600


@numba.njit(cache=True, nogil=True)
def _mark_quarters(quarters: Bits, column: int, segments: Ints) -> None:
    """Set the bits of the quarter-hours whose beginning work covers: 48 in each half of a day, and on past midnight."""
    one = np.uint64(1)
    for packed in segments:
        begin = -(-(packed >> 20) // QUARTER_S)
        end = -(-((packed >> 20) + (packed & (2**20 - 1))) // QUARTER_S)
        for half in range(begin // 48, -(-end // 48)):
            if column + half // 2 >= DAYS_BACK:
                break
            low, high = np.uint64(max(begin - 48 * half, 0)), np.uint64(min(end - 48 * half, 48))
            quarters[column + half // 2, half % 2] |= (one << high) - (one << low)


@numba.njit(cache=True, nogil=True)
def _bits(number: np.uint64) -> int:
    """How many bits are set (the usual sums over pairs, nibbles and bytes)."""
    number -= (number >> np.uint64(1)) & np.uint64(0x5555555555555555)
    number = (number & np.uint64(0x3333333333333333)) + ((number >> np.uint64(2)) & np.uint64(0x3333333333333333))
    number = (number + (number >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((number * np.uint64(0x0101010101010101)) >> np.uint64(56))  # type: ignore[return-value]


@numba.njit(cache=True, nogil=True)
def _hours_apart(days: Ints, values: Floats) -> float:
    """Squared distances of the hours of working days from their mean, added up."""
    worked, total = 0, 0.0
    for at in days:
        if at >= 0 and not np.isnan(values[at, _START]):
            worked += 1
            total += 0.0 if np.isnan(values[at, 0]) else values[at, 0] / 3600
    if worked == 0:
        return np.nan
    apart = 0.0
    for at in days:
        if at >= 0 and not np.isnan(values[at, 0]):
            apart += (values[at, 0] / 3600 - total / worked) ** 2
    return apart


@numba.njit(cache=True, nogil=True)
def _median_notice(days: Ints, bounds: Ints, notices: Floats) -> float:
    size = 0
    for at in days:
        if at >= 0:
            size += bounds[at + 1] - bounds[at]
    if size == 0:
        return np.nan
    some, filled = np.empty(size), 0
    for at in days:
        if at >= 0:
            for item in range(bounds[at], bounds[at + 1]):
                some[filled] = notices[item]
                filled += 1
    some.sort()
    return float(some[(size - 1) // 2] + some[size // 2]) / 2
