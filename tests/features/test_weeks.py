"""Windows of whole weeks, seen from several dates at once: what falls in, from when, and until when."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from features import build
from features.engine import connected, source_tables
from features.facts import facts_of
from features.past import Past
from features.weeks import WINDOWS, QueueSums, window_sums

Frames = dict[str, pd.DataFrame]
T = date(2025, 8, 4)
DAYS = {"7": (0, 7), "28": (0, 28), "84": (0, 84), "before_1": (28, 56), "before_2": (56, 84), "before_3": (84, 112)}
EDGES = [1, 7, 8, 28, 29, 56, 57, 84, 85, 112, 113, 0, -1]


class Found(NamedTuple):
    """What `window_sums` gives."""

    sums: dict[str, dict[str, Any]]
    queues: dict[str, QueueSums]
    weekly: dict[str, Any]


def sums_of(frames: Frames, roster: pd.DataFrame) -> Found:
    with connected() as connection:
        facts = facts_of(source_tables(connection, frames))
    past = Past(frames["agents"]["agent_id"].unique(), None)
    past.show({kind: {kind: partial(facts.get, kind)} for kind in facts}, roster["as_of"].min().date())
    return Found(*window_sums(past.increments, past.contact_states, past.look(roster), past.queues))


def roster_of(agents: Sequence[str], *dates: date) -> pd.DataFrame:
    """Every agent on every date."""
    rows = [(pd.Timestamp(day), agent) for day in dates for agent in agents]
    return pd.DataFrame(rows, columns=["as_of", "agent_id"])


def back(days: int, hour: int = 12) -> pd.Timestamp:
    """Noon so many days before T."""
    return pd.Timestamp(T) - pd.Timedelta(days=days) + pd.Timedelta(hours=hour)


@pytest.fixture
def tiny(tiny_centre: Callable[..., Any]) -> Any:
    """A centre of one agent, A."""
    centre = tiny_centre()
    centre.agent("A")
    return centre


def test_the_windows_are_whole_weeks_back_from_the_date() -> None:
    assert {name: (7 * low, 7 * high) for name, (low, high) in WINDOWS.items()} == DAYS


@pytest.mark.parametrize("fact", ["contacts", "busy_s"], ids=["sums", "states"])
def test_a_day_is_in_every_window_that_begins_at_or_before_it_and_ends_after_it(
    tiny_centre: Callable[..., Any], fact: str
) -> None:
    tiny = tiny_centre()
    for days in EDGES:
        tiny.agent(f"{days}")
        tiny.contact(f"{days}", back(days), minutes=1)
    agents = [str(days) for days in EDGES]
    found = sums_of(tiny.frames(), roster_of(agents, T)).sums
    for name, (low, high) in DAYS.items():
        within = [days for days, value in zip(EDGES, found[name][fact], strict=True) if not np.isnan(value)]
        assert within == [days for days in EDGES if low < days <= high], name


def test_a_weekly_mean_is_that_of_its_week_and_the_last_week_comes_first(tiny: Any) -> None:
    for days, score in ((1, 5.0), (7, 1.0), (8, 4.0), (56, 4.0), (57, 4.0)):
        tiny.contact("A", back(days), csat=score)
    tiny.contact("A", back(15))
    found = sums_of(tiny.frames(), roster_of("A", T)).weekly["csat"]
    assert np.isnan(found).tolist() == [[False, False, True, True, True, True, True, False]]
    assert found[0, [0, 1, 7]].tolist() == [0.5, 1, 1]


@pytest.mark.parametrize(("known", "counts"), [(1, True), (0, False), (-3, False)])
def test_a_contact_counts_once_it_was_known_before_the_date(tiny: Any, known: int, counts: bool) -> None:
    tiny.contact("A", back(20), recorded_at=back(known))
    found = sums_of(tiny.frames(), roster_of("A", T)).sums["28"]
    assert np.isnan(found["contacts"][0]) == np.isnan(found["busy_s"][0]) == (not counts)


@pytest.mark.parametrize(("corrected", "minutes"), [(1, 30), (0, 10), (-3, 10)])
def test_a_correction_counts_once_it_was_known_before_the_date(tiny: Any, corrected: int, minutes: int) -> None:
    tiny.contact("A", back(20), 10, contact_id="C")
    tiny.contact("A", back(20), 30, contact_id="C", recorded_at=back(corrected))
    found = sums_of(tiny.frames(), roster_of("A", T)).sums["28"]
    assert [found[name][0] for name in ("contacts", "handle_s", "busy_s")] == [1, 60 * minutes, 60 * minutes]


def test_a_window_that_a_correction_emptied_is_as_if_nothing_had_been_there(tiny: Any) -> None:
    tiny.contact("A", back(20), contact_id="C", csat=5.0)
    tiny.contact("A", back(40), contact_id="C", csat=5.0, recorded_at=back(3))
    found = sums_of(tiny.frames(), roster_of("A", T))
    emptied = [found.sums[window][fact][0] for window in ("7", "28") for fact in ("contacts", "busy_s")]
    assert np.isnan(emptied).all()
    assert found.sums["before_1"]["contacts"][0] == 1
    assert np.isnan(found.weekly["csat"][0]).tolist() == [True] * 5 + [False] + [True] * 2


def test_a_date_sees_what_it_knew_beside_a_later_one_that_knows_more(tiny: Any) -> None:
    tiny.contact("A", back(20), 10, contact_id="C")
    tiny.contact("A", back(20), 30, contact_id="C", recorded_at=back(10))
    tiny.contact("A", back(9), 10)
    dates = [T - timedelta(days=14), T - timedelta(days=7), T]
    found = sums_of(tiny.frames(), roster_of("A", *dates)).sums["28"]
    assert found["contacts"].tolist() == [1, 2, 2]
    assert found["handle_s"].tolist() == found["busy_s"].tolist() == [600, 2400, 2400]


def test_sums_are_apart_by_the_queue_of_the_contact(tiny: Any) -> None:
    tiny.contact("A", back(2), escalated=True)
    tiny.contact("A", back(2, 14), queue="p")
    tiny.contact("A", back(40), queue="p")
    found = sums_of(tiny.frames(), roster_of("A", T)).queues
    assert len(set(found["28"].group)) == 2
    assert (found["28"].row.tolist(), found["28"].sums["escalated_n"].tolist()) == ([0, 0], [1, 1])
    assert sorted(found["28"].sums["escalated"]) == [0, 1]
    assert (found["before_1"].row.tolist(), found["before_1"].sums["escalated_n"].tolist()) == ([0], [1])


def test_the_median_pause_is_that_of_the_days(tiny: Any) -> None:
    for days, pauses in ((3, [10, 20, 30]), (10, [60]), (12, [5, 5])):
        start = back(days)
        for pause in (*pauses, 0):
            tiny.contact("A", start, minutes=1)
            start += pd.Timedelta(minutes=1 + pause)
    found = sums_of(tiny.frames(), roster_of("A", T)).sums
    assert (found["7"]["gap_median"][0], found["28"]["gap_median"][0]) == (20 * 60, 20 * 60)


def test_who_has_no_contacts_has_no_sums(tiny: Any) -> None:
    tiny.agent("B")
    tiny.contact("A", back(2))
    found = sums_of(tiny.frames(), roster_of("AB", T))
    assert all(np.isnan(values[1]) for sums in found.sums.values() for values in sums.values())
    assert all(np.isnan(values[1]).all() for values in found.weekly.values())


@st.composite
def late_and_corrected(draw: st.DrawFn) -> list[dict[str, Any]]:
    rows = []
    for number in range(draw(st.integers(1, 30))):
        for version in range(draw(st.sampled_from([1, 1, 2]))):
            days = draw(st.integers(-3, 130))
            rows.append(
                {
                    "agent_id": draw(st.sampled_from("AB")), "start": back(days), "minutes": draw(st.integers(1, 90)),
                    "contact_id": str(number), "queue": draw(st.sampled_from("pq")),
                    "recorded_at": back(draw(st.integers(-9, days)) - version, 18),
                }
            )  # fmt: skip
    return rows


@given(late_and_corrected())
@settings(
    max_examples=15, deadline=None, derandomize=True, database=None,
    phases=(Phase.explicit, Phase.generate), suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
def test_every_window_of_every_date_adds_up_to_the_contacts_that_were_known(
    tiny_centre: Callable[..., Any], rows: list[dict[str, Any]]
) -> None:
    tiny = tiny_centre()
    for agent in "AB":
        tiny.agent(agent)
    for row in rows:
        content = dict(row)
        tiny.contact(content.pop("agent_id"), content.pop("start"), **content)
    frames = tiny.frames()
    dates = [T - timedelta(days=7), T]
    roster = roster_of("AB", *dates)
    found = sums_of(frames, roster).sums
    for at, (as_of, agent) in enumerate(roster.itertuples(index=False)):
        known = frames["contacts"][frames["contacts"]["recorded_at"] < as_of].sort_values("recorded_at", kind="stable")
        own = known.drop_duplicates("contact_id", keep="last").query("agent_id == @agent")
        days = (as_of - own["started_at"].dt.normalize()).dt.days
        for name, (low, high) in DAYS.items():
            within = own[(days > low) & (days <= high)]
            values = [found[name][fact][at] for fact in ("contacts", "handle_s", "busy_s")]
            expected = [len(within), within["talk_s"].sum(), within["talk_s"].sum()] if len(within) else [np.nan] * 3
            np.testing.assert_array_equal(values, expected, err_msg=f"{name} of {agent} as of {as_of}")


# Several dates in one build

SOME_DATES = [T - timedelta(days=days) for days in (0, 1, 3, 7, 10, 14, 31)]


def test_dates_on_different_weekdays_in_one_build_are_built_as_if_alone(centre: Frames) -> None:
    together = build(centre, SOME_DATES)
    assert together["as_of"].dt.date.unique().tolist() == sorted(SOME_DATES)
    for day in SOME_DATES[:4]:
        alone = build(centre, [day])
        same = together[together["as_of"] == pd.Timestamp(day)].reset_index(drop=True)
        assert_frame_equal(same, alone, check_exact=True)


def test_sums_are_the_same_with_one_thread_and_with_more(centre: Frames, monkeypatch: pytest.MonkeyPatch) -> None:
    agents = sorted(centre["agents"]["agent_id"].unique())
    roster = roster_of(agents, T - timedelta(days=7), T)
    found = []
    for cores in (1, 3):
        monkeypatch.setattr("features.by_agent.os.cpu_count", lambda cores=cores: cores)
        found.append(sums_of(centre, roster))
    one, more = found
    for name in WINDOWS:
        for fact, values in one.sums[name].items():
            np.testing.assert_array_equal(values, more.sums[name][fact], err_msg=f"{fact} {name}")
        for fact, values in one.queues[name].sums.items():
            np.testing.assert_array_equal(values, more.queues[name].sums[fact], err_msg=f"{fact} {name}")
    for kind, means in one.weekly.items():
        np.testing.assert_array_equal(means, more.weekly[kind])
