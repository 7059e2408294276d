"""The promise that everything else rests on: what happened or became known at or after T changes nothing as of T."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from features import build

Frames = dict[str, pd.DataFrame]
Row = dict[str, Any]
Rows = dict[str, list[Row]]

T = pd.Timestamp("2025-08-04")  # as_of of the fixture `frame`, which strategies cannot ask for
ANYONE = st.integers(0, 10**6)  # picks a row of a table by its remainder
BEFORE = st.integers(60, 100 * 86_400).map(lambda seconds: T - pd.Timedelta(seconds=seconds))
FROM_T_ON = st.integers(0, 40 * 86_400).map(lambda seconds: T + pd.Timedelta(seconds=seconds))
AT_ANY_TIME = BEFORE | FROM_T_ON
FLAG = st.booleans()


@st.composite
def corrected_contact(draw: st.DrawFn) -> Row:
    """A copy of a contact with other content, recorded at or after T: same id, other agent, day, length, marks."""
    start, talk = draw(AT_ANY_TIME), draw(st.floats(0, 5_000))
    end = start + pd.Timedelta(seconds=round(talk))
    content = {
        "talk_s": talk, "acw_s": draw(st.floats(0, 900)), "escalated": draw(FLAG), "complaint": draw(FLAG),
        "abusive": draw(FLAG), "transferred": draw(FLAG), "sentiment": draw(st.floats(-1, 1)),
    }  # fmt: skip
    moved = {"started_at": start, "ended_at": end} if draw(FLAG) else {}
    who = {"like": draw(ANYONE), "other_agent": draw(st.none() | ANYONE)}
    return who | {"recorded_at": draw(FROM_T_ON)} | content | moved


@st.composite
def new_contact(draw: st.DrawFn) -> Row:
    """A late record about an earlier day, or a contact that ends at or after T."""
    row: Row = draw(corrected_contact()) | {"contact_id": f"N{draw(ANYONE)}"}
    start = draw(AT_ANY_TIME)
    end = start + pd.Timedelta(seconds=draw(st.integers(1, 7_200)))
    known = max(end, draw(FROM_T_ON)) if end < T else end
    return row | {"started_at": start, "ended_at": end, "recorded_at": known}


@st.composite
def post(draw: st.DrawFn) -> Row:
    """A new agent, a team move or another version of a post: recorded late, or planned for later."""
    late = {"valid_from": draw(AT_ANY_TIME), "recorded_at": draw(FROM_T_ON)}
    planned = {"valid_from": draw(FROM_T_ON), "recorded_at": draw(BEFORE)}
    corrected = {"recorded_at": draw(FROM_T_ON)}
    who = {"agent_id": f"N{draw(ANYONE)}"} if draw(FLAG) else {}
    content = {
        "team_id": draw(st.sampled_from(["T00", "T01", "T99"])), "queue": draw(st.sampled_from(["billing", "new"])),
        "contracted_h_week": draw(st.floats(5, 60)), "hire_date": draw(AT_ANY_TIME).date(),
        "valid_to": draw(st.none() | AT_ANY_TIME),
    }  # fmt: skip
    return {"like": draw(ANYONE)} | content | who | draw(st.sampled_from([late, planned, corrected]))


@st.composite
def shift(draw: st.DrawFn) -> Row:
    """A version of a shift that became known at or after T, or a roster published ahead for days after T."""
    start = draw(AT_ANY_TIME)
    end = start + pd.Timedelta(hours=draw(st.integers(1, 12)))
    told = draw(AT_ANY_TIME)
    content = {"scheduled_start": start, "scheduled_end": end, "published_at": told, "cancelled": draw(FLAG)}
    worked = {"actual_start": start, "actual_end": end, "break_taken_s": draw(st.floats(0, 3_600)), "aux_s": 0.0}
    content |= worked if draw(FLAG) else {}
    version = {"recorded_at": draw(FROM_T_ON)}
    if draw(FLAG):
        return {"like": draw(ANYONE)} | content | version
    if draw(FLAG):
        return {"like": draw(ANYONE), "shift_id": f"N{draw(ANYONE)}"} | content | version
    ahead = pd.Timedelta(days=draw(st.integers(2, 30)))
    day, told = T + ahead, T - ahead
    planned = {"scheduled_start": day, "scheduled_end": day + pd.Timedelta(hours=8), "published_at": told}
    not_yet = {"actual_start": None, "actual_end": None, "break_taken_s": None, "aux_s": None}
    return {"like": draw(ANYONE), "shift_id": f"N{draw(ANYONE)}", "recorded_at": told} | planned | not_yet


@st.composite
def absence(draw: st.DrawFn) -> Row:
    """A spell that becomes known late, the correction of one, or a holiday that is known ahead."""
    spell = {"like": draw(ANYONE), "planned": draw(FLAG)}
    start = draw(AT_ANY_TIME)
    dates = {"start_on": start.date(), "end_on": (start + pd.Timedelta(days=draw(st.integers(0, 9)))).date()}
    planned = {"start_on": draw(FROM_T_ON).date(), "recorded_at": draw(BEFORE)}
    late = {"recorded_at": draw(FROM_T_ON)}
    return spell | draw(st.sampled_from([late, dates | late, dates | planned]))


@st.composite
def leaver(draw: st.DrawFn) -> Row:
    """Notice that becomes known at or after T, whatever the last day; or a transfer known now, with a last day to come.

    (A voluntary notice that is known now does count: for the team, in `team_quit_rate`.)
    """
    late = {"last_day": draw(AT_ANY_TIME).date(), "recorded_at": draw(FROM_T_ON)}
    ahead = {"last_day": draw(FROM_T_ON).date(), "recorded_at": draw(BEFORE), "kind": "transfer"}
    row = {"like": draw(ANYONE), "other_agent": draw(ANYONE), "notice_on": draw(BEFORE).date()}
    return row | draw(st.sampled_from([late, ahead]))


def answer() -> st.SearchStrategy[Row]:
    said = {"submitted_at": FROM_T_ON, "score": st.floats(0, 100), "wave": st.just("N")}
    return st.fixed_dictionaries({"like": ANYONE, "other_agent": ANYONE, **said})


def talk() -> st.SearchStrategy[Row]:
    return st.fixed_dictionaries({"like": ANYONE, "other_agent": ANYONE, "held_at": FROM_T_ON})


def some(rows: st.SearchStrategy[Row]) -> st.SearchStrategy[list[Row]]:
    return st.lists(rows, min_size=1, max_size=6)


FUTURES: st.SearchStrategy[Rows] = st.fixed_dictionaries(
    {
        "contacts": some(corrected_contact() | new_contact()),
        "agents": some(post()),
        "shifts": some(shift()),
        "absences": some(absence()),
        "exits": some(leaver()),
        "surveys": some(answer()),
        "check_ins": some(talk()),
    }
)


def with_rows(frames: Frames, added: Rows) -> Frames:
    """The tables with rows that start as copies of existing ones (`like`), about the same agent or another one."""
    agents = frames["agents"]["agent_id"]
    together = dict(frames)
    for table, rows in added.items():
        frame = frames[table]
        copies = []
        for row in rows:
            other = row.get("other_agent")
            who = {} if other is None else {"agent_id": agents.iloc[other % len(agents)]}
            content = {name: value for name, value in row.items() if name not in ("like", "other_agent")}
            copies.append(frame.iloc[row["like"] % len(frame)].to_dict() | who | content)
        together[table] = pd.concat([frame, _typed(pd.DataFrame(copies), frame)], ignore_index=True)
    return together


def _typed(rows: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    """The rows in the column types of the table that they join; a column of their own holds times."""
    return rows.astype({name: like[name].dtype if name in like else "datetime64[us]" for name in rows})


@settings(
    max_examples=20, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)  # fmt: skip
@given(future=FUTURES)
def test_what_happened_or_became_known_from_t_on_changes_no_feature_as_of_t(
    future: Rows, centre: Frames, frame: pd.DataFrame
) -> None:
    assert_frame_equal(build(with_rows(centre, future), [T.date()]), frame, rtol=1e-9, atol=1e-9)


def test_cutting_everything_from_t_on_off_changes_no_feature_as_of_t(centre: Frames, frame: pd.DataFrame) -> None:
    known_at = {"surveys": "submitted_at", "check_ins": "held_at"}
    past = {
        name: rows[rows[known_at.get(name, "recorded_at")] < T] for name, rows in centre.items() if name != "protected"
    }
    assert_frame_equal(build(past, [T.date()]), frame, rtol=1e-9, atol=1e-9)


YESTERDAY, AN_HOUR = T - pd.Timedelta(hours=30), pd.Timedelta(hours=1)
NEW_CONTACT = {"contact_id": "N", "started_at": YESTERDAY, "ended_at": YESTERDAY, "recorded_at": YESTERDAY}
CORRECTION = {"escalated": True, "talk_s": 9_000.0, "recorded_at": YESTERDAY}
NEW_SHIFT = {
    "shift_id": "N", "scheduled_start": YESTERDAY, "actual_start": YESTERDAY, "actual_end": YESTERDAY + AN_HOUR,
    "recorded_at": YESTERDAY + AN_HOUR,
}  # fmt: skip
# in one build, because none of these features hangs on another of these tables
OF_ITS_OWN_TABLE: dict[str, tuple[Row, str]] = {
    "contacts": (NEW_CONTACT, "team_load_share"),
    "shifts": (NEW_SHIFT, "load_cv"),
    "agents": ({"hire_date": date(2020, 1, 1), "valid_from": YESTERDAY, "recorded_at": YESTERDAY}, "tenure"),
    "absences": (
        {"start_on": YESTERDAY.date(), "end_on": YESTERDAY.date(), "planned": False, "recorded_at": YESTERDAY},
        "unplanned_spells",
    ),
    "surveys": ({"submitted_at": YESTERDAY, "score": 99.0, "wave": "N"}, "last_survey_score"),
    "check_ins": ({"held_at": YESTERDAY}, "one_to_one_gap"),
}


def test_a_row_of_any_table_that_happened_and_was_known_before_t_does_change_a_feature(
    centre: Frames, frame: pd.DataFrame
) -> None:
    added = {table: [_like_the_last(centre[table], frame) | row] for table, (row, _) in OF_ITS_OWN_TABLE.items()}
    later = build(with_rows(centre, added), [T.date()])
    changed = {name for _, name in OF_ITS_OWN_TABLE.values() if not later[name].equals(frame[name])}
    assert changed == {name for _, name in OF_ITS_OWN_TABLE.values()}


def test_a_correction_that_was_known_before_t_does_change_a_feature(centre: Frames, frame: pd.DataFrame) -> None:
    corrected = _like_the_last(centre["contacts"], frame) | CORRECTION
    later = build(with_rows(centre, {"contacts": [corrected]}), [T.date()])
    assert not later["log_aht_z"].equals(frame["log_aht_z"])


def test_notice_whose_last_day_is_over_takes_an_agent_off_the_roster(centre: Frames, frame: pd.DataFrame) -> None:
    gone = str(frame["agent_id"].iloc[0])
    day = (T - pd.Timedelta(days=3)).date()
    row = {"agent_id": gone, "notice_on": day, "last_day": day, "kind": "voluntary", "recorded_at": YESTERDAY}
    later = build(with_rows(centre, {"exits": [{"like": 0, **row}]}), [T.date()])
    assert set(frame["agent_id"]) - set(later["agent_id"]) == {gone}


def _like_the_last(rows: pd.DataFrame, frame: pd.DataFrame) -> Row:
    """The latest row about anybody on the roster that happened, and so was known, a few days before T."""
    times = ("started_at", "actual_start", "held_at", "submitted_at", "recorded_at")
    at = next(name for name in times if name in rows)
    candidates = rows[rows["agent_id"].isin(frame["agent_id"]) & (rows[at] < T - pd.Timedelta(days=5))]
    return {"like": int(rows.index.get_loc(candidates[at].idxmax()))}


# What the tables of the simulated centre cannot show, because they begin long before T.


def test_a_first_roster_published_for_later_changes_no_feature_today(tiny_centre: Callable[..., Any]) -> None:
    tiny = tiny_centre()
    tiny.agent("A")
    for day in ("2025-03-03", "2025-03-04"):
        tiny.contacts("A", day, 20)
    today = [date(2025, 3, 10)]
    before = build(tiny.frames(), today)
    tiny.shift("A", "2025-03-17 08:00", worked=False, published_at="2025-03-08")
    assert_frame_equal(build(tiny.frames(), today), before)


def test_a_first_holiday_that_is_planned_for_later_changes_no_feature_today(tiny_centre: Callable[..., Any]) -> None:
    tiny = tiny_centre()
    tiny.agent("A")
    tiny.contacts("A", "2025-03-03", 30)
    today = [date(2025, 3, 10)]
    before = build(tiny.frames(), today)
    spell = {"start_on": "2025-04-01", "end_on": "2025-04-04", "planned": True, "recorded_at": "2025-03-01"}
    tiny.add("absences", agent_id="A", **spell)
    assert_frame_equal(build(tiny.frames(), today), before)


def test_a_night_shift_that_is_not_over_yet_changes_no_feature_even_if_its_record_is_older(
    tiny_centre: Callable[..., Any],
) -> None:
    tiny = tiny_centre()
    tiny.agent("A")
    tiny.contact("A", "2025-03-03 08:00")
    tiny.shift("A", "2025-03-03 08:00")
    today = [date(2025, 3, 10)]
    before = build(tiny.frames(), today)
    tiny.shift("A", "2025-03-09 22:00", recorded_at="2025-03-01")
    assert_frame_equal(build(tiny.frames(), today), before)


def test_a_shift_on_the_evening_before_in_new_york_is_after_midnight_utc_and_changes_nothing(
    tiny_centre: Callable[..., Any],
) -> None:
    tiny = tiny_centre(zone="America/New_York")
    tiny.agent("A")
    tiny.contact("A", "2025-03-03 14:00")
    tiny.shift("A", "2025-03-03 14:00")
    today = [date(2025, 3, 10)]
    before = build(tiny.frames(), today)
    tiny.shift("A", "2025-03-10 00:30", worked=False, published_at="2025-03-08")  # 20:30 on the 9th in New York
    assert_frame_equal(build(tiny.frames(), today), before)
