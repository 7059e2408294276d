"""What depends on the order of a day's contacts, against plain loops over the contacts that stood."""

import math
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from features.days import STATE_FACTS, contact_facts
from features.engine import connected, source_tables
from features.rollup import contact_rows

Frames = dict[str, pd.DataFrame]
Row = dict[str, Any]
DAY = "2025-03-03"
MINUTE, HALF_HOUR, HOUR = 60, 1800, 3600
PROPERTY = settings(
    max_examples=20, deadline=None, derandomize=True, database=None,
    phases=(Phase.explicit, Phase.generate), suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip


def states_of(frames: Frames, seed: int | None = None) -> pd.DataFrame:
    """The states of the agent-days of some contacts; with a seed, from rows in another order."""
    with connected() as connection:
        rows = contact_rows(source_tables(connection, frames)["contacts"]).to_pyarrow()
    if seed is not None:
        rows = rows.take(np.random.default_rng(seed).permutation(len(rows)))
    states = contact_facts(rows)["contact_states"].to_pandas().astype({"agent_id": "str"})
    for name in ("day", "known_on", "superseded_on"):
        states[name] = pd.to_datetime(states[name])
    return states


@pytest.fixture
def tiny(tiny_centre: Callable[..., Any]) -> Any:
    """A centre of one agent, A."""
    centre = tiny_centre()
    centre.agent("A")
    return centre


def only(tiny: Any) -> pd.Series:
    """The one state of a centre with one agent-day."""
    states = states_of(tiny.frames())
    assert len(states) == 1
    return states.iloc[0]


# By hand


def test_a_day_has_one_state_while_nothing_about_it_changes(tiny: Any) -> None:
    tiny.contacts("A", DAY, 3)
    state = only(tiny)
    nine = pd.Timestamp(f"{DAY} 09:00").timestamp()
    assert state[["agent_id", "day", "known_on"]].tolist() == ["A", pd.Timestamp(DAY), pd.Timestamp(DAY)]
    assert pd.isna(state["superseded_on"])
    assert state[["first_s", "last_s", "start_s"]].tolist() == [nine, nine + 40 * MINUTE, 9 * HOUR]
    assert state[["busy_s", "union_s", "gap_s"]].tolist() == [30 * MINUTE, 30 * MINUTE, 5 * MINUTE]


def test_a_late_record_opens_a_second_state_of_its_day(tiny: Any) -> None:
    tiny.contacts("A", DAY, 3)
    tiny.contact("A", f"{DAY} 15:00", recorded_at="2025-03-06 12:00")
    states = states_of(tiny.frames())
    assert states["busy_s"].tolist() == [1800, 2400]
    assert states["known_on"].dt.day.tolist() == [3, 6]
    assert states["superseded_on"].tolist() == [pd.Timestamp("2025-03-06"), pd.NaT]


def test_a_day_that_a_correction_empties_has_a_state_without_facts(tiny: Any) -> None:
    tiny.contact("A", f"{DAY} 10:00", contact_id="C")
    tiny.contact("A", "2025-03-04 10:00", contact_id="C", recorded_at="2025-03-05 08:00")
    states = states_of(tiny.frames())
    assert states["day"].dt.day.tolist() == [3, 3, 4]
    assert states[list(STATE_FACTS)].isna().all(axis=1).tolist() == [False, True, False]


def test_of_two_contacts_alike_a_correction_takes_one_back(tiny: Any) -> None:
    tiny.contact("A", f"{DAY} 10:00", contact_id="C")
    tiny.contact("A", f"{DAY} 10:00", contact_id="D")
    tiny.contact("A", f"{DAY} 12:00", contact_id="C", recorded_at="2025-03-05 08:00")
    assert states_of(tiny.frames())[["busy_s", "union_s"]].to_numpy().tolist() == [[1200, 600], [1200, 1200]]


def test_wrap_up_is_busy_time_in_whole_seconds(tiny: Any) -> None:
    tiny.contact("A", f"{DAY} 10:00", acw_s=90.9)
    assert only(tiny)["busy_s"] == 690


def test_parts_of_a_second_change_times_by_a_second_at_most(tiny: Any) -> None:
    tiny.contact("A", f"{DAY} 10:00:00.400")
    tiny.contact("A", f"{DAY} 10:15:00.700")
    state = only(tiny)
    ten = pd.Timestamp(f"{DAY} 10:00").timestamp()
    expected = [ten, ten + 25 * MINUTE, 10 * HOUR, 20 * MINUTE, 20 * MINUTE, 5 * MINUTE]
    found = state[["first_s", "last_s", "start_s", "busy_s", "union_s", "gap_s"]].tolist()
    assert found == pytest.approx(expected, abs=1.5, rel=0)


def test_the_last_instant_of_a_day_is_at_its_end(tiny: Any) -> None:
    tiny.contact("A", f"{DAY} 23:59:59.700", minutes=1)
    assert only(tiny)["start_s"] == pytest.approx(86_399.7, abs=0.7)


def test_a_day_begins_on_the_agents_clock(tiny_centre: Callable[..., Any]) -> None:
    tiny = tiny_centre(zone="Asia/Manila")
    tiny.agent("A")
    tiny.contact("A", "2025-03-03 20:00")
    state = only(tiny)
    assert state[["day", "start_s"]].tolist() == [pd.Timestamp("2025-03-04"), 4 * HOUR]
    assert state["first_s"] == pd.Timestamp("2025-03-03 20:00").timestamp()


CLOCK_CHANGES = [
    ("2025-03-30 00:30", "2025-03-30 01:10"),  # 01:30 and 03:10 on the clock
    ("2025-10-26 00:30", "2025-10-26 01:10"),  # 02:30 and 02:10
]


@pytest.mark.parametrize(("first", "second"), CLOCK_CHANGES, ids=["to summer time", "to winter time"])
@pytest.mark.parametrize("queues", ["qq", "pq", "qp"])
def test_a_gap_over_a_change_of_the_clock_is_as_long_as_it_was(
    tiny_centre: Callable[..., Any], first: str, second: str, queues: str
) -> None:
    tiny = tiny_centre(zone="Europe/Berlin")
    tiny.agent("A")
    tiny.contact("A", first, queue=queues[0])
    tiny.contact("A", second, queue=queues[1])
    for seed in range(3):
        state = states_of(tiny.frames(), seed).iloc[0]
        assert state["first_s"] == pd.Timestamp(first).timestamp()
        assert state["last_s"] == pd.Timestamp(second).timestamp() + 10 * MINUTE
        assert state[["busy_s", "union_s", "gap_s"]].tolist() == [20 * MINUTE, 20 * MINUTE, 30 * MINUTE]


def test_contacts_that_run_side_by_side_share_their_union(tiny: Any) -> None:
    tiny.contact("A", f"{DAY} 10:00", minutes=30)
    tiny.contact("A", f"{DAY} 10:10", minutes=10)
    tiny.contact("A", f"{DAY} 10:45", minutes=10)
    state = only(tiny)
    # ends in their own order: 10:20, 10:30, 10:55; starts 10:10 and 10:45 come 0 and 15 minutes after them
    assert state[["busy_s", "union_s", "gap_s"]].tolist() == [50 * MINUTE, 40 * MINUTE, 7.5 * MINUTE]


def test_a_single_contact_has_no_gap(tiny: Any) -> None:
    tiny.contact("A", f"{DAY} 10:00")
    assert np.isnan(only(tiny)["gap_s"])


@pytest.mark.parametrize(
    ("minutes", "pause", "stretches"),
    [([120], 0, 0), ([121], 0, 1), ([60, 60, 60], 4, 1), ([60, 60, 60], 5, 0), ([121, 121], 5, 2), ([121, 30], 5, 1)],
)
def test_a_stretch_is_long_after_two_hours_without_five_minutes_off(
    tiny: Any, minutes: list[int], pause: int, stretches: int
) -> None:
    start = pd.Timestamp(f"{DAY} 09:00")
    for length in minutes:
        tiny.contact("A", start, minutes=length)
        start += pd.Timedelta(minutes=length + pause)
    assert only(tiny)["long_stretches"] == stretches


@pytest.mark.parametrize(
    ("contacts", "worked", "excess_s"),
    [
        ([("09:00", 29)], 0, 0),
        ([("09:00", 30)], 1, 270),
        ([("09:10", 50)], 1, 270),
        ([("09:00", 27), ("09:30", 27), ("10:00", 1)], 2, 180),
        ([("09:00", 10), ("11:00", 30)], 2, 270),
        ([("08:59", 1), ("09:20", 25), ("09:50", 10)], 2, 0),
    ],
)
def test_a_worked_half_hour_lies_within_the_day_and_is_not_idle_throughout(
    tiny: Any, contacts: list[tuple[str, int]], worked: int, excess_s: int
) -> None:
    for start, minutes in contacts:
        tiny.contact("A", f"{DAY} {start}", minutes=minutes)
    assert only(tiny)[["half_hours", "excess_s"]].tolist() == [worked, excess_s]


SHORT, LONG = 9, 10  # minutes of pause between two contacts
HARD_RUNS = [
    ("no hard contact", "...", [SHORT, SHORT], 0),
    ("one hard contact", ".h.", [SHORT, SHORT], 1),
    ("three in a row", "hhh", [SHORT, SHORT], 3),
    ("ten minutes' pause end a run", "hhhh", [SHORT, LONG, SHORT], 2),
    ("a contact that is not hard ends a run", "hh.h", [SHORT, SHORT, SHORT], 2),
    ("the longest counts", "h.hhh.hh", [SHORT] * 7, 3),
    ("abuse is hard whatever the words", "aha", [SHORT, SHORT], 3),
]


@pytest.mark.parametrize(
    ("marks", "pauses", "longest"), [case[1:] for case in HARD_RUNS], ids=[c[0] for c in HARD_RUNS]
)
def test_a_hard_run_has_no_breather_of_ten_minutes(tiny: Any, marks: str, pauses: list[int], longest: int) -> None:
    start = pd.Timestamp(f"{DAY} 09:00")
    for mark, pause in zip(marks, [*pauses, 0], strict=True):
        tiny.contact("A", start, minutes=5, sentiment={"h": -0.5, "a": None, ".": -0.49}[mark], abusive=mark == "a")
        start += pd.Timedelta(minutes=5 + pause)
    assert only(tiny)["hard_run"] == longest


def test_no_contacts_have_no_facts(tiny: Any) -> None:
    tiny.contact("A", f"{DAY} 10:00")
    with connected() as connection:
        rows = contact_rows(source_tables(connection, tiny.frames())["contacts"]).to_pyarrow()
    found = contact_facts(rows.slice(0, 0))
    assert [table.num_rows for table in found.values()] == [0, 0]
    assert set(found["contact_states"].column_names) == {"agent_id", "day", "known_on", "superseded_on", *STATE_FACTS}


# Against loops


def facts_of(contacts: list[Row]) -> dict[str, float]:
    """The facts of a day from the contacts that stand, as the catalog defines them."""
    rows = sorted((*map(_busy, contacts),))
    start = [row[0] for row in rows]
    end = sorted(first + busy for first, busy, _ in rows)
    gaps = [max(0, start[i + 1] - end[i]) for i in range(len(rows) - 1)]
    shares = _busy_shares(start, end, gaps)
    return {
        "first_s": start[0], "last_s": end[-1], "start_s": start[0] % 86_400,
        "busy_s": sum(busy for _, busy, _ in rows), "union_s": end[-1] - start[0] - sum(gaps),
        "gap_s": median(gaps) if gaps else math.nan, "long_stretches": _long_stretches(start, end, gaps),
        "half_hours": len(shares), "excess_s": sum(max(0.0, share - 0.85) * HALF_HOUR for share in shares),
        "hard_run": _hard_run([hard for _, _, hard in rows], gaps),
    }  # fmt: skip


def _busy(row: Row) -> tuple[int, int, bool]:
    tone = row["sentiment"]
    hard = bool(row["abusive"]) or (tone is not None and tone <= -0.5)
    start = int(row["started_at"].timestamp())
    return start, int(row["ended_at"].timestamp()) + math.floor(row["acw_s"] or 0) - start, hard


def _busy_shares(start: list[int], end: list[int], gaps: list[int]) -> list[float]:
    """The busy shares of the worked half-hours, second by second."""
    idle = {second for at, gap in zip(end, gaps, strict=False) for second in range(at, at + gap)}
    shares = []
    for begin in range(math.ceil(start[0] / HALF_HOUR) * HALF_HOUR, end[-1] - HALF_HOUR + 1, HALF_HOUR):
        free = sum(second in idle for second in range(begin, begin + HALF_HOUR))
        if free < HALF_HOUR:
            shares.append(1 - free / HALF_HOUR)
    return shares


def _long_stretches(start: list[int], end: list[int], gaps: list[int]) -> int:
    cuts = [i for i, gap in enumerate(gaps) if gap >= 5 * MINUTE]
    firsts, lasts = [0, *(cut + 1 for cut in cuts)], [*cuts, len(start) - 1]
    return sum(end[last] - start[first] > 2 * HOUR for first, last in zip(firsts, lasts, strict=True))


def _hard_run(hard: list[bool], gaps: list[int]) -> int:
    longest = 0
    for first in range(len(hard)):
        for last in range(first, len(hard)):
            if all(hard[first : last + 1]) and all(gap < 10 * MINUTE for gap in gaps[first:last]):
                longest = max(longest, last - first + 1)
    return longest


def known_by(rows: list[Row], day: pd.Timestamp) -> list[Row]:
    """The last versions of contacts that were known at the end of a UTC day."""
    known = [row for row in rows if max(row["recorded_at"], row["ended_at"]).normalize() <= day]
    last = {row["contact_id"]: row for row in sorted(known, key=lambda row: row["recorded_at"])}
    return list(last.values())


START_S = st.integers(0, 47).map(lambda half: half * 300 + 8 * HOUR) | st.integers(8 * HOUR, 13 * HOUR)
LENGTH_S = st.sampled_from([0, 300, 600, 1800, 7200]) | st.integers(0, 5_000)


@st.composite
def days_of_contacts(draw: st.DrawFn) -> list[Row]:
    """Contacts with ties and overlaps, of several agents, some corrected, moved or recorded late."""
    rows: list[Row] = []
    for number in range(draw(st.integers(1, 25))):
        for version in range(draw(st.sampled_from([1, 1, 1, 2, 3]))):
            start = pd.Timestamp(DAY) + pd.Timedelta(seconds=draw(st.sampled_from([0, 0, 86_400])) + draw(START_S))
            end = start + pd.Timedelta(seconds=draw(LENGTH_S))
            first = end + pd.Timedelta(hours=draw(st.sampled_from([0, 0, 1, 26])))
            rows.append(
                {
                    "agent_id": draw(st.sampled_from("AAB")), "contact_id": str(number), "started_at": start,
                    "ended_at": end, "acw_s": draw(st.sampled_from([None, 0.0, 59.9, 300.0])),
                    "sentiment": draw(st.none() | st.sampled_from([-0.9, -0.5, 0.3])), "abusive": draw(st.booleans()),
                    "recorded_at": pd.Timestamp("2025-03-07") + pd.Timedelta(hours=20 * version) if version else first,
                }
            )  # fmt: skip
    return rows


@given(days_of_contacts(), st.integers(0, 99))
@PROPERTY
def test_every_state_is_what_plain_loops_make_of_the_contacts_that_stood(
    tiny_centre: Callable[..., Any], rows: list[Row], seed: int
) -> None:
    tiny = tiny_centre()
    for agent in "AB":
        tiny.agent(agent)
    for row in rows:
        content = dict(row)
        tiny.contact(content.pop("agent_id"), content.pop("started_at"), **content)
    states = states_of(tiny.frames(), seed)
    assert not states.duplicated(["agent_id", "day", "known_on"]).any()
    for _, of_day in states.groupby(["agent_id", "day"]):
        assert of_day["superseded_on"].tolist() == [*of_day["known_on"].iloc[1:], pd.NaT]
    for state in states.to_dict("records"):
        stood = [
            row
            for row in known_by(rows, state["known_on"])
            if (row["agent_id"], row["started_at"].normalize()) == (state["agent_id"], state["day"])
        ]
        found = [state[name] for name in STATE_FACTS]
        expected = facts_of(stood) if stood else dict.fromkeys(STATE_FACTS, math.nan)
        assert found == pytest.approx([expected[name] for name in STATE_FACTS], nan_ok=True, rel=1e-12, abs=1e-9), state
