"""Days away, which are also days of rest, and talks with the team lead."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.simulation.conditions import season
from features.simulation.people import agent_ids

__all__ = ["away", "check_ins", "corrected_absences", "days_off"]

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

SICK, SICK_PER_EXHAUSTION, SICK_MOST = 0.015, 0.50, 0.25
HOLIDAY, HOLIDAY_SWING, HOLIDAY_PEAK = 0.09, 0.5, 205
EXTENDED = 0.06
_WEEKDAYS = 0b11111


def away(
    rng: np.random.Generator, monday: pd.Timestamp, who: Numbers, exhaustion: Floats
) -> tuple[Numbers, pd.DataFrame]:
    """Days missed this week as bits from Monday on, and the rows of the `absences` table.

    Unplanned spells follow the exhaustion that the agent brings into the week; holidays follow the season.
    """
    n = len(who)
    sick = rng.random(n) < np.minimum(SICK * np.exp(SICK_PER_EXHAUSTION * exhaustion), SICK_MOST)
    holiday = rng.random(n) < HOLIDAY * (1 + HOLIDAY_SWING * season(monday, HOLIDAY_PEAK))
    begin = np.where(holiday, 0, rng.integers(0, 5, n))
    until = np.where(holiday, 6, np.minimum(begin + rng.integers(0, 3, n), 6))
    missed = sick | holiday
    bits = np.where(missed, (1 << (until + 1)) - (1 << begin), 0)
    first = (monday + pd.to_timedelta(begin, unit="D"))[missed]
    known = np.where(holiday[missed], first - pd.Timedelta(days=21), first + pd.Timedelta(hours=9))
    rows = pd.DataFrame(
        {
            "agent_id": agent_ids(who[missed]),
            "start_on": first,
            "end_on": (monday + pd.to_timedelta(until, unit="D"))[missed],
            "planned": holiday[missed],
            "recorded_at": known,
        }
    )
    return bits, rows


def corrected_absences(rng: np.random.Generator, rows: pd.DataFrame) -> pd.DataFrame:
    """Some spells were first recorded as one day, and the rest when it was over."""
    longer = (~rows["planned"] & (rows["end_on"] > rows["start_on"])).to_numpy()
    extended = longer & (rng.random(len(rows)) < EXTENDED)
    first = rows[extended].assign(end_on=rows["start_on"][extended])
    rows = rows.assign(recorded_at=rows["recorded_at"].where(~extended, rows["end_on"] + pd.Timedelta(days=1, hours=9)))
    rows = pd.concat([rows, first]).sort_values(["start_on", "agent_id", "recorded_at"], ignore_index=True)
    return rows.assign(start_on=rows["start_on"].dt.date, end_on=rows["end_on"].dt.date)


def days_off(bits: Numbers) -> Floats:
    """Share of the five weekdays that were missed."""
    found: Floats = np.bitwise_count(bits & _WEEKDAYS) / 5
    return found


def check_ins(rng: np.random.Generator, monday: pd.Timestamp, who: Numbers, support: Floats) -> pd.DataFrame:
    """Team leads who support more talk more often: weekly at best, every two months at worst."""
    held = rng.random(len(who)) < 1 / (1 + np.exp(1.1 - 0.9 * support))
    moment = rng.integers(0, 5, len(who)) * 86_400 + rng.integers(36_000, 54_000, len(who))
    return pd.DataFrame({"agent_id": agent_ids(who[held]), "held_at": monday + pd.to_timedelta(moment[held], unit="s")})
