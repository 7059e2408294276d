"""Shifts, drawn from what the week was like for the agent: published, some moved late, worked or missed."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.simulation.teams import QUEUES, SITES, Teams

__all__ = ["SHIFT_S", "draw_shifts"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SHIFT_S, BREAK_S = 29_520, 45 * 60
# team pattern -> usual local start, hours
STARTS = (8.0, 9.0, 13.0, 7.0)
MOVED_BY_H = (-4.0, -2.0, 2.0, 4.0, 6.0)
_OF_WEEK = (
    "agent_id", "team", "monday", "away", "load", "schedule", "breaks", "escalation", "abuse", "exhaustion",
    "performance",
)  # fmt: skip


def draw_shifts(rng: np.random.Generator, weeks: pd.DataFrame, end: pd.Timestamp) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Versions of every shift (the `shifts` table), and the shifts that were worked, with the week's conditions."""
    shifts = _working_days(rng, weeks, end)
    n, wild = len(shifts), _wild(shifts["schedule"].to_numpy())
    begin = _to_utc(local := shifts["date"] + _local_start(rng, shifts, wild), shifts["timezone"])
    load, breaks = shifts["load"].to_numpy(), shifts["breaks"].to_numpy()
    missed = np.clip(rng.normal(0.15 + 0.06 * load - 0.08 * breaks, 0.15), 0, 0.9)
    shifts = shifts.assign(
        shift_id=[f"S{number:07d}" for number in range(n)],
        scheduled_start=begin,
        scheduled_end=begin + pd.Timedelta(seconds=SHIFT_S),
        utc_offset_s=(local - begin).dt.total_seconds().astype("int64"),
        extra_s=np.maximum(rng.normal(600 * load, 1500), 0).round(),
        break_taken_s=np.round(BREAK_S * (1 - missed)),
        aux_s=np.round(rng.uniform(600, 2400, n)),
        remote=rng.random(n) < 0.35,
    )
    versions = _versions(rng, shifts, rng.random(n) < 0.35 * wild)
    return versions, shifts[~shifts["away"]].reset_index(drop=True)


def _wild(schedule: Floats) -> Floats:
    """How irregular the days are, 0 to 1."""
    found: Floats = 1 / (1 + np.exp(-1.3 * schedule + 0.8))
    return found


def _working_days(rng: np.random.Generator, weeks: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    """Five days a week for everyone on the job; weekend work where the schedule is irregular."""
    score = rng.random((len(weeks), 7))
    weekend = rng.random(len(weeks)) < 1 / (1 + np.exp(1.2 - 0.9 * weeks["schedule"].to_numpy()))
    score[:, 5:] += np.where(weekend, 0.0, 2.0)[:, None]
    row, day = np.nonzero(score <= np.sort(score, axis=1)[:, 4:5])
    out = weeks[list(_OF_WEEK)].iloc[row].reset_index(drop=True)
    out["date"] = out.pop("monday") + pd.to_timedelta(day, unit="D")
    out["away"] = (out["away"].to_numpy() >> day) & 1 == 1
    team = out["team"].to_numpy()
    out["timezone"] = pd.Categorical.from_codes(Teams.site(team), pd.Index([zone for _, zone in SITES]))
    out["queue"] = pd.Categorical.from_codes(Teams.queue(team), pd.Index(QUEUES))
    return out[out["date"] < end].reset_index(drop=True)


def _local_start(rng: np.random.Generator, shifts: pd.DataFrame, wild: Floats) -> pd.Series:
    """Time since midnight, in quarter hours: the team's usual start, or hours away from it."""
    n, usual = len(shifts), np.array(STARTS)[(shifts["team"].to_numpy() // 2) % len(STARTS)]
    swing = np.where(rng.random(n) < 0.75 * wild, rng.choice(MOVED_BY_H, n), rng.normal(0, 0.2, n))
    hour = np.clip(np.round((usual + swing) * 4) / 4, 5, 19)
    return pd.Series(pd.to_timedelta((hour * 3600).astype("int64"), unit="s"))


def _versions(rng: np.random.Generator, shifts: pd.DataFrame, changed: Flags) -> pd.DataFrame:
    """Published two to three weeks ahead; some moved late; the version with actual times comes at the shift's end."""
    columns = ["shift_id", "agent_id", "scheduled_start", "scheduled_end", "utc_offset_s", "remote"]
    base = shifts[columns].assign(break_entitled_s=float(BREAK_S), cancelled=False)
    ahead = pd.to_timedelta(rng.integers(14, 22, len(shifts)), unit="D")
    first_told = base["scheduled_start"].dt.normalize() - ahead
    first = base.assign(published_at=first_told, recorded_at=first_told)
    late_told = base["scheduled_start"] - pd.to_timedelta(rng.integers(72_000, 504_000, len(shifts)), unit="s")
    shift_by = pd.to_timedelta(rng.choice([-3, -2, 2, 3], len(shifts)), unit="h")
    first.loc[changed, "scheduled_start"] += shift_by[changed]
    first.loc[changed, "scheduled_end"] += shift_by[changed]
    moved = base[changed].assign(published_at=late_told[changed], recorded_at=late_told[changed])
    done = base.assign(
        published_at=np.where(changed, late_told, first_told),
        actual_start=base["scheduled_start"],
        actual_end=base["scheduled_end"] + pd.to_timedelta(shifts["extra_s"], unit="s"),
        break_taken_s=shifts["break_taken_s"],
        aux_s=shifts["aux_s"],
    )[~shifts["away"]]
    done["recorded_at"] = done["actual_end"]
    return pd.concat([first, moved, done], ignore_index=True)


def _to_utc(local: pd.Series, zone: pd.Series) -> pd.Series:
    """Local wall time to UTC, zone by zone; a time that a clock change skips moves forward."""
    parts = [
        times.dt.tz_localize(str(name), ambiguous=False, nonexistent="shift_forward").dt.tz_convert("UTC")
        for name, times in local.groupby(zone, observed=True)
    ]
    utc: pd.Series = pd.concat(parts).sort_index().dt.tz_localize(None)
    return utc
