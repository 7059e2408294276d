"""Agent-day facts become sums over windows: what every signal from contacts is made of.

Dates that lie a whole number of weeks apart share their weeks, so facts are first summed into weeks as each date saw
them, and a window is a few weeks: the last one, 4, 12, and the three blocks of 4 before the last 4. Local SQL, whatever
engine the events were on.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["HISTORY_DAYS", "SLOPE_WEEKS", "WINDOWS", "Sums", "window_sums"]

Floats = npt.NDArray[np.float64]
Sums = dict[str, Floats]

HISTORY_WEEKS = 16
HISTORY_DAYS = 7 * HISTORY_WEEKS
SLOPE_WEEKS = 8
# weeks back from T, half open; "before_n" are the blocks that an agent's own past is made of
WINDOWS: dict[str, tuple[int, int]] = {
    "7": (0, 1), "28": (0, 4), "84": (0, 12), "before_1": (4, 8), "before_2": (8, 12), "before_3": (12, 16),
}  # fmt: skip
_ANSWERS = ("sentiment", "csat", "nps", "resolved", "ces")
_OF_QUEUE = ("log_n", "log_sum", "log_square", "escalated_n", "escalated")
_NOT_SUMS = ("agent_id", "day", "known_on", "queue", "offset_s", "numbers")


def window_sums(
    db: Any, roster: pd.DataFrame, dates: Sequence[date]
) -> tuple[dict[str, Sums], dict[str, pd.DataFrame], dict[str, Floats]]:
    """Sums for every row of the roster.

    Parameters
    ----------
    db
        A DuckDB connection with the tables `increments` and `contact_states`.
    roster
        `as_of`, `agent_id`; rows in their final order. Dates are whole weeks apart.

    Returns
    -------
    sums
        Per window, a column per fact: one value per roster row, NaN where no contact was seen.
    queues
        Per window, the sums per roster `row` and contact queue, for what is compared within a queue.
    weekly
        Mean answer per week and kind, shape (roster rows, 8), the last week first.
    """
    _grid(db, roster, dates)
    names = _week_sums(db)
    _week_states(db)
    rows = len(roster)
    sums: dict[str, Sums] = {name: {} for name in WINDOWS}
    for found in (_summed(db, names), _state_sums(db)):
        number, at = found.pop("_window"), found.pop("_row")
        for position, name in enumerate(WINDOWS):
            inside = np.flatnonzero(number == position)
            for column, values in found.items():
                sums[name][column] = _placed(values[inside], at[inside], rows)
    return sums, _queues(db), _weekly(db, rows)


def _placed(values: npt.NDArray[Any], at: npt.NDArray[np.int64], rows: int) -> Floats:
    out = np.full(rows, np.nan)
    out[at] = np.ma.filled(values.astype("float64"), np.nan)
    return out


def _grid(db: Any, roster: pd.DataFrame, dates: Sequence[date]) -> None:
    """Make `grid` (a roster row, its agent, its date's number) and `spans` (which windows a week back belongs to)."""
    start = pd.Timestamp(dates[0])
    grid = pd.DataFrame(
        {
            "_row": np.arange(len(roster)),
            "agent_id": roster["agent_id"].to_numpy(),
            "i": (pd.to_datetime(roster["as_of"]) - start).dt.days.to_numpy() // 7,
        }
    )
    agents = pd.Index(grid["agent_id"]).unique()
    grid["agent"] = agents.get_indexer(grid.pop("agent_id")).astype("int32")
    known = pd.DataFrame({"agent_id": agents, "agent": np.arange(len(agents), dtype="int32")})
    spans = pd.DataFrame(
        [(week, number) for number, (low, high) in enumerate(WINDOWS.values()) for week in range(low, high)],
        columns=["back", "_window"],
    )
    for name, frame in (("grid", grid), ("spans", spans), ("agents_seen", known)):
        db.register("given", frame)
        db.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM given")
        db.unregister("given")
    db.execute(
        # number of the first date of the grid that comes after a day
        f"CREATE OR REPLACE TEMP MACRO seen(day) AS floor((day - DATE '{start.date()}') / 7.0)::INTEGER + 1"
    )
    last = pd.Timestamp(dates[-1]).date()
    db.execute(
        "CREATE OR REPLACE TEMP MACRO recent(day) AS"
        f" day >= DATE '{start.date()}' - {HISTORY_DAYS} AND day < DATE '{last}'"
    )


def _week_sums(db: Any) -> list[str]:
    """Make `week_sums`: increments summed per agent, week, contact queue and the date that first saw them."""
    names = [row[0] for row in db.execute("DESCRIBE increments").fetchall() if row[0] not in _NOT_SUMS]
    sums = ", ".join(f"sum({name}) AS {name}" for name in names)
    db.execute(
        "CREATE OR REPLACE TEMP TABLE queues AS"
        " SELECT queue, (row_number() OVER (ORDER BY queue))::INTEGER AS number"
        " FROM (SELECT DISTINCT queue FROM increments)"
    )
    db.execute(
        "CREATE OR REPLACE TEMP TABLE week_sums AS SELECT agent, number AS queue, seen(day) AS week,"
        f" seen(greatest(day, known_on)) AS since, {sums} FROM increments JOIN agents_seen USING (agent_id)"
        " JOIN queues q ON q.queue = increments.queue WHERE recent(day) GROUP BY ALL"
    )
    return names


def _week_states(db: Any) -> None:
    """Make `week_states`: states of days gathered per agent, week and the dates that saw them."""
    db.execute(
        """
        CREATE OR REPLACE TEMP TABLE week_states AS
        SELECT agent, seen(day) AS week, seen(greatest(day, known_on)) AS since, seen(superseded_on) AS until,
               sum(busy_s) AS busy_s, sum(union_s) AS union_s, sum(long_stretches) AS long_stretches,
               sum(half_hours) AS half_hours, sum(excess_s) AS excess_s, max(hard_run) AS hard_run, list(gap_s) AS gaps
        FROM contact_states JOIN agents_seen USING (agent_id)
        WHERE recent(day) AND first_s IS NOT NULL AND (superseded_on IS NULL OR since < seen(superseded_on))
        GROUP BY ALL"""
    )


_SEEN = "g.agent = s.agent AND g.i >= s.since AND g.i BETWEEN s.week AND s.week + {weeks} - 1"


def _summed(db: Any, names: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
    sums = ", ".join(f"sum({name}) AS {name}" for name in names)
    found: dict[str, npt.NDArray[Any]] = db.execute(
        f"SELECT _row, _window, {sums} FROM"
        f" (SELECT agent, week, since, {sums} FROM week_sums GROUP BY ALL) s"
        f" JOIN grid g ON {_SEEN.format(weeks=HISTORY_WEEKS)} JOIN spans p ON p.back = g.i - s.week"
        " GROUP BY ALL HAVING sum(contacts) > 0"
    ).fetchnumpy()
    return found


def _state_sums(db: Any) -> dict[str, npt.NDArray[Any]]:
    sums = ", ".join(f"sum({n}) AS {n}" for n in ("busy_s", "union_s", "long_stretches", "half_hours", "excess_s"))
    found: dict[str, npt.NDArray[Any]] = db.execute(
        f"SELECT _row, _window, {sums}, max(hard_run) AS hard_run, list_median(flatten(list(gaps))) AS gap_median"
        f" FROM week_states s JOIN grid g ON {_SEEN.format(weeks=HISTORY_WEEKS)} AND (s.until IS NULL OR g.i < s.until)"
        " JOIN spans p ON p.back = g.i - s.week GROUP BY ALL"
    ).fetchnumpy()
    return found


def _queues(db: Any) -> dict[str, pd.DataFrame]:
    sums = ", ".join(f"sum({name}) AS {name}" for name in _OF_QUEUE)
    found = db.execute(
        f"SELECT _window, _row, any_value(i) AS i, queue, {sums} FROM week_sums s"
        f" JOIN grid g ON {_SEEN.format(weeks=HISTORY_WEEKS)}"
        " JOIN spans p ON p.back = g.i - s.week GROUP BY ALL ORDER BY _window, _row, queue"
    ).fetch_df()
    return {name: found[found["_window"] == number].reset_index(drop=True) for number, name in enumerate(WINDOWS)}


def _weekly(db: Any, rows: int) -> dict[str, Floats]:
    means = ", ".join(
        f"sum({name}) / nullif(sum({name}_n), 0) AS {name}" for name in _ANSWERS
    )  # a week without answers is unknown
    found = db.execute(
        f"SELECT _row, g.i - s.week AS back, {means} FROM week_sums s"
        f" JOIN grid g ON {_SEEN.format(weeks=SLOPE_WEEKS)} GROUP BY ALL"
    ).fetchnumpy()
    weekly = {}
    for name in _ANSWERS:
        out = np.full((rows, SLOPE_WEEKS), np.nan)
        out[found["_row"], found["back"]] = np.ma.filled(found[name].astype("float64"), np.nan)
        weekly[name] = out
    return weekly
