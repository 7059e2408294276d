"""Shifts and contacts, drawn from what the week was like for the agent."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.simulation.weeks import QUEUES, Lives

__all__ = ["draw_contacts", "draw_shifts"]

Floats = npt.NDArray[np.float64]

SHIFT_S, BREAK_S = 29_520, 45 * 60
HANDLE_MEAN_S = {"billing": 620, "technical": 900, "orders": 540, "retention": 760}
TONE = {"billing": -0.12, "technical": -0.05, "orders": 0.12, "retention": -0.2}
CHANNELS, CHANNEL_SHARE = np.array(["voice", "chat", "email"]), (0.6, 0.25, 0.15)
LATE_RECORDS, CORRECTIONS = 0.02, 0.003
# team pattern -> usual local start, hours
STARTS = (8.0, 9.0, 13.0, 7.0)


def draw_shifts(rng: np.random.Generator, lives: Lives) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Versions of every shift (the `shifts` table), and the shifts that were worked, with the week's conditions."""
    days = _working_days(rng, lives)
    zones = lives.tables["agents"].set_index("agent_id")[["timezone", "queue", "team_id"]]
    days = days.join(zones, on="agent_id")
    wild = 1 / (1 + np.exp(-1.3 * days["schedule"].to_numpy() + 0.8))
    n = len(days)
    usual = np.array(STARTS)[(days["team"].to_numpy() // 2) % len(STARTS)]
    swing = np.where(rng.random(n) < 0.75 * wild, rng.choice([-4.0, -2.0, 2.0, 4.0, 6.0], n), rng.normal(0, 0.2, n))
    hour = np.clip(np.round((usual + swing) * 4) / 4, 5, 19)
    local = days["date"] + pd.to_timedelta((hour * 3600).astype("int64"), unit="s")
    start = _to_utc(local, days["timezone"])
    changed = rng.random(n) < 0.35 * wild
    days = days.assign(
        shift_id=[f"S{number:07d}" for number in range(n)],
        scheduled_start=start,
        scheduled_end=start + pd.Timedelta(seconds=SHIFT_S),
        utc_offset_s=(local - start).dt.total_seconds().astype("int64"),
        extra_s=np.maximum(rng.normal(600 * days["load"], 1500), 0).round(),
        break_taken_s=np.round(BREAK_S * (1 - np.clip(rng.normal(0.12 + 0.1 * days["load"], 0.15), 0, 0.9))),
        aux_s=np.round(rng.uniform(600, 2400, n)),
        remote=rng.random(n) < 0.35,
    )
    versions = _versions(rng, days, changed)
    worked = days[~days["away"]].reset_index(drop=True)
    return versions, worked


def _working_days(rng: np.random.Generator, lives: Lives) -> pd.DataFrame:
    """Five days a week for everyone on the job; weekend work where the schedule is irregular."""
    weeks = lives.weeks
    score = rng.random((len(weeks), 7))
    weekend = rng.random(len(weeks)) < 1 / (1 + np.exp(1.2 - 0.9 * weeks["schedule"].to_numpy()))
    score[:, 5:] += np.where(weekend, 0.0, 2.0)[:, None]
    chosen = score <= np.sort(score, axis=1)[:, 4:5]
    row, day = np.nonzero(chosen)
    out = weeks.iloc[row].reset_index(drop=True)
    out["date"] = out["monday"] + pd.to_timedelta(day, unit="D")
    out["away"] = (out["absent"].to_numpy() >> day) & 1 == 1
    return out[out["date"] < lives.start + pd.Timedelta(days=lives.days)].reset_index(drop=True)


def _versions(rng: np.random.Generator, days: pd.DataFrame, changed: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Published two to three weeks ahead; some moved late; the version with actual times comes at the shift's end."""
    columns = ["shift_id", "agent_id", "scheduled_start", "scheduled_end", "utc_offset_s", "remote"]
    base = days[columns].assign(break_entitled_s=float(BREAK_S), cancelled=False)
    first_told = base["scheduled_start"].dt.normalize() - pd.to_timedelta(rng.integers(14, 22, len(days)), unit="D")
    first = base.assign(published_at=first_told, recorded_at=first_told)
    late_told = base["scheduled_start"] - pd.to_timedelta(rng.integers(72_000, 504_000, len(days)), unit="s")
    shift_by = pd.to_timedelta(rng.choice([-3, -2, 2, 3], len(days)), unit="h")
    first.loc[changed, "scheduled_start"] += shift_by[changed]
    first.loc[changed, "scheduled_end"] += shift_by[changed]
    moved = base[changed].assign(published_at=late_told[changed], recorded_at=late_told[changed])
    done = base.assign(
        published_at=np.where(changed, late_told, first_told),
        actual_start=base["scheduled_start"],
        actual_end=base["scheduled_end"] + pd.to_timedelta(days["extra_s"], unit="s"),
        break_taken_s=days["break_taken_s"],
        aux_s=days["aux_s"],
    )[~days["away"]]
    done["recorded_at"] = done["actual_end"]
    return pd.concat([first, moved, done], ignore_index=True)


def _to_utc(local: pd.Series, zone: pd.Series) -> pd.Series:
    """Local wall time to UTC, zone by zone; a time that a clock change skips moves forward."""
    parts = [
        times.dt.tz_localize(str(name), ambiguous=False, nonexistent="shift_forward").dt.tz_convert("UTC")
        for name, times in local.groupby(zone)
    ]
    utc: pd.Series = pd.concat(parts).sort_index().dt.tz_localize(None)
    return utc


def draw_contacts(rng: np.random.Generator, shifts: pd.DataFrame, first_id: int) -> pd.DataFrame:
    """Contacts of some worked shifts: one after another, with gaps, within the logged time."""
    logged = (SHIFT_S + shifts["extra_s"] - shifts["break_taken_s"] - shifts["aux_s"]).to_numpy()
    per_hour = 3.0 * np.exp(0.10 * shifts["load"].to_numpy())
    size = HANDLE_MEAN_S["billing"] / shifts["queue"].map(HANDLE_MEAN_S).to_numpy()
    counts = np.maximum(rng.poisson(per_hour * size * logged / 3600), 1)
    rows = shifts.loc[shifts.index.repeat(counts)].reset_index(drop=True)
    shift = np.repeat(np.arange(len(shifts)), counts)
    talk, hold, acw, started = _timeline(rng, rows, shift, counts, logged)
    start = rows["scheduled_start"] + pd.to_timedelta(started.round(), unit="s")
    out = pd.DataFrame(
        {
            "contact_id": [f"C{number:08d}" for number in range(first_id, first_id + len(rows))],
            "agent_id": rows["agent_id"],
            "queue": np.where(rng.random(len(rows)) < 0.92, rows["queue"], rng.choice(QUEUES, len(rows))),
            "channel": rng.choice(CHANNELS, len(rows), p=CHANNEL_SHARE),
            "started_at": start,
            "ended_at": start + pd.to_timedelta((talk + hold).round(), unit="s"),
            "talk_s": talk.round(),
            "hold_s": hold.round(),
            "acw_s": acw.round(),
            **_outcomes(rng, rows),
        }
    )
    out["utc_offset_s"] = _offset(out["started_at"], rows["timezone"])
    late = rng.random(len(out)) < LATE_RECORDS
    delay = np.where(late, rng.uniform(3_600, 3 * 86_400, len(out)), 0.0)
    out["recorded_at"] = out["ended_at"] + pd.to_timedelta(delay.round(), unit="s")
    return pd.concat([out, _corrections(rng, out)], ignore_index=True)


def _timeline(
    rng: np.random.Generator, rows: pd.DataFrame, shift: npt.NDArray[np.int64], counts: npt.NDArray[np.int64],
    logged: Floats,
) -> tuple[Floats, Floats, Floats, Floats]:  # fmt: skip
    """Talk, hold and after-call seconds, and the start within the shift; contacts of a shift do not overlap."""
    mean = rows["queue"].map(HANDLE_MEAN_S).to_numpy() * np.exp(0.015 * rows["exhaustion"].to_numpy())
    handle = mean * np.exp(rng.normal(-0.18, 0.6, len(rows)))
    total = np.bincount(shift, handle)
    handle *= np.minimum(1.0, 0.97 * logged / total)[shift]
    gaps = rng.exponential(1.0, len(rows))
    idle = logged - np.bincount(shift, handle)
    gaps *= (idle / np.bincount(shift, gaps))[shift]
    before = np.cumsum(gaps + handle) - handle
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    started = before - np.repeat((before - gaps)[first], counts)
    hold, acw = rng.uniform(0, 0.1, len(rows)) * handle, rng.uniform(0.05, 0.25, len(rows)) * handle
    return handle - hold - acw, hold, acw, started


def _outcomes(rng: np.random.Generator, rows: pd.DataFrame) -> dict[str, npt.NDArray[np.generic]]:
    """What became of each contact: escalation and abuse follow the week's conditions, tone follows both."""
    n, exhaustion = len(rows), rows["exhaustion"].to_numpy()
    escalated = _chance(rng, -2.6 + 0.45 * rows["escalation"].to_numpy() + 0.05 * exhaustion)
    abusive = _chance(rng, -4.2 + 0.6 * rows["abuse"].to_numpy())
    tone = rows["queue"].map(TONE).to_numpy() - 0.06 * rows["abuse"].to_numpy() - 0.02 * exhaustion
    sentiment = np.clip(rng.normal(tone - 0.3 * escalated - 0.5 * abusive, 0.42), -1, 1).round(3)
    stars = np.clip(np.round(rng.normal(4.0 + 0.8 * sentiment - 0.3 * escalated, 0.8)), 1, 5)
    return {
        "escalated": escalated,
        "transferred": _chance(rng, np.full(n, -2.3)),
        "complaint": _chance(rng, -3.6 + 1.2 * escalated + 0.2 * rows["escalation"].to_numpy()),
        "abusive": abusive,
        "resolved": _chance(rng, 1.4 - 1.2 * escalated),
        "csat": np.where(rng.random(n) < 0.12, stars, np.nan),
        "sentiment": np.where(rng.random(n) < 0.85, sentiment, np.nan),
    }


def _chance(rng: np.random.Generator, log_odds: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    chance = 1 / (1 + np.exp(-np.asarray(log_odds)))
    drawn: npt.NDArray[np.bool_] = rng.random(len(chance)) < chance
    return drawn


def _offset(times: pd.Series, zone: pd.Series) -> pd.Series:
    """Seconds from UTC to local time, zone by zone."""
    parts = []
    for name, chunk in times.groupby(zone):
        local = chunk.dt.tz_localize("UTC").dt.tz_convert(str(name)).dt.tz_localize(None)
        parts.append((local - chunk).dt.total_seconds().astype("int64"))
    offsets: pd.Series = pd.concat(parts).sort_index()
    return offsets


def _corrections(rng: np.random.Generator, contacts: pd.DataFrame) -> pd.DataFrame:
    """Some contacts are corrected days later: a second version with the same id and a later `recorded_at`."""
    again = contacts[rng.random(len(contacts)) < CORRECTIONS].copy()
    again["escalated"] = ~again["escalated"].astype(bool)
    again["recorded_at"] += pd.to_timedelta(rng.uniform(86_400, 10 * 86_400, len(again)).round(), unit="s")
    return again
