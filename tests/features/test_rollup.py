"""Increments add up to what was known before any day, exactly; states of work hold from one day until another."""

import math
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from features.engine import connected, source_tables
from features.facts import facts_of
from features.rollup import night_seconds

Frames = dict[str, pd.DataFrame]
DAY = "2025-03-03"  # a Monday
KEYS = ["agent_id", "day", "known_on", "queue"]
PROPERTY = settings(
    max_examples=12, deadline=None, derandomize=True, database=None,
    phases=(Phase.explicit, Phase.generate), suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip


def rolled(table: str, frames: Frames) -> pd.DataFrame:
    """The facts from contacts or shifts, in the order in which they became known."""
    with connected() as connection:
        facts = facts_of(source_tables(connection, frames))[{"contacts": "increments", "shifts": "work_states"}[table]]
    found: pd.DataFrame = facts.to_pandas(strings_to_categorical=False).astype({"agent_id": "str"})
    if "queue" in found:
        found["queue"] = found["queue"].astype("str")
    for name in ("day", "known_on", "superseded_on"):
        if name in found:
            found[name] = pd.to_datetime(found[name])
    return found.sort_values([key for key in KEYS if key in found], ignore_index=True)


def summed(found: pd.DataFrame, before: str | date) -> pd.DataFrame:
    """What was known before T of each agent's days: the sum of the increments, as documented."""
    known = found[found["known_on"] < pd.Timestamp(before)]
    return known.drop(columns=["known_on", "queue"]).groupby(["agent_id", "day"]).sum()


def seen(states: pd.DataFrame, before: str | date) -> pd.DataFrame:
    """The states that hold as of T: known before it, and not superseded before it."""
    t = pd.Timestamp(before)
    stands = states["superseded_on"].isna() | (states["superseded_on"] >= t)
    return states[(states["day"] < t) & (states["known_on"] < t) & stands]


def bits(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    """All rows with every number to its last bit; what a list holds has no order."""
    plain = frame.apply(lambda column: column.map(_plain))
    return sorted(plain.itertuples(index=False, name=None), key=repr)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | list):
        return tuple(sorted(map(_plain, value)))
    return float(value).hex() if isinstance(value, float | np.floating) else value


@pytest.fixture
def tiny(tiny_centre: Callable[..., Any]) -> Any:
    """A centre of one agent, A."""
    centre = tiny_centre()
    centre.agent("A")
    return centre


# Increments


def test_contacts_that_became_known_on_one_day_are_one_increment(tiny: Any) -> None:
    tiny.contacts("A", DAY, 3)
    found = rolled("contacts", tiny.frames())
    assert len(found) == 1
    assert found.loc[0, ["agent_id", "queue"]].tolist() == ["A", "q"]
    assert found.loc[0, ["day", "known_on"]].tolist() == [pd.Timestamp(DAY)] * 2
    assert found.loc[0, ["contacts", "handle_s"]].tolist() == [3, 1800]


def test_a_late_record_is_an_increment_of_its_own(tiny: Any) -> None:
    tiny.contacts("A", DAY, 3)
    tiny.contact("A", f"{DAY} 15:00", recorded_at="2025-03-06 12:00")
    found = rolled("contacts", tiny.frames())
    assert found["contacts"].tolist() == [3, 1]
    assert found["known_on"].dt.day.tolist() == [3, 6]
    assert [summed(found, day)["contacts"].sum() for day in ("2025-03-06", "2025-03-07")] == [3, 4]


def test_a_contact_is_not_known_before_it_ended_whatever_its_record_says(tiny: Any) -> None:
    tiny.contact("A", f"{DAY} 23:55", recorded_at=f"{DAY} 23:56")
    assert rolled("contacts", tiny.frames())["known_on"].dt.day.tolist() == [4]


def test_contacts_of_two_queues_are_two_increments(tiny: Any) -> None:
    tiny.contact("A", f"{DAY} 10:00")
    tiny.contact("A", f"{DAY} 11:00", queue="p")
    assert rolled("contacts", tiny.frames())["queue"].tolist() == ["p", "q"]


def test_a_correction_replaces_what_it_corrects_from_the_day_after_on(tiny: Any) -> None:
    tiny.contact("A", f"{DAY} 10:00", minutes=10, contact_id="C")
    tiny.contact("A", f"{DAY} 10:00", minutes=30, contact_id="C", recorded_at="2025-03-05 08:00")
    found = rolled("contacts", tiny.frames())
    assert [summed(found, day)["handle_s"].sum() for day in ("2025-03-05", "2025-03-06")] == [600, 1800]
    assert [summed(found, day)["contacts"].sum() for day in ("2025-03-05", "2025-03-06")] == [1, 1]


def test_two_corrections_on_one_day_leave_the_last_one(tiny: Any) -> None:
    for minutes, recorded in ((10, f"{DAY} 10:10"), (20, "2025-03-05 08:00"), (30, "2025-03-05 09:00")):
        tiny.contact("A", f"{DAY} 10:00", minutes=minutes, contact_id="C", recorded_at=recorded)
    assert summed(rolled("contacts", tiny.frames()), "2025-03-09")["handle_s"].tolist() == [1800]


@pytest.mark.parametrize(("agent", "day"), [("B", DAY), ("A", "2025-03-04")], ids=["agent", "day"])
def test_a_contact_that_is_corrected_to_another_place_leaves_nothing_behind(tiny: Any, agent: str, day: str) -> None:
    tiny.agent("B")
    marks = {"sentiment": -0.7, "acw_s": 12.3, "csat": 5.0, "nps": 3.0, "ces": 2.0, "escalated": True}
    tiny.contact("A", f"{DAY} 10:00", contact_id="C", **marks)
    tiny.contact(agent, f"{day} 10:00", contact_id="C", recorded_at="2025-03-05 08:00", **marks)
    found = summed(rolled("contacts", tiny.frames()), "2025-03-09")
    assert found["contacts"].sort_values().tolist() == [0, 1]
    assert (found[found["contacts"] == 0] == 0).all(axis=None)


def test_a_day_is_the_agents_day_and_not_the_one_in_utc(tiny_centre: Callable[..., Any]) -> None:
    tiny = tiny_centre(zone="Asia/Manila")
    tiny.agent("A")
    tiny.contact("A", "2025-03-03 20:00")
    found = rolled("contacts", tiny.frames())
    assert found.loc[0, "day"] == pd.Timestamp("2025-03-04")
    assert found.loc[0, "known_on"] == pd.Timestamp("2025-03-03")


ANSWERS = [
    ("escalated", [True, False, None], "escalated", 1, 2),
    ("transferred", [True, True, False], "transferred", 2, 3),
    ("complaint", [None, None, None], "complaint", 0, 0),
    ("abusive", [True, None, True], "abusive", 2, 2),
    ("resolved", [False, False, True], "resolved", 1, 3),
    ("csat", [4.0, 3.0, None], "csat", 1, 2),
    ("nps", [9.0, 6.0, 0.0], "nps", -1, 3),
    ("nps", [7.0, 8.0, 10.0], "nps", 1, 3),
    ("ces", [7.0, None, 2.0], "ces", 9, 2),
    ("sentiment", [-0.5, 0.25, None], "sentiment", -0.25, 2),
    ("sentiment", [-0.5, -0.49, -1.0], "negative", 2, 3),
    ("agent_sentiment", [0.5, None, 0.25], "agent_sentiment", 0.75, 2),
]


@pytest.mark.parametrize(("column", "values", "fact", "total", "known"), ANSWERS)
def test_an_answer_counts_where_it_is_known(
    tiny: Any, column: str, values: list[Any], fact: str, total: float, known: int
) -> None:
    for hour, value in enumerate(values):
        tiny.contact("A", f"{DAY} {10 + hour}:00", **{column: value})
    row = rolled("contacts", tiny.frames()).iloc[0]
    assert row[fact] == pytest.approx(total, abs=1e-9)
    assert row[f"{column}_n"] == known


def test_what_is_unknown_of_handling_counts_nothing(tiny: Any) -> None:
    tiny.contact("A", f"{DAY} 10:00", talk_s=100.5, hold_s=None, acw_s=None)
    tiny.contact("A", f"{DAY} 11:00", talk_s=100.0, hold_s=20.0, acw_s=3.0, sentiment=-0.5)
    tiny.contact("A", f"{DAY} 12:00", talk_s=0.0, acw_s=0.0)
    row = rolled("contacts", tiny.frames()).iloc[0]
    assert row[["handle_s", "acw_s", "unhappy_s", "log_n"]].tolist() == [223.5, 3, 61.5, 2]
    variance = row["log_square"] / 2 - (row["log_sum"] / 2) ** 2
    assert variance == pytest.approx((np.log(123 / 100.5) / 2) ** 2, abs=1e-8)


def test_increments_of_the_simulated_centre_hold_exactly_the_contacts_that_were_known(
    centre: Frames, as_of: date
) -> None:
    found = rolled("contacts", centre)
    contacts = centre["contacts"]
    for t in (as_of - timedelta(days=back) for back in (0, 1, 30)):
        known = contacts[contacts["recorded_at"] < pd.Timestamp(t)]
        last = known.sort_values("recorded_at").drop_duplicates("contact_id", keep="last")
        sums = summed(found, t)
        assert sums["contacts"].sum() == len(last)
        assert sums["escalated"].sum() == last["escalated"].sum()
        assert sums["sentiment_n"].sum() == last["sentiment"].notna().sum()
        assert sums["handle_s"].sum() == pytest.approx(last[["talk_s", "hold_s", "acw_s"]].sum().sum(), abs=1e-3)


MARK = st.none() | st.booleans()
TONE = st.none() | st.floats(-1, 1)


@st.composite
def versions_of_contacts(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Versions of some contacts, moved about between two agents, two days and two queues."""
    rows = []
    for number in range(draw(st.integers(1, 12))):
        for recorded in range(draw(st.integers(1, 4))):
            start = pd.Timestamp(DAY) + pd.Timedelta(seconds=draw(st.integers(0, 2 * 86_400 - 1)))
            rows.append(
                {
                    "agent_id": draw(st.sampled_from("AB")), "start": start, "contact_id": str(number),
                    "recorded_at": pd.Timestamp("2025-03-06") + pd.Timedelta(hours=20 * recorded + number),
                    "queue": draw(st.sampled_from("pq")), "talk_s": draw(st.floats(0, 9_000)),
                    "acw_s": draw(st.none() | st.floats(0, 900)), "sentiment": draw(TONE),
                    "agent_sentiment": draw(TONE), "escalated": draw(MARK), "abusive": draw(MARK),
                    "csat": draw(st.none() | st.floats(1, 5)), "ces": draw(st.none() | st.floats(1, 7)),
                }
            )  # fmt: skip
    return rows


def centre_of(tiny_centre: Callable[..., Any], contacts: list[dict[str, Any]]) -> Frames:
    tiny = tiny_centre()
    for agent in "AB":
        tiny.agent(agent)
    for row in contacts:
        content = dict(row)
        tiny.contact(content.pop("agent_id"), content.pop("start"), **content)
    frames: Frames = tiny.frames()
    return frames


@given(versions_of_contacts(), st.integers(5, 12))
@PROPERTY
def test_the_sum_of_increments_is_the_sum_over_the_last_versions_to_the_last_bit(
    tiny_centre: Callable[..., Any], rows: list[dict[str, Any]], day: int
) -> None:
    t = f"2025-03-{day:02d}"
    frames = centre_of(tiny_centre, rows)
    known = frames["contacts"][frames["contacts"]["recorded_at"] < pd.Timestamp(t)]
    last = known.sort_values("recorded_at").drop_duplicates("contact_id", keep="last")
    found = summed(rolled("contacts", frames), t)
    left = found[found["contacts"] == 0]
    assert (left == 0).all(axis=None)
    expected = found.head(0) if last.empty else summed(rolled("contacts", {**frames, "contacts": last}), t)
    pd.testing.assert_frame_equal(found.drop(left.index), expected, check_exact=True)


@given(versions_of_contacts(), st.randoms(use_true_random=False))
@PROPERTY
def test_increments_do_not_hang_on_the_order_of_rows_to_the_last_bit(
    tiny_centre: Callable[..., Any], rows: list[dict[str, Any]], random: Any
) -> None:
    frames = centre_of(tiny_centre, rows)
    shuffled = {**frames, "contacts": frames["contacts"].sample(frac=1, random_state=random.randrange(100))}
    assert bits(rolled("contacts", frames)) == bits(rolled("contacts", shuffled))


def test_sums_over_many_contacts_are_exact_in_any_order(tiny: Any) -> None:
    rng = np.random.default_rng(5)
    tones, talks = rng.uniform(-1, 1, 3_000), rng.lognormal(6, 1.5, 3_000)
    tiny.contact("A", f"{DAY} 10:00", sentiment=0.0)
    frames = tiny.frames()
    many = pd.concat([frames["contacts"]] * len(tones), ignore_index=True)
    many = many.assign(contact_id=[str(n) for n in range(len(many))], sentiment=tones, talk_s=talks)
    shuffled = [many.sample(frac=1, random_state=seed) for seed in range(3)]
    found = [bits(rolled("contacts", {**frames, "contacts": contacts})) for contacts in shuffled]
    assert found[0] == found[1] == found[2]
    row = rolled("contacts", {**frames, "contacts": many}).iloc[0]
    assert row["sentiment"] == pytest.approx(math.fsum(tones), abs=1e-5)
    assert row["handle_s"] == pytest.approx(math.fsum(talks), abs=1e-2)


# States of work

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
    ("cancelled early, told again", [(4 * WEEK, {}), *((ahead, {"cancelled": True}) for ahead in (2 * WEEK, HOUR))], 0),
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
    found = seen(rolled("shifts", tiny.frames()), "2025-03-09")
    assert found["late_7"].sum() == late
    assert found["shifts"].sum() == 1


def test_late_within_two_weeks_is_counted_apart(tiny: Any) -> None:
    tiny.contact("A", START)
    for notice in (6, 13, 14):
        tiny.shift("A", START, worked=False, published_at=START - timedelta(days=notice))
    row = seen(rolled("shifts", tiny.frames()), "2025-03-09").iloc[0]
    assert row[["shifts", "late_7", "late_14"]].tolist() == [3, 1, 2]
    assert sorted(row["notices"]) == [6, 13, 14]


def test_a_shift_counts_from_the_day_after_it_had_begun_or_ended(tiny: Any) -> None:
    tiny.contact("A", START)
    tiny.shift("A", "2025-03-03 22:00", worked=False)
    tiny.shift("A", "2025-03-05 22:00", recorded_at="2025-03-01")
    found = rolled("shifts", tiny.frames())
    assert [seen(found, f"2025-03-0{day}")["shifts"].sum() for day in (3, 4, 6, 7)] == [0, 1, 1, 2]


def test_actual_times_replace_the_plan_from_the_day_after_they_were_recorded(tiny: Any) -> None:
    tiny.contact("A", START)
    tiny.shift("A", START, shift_id="S", worked=False)
    tiny.shift("A", START, shift_id="S", recorded_at="2025-03-05 09:00")
    found = rolled("shifts", tiny.frames())
    assert found["superseded_on"].tolist() == [pd.Timestamp("2025-03-05"), pd.NaT]
    assert [seen(found, f"2025-03-0{day}")["worked_s"].sum() for day in (4, 5, 6)] == [0, 0, 8 * 3600]
    assert [seen(found, f"2025-03-0{day}")["shifts"].sum() for day in (4, 5, 6)] == [1, 1, 1]


def test_a_shift_that_is_moved_to_another_day_leaves_its_first_day_when_that_is_known(tiny: Any) -> None:
    tiny.contact("A", START)
    tiny.shift("A", "2025-03-03 08:00", shift_id="S", worked=False)
    tiny.shift("A", "2025-03-20 08:00", shift_id="S", worked=False, published_at="2025-02-20")
    found = rolled("shifts", tiny.frames())
    assert [seen(found, day)["shifts"].sum() for day in ("2025-03-09", "2025-03-20", "2025-03-21")] == [0, 0, 1]


def test_a_shift_that_is_moved_away_and_back_is_there_once(tiny: Any) -> None:
    tiny.contact("A", START)
    for day, told in (("03", "2025-02-01"), ("20", "2025-02-02"), ("05", "2025-02-03")):
        tiny.shift("A", f"2025-03-{day} 08:00", shift_id="S", worked=False, published_at=told)
    found = rolled("shifts", tiny.frames())
    assert [seen(found, day)["shifts"].sum() for day in ("2025-03-09", "2025-03-31")] == [1, 1]


def test_a_shift_that_was_not_worked_or_was_cancelled_has_no_hours(tiny: Any) -> None:
    tiny.contact("A", START)
    tiny.shift("A", "2025-03-03 08:00", hours=8, aux_s=600.0, break_taken_s=1800.0)
    tiny.shift("A", "2025-03-04 08:00", worked=False)
    tiny.shift("A", "2025-03-05 08:00", cancelled=True)
    found = rolled("shifts", tiny.frames())
    assert found["shifts"].tolist() == [1, 1, 1]
    assert found["worked_s"].fillna(0).tolist() == [7.5 * 3600, 0, 0]
    assert found["aux_s"].fillna(0).tolist() == [600, 0, 0]
    assert found["work_start"].isna().tolist() == [False, True, True]


def test_two_shifts_of_a_day_add_up_and_are_two_stretches_of_work(tiny: Any) -> None:
    tiny.contact("A", START)
    tiny.shift("A", "2025-03-03 08:00", hours=3)
    tiny.shift("A", "2025-03-03 15:00", hours=4)
    row = rolled("shifts", tiny.frames()).iloc[0]
    assert row["worked_s"] == 7 * 3600
    assert [row["work_start"], row["work_end"]] == [pd.Timestamp(f"{DAY} {h}:00").timestamp() for h in ("08", "19")]
    assert sorted(divmod(int(packed), 2**20) for packed in row["segments"]) == [
        (8 * 3600, 3 * 3600), (15 * 3600, 4 * 3600),
    ]  # fmt: skip


def test_a_stretch_of_work_begins_on_the_agents_clock(tiny_centre: Callable[..., Any]) -> None:
    tiny = tiny_centre(zone="America/New_York")
    tiny.agent("A")
    tiny.contact("A", START)
    tiny.shift("A", "2025-03-04 01:30", hours=4)
    row = rolled("shifts", tiny.frames()).iloc[0]
    assert row["day"] == pd.Timestamp(DAY)
    assert divmod(int(row["segments"][0]), 2**20) == (20.5 * 3600, 4 * 3600)


def test_parts_of_a_second_do_not_lengthen_work(tiny: Any) -> None:
    tiny.contact("A", START)
    tiny.shift("A", "2025-03-03 08:00:00.600", hours=8)
    row = rolled("shifts", tiny.frames()).iloc[0]
    begin, length = divmod(int(row["segments"][0]), 2**20)
    assert begin == pytest.approx(8 * 3600, abs=1)
    assert length == pytest.approx(8 * 3600, abs=1)
    assert row["worked_s"] == pytest.approx(8 * 3600, abs=1)


def test_break_time_that_is_not_on_record_is_neither_taken_nor_missed(tiny: Any) -> None:
    tiny.contact("A", START)
    tiny.shift("A", "2025-03-03 08:00", break_entitled_s=3600.0, break_taken_s=1800.0)
    tiny.shift("A", "2025-03-03 18:00", break_entitled_s=3600.0, break_taken_s=None)
    found = seen(rolled("shifts", tiny.frames()), "2025-03-09")
    assert (found["break_missed_s"] / found["break_entitled_s"]).tolist() == [0.5]


def test_work_inside_and_outside_the_schedule(tiny: Any) -> None:
    tiny.contact("A", START)
    actual = {"actual_start": START + HOUR, "actual_end": START + 10 * HOUR}
    tiny.shift("A", START, hours=8, **actual, break_taken_s=1800.0, remote=True, aux_s=900.0)
    row = rolled("shifts", tiny.frames()).iloc[0]
    assert row[["scheduled_s", "adhered_s", "paid_s", "worked_s", "remote_s", "aux_s"]].tolist() == [
        8 * 3600, 7 * 3600, 9 * 3600, 8.5 * 3600, 8.5 * 3600, 900,
    ]  # fmt: skip


NIGHTS = [
    (8, 8, 0), (15, 8, 0), (15, 9, 1), (22, 8, 7), (23, 7, 7), (0, 6, 6), (2, 8, 4), (5, 2, 1), (20, 11, 7),
    (4, 20, 3), (12, 0, 0),
]  # fmt: skip


@pytest.mark.parametrize(("start_h", "worked_h", "night_h"), NIGHTS)
def test_night_hours_are_those_between_eleven_and_six(start_h: float, worked_h: float, night_h: float) -> None:
    with connected() as connection:
        found = connection.execute(night_seconds(ibis.literal(float(start_h)), ibis.literal(3600.0 * worked_h)))
    assert found == pytest.approx(3600 * night_h)


@st.composite
def versions_of_shifts(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Versions of some shifts, moved about between two agents and three days, planned, worked or cancelled."""
    rows = []
    for number in range(draw(st.integers(1, 12))):
        told = pd.Timestamp("2025-02-20")
        for _ in range(draw(st.integers(1, 4))):
            told += pd.Timedelta(hours=draw(st.integers(1, 24 * 9)))
            start = pd.Timestamp(DAY) + pd.Timedelta(hours=draw(st.integers(0, 71)))
            rows.append(
                {
                    "agent_id": draw(st.sampled_from("AB")), "start": start, "shift_id": str(number),
                    "published_at": told, "recorded_at": told, "hours": draw(st.integers(1, 10)),
                    "worked": draw(st.booleans()), "cancelled": draw(st.booleans()), "remote": draw(MARK),
                    "break_entitled_s": draw(st.none() | st.floats(0, 3_600)),
                }
            )  # fmt: skip
    return rows


def shifts_of(tiny_centre: Callable[..., Any], rows: list[dict[str, Any]]) -> Frames:
    tiny = tiny_centre()
    for agent in "AB":
        tiny.agent(agent)
    tiny.contact("A", START)
    for row in rows:
        content = dict(row)
        worked = {"break_taken_s": 700 / 3, "aux_s": 100 / 3}
        not_worked = {"actual_start": None, "actual_end": None, "break_taken_s": None, "aux_s": None}
        content |= worked if content["worked"] else not_worked
        tiny.shift(content.pop("agent_id"), content.pop("start"), **content)
    frames: Frames = tiny.frames()
    return frames


@given(versions_of_shifts(), st.lists(st.integers(0, 30), min_size=4, max_size=4))
@PROPERTY
def test_the_state_that_holds_is_made_of_the_last_versions_of_shifts_that_had_happened(
    tiny_centre: Callable[..., Any], rows: list[dict[str, Any]], later: list[int]
) -> None:
    frames = shifts_of(tiny_centre, rows)
    states = rolled("shifts", frames)
    for t in (pd.Timestamp("2025-02-25") + pd.Timedelta(days=days) for days in later):
        found = seen(states, t)
        assert not found.duplicated(["agent_id", "day"]).any()
        found = found[found["shifts"] > 0].fillna({"worked_s": 0.0})
        assert {
            (row.agent_id, row.day): pytest.approx((row.shifts, row.worked_s), abs=1e-3) for row in found.itertuples()
        } == work_before(t, frames["shifts"])


def work_before(t: pd.Timestamp, shifts: pd.DataFrame) -> dict[tuple[str, pd.Timestamp], tuple[float, float]]:
    """Shifts and seconds worked per agent and day, from the last version of each shift that was recorded before T."""
    found: dict[tuple[str, pd.Timestamp], tuple[float, float]] = {}
    known = shifts[shifts["recorded_at"] < t].sort_values("recorded_at")
    for _, row in known.drop_duplicates("shift_id", keep="last").iterrows():
        start, end = row["scheduled_start"], row["actual_end"]
        if max(start, start if pd.isna(end) else end).normalize() < t:
            at = (row["agent_id"], start.normalize())
            worked = pd.notna(end) and not row["cancelled"]
            number, seconds = found.get(at, (0.0, 0.0))
            more = (end - start).total_seconds() - row["break_taken_s"] if worked else 0.0
            found[at] = (number + 1, seconds + more)
    return found


@given(versions_of_shifts(), st.randoms(use_true_random=False))
@PROPERTY
def test_states_follow_one_another_whatever_the_order_of_the_rows(
    tiny_centre: Callable[..., Any], rows: list[dict[str, Any]], random: Any
) -> None:
    frames = shifts_of(tiny_centre, rows)
    found = rolled("shifts", frames)
    for _, states in found.groupby(["agent_id", "day"]):
        in_order = list(states.itertuples())
        assert all(before.known_on < after.known_on for before, after in pairwise(in_order))
        assert all(before.superseded_on == after.known_on for before, after in pairwise(in_order))
        assert pd.isna(in_order[-1].superseded_on)
    shuffled = {**frames, "shifts": frames["shifts"].sample(frac=1, random_state=random.randrange(100))}
    assert bits(rolled("shifts", shuffled)) == bits(found)


def test_a_day_of_many_shifts_has_the_same_sums_in_any_order_to_the_last_bit(tiny: Any) -> None:
    tiny.contact("A", START)
    for hour, break_s in ((0, 0.1), (3, 0.2), (6, 0.3), (9, 0.7), (13, 1.3), (16, 1 / 3)):
        parts = {"break_taken_s": break_s, "break_entitled_s": 3 * break_s, "aux_s": 5 * break_s}
        tiny.shift("A", f"{DAY} {hour:02d}:00", hours=2.5, **parts)
    frames = tiny.frames()
    found = [
        bits(rolled("shifts", {**frames, "shifts": frames["shifts"].sample(frac=1, random_state=seed)}))
        for seed in range(6)
    ]
    assert all(other == found[0] for other in found)
