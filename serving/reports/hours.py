"""When somebody worked: days with their hours on the clock there, rests between them, and the hours of a week."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.home import Home
from serving.reports.charts import CalendarDay

__all__ = ["SHORT_REST", "Hours", "hours_of"]

SHORT_REST, SPLIT = 11.0, 2.0  # hours: as the signal of rests counts them (docs/catalog.md)
_COLUMNS = ["shift_id", "day", "actual_start", "actual_end", "utc_offset_s", "cancelled", "recorded_at"]


class Hours(NamedTuple):
    """The weeks before a date, from a Monday on.

    `week` has, for each day from Monday and each hour, the share of the weeks in which there was work.
    """

    first: date
    weeks: int
    days: list[CalendarDay]
    short_rests: list[float]
    week: list[list[float]]


def hours_of(home: Home, agent: str, until: date, weeks: int = 8) -> Hours | None:
    """The hours of somebody before a date, by what was known on it; None where no work of theirs is on record."""
    monday = until - timedelta(days=until.weekday() + 7 * weeks)
    shifts = _worked(home, agent, monday, until)
    if shifts.empty:
        return None
    days = shifts.groupby("day").agg(start=("start", "min"), end=("end", "max")).sort_index()
    rests = (days["start"] - days["end"].shift()).dt.total_seconds() / 3600
    found = [
        CalendarDay(day, f"{start:%H:%M}", f"{end:%H:%M}", None if pd.isna(rest) else float(rest))
        for day, start, end, rest in zip(days.index.tolist(), days["start"], days["end"], rests, strict=True)
    ]
    short = [float(rest) for rest in rests if SPLIT <= rest < SHORT_REST]
    whole = -(-(until - monday).days // 7)
    return Hours(monday, whole, found, short, _week(shifts, monday, whole))


def _worked(home: Home, agent: str, since: date, until: date) -> pd.DataFrame:
    """The newest version known of every shift that was worked, with its day and its ends on the clock there."""
    mine = (pc.field("agent_id") == agent) & (pc.field("day") >= since) & (pc.field("day") < until)
    parts = [pq.read_table(path, columns=_COLUMNS, filters=mine).to_pandas() for path in home.batches("shifts")]
    if not parts:
        return pd.DataFrame()
    rows = pd.concat(parts, ignore_index=True)
    rows = rows[rows["recorded_at"] < pd.Timestamp(until)].sort_values("recorded_at")
    rows = rows.groupby("shift_id").tail(1)
    rows = rows[rows["actual_start"].notna() & rows["actual_end"].notna() & ~(rows["cancelled"] == True)]  # noqa: E712 - null is no
    offset = pd.to_timedelta(rows["utc_offset_s"], unit="s")
    days = pd.to_datetime(rows["day"]).dt.date
    found: pd.DataFrame = rows.assign(start=rows["actual_start"] + offset, end=rows["actual_end"] + offset, day=days)
    return found


def _week(shifts: pd.DataFrame, monday: date, weeks: int) -> list[list[float]]:
    seen: set[tuple[int, int, int]] = set()
    for start, end in zip(shifts["start"], shifts["end"], strict=True):
        hour = start.floor("h")
        while hour < end:
            days = (hour.to_pydatetime() - datetime.combine(monday, datetime.min.time())).days
            seen.add((days // 7, days % 7, hour.hour))
            hour += timedelta(hours=1)
    counts = pd.Series([(day, hour) for week, day, hour in seen if 0 <= week < weeks]).value_counts()
    return [[float(counts.get((day, hour), 0)) / weeks for hour in range(24)] for day in range(7)]
