"""The `agents` table: a row at every hire, move and change of manager; some recorded late, some corrected."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.simulation.people import People, agent_ids
from features.simulation.teams import QUEUES, SITES, Teams

__all__ = ["posts", "recorded"]

Numbers = npt.NDArray[np.int64]

LATE, LATEST_DAYS = 0.06, 10
CORRECTED, CORRECTED_DAYS = 0.05, (5, 40)


def posts(
    who: Numbers, team: Numbers, teams: Teams, people: People, start: pd.Timestamp, monday: pd.Timestamp
) -> pd.DataFrame:
    """Posts that begin on a Monday, at midnight of the site, as they really are."""
    site = Teams.site(team)
    midnight = np.array([monday.tz_localize(zone).tz_convert("UTC").tz_localize(None) for _, zone in SITES])[site]
    return pd.DataFrame(
        {
            "agent_id": agent_ids(who),
            "valid_from": pd.to_datetime(midnight),
            "team_id": [f"T{number:02d}" for number in team],
            "manager_id": [f"M{number:02d}" for number in teams.manager[team]],
            "site_id": np.array([name for name, _ in SITES])[site],
            "timezone": np.array([zone for _, zone in SITES])[site],
            "queue": np.array(QUEUES)[Teams.queue(team)],
            "employment_type": "full-time",
            "contracted_h_week": 38.5,
            "hire_date": (start + pd.to_timedelta(people.hired_on[who], unit="D")).date,
            "pay_ratio": np.exp(people.log_pay[who]).round(3),
        }
    )


def recorded(rng: np.random.Generator, rows: pd.DataFrame, start: pd.Timestamp) -> pd.DataFrame:
    """The rows as the records of HR show them: what is there from the first day was known by then."""
    later = (rows["valid_from"] > start + pd.Timedelta(days=3)).to_numpy()
    late = later & (rng.random(len(rows)) < LATE)
    delay = np.where(late, rng.uniform(0, LATEST_DAYS * 86_400, len(rows)), 0).round()
    rows = rows.assign(recorded_at=rows["valid_from"] + pd.to_timedelta(delay, unit="s"))
    wrong = later & (rng.random(len(rows)) < CORRECTED)
    first = rows[wrong]
    back = pd.to_timedelta(rng.integers(7, 31, len(first)), unit="D")
    first = first.assign(
        hire_date=(pd.to_datetime(first["hire_date"]) - back).dt.date,
        pay_ratio=(first["pay_ratio"] * rng.choice([0.9, 1.1], len(first))).round(3),
    )
    after = pd.to_timedelta(rng.uniform(*CORRECTED_DAYS, len(rows)) * wrong, unit="D").round("s")
    right = rows.assign(recorded_at=rows["recorded_at"] + after)
    return pd.concat([right, first]).sort_values(["valid_from", "agent_id", "recorded_at"], ignore_index=True)
