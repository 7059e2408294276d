"""Contacts of worked shifts, drawn from what the week was like for the agent."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.simulation.shifts import SHIFT_S
from features.simulation.teams import QUEUES, SITES

__all__ = ["draw_contacts"]

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

PER_HOUR, PER_HOUR_AND_LOAD = 3.0, 0.10
# by queue, in the order of QUEUES: mean handling time in seconds, and the customers' tone
HANDLE_MEAN_S = np.array([620.0, 900.0, 540.0, 760.0])
TONE = np.array([-0.12, -0.05, 0.12, -0.2])
OWN_QUEUE = 0.92
CHANNELS, CHANNEL_SHARE = ("voice", "chat", "email"), (0.6, 0.25, 0.15)
LATE_RECORDS, CORRECTIONS = 0.02, 0.003
_OF_WEEK = ("load", "escalation", "abuse", "exhaustion", "performance")


def draw_contacts(rng: np.random.Generator, shifts: pd.DataFrame, first_id: int) -> pd.DataFrame:
    """Contacts of some worked shifts: one after another, with gaps, within the logged time."""
    logged = (SHIFT_S + shifts["extra_s"] - shifts["break_taken_s"] - shifts["aux_s"]).to_numpy()
    queue = np.asarray(shifts["queue"].cat.codes, dtype=np.int64)
    per_hour = PER_HOUR * np.exp(PER_HOUR_AND_LOAD * shifts["load"].to_numpy())
    counts = np.maximum(rng.poisson(per_hour * HANDLE_MEAN_S[0] / HANDLE_MEAN_S[queue] * logged / 3600), 1)
    shift = np.repeat(np.arange(len(shifts)), counts)
    week = {name: shifts[name].to_numpy()[shift] for name in _OF_WEEK}
    talk, hold, acw, started = _timeline(rng, queue[shift], week["exhaustion"], shift, counts, logged)
    start = shifts["scheduled_start"].to_numpy().astype("datetime64[s]")[shift] + started.astype("timedelta64[s]")
    n = len(shift)
    asked = np.where(rng.random(n) < OWN_QUEUE, queue[shift], rng.integers(0, len(QUEUES), n))
    out = pd.DataFrame(
        {
            "contact_id": _ids(first_id, n),
            "agent_id": shifts["agent_id"].astype("str").array.take(shift),
            "queue": _words(QUEUES, asked),
            "channel": _words(CHANNELS, rng.choice(len(CHANNELS), n, p=CHANNEL_SHARE)),
            "started_at": start.astype("datetime64[us]"),
            "ended_at": (start + (talk + hold).astype("timedelta64[s]")).astype("datetime64[us]"),
            "talk_s": talk,
            "hold_s": hold,
            "acw_s": acw,
            **_outcomes(rng, TONE[queue[shift]], week),
        }
    )
    out["utc_offset_s"] = _offsets(shifts, shift, start)
    late = rng.random(n) < LATE_RECORDS
    delay = np.where(late, rng.uniform(3_600, 3 * 86_400, n), 0.0)
    out["recorded_at"] = out["ended_at"] + pd.to_timedelta(delay.round(), unit="s").astype("timedelta64[us]")
    return pd.concat([out, _corrections(rng, out)], ignore_index=True)


def _ids(first: int, number: int) -> pd.Series:
    digits = pc.utf8_lpad(pc.cast(pa.array(np.arange(first, first + number)), pa.string()), 8, "0")
    return pd.Series(pc.binary_join_element_wise("C", digits, ""), dtype="str")


def _words(words: tuple[str, ...], codes: Numbers) -> pd.Series:
    return pd.Series(pa.array(words).take(pa.array(codes)), dtype="str")


def _timeline(
    rng: np.random.Generator, queue: Numbers, exhaustion: Floats, shift: Numbers, counts: Numbers, logged: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Talk, hold and after-call seconds, and the start within the shift; contacts of a shift do not overlap."""
    n = len(shift)
    handle = HANDLE_MEAN_S[queue] * np.exp(0.015 * exhaustion + rng.normal(-0.18, 0.6, n))
    handle *= np.minimum(1.0, 0.97 * logged / np.bincount(shift, handle))[shift]
    gaps = rng.exponential(1.0, n)
    idle = logged - np.bincount(shift, handle)
    gaps *= (idle / np.bincount(shift, gaps))[shift]
    before = np.cumsum(gaps + handle) - handle
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    started = np.ceil(before - np.repeat((before - gaps)[first], counts))
    hold, acw = rng.uniform(0, 0.1, n) * handle, rng.uniform(0.05, 0.25, n) * handle
    return np.floor(handle - hold - acw), np.floor(hold), np.floor(acw), started


def _outcomes(rng: np.random.Generator, tone: Floats, week: dict[str, Floats]) -> dict[str, npt.NDArray[np.generic]]:
    """What became of each contact: escalation and abuse follow the week's conditions, tone follows both."""
    n, exhaustion, performance = len(tone), week["exhaustion"], week["performance"]
    escalated = _chance(rng, -2.6 + 0.45 * week["escalation"] + 0.05 * exhaustion)
    abusive = _chance(rng, -4.2 + 0.6 * week["abuse"])
    mean = tone - 0.06 * week["abuse"] - 0.02 * exhaustion - 0.3 * escalated - 0.5 * abusive
    sentiment = np.clip(mean + 0.42 * rng.standard_normal(n), -1, 1).round(3)
    liked = 4.0 + 0.8 * sentiment - 0.3 * escalated + 0.15 * performance
    stars = np.clip(np.round(liked + 0.8 * rng.standard_normal(n)), 1, 5)
    return {
        "escalated": escalated,
        "transferred": _chance(rng, np.full(n, -2.3)),
        "complaint": _chance(rng, -3.6 + 1.2 * escalated + 0.2 * week["escalation"]),
        "abusive": abusive,
        "resolved": _chance(rng, 1.4 - 1.2 * escalated + 0.25 * performance - 0.05 * exhaustion),
        "csat": np.where(rng.random(n) < 0.12, stars, np.nan),
        "sentiment": np.where(rng.random(n) < 0.85, sentiment, np.nan),
    }


def _chance(rng: np.random.Generator, log_odds: Floats) -> Flags:
    drawn: Flags = rng.random(len(log_odds)) < 1 / (1 + np.exp(-log_odds))
    return drawn


def _offsets(shifts: pd.DataFrame, shift: Numbers, start: npt.NDArray[np.datetime64]) -> Numbers:
    """Seconds from UTC to the site's clock: the shift's, but where the clock changes during a shift."""
    end = shifts["scheduled_end"] + pd.Timedelta(hours=12)
    offsets: Numbers = shifts["utc_offset_s"].to_numpy()[shift]
    for name, _ in ((zone, site) for site, zone in SITES):
        here = (shifts["timezone"] == name).to_numpy()
        changing = here & (_clock(end, name) != shifts["utc_offset_s"].to_numpy())
        if changing.any():
            of_contact = changing[shift]
            offsets[of_contact] = _clock(pd.Series(start[of_contact]), name)
    return offsets


def _clock(times: pd.Series, zone: str) -> Numbers:
    local = times.dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)
    found: Numbers = (local - times).dt.total_seconds().astype("int64").to_numpy()
    return found


def _corrections(rng: np.random.Generator, contacts: pd.DataFrame) -> pd.DataFrame:
    """Some contacts are corrected days later: a second version with the same id and a later `recorded_at`."""
    again = contacts[rng.random(len(contacts)) < CORRECTIONS].copy()
    again["escalated"] = ~again["escalated"].astype(bool)
    later = pd.to_timedelta(rng.uniform(86_400, 10 * 86_400, len(again)).round(), unit="s")
    again["recorded_at"] += later.astype("timedelta64[us]")
    return again
