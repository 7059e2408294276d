"""Agent-day facts remember what was known of a day, and from when until when."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import ibis
import pandas as pd
import pytest

from features.engine import connected, source_tables
from features.rollup import contact_days, night_seconds, visible, work_days

Frames = dict[str, pd.DataFrame]
DAY = "2025-03-03"


def facts(roll_up: Callable[..., Any], frames: Frames) -> pd.DataFrame:
    """The facts of some tables, in the order in which they became known."""
    with connected() as connection:
        found: pd.DataFrame = roll_up(source_tables(connection, frames)).to_pandas()
    return found.sort_values(["agent_id", "day", "known_on"], ignore_index=True)


def seen(frame: pd.DataFrame, as_of: str | date) -> pd.DataFrame:
    """What a snapshot takes: the documented condition, in pandas."""
    t = pd.Timestamp(as_of)
    stands = frame["superseded_on"].isna() | (frame["superseded_on"] >= t)
    return frame[(frame["day"] < t) & (frame["known_on"] < t) & stands]


@pytest.fixture
def tiny(tiny_centre: Callable[..., Any]) -> Any:
    """A centre of one agent, A."""
    centre = tiny_centre()
    centre.agent("A")
    return centre


def test_a_day_has_one_state_while_nothing_about_it_changes(tiny: Any) -> None:
    tiny.contacts("A", DAY, 3)
    found = facts(contact_days, tiny.frames())
    assert len(found) == 1
    assert found.loc[0, "contacts"] == 3
    assert pd.isna(found.loc[0, "superseded_on"])


def test_a_late_record_opens_a_second_state_of_its_day(tiny: Any) -> None:
    tiny.contacts("A", DAY, 3)
    tiny.contact("A", f"{DAY} 15:00", recorded_at="2025-03-06 12:00")
    found = facts(contact_days, tiny.frames())
    assert found["contacts"].tolist() == [3, 4]
    assert found["superseded_on"].tolist() == [pd.Timestamp("2025-03-06"), pd.NaT]
    assert [seen(found, day)["contacts"].sum() for day in ("2025-03-06", "2025-03-07")] == [3, 4]


def test_a_correction_replaces_what_it_corrects_from_the_day_after_on(tiny: Any) -> None:
    tiny.contact("A", f"{DAY} 10:00", minutes=10, contact_id="C")
    tiny.contact("A", f"{DAY} 10:00", minutes=30, contact_id="C", recorded_at="2025-03-05 08:00")
    found = facts(contact_days, tiny.frames())
    assert [seen(found, day)["handle_s"].sum() for day in ("2025-03-05", "2025-03-06")] == [600, 1800]
    assert [seen(found, day)["contacts"].sum() for day in ("2025-03-05", "2025-03-06")] == [1, 1]


def test_two_corrections_on_one_day_leave_the_last_one(tiny: Any) -> None:
    for minutes, recorded in ((10, f"{DAY} 10:10"), (20, "2025-03-05 08:00"), (30, "2025-03-05 09:00")):
        tiny.contact("A", f"{DAY} 10:00", minutes=minutes, contact_id="C", recorded_at=recorded)
    assert seen(facts(contact_days, tiny.frames()), "2025-03-09")["handle_s"].tolist() == [1800]


def test_a_contact_that_is_corrected_to_another_day_leaves_its_first_day(tiny: Any) -> None:
    tiny.contact("A", f"{DAY} 10:00", contact_id="C")
    tiny.contact("A", "2025-03-04 10:00", contact_id="C", recorded_at="2025-03-05 08:00")
    found = seen(facts(contact_days, tiny.frames()), "2025-03-09")
    assert found.set_index("day")["contacts"].to_dict() == {pd.Timestamp(DAY): 0, pd.Timestamp("2025-03-04"): 1}


def test_a_contact_that_is_corrected_to_another_agent_leaves_the_first(tiny: Any) -> None:
    tiny.agent("B")
    tiny.contact("A", f"{DAY} 10:00", contact_id="C")
    tiny.contact("B", f"{DAY} 10:00", contact_id="C", recorded_at="2025-03-05 08:00")
    found = seen(facts(contact_days, tiny.frames()), "2025-03-09")
    assert found.set_index("agent_id")["contacts"].to_dict() == {"A": 0, "B": 1}


def test_a_day_is_the_agents_day_and_not_the_one_in_utc(tiny_centre: Callable[..., Any]) -> None:
    tiny = tiny_centre(zone="Asia/Manila")
    tiny.agent("A")
    tiny.contact("A", "2025-03-03 20:00")
    found = facts(contact_days, tiny.frames())
    assert found.loc[0, ["day", "start_h"]].tolist() == [pd.Timestamp("2025-03-04"), 4.0]


def test_states_of_the_simulated_centre_hold_exactly_the_contacts_that_were_known(centre: Frames, as_of: date) -> None:
    found = facts(contact_days, centre)
    contacts = centre["contacts"]
    local_day = (contacts["started_at"] + pd.to_timedelta(contacts["utc_offset_s"], unit="s")).dt.normalize()
    for t in (pd.Timestamp(as_of - timedelta(days=back)) for back in (0, 1, 30)):
        known = contacts[(contacts["recorded_at"] < t) & (local_day < t)]
        last = known.sort_values("recorded_at").drop_duplicates("contact_id", keep="last")
        states = seen(found, t)
        assert not states.duplicated(["agent_id", "day"]).any()
        assert states["contacts"].sum() == len(last)
        assert states["escalated"].sum() == last["escalated"].sum()
        assert states["handle_s"].sum() == pytest.approx(last[["talk_s", "hold_s", "acw_s"]].sum().sum())


def test_visible_is_the_condition_that_is_documented(tiny: Any) -> None:
    tiny.contacts("A", DAY, 3)
    tiny.contact("A", f"{DAY} 15:00", recorded_at="2025-03-06 12:00")
    with connected() as connection:
        rolled = contact_days(source_tables(connection, tiny.frames()))
        for t in pd.date_range("2025-03-02", "2025-03-08"):
            taken = rolled.filter(visible(rolled, ibis.date(t.date()))).to_pandas()
            assert taken["contacts"].tolist() == seen(rolled.to_pandas(), t)["contacts"].tolist()


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
    assert facts(contact_days, tiny.frames())["hard_run"].tolist() == [longest]


NIGHTS = [
    (8, 8, 0), (15, 8, 0), (15, 9, 1), (22, 8, 7), (23, 7, 7), (0, 6, 6), (2, 8, 4), (5, 2, 1), (20, 11, 7),
    (4, 20, 3), (12, 0, 0),
]  # fmt: skip


@pytest.mark.parametrize(("start_h", "worked_h", "night_h"), NIGHTS)
def test_night_hours_are_those_between_eleven_and_six(start_h: float, worked_h: float, night_h: float) -> None:
    with connected() as connection:
        found = connection.execute(night_seconds(ibis.literal(float(start_h)), ibis.literal(3600.0 * worked_h)))
    assert found == pytest.approx(3600 * night_h)


WEEK, START = timedelta(days=7), pd.Timestamp("2025-03-03 08:00")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
CHANGES = [
    ("published a week ahead", [(WEEK, {})], 0),
    ("added a minute too late", [(WEEK - MINUTE, {})], 1),
    ("moved by 29 minutes", [(4 * WEEK, {}), (HOUR, {"scheduled_start": START + 29 * MINUTE})], 0),
    ("moved by 30 minutes", [(4 * WEEK, {}), (HOUR, {"scheduled_start": START + 30 * MINUTE})], 1),
    ("moved forward", [(4 * WEEK, {}), (HOUR, {"scheduled_start": START - 3 * HOUR})], 1),
    ("moved early", [(4 * WEEK, {}), (2 * WEEK, {"scheduled_start": START + 3 * HOUR})], 0),
    ("cancelled the day before", [(4 * WEEK, {}), (24 * HOUR, {"cancelled": True})], 1),
    ("cancelled early", [(4 * WEEK, {}), (2 * WEEK, {"cancelled": True})], 0),
    ("moved late, then told again", [(4 * WEEK, {}), *2 * [(HOUR, {"scheduled_start": START + HOUR})]], 1),
    ("moved back", [(4 * WEEK, {}), (2 * HOUR, {"scheduled_start": START + HOUR}), (HOUR, {})], 1),
]  # fmt: skip


@pytest.mark.parametrize(("versions", "late"), [case[1:] for case in CHANGES], ids=[case[0] for case in CHANGES])
def test_a_change_with_less_than_a_weeks_notice_is_late(tiny: Any, versions: list[Any], late: int) -> None:
    tiny.contact("A", START)
    for order, (notice, changed) in enumerate(versions):
        told = START - notice
        recorded = told + order * timedelta(seconds=1)
        row = {"shift_id": "S", "worked": False, "published_at": told, "recorded_at": recorded}
        tiny.shift("A", START, **row | changed)
    found = seen(facts(work_days, tiny.frames()), "2025-03-09")
    assert found["late_changes"].sum() == late
    assert found["shifts"].sum() == 1


def test_a_shift_that_is_moved_to_another_day_leaves_its_first_day_when_that_is_known(tiny: Any) -> None:
    tiny.contact("A", START)
    tiny.shift("A", "2025-03-03 08:00", shift_id="S", worked=False)
    tiny.shift("A", "2025-03-20 08:00", shift_id="S", worked=False, published_at="2025-02-20")
    found = facts(work_days, tiny.frames())
    assert [seen(found, day)["shifts"].sum() for day in ("2025-03-09", "2025-03-20", "2025-03-21")] == [0, 0, 1]


def test_a_shift_that_is_moved_away_and_back_is_there_once(tiny: Any) -> None:
    tiny.contact("A", START)
    for day, told in (("03", "2025-02-01"), ("20", "2025-02-02"), ("05", "2025-02-03")):
        tiny.shift("A", f"2025-03-{day} 08:00", shift_id="S", worked=False, published_at=told)
    found = facts(work_days, tiny.frames())
    assert [seen(found, day)["shifts"].sum() for day in ("2025-03-09", "2025-03-31")] == [1, 1]


def test_a_shift_that_was_not_worked_or_was_cancelled_has_no_hours(tiny: Any) -> None:
    tiny.contact("A", START)
    tiny.shift("A", "2025-03-03 08:00", hours=8, aux_s=600.0, break_taken_s=1800.0)
    tiny.shift("A", "2025-03-04 08:00", worked=False)
    tiny.shift("A", "2025-03-05 08:00", cancelled=True)
    found = facts(work_days, tiny.frames())
    assert found["shifts"].tolist() == [1, 1, 1]
    assert found["worked_s"].fillna(0).tolist() == [7.5 * 3600, 0, 0]
    assert found["aux_s"].fillna(0).tolist() == [600, 0, 0]


def test_two_shifts_of_a_day_add_up(tiny: Any) -> None:
    tiny.contact("A", START)
    tiny.shift("A", "2025-03-03 08:00", hours=3)
    tiny.shift("A", "2025-03-03 15:00", hours=4)
    found = facts(work_days, tiny.frames())
    assert found["worked_s"].tolist() == [7 * 3600]
    assert found["work_start"].tolist() == [pd.Timestamp("2025-03-03 08:00")]
    assert found["work_end"].tolist() == [pd.Timestamp("2025-03-03 19:00")]


def test_break_time_that_is_not_on_record_is_neither_taken_nor_missed(tiny: Any) -> None:
    tiny.contact("A", START)
    tiny.shift("A", "2025-03-03 08:00", break_entitled_s=3600.0, break_taken_s=1800.0)
    tiny.shift("A", "2025-03-03 18:00", break_entitled_s=3600.0, break_taken_s=None)
    found = seen(facts(work_days, tiny.frames()), "2025-03-09")
    assert (found["break_missed_s"] / found["break_entitled_s"]).tolist() == [0.5]
