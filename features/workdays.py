"""An agent's working days laid out side by side: rests, runs of days, rotations, and sums of working time.

Every row of the roster gets the last 126 days in a row, as its date saw them, so that what depends on the day before is
plain array arithmetic.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.weeks import WINDOWS

__all__ = ["DAYS_BACK", "WorkDays", "lay_out"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

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


class WorkDays:
    """Working days, one row per roster row and one column per day (126, the oldest first) or week back (18).

    Attributes
    ----------
    weekly : dict of arrays, shape (rows, 18)
        Sums per week back from T of the columns of `SUMS`; NaN where no day has a value.
    start, end : arrays, shape (rows, 126)
        First start and last end of a day's work, UTC seconds; NaN where there is none.
    start_h, hours : arrays, shape (rows, 126)
        The clock at the first start, and the hours worked.
    segments : DataFrame
        `row`, `day` (column), `begin_s`, `length_s` of every stretch of work, from that day's local midnight.
    notices : DataFrame
        `row`, `day`, `notice` in days, one row a shift.
    weekday : array
        0 for Monday.
    """

    def __init__(
        self, weekly: dict[str, Floats], daily: dict[str, Floats], segments: pd.DataFrame, notices: pd.DataFrame,
        weekday: Ints,
    ) -> None:  # fmt: skip
        self.weekly, self.segments, self.notices, self.weekday = weekly, segments, notices, weekday
        self.start, self.end = daily["work_start"], daily["work_end"]
        self.start_h, self.hours = daily["start_h"], daily["worked_s"] / 3600
        self.worked: Flags = ~np.isnan(self.start)

    def window(self, name: str) -> slice:
        """The columns of a window."""
        low, high = WINDOWS[name]
        return slice(DAYS_BACK - 7 * high, DAYS_BACK - 7 * low)

    def weeks(self, column: str, window: str) -> Floats:
        """The sums of a window's weeks, the last week first."""
        low, high = WINDOWS[window]
        return self.weekly[column][:, low:high]

    def total(self, column: str, window: str) -> Floats:
        """Sum over a window; NaN where no day of it has a value."""
        part = self.weeks(column, window)
        return np.where(np.isnan(part).all(axis=1), np.nan, np.nansum(part, axis=1))

    def days(self, window: str) -> Floats:
        """How many working days a window has."""
        low, high = WINDOWS[window]
        found: Floats = self._weeks_of(self.worked)[:, low:high].sum(axis=1)
        return found

    def counted(self, marked: Floats, window: str) -> Floats:
        """How many working days of a window are marked, from marks per week; NaN where none was worked."""
        low, high = WINDOWS[window]
        return np.where(self.days(window) > 0, marked[:, low:high].sum(axis=1), np.nan)

    def _weeks_of(self, marked: Flags) -> Floats:
        """How many days of each week back are marked."""
        weeks: Floats = marked.reshape(len(marked), DAYS_BACK // 7, 7).sum(axis=2, dtype=float)[:, ::-1]
        return weeks

    @cached_property
    def _day_before(self) -> tuple[Floats, Floats]:
        """End and clock at the start of the working day before each day."""
        at = np.where(self.worked, np.arange(DAYS_BACK, dtype=np.int16), np.int16(-1))
        last = np.maximum.accumulate(at, axis=1)
        before = np.concatenate([np.full((len(at), 1), -1, np.int16), last[:, :-1]], axis=1)
        found = [np.take_along_axis(values, np.maximum(before, 0), axis=1) for values in (self.end, self.start_h)]
        return np.where(before >= 0, found[0], np.nan), np.where(before >= 0, found[1], np.nan)

    @cached_property
    def quick_returns(self) -> Floats:
        """Days per week that begin less than 11 hours after the working day before ended."""
        rest_h = (self.start - self._day_before[0]) / 3600
        return self._weeks_of((rest_h >= SAME_SHIFT_H) & (rest_h < QUICK_RETURN_H))

    @cached_property
    def backward_rotations(self) -> Floats:
        """Days per week whose shift class is earlier than that of the working day before."""
        return self._weeks_of(_shift_class(self.start_h) < _shift_class(self._day_before[1]))

    @cached_property
    def weekends(self) -> Floats:
        """Working days per week that are Saturdays or Sundays."""
        return self._weeks_of(self.worked & (self.weekday >= 5))

    @cached_property
    def run_lengths(self) -> Floats:
        """The longest run of working days that a day of each week back ends."""
        columns = np.arange(DAYS_BACK, dtype=np.int16)
        last_off = np.maximum.accumulate(np.where(self.worked, np.int16(-1), columns), axis=1)
        runs = np.where(self.worked, columns - last_off, 0)
        longest: Floats = runs.reshape(len(runs), DAYS_BACK // 7, 7).max(axis=2)[:, ::-1].astype(float)
        return longest

    @cached_property
    def split(self) -> Floats:
        """Days per week with a gap of two hours or more between two stretches of work."""
        part = self.segments[self.segments.duplicated(["row", "day"], keep=False)]
        end = (part["begin_s"] + part["length_s"]).groupby([part["row"], part["day"]]).cummax()
        same = (part["row"] == part["row"].shift()) & (part["day"] == part["day"].shift())
        gap = same & (part["begin_s"] - end.shift() >= SAME_SHIFT_H * 3600)
        marked = np.zeros(self.worked.shape, dtype=bool)
        marked[part["row"][gap], part["day"][gap]] = True
        return self._weeks_of(marked)

    def regularity(self, window: str) -> Floats:
        """100 (2 mean[s(t) = s(t + 168 h)] - 1) over the quarter-hours of 28 days; NaN without work in each week."""
        at_work = self._quarters
        columns = self.window(window)
        early = at_work[:, columns.start : columns.stop - 7]
        late = at_work[:, columns.start + 7 : columns.stop]
        differ = np.bitwise_count(early ^ late).sum(axis=(1, 2), dtype=np.int64)
        same = 1 - differ / (21 * QUARTERS)
        in_each = np.any(self.worked[:, columns].reshape(len(self.worked), 4, 7), axis=2)
        return np.where(np.all(in_each, axis=1), 100 * (2 * same - 1), np.nan)

    @cached_property
    def _quarters(self) -> npt.NDArray[np.uint64]:
        """Bits of the quarter-hours at work: shape (rows, days, 2), 48 bits each."""
        bits = np.zeros((*self.worked.shape, 2), dtype=np.uint64)
        begin = -(-self.segments["begin_s"].to_numpy() // QUARTER_S)
        end = -(-(self.segments["begin_s"] + self.segments["length_s"]).to_numpy() // QUARTER_S)
        row, day = self.segments["row"].to_numpy(), self.segments["day"].to_numpy()
        one = np.uint64(1)
        for half in range(int(end.max(initial=0)) // 48 + 1):  # work that runs on past midnight is on the next days
            some = np.flatnonzero((end > 48 * half) & (begin < 48 * half + 48) & (day + half // 2 < DAYS_BACK))
            low, high = (np.clip(times[some] - 48 * half, 0, 48).astype(np.uint64) for times in (begin, end))
            np.bitwise_or.at(bits[:, :, half % 2], (row[some], day[some] + half // 2), (one << high) - (one << low))
        return bits

    def median_notice(self, window: str) -> Floats:
        """Median notice of the shifts of a window, in days."""
        columns = self.window(window)
        part = self.notices[(self.notices["day"] >= columns.start) & (self.notices["day"] < columns.stop)]
        out = np.full(len(self.worked), np.nan)
        middle = part.groupby("row")["notice"].median()
        out[middle.index.to_numpy()] = middle.to_numpy()
        return out


def _shift_class(start_h: Floats) -> Floats:
    """0 early, 1 late, 2 night; NaN without a start."""
    early = (start_h >= EARLY_FROM_H) & (start_h < LATE_FROM_H)
    late = (start_h >= LATE_FROM_H) & (start_h < NIGHT_FROM_H)
    return np.where(np.isnan(start_h), np.nan, np.where(early, 0.0, np.where(late, 1.0, 2.0)))


@dataclass(frozen=True)
class Seen:
    """Which states of days the roster saw: state `at[j]` lies in row `row[j]` and day `column[j]`."""

    row: Ints
    column: Ints
    at: Ints

    def per_week(self, values: Floats, rows: int) -> Floats:
        """Sums per roster row and week back; NaN where nothing is known."""
        known = ~np.isnan(values)
        cell = (self.row * WEEKS_BACK + (DAYS_BACK - 1 - self.column) // 7)[known]
        sums = np.bincount(cell, values[known], rows * WEEKS_BACK)
        counts = np.bincount(cell, minlength=rows * WEEKS_BACK)
        return np.where(counts > 0, sums, np.nan).reshape(rows, WEEKS_BACK)

    def items(self, lists: Any) -> tuple[Ints, Ints, npt.NDArray[Any]]:
        """Row, day and value of every item of a list column of the states."""
        lists = lists.combine_chunks()
        sizes = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False).astype(np.int64)
        flat = pc.list_flatten(lists).to_numpy(zero_copy_only=False)
        first, size = (np.cumsum(sizes) - sizes)[self.at], sizes[self.at]
        item = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size) + np.repeat(first, size)
        return np.repeat(self.row, size), np.repeat(self.column, size), flat[item]


def lay_out(roster: pd.DataFrame, work: pa.Table, rows: Flags | None = None) -> WorkDays:
    """Lay the days of work out for every row of the roster.

    Parameters
    ----------
    roster
        `as_of`, `agent_id`, in their final order.
    work
        States of agent-days: `agent_id`, `day`, `known_on`, `superseded_on`, the columns of `SUMS` where known,
        `work_start`, `work_end`, `segments`, `notices`. With a column `stands_in`, its rows count for those roster
        rows alone that are not in `rows`.
    """
    seen = _seen(roster, work, rows)
    weekly = {name: seen.per_week(_column(work, name)[seen.at], len(roster)) for name in SUMS}
    daily = {
        name: np.full((len(roster), DAYS_BACK), np.nan) for name in ("work_start", "work_end", "worked_s", "start_h")
    }
    for name in ("work_start", "work_end", "worked_s"):
        daily[name][seen.row, seen.column] = _column(work, name)[seen.at]
    row, day, packed = seen.items(work.column("segments"))
    packed = packed.astype(np.int64)
    order = np.argsort((row * DAYS_BACK + day) << 40 | packed, kind="stable")
    row, day, packed = row[order], day[order], packed[order]
    segments = pd.DataFrame({"row": row, "day": day, "begin_s": packed >> 20, "length_s": packed & (2**20 - 1)})
    first = np.append(True, (np.diff(row) != 0) | (np.diff(day) != 0))[: len(row)]
    daily["start_h"][row[first], day[first]] = (packed[first] >> 20) / 3600
    row, day, notice = seen.items(work.column("notices"))
    notices = pd.DataFrame({"row": row, "day": day, "notice": notice.astype("float64")})
    dates = pd.to_datetime(roster["as_of"]).to_numpy().astype("datetime64[D]").astype(np.int64)
    weekday = (dates[:, None] - DAYS_BACK + np.arange(DAYS_BACK) + 3) % 7  # 1970-01-01 was a Thursday
    return WorkDays(weekly, daily, segments, notices, weekday)


def _column(work: pa.Table, name: str) -> Floats:
    """A column of the states; all unknown where there is none."""
    if name not in work.column_names:
        return np.full(work.num_rows, np.nan)
    return work.column(name).to_numpy().astype("float64")  # type: ignore[no-any-return]


def _seen(roster: pd.DataFrame, work: pa.Table, from_shifts: Flags | None) -> Seen:
    """The state of every day that each roster row saw."""
    day, known, gone = (_number(work.column(name)) for name in ("day", "known_on", "superseded_on"))
    agents = pd.Index(roster["agent_id"]).append(pd.Index(work.column("agent_id").to_pandas()))
    codes = agents.factorize()[0]
    of_roster, of_work = codes[: len(roster)], codes[len(roster) :]
    stands_in = work.column("stands_in").to_numpy() if "stands_in" in work.column_names else np.zeros(len(day), bool)
    found = []
    for as_of, rows in pd.Series(np.arange(len(roster))).groupby(roster["as_of"].to_numpy()):
        date = int(pd.Timestamp(as_of).to_datetime64().astype("datetime64[D]").astype(np.int64))  # type: ignore[arg-type]
        at = np.flatnonzero((day < date) & (day >= date - DAYS_BACK) & (known < date) & (gone >= date))
        if from_shifts is not None:
            at = at[stands_in[at] != from_shifts[rows.iloc[0]]]
        where = np.full(codes.max(initial=0) + 1, -1)
        where[of_roster[rows.to_numpy()]] = rows.to_numpy()
        row = where[of_work[at]]
        at, row = at[row >= 0], row[row >= 0]
        found.append((row, day[at] - date + DAYS_BACK, at))
    nothing = np.array([], dtype=np.int64)
    return (
        Seen(*(np.concatenate([nothing, *part]) for part in zip(*found, strict=True)))
        if found
        else Seen(*3 * [nothing])
    )


def _number(dates: pa.ChunkedArray) -> Ints:
    """Days since 1970; a missing date is far in the future."""
    numbers = pc.fill_null(dates.cast(pa.date32()).cast(pa.int32()), 10**9)
    return numbers.to_numpy().astype(np.int64)  # type: ignore[no-any-return]
