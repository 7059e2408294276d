"""Every column of the frame against the slow and obvious reference, on a simulated centre with all that can happen."""

import math
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features import build
from features.catalog import CATALOG, OPTIONAL, feature_names, own_usual, peer_usual
from features.definitions import RAW

Frames = dict[str, pd.DataFrame]
Generator = np.random.Generator

EXTRA = [entry.name for entry in OPTIONAL]
USUAL = [raw.name for raw in RAW if raw.days == 28 and raw.family != "context" and not raw.optional]
COLUMNS = [*feature_names(EXTRA), *(column(name) for name in USUAL for column in (own_usual, peer_usual))]
MINUTE, HOUR, DAY = pd.Timedelta(minutes=1), pd.Timedelta(hours=1), pd.Timedelta(days=1)


@pytest.fixture(scope="module")
def lively(centre: Frames, as_of: date) -> Frames:
    """The simulated centre, with what the simulation leaves out."""
    rng = np.random.default_rng(7)
    frames = {name: frame.copy() for name, frame in centre.items()}
    frames["contacts"] = _more_answers(_side_by_side(frames["contacts"], rng), rng)
    frames["shifts"] = _loose_shifts(frames["shifts"], rng)
    frames["agents"] = _new_posts(frames["agents"], as_of, rng)
    frames["exits"] = _notices(frames["exits"], sorted(set(frames["agents"]["agent_id"])), as_of)
    return frames


def _side_by_side(contacts: pd.DataFrame, rng: Generator) -> pd.DataFrame:
    """Some contacts last longer, into the next ones, and some belong to the other queue."""
    longer = pd.to_timedelta(np.where(rng.random(len(contacts)) < 0.1, 1500, 0), unit="s")
    queue = np.where(rng.random(len(contacts)) < 0.2, contacts["queue"].iloc[0], contacts["queue"])
    late = {name: contacts[name] + longer for name in ("ended_at", "recorded_at")}
    return contacts.assign(**late, queue=queue)


def _more_answers(contacts: pd.DataFrame, rng: Generator) -> pd.DataFrame:
    def some(values: np.ndarray, share: float) -> np.ndarray:
        return np.where(rng.random(len(contacts)) < share, values, np.nan)

    number = len(contacts)
    flags = {}
    for name in ("escalated", "transferred", "complaint", "abusive"):
        flags[name] = contacts[name].astype("boolean").mask(rng.random(number) < 0.3)
    return contacts.assign(
        **flags,
        nps=some(rng.integers(0, 11, number).astype(float), 0.3),
        ces=some(rng.integers(1, 8, number).astype(float), 0.3),
        agent_sentiment=some(rng.uniform(-1, 1, number).round(3), 0.4),
    )


def _loose_shifts(shifts: pd.DataFrame, rng: Generator) -> pd.DataFrame:
    """People come late, some shifts have no end on record, and some days have a second shift in the evening."""
    draw = rng.random(len(shifts))
    shifts = shifts.assign(
        actual_start=shifts["actual_start"] + pd.to_timedelta(np.where(draw < 0.2, 900, 0), unit="s")
    )
    shifts.loc[draw > 0.97, "actual_end"] = pd.NaT
    worked = shifts["actual_start"].notna() & (rng.random(len(shifts)) < 0.05)
    times = ("scheduled_start", "scheduled_end", "actual_start", "actual_end", "recorded_at")
    second = shifts[worked].assign(**{name: shifts.loc[worked, name] + 12 * HOUR for name in times})
    second = second.assign(shift_id="X" + second["shift_id"], published_at=second["published_at"])
    return pd.concat([shifts, second], ignore_index=True)


def _new_posts(agents: pd.DataFrame, as_of: date, rng: Generator) -> pd.DataFrame:
    """A third of the agents came to another team, with another manager, some weeks or a year ago."""
    moved = agents[rng.random(len(agents)) < 0.4]
    days = pd.to_timedelta(rng.integers(10, 100, len(moved)), unit="D")
    since = pd.Timestamp(as_of) - days
    before = agents.assign(valid_from=agents["valid_from"] - 300 * DAY, recorded_at=agents["recorded_at"] - 300 * DAY)
    now = moved.assign(valid_from=since, recorded_at=since, team_id="T01", manager_id="M77")
    now = now[now["valid_from"] > moved["valid_from"]]
    return pd.concat([before, now.assign(valid_from=now["valid_from"].astype("datetime64[us]"))], ignore_index=True)


def _notices(exits: pd.DataFrame, agents: list[str], as_of: date) -> pd.DataFrame:
    """Three agents have given notice and are still there, one left."""
    rows = []
    for agent, ago, ahead in zip(agents[::9], (5, 40, 89, 60), (20, 30, 40, -50), strict=True):
        notice = pd.Timestamp(as_of) - ago * DAY
        last_day = (pd.Timestamp(as_of) + ahead * DAY).date()
        rows.append({"agent_id": agent, "notice_on": notice.date(), "last_day": last_day, "kind": "voluntary",
                     "recorded_at": notice + 8 * HOUR})  # fmt: skip
    more = pd.DataFrame(rows).astype({"recorded_at": exits["recorded_at"].dtype})
    return pd.concat([exits, more], ignore_index=True)


@pytest.fixture(scope="module")
def found(lively: Frames, as_of: date) -> pd.DataFrame:
    """The frame that is judged, by agent."""
    return build(lively, [as_of], extra=EXTRA).set_index("agent_id")


@pytest.fixture(scope="module")
def reference(lively: Frames, as_of: date, reference_of: Any) -> Any:
    return reference_of(lively, as_of)


def test_the_roster_is_who_was_hired_and_had_not_left(found: pd.DataFrame, reference: Any) -> None:
    assert list(found.index) == reference.roster
    assert len(reference.roster) < len(set(reference.frames["agents"]["agent_id"]))


def test_the_post_is_the_one_that_was_in_force(found: pd.DataFrame, reference: Any) -> None:
    for name in ("team_id", "manager_id", "site_id", "queue"):
        assert found[name].to_dict() == {agent: post[name] for agent, post in reference.posts.items()}


def test_every_number_of_the_frame_is_judged(found: pd.DataFrame) -> None:
    assert set(found.select_dtypes("float")) - {"pay_ratio"} == set(COLUMNS)


@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_agrees_with_the_reference(column: str, found: pd.DataFrame, reference: Any) -> None:
    close = reference.tolerance(column)
    for agent in reference.roster:
        value = reference.value(column, agent)
        known = math.nan if value is None else value
        assert found.loc[agent, column] == pytest.approx(known, rel=close, abs=close, nan_ok=True), agent


@pytest.mark.parametrize("name", [entry.name for entry in (*CATALOG, *OPTIONAL)])
def test_the_centre_that_is_compared_has_something_to_compare(name: str, reference: Any) -> None:
    values = {reference.value(name, agent) for agent in reference.roster} - {None}
    assert len(values) > 1
