"""Who gives or gets notice in a week, by which cause, and how the exit is recorded."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.simulation.people import agent_ids

__all__ = ["STAYS", "draw_exits", "exit_rows", "recorded_exits"]

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

STAYS = "stays"
CAUSES = ("voluntary", "involuntary", "transfer")
LATE, LATE_DAYS = 0.05, (3, 20)
CORRECTED, CORRECTED_DAYS = 0.05, (7, 30)


def draw_exits(rng: np.random.Generator, hazards: dict[str, Floats]) -> npt.NDArray[np.str_]:
    """One cause per person, or `STAYS`; `hazards` are weekly probabilities by cause, which add up to at most 1."""
    upper = np.cumsum([hazards[cause] for cause in CAUSES], axis=0)
    draw = rng.random(upper.shape[1])
    found: npt.NDArray[np.str_] = np.array([*CAUSES, STAYS])[(draw >= upper).sum(axis=0)]
    return found


def exit_rows(
    rng: np.random.Generator, week: int, monday: pd.Timestamp, who: Numbers, kind: npt.NDArray[np.str_]
) -> tuple[Numbers, pd.DataFrame]:
    """The last week of each leaver, and what happened; who quits works two to four weeks more."""
    n = len(who)
    stays = np.where(kind == "voluntary", rng.integers(2, 5, n), rng.integers(0, 2, n))
    notice = monday + pd.to_timedelta(rng.integers(0, 5, n), unit="D")
    last_day = monday + pd.to_timedelta(6 + 7 * stays, unit="D")
    rows = pd.DataFrame({"agent_id": agent_ids(who), "notice_on": notice, "last_day": last_day, "kind": kind})
    return week + stays, rows


def recorded_exits(rng: np.random.Generator, rows: pd.DataFrame) -> pd.DataFrame:
    """The `exits` table: known the day after notice, some weeks later, some first with another kind or last day."""
    n = len(rows)
    delay = np.where(rng.random(n) < LATE, rng.integers(*LATE_DAYS, n), 1)
    rows = rows.assign(recorded_at=rows["notice_on"] + pd.to_timedelta(delay * 24 + 10, unit="h"))
    wrong = rng.random(n) < CORRECTED
    kind = rng.random(n) < 0.5
    first = rows.assign(
        kind=rows["kind"].where(~kind, "other"),
        last_day=rows["last_day"].where(kind, rows["last_day"] + pd.Timedelta(days=7)),
    )[wrong]
    after = pd.to_timedelta(rng.integers(*CORRECTED_DAYS, n) * wrong, unit="D")
    right = rows.assign(recorded_at=rows["recorded_at"] + after)
    found = pd.concat([right, first]).sort_values(["notice_on", "agent_id", "recorded_at"], ignore_index=True)
    return found.assign(notice_on=found["notice_on"].dt.date, last_day=found["last_day"].dt.date)
