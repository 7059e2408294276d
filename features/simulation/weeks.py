"""Week by week: what the work is like, how exhaustion follows, who answers a survey, who is absent, who leaves."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["QUEUES", "SITES", "Lives", "live"]

Floats = npt.NDArray[np.float64]

TEAM_SIZE = 13
SITES = (("BER", "Europe/Berlin"), ("NYC", "America/New_York"), ("MNL", "Asia/Manila"))
QUEUES = ("billing", "technical", "orders", "retention")
SURVEY_EVERY_WEEKS = 13
REFILL_WEEKS = 2

# exhaustion: a slow average of strain; one unit is about one SD between agents
KEEP, WEEKLY_NOISE, TRAIT_SD = 0.86, 0.17, 0.8
STRAIN = {"load": 0.55, "escalation": 0.45, "abuse": 0.40, "schedule": 0.55, "support": -0.35}
# weekly hazards at average exhaustion
QUIT, DISMISSED, MOVED = 0.0032, 0.0009, 0.0004
QUIT_PER_EXHAUSTION, QUIT_NEW, QUIT_SCHEDULE, QUIT_ABUSE = 0.95, 1.3, 0.35, 0.25
# a work-scale CBI score: mean of seven items, each 0, 25, .., 100
CBI_MEAN, CBI_PER_EXHAUSTION, CBI_NOISE, CBI_STEP = 44.0, 14.0, 8.0, 100 / 28


@dataclass
class Lives:
    """The truth per agent and week, and the tables that follow from it."""

    weeks: pd.DataFrame
    tables: dict[str, pd.DataFrame]
    start: pd.Timestamp
    days: int


@dataclass
class _Seats:
    """Who sits where, and how they are; arrays of one entry a seat."""

    agent: npt.NDArray[np.int64]
    free_until: npt.NDArray[np.int64]
    leaving: npt.NDArray[np.int64]
    hired: npt.NDArray[np.int64]
    exhaustion: Floats
    trait: Floats
    pay: Floats
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def live(rng: np.random.Generator, seats: int, days: int, start: pd.Timestamp) -> Lives:
    """Let a centre live for some days; every agent has a state for every week on the job."""
    n_weeks = -(-days // 7)
    team = np.arange(seats) // TEAM_SIZE
    conditions = _conditions(rng, team, n_weeks)
    people = _first_people(rng, seats)
    tables: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("agents", "exits", "surveys", "absences", "check_ins", "protected")
    }
    for seat in range(seats):
        _hire(tables, people, seat, int(team[seat]), start, start, rng)
    weeks = [
        _one_week(rng, week, start + pd.Timedelta(weeks=week), start, people, team, conditions, tables)
        for week in range(n_weeks)
    ]
    truth = pd.concat(weeks, ignore_index=True)
    return Lives(truth, {name: pd.DataFrame(rows) for name, rows in tables.items() if rows}, start, days)


def _conditions(rng: np.random.Generator, team: npt.NDArray[np.int64], weeks: int) -> dict[str, Floats]:
    """Standardized conditions, shape (weeks, seats): a slow team part and a slow own part; load has seasons."""
    found = {}
    for name in STRAIN:
        of_team = _slow(rng, weeks, int(team.max()) + 1)[:, team]
        found[name] = 0.6 * of_team + 0.8 * _slow(rng, weeks, len(team))
    season = np.sin(2 * np.pi * (np.arange(weeks) - 30) / 52)
    found["load"] += 0.1 * season[:, None]
    return found


def _slow(rng: np.random.Generator, weeks: int, width: int, keep: float = 0.93) -> Floats:
    """Standard normal series that move slowly (a first-order autoregression over weeks)."""
    out = np.empty((weeks, width))
    out[0] = rng.standard_normal(width)
    for week in range(1, weeks):
        out[week] = keep * out[week - 1] + np.sqrt(1 - keep**2) * rng.standard_normal(width)
    return out


def _first_people(rng: np.random.Generator, seats: int) -> _Seats:
    return _Seats(
        agent=np.full(seats, -1),
        free_until=np.zeros(seats, dtype=np.int64),
        leaving=np.full(seats, 10**6),
        hired=-rng.integers(0, 2000, seats),
        exhaustion=rng.normal(0, 0.8, seats),
        trait=rng.normal(0, TRAIT_SD, seats),
        pay=np.exp(rng.normal(0, 0.08, seats)),
    )


def _hire(
    tables: dict[str, list[dict[str, Any]]], people: _Seats, seat: int, team: int, on: pd.Timestamp,
    start: pd.Timestamp, rng: np.random.Generator,
) -> None:  # fmt: skip
    """Put the next new agent into a seat and write the roster row."""
    number = len(tables["agents"])
    people.agent[seat] = number
    agent_id = f"A{number:04d}"
    site, zone = SITES[team % len(SITES)]
    midnight = on.tz_localize(zone).tz_convert("UTC").tz_localize(None)
    tables["agents"].append(
        {
            "agent_id": agent_id,
            "valid_from": midnight,
            "team_id": f"T{team:02d}",
            "manager_id": f"M{team:02d}",
            "site_id": site,
            "timezone": zone,
            "queue": QUEUES[team % len(QUEUES)],
            "employment_type": "full-time",
            "contracted_h_week": 38.5,
            "hire_date": (start + pd.Timedelta(days=int(people.hired[seat]))).date(),
            "pay_ratio": round(float(people.pay[seat]), 3),
            "recorded_at": midnight,
        }
    )
    group = str(rng.choice(["a", "b"], p=[0.6, 0.4]))
    tables["protected"].append({"agent_id": agent_id, "attribute": "gender", "value": group})


def _one_week(
    rng: np.random.Generator, week: int, monday: pd.Timestamp, start: pd.Timestamp, people: _Seats,
    team: npt.NDArray[np.int64], conditions: dict[str, Floats], tables: dict[str, list[dict[str, Any]]],
) -> pd.DataFrame:  # fmt: skip
    """One week of everyone: refill seats, update exhaustion, draw surveys, absences, check-ins and exits."""
    now = {name: series[week] for name, series in conditions.items()}
    for seat in np.flatnonzero((people.agent < 0) & (people.free_until <= week)):
        people.hired[seat] = week * 7
        people.exhaustion[seat], people.trait[seat] = rng.normal(-0.3, 0.5), rng.normal(0, TRAIT_SD)
        people.pay[seat] = np.exp(rng.normal(0, 0.08))
        _hire(tables, people, int(seat), int(team[seat]), monday, start, rng)
    on = people.agent >= 0
    strain = sum(weight * now[name] for name, weight in STRAIN.items())
    noise = rng.normal(0, WEEKLY_NOISE, len(on))
    people.exhaustion = KEEP * people.exhaustion + (1 - KEEP) * (people.trait + strain) + noise
    hazard = _quit_hazard(people, week, now)
    _surveys(rng, week, monday, people, on, tables)
    absent = _absences(rng, monday, people, on, tables)
    _check_ins(rng, monday, people, on, now["support"], tables)
    truth = pd.DataFrame(
        {
            "week": week,
            "monday": monday,
            "agent_id": [f"A{number:04d}" for number in people.agent],
            "team": team,
            "exhaustion": people.exhaustion,
            "quit_hazard": hazard,
            "absent": absent,
            "days_employed": week * 7 - people.hired,
            **now,
        }
    )[on]
    _exits(rng, week, monday, people, on, hazard, tables)
    return truth


def _quit_hazard(people: _Seats, week: int, now: dict[str, Floats]) -> Floats:
    """Weekly probability that notice is given, by exhaustion, newness, schedule and abuse."""
    newness = np.exp(-(week * 7 - people.hired) / 180)
    pressure = QUIT_PER_EXHAUSTION * people.exhaustion + QUIT_NEW * newness
    pressure = pressure + QUIT_SCHEDULE * now["schedule"] + QUIT_ABUSE * now["abuse"]
    hazard: Floats = np.minimum(QUIT * np.exp(pressure), 0.3)
    return hazard


def _surveys(
    rng: np.random.Generator, week: int, monday: pd.Timestamp, people: _Seats, on: npt.NDArray[np.bool_],
    tables: dict[str, list[dict[str, Any]]],
) -> None:  # fmt: skip
    """A quarterly wave; who is exhausted answers less often."""
    if week % SURVEY_EVERY_WEEKS != 5:
        return
    answers = rng.random(len(on)) < 1 / (1 + np.exp(-0.45 + 0.25 * people.exhaustion))
    scores = CBI_MEAN + CBI_PER_EXHAUSTION * people.exhaustion + rng.normal(0, CBI_NOISE, len(on))
    steps = np.clip(np.round(scores / CBI_STEP), 0, 28)
    after = pd.to_timedelta(rng.integers(0, 10 * 86_400, len(on)), unit="s")
    for seat in np.flatnonzero(on & answers):
        tables["surveys"].append(
            {
                "agent_id": f"A{people.agent[seat]:04d}",
                "wave": f"W{week // SURVEY_EVERY_WEEKS:02d}",
                "submitted_at": monday + after[int(seat)],
                "instrument": "cbi",
                "scale": "work",
                "score": round(float(steps[seat] * CBI_STEP), 2),
            }
        )


def _absences(
    rng: np.random.Generator, monday: pd.Timestamp, people: _Seats, on: npt.NDArray[np.bool_],
    tables: dict[str, list[dict[str, Any]]],
) -> npt.NDArray[np.int64]:  # fmt: skip
    """Days missed this week, as bits from Monday on; unplanned spells follow exhaustion, holidays do not."""
    sick = rng.random(len(on)) < np.minimum(0.014 * np.exp(0.55 * people.exhaustion), 0.25)
    holiday = rng.random(len(on)) < 0.09
    first, length = rng.integers(0, 5, len(on)), rng.integers(1, 4, len(on))
    bits = np.zeros(len(on), dtype=np.int64)
    for seat in np.flatnonzero(on & (sick | holiday)):
        begin, until = (0, 6) if holiday[seat] else (int(first[seat]), int(min(first[seat] + length[seat] - 1, 6)))
        bits[seat] = sum(1 << day for day in range(begin, until + 1))
        start_on, end_on = monday + pd.Timedelta(days=begin), monday + pd.Timedelta(days=until)
        known = start_on - pd.Timedelta(days=21) if holiday[seat] else start_on + pd.Timedelta(hours=9)
        tables["absences"].append(
            {
                "agent_id": f"A{people.agent[seat]:04d}",
                "start_on": start_on.date(),
                "end_on": end_on.date(),
                "planned": bool(holiday[seat]),
                "recorded_at": known,
            }
        )
    return bits


def _check_ins(
    rng: np.random.Generator, monday: pd.Timestamp, people: _Seats, on: npt.NDArray[np.bool_], support: Floats,
    tables: dict[str, list[dict[str, Any]]],
) -> None:  # fmt: skip
    """Team leads who support more talk more often: weekly at best, every two months at worst."""
    chance = 1 / (1 + np.exp(1.1 - 0.9 * support))
    held = on & (rng.random(len(on)) < chance)
    moment = pd.to_timedelta(rng.integers(0, 5, len(on)) * 86_400 + rng.integers(36_000, 54_000, len(on)), unit="s")
    for seat in np.flatnonzero(held):
        tables["check_ins"].append({"agent_id": f"A{people.agent[seat]:04d}", "held_at": monday + moment[int(seat)]})


def _exits(
    rng: np.random.Generator, week: int, monday: pd.Timestamp, people: _Seats, on: npt.NDArray[np.bool_],
    hazard: Floats, tables: dict[str, list[dict[str, Any]]],
) -> None:  # fmt: skip
    """Draw who gives or gets notice this week, and empty the seats of those whose last day has come."""
    draw, staying = rng.random(len(on)), people.leaving > 10**5
    kinds = np.select(
        [draw < hazard, draw < hazard + DISMISSED, draw < hazard + DISMISSED + MOVED],
        ["voluntary", "involuntary", "transfer"], default="",
    )  # fmt: skip
    for seat in np.flatnonzero(on & staying & (kinds != "")):
        kind = str(kinds[seat])
        stays = int(rng.integers(2, 5)) if kind == "voluntary" else int(rng.integers(0, 2))
        people.leaving[seat] = week + stays
        notice = monday + pd.Timedelta(days=int(rng.integers(0, 5)))
        tables["exits"].append(
            {
                "agent_id": f"A{people.agent[seat]:04d}",
                "notice_on": notice.date(),
                "last_day": (monday + pd.Timedelta(days=6 + 7 * stays)).date(),
                "kind": kind,
                "recorded_at": notice + pd.Timedelta(days=1, hours=10),
            }
        )
    for seat in np.flatnonzero(on & (people.leaving <= week)):
        people.agent[seat], people.leaving[seat], people.free_until[seat] = -1, 10**6, week + REFILL_WEEKS
