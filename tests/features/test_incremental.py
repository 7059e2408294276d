"""Built day by day, from whatever has arrived by then, a frame is the same as one that is built at once."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from features import Centre, Home, build, load_frame, simulate, write_features

Frames = dict[str, pd.DataFrame]

FIRST, DAYS = date(2025, 7, 30), 9
DATES = [FIRST + timedelta(days=day) for day in range(DAYS)]
START = "2000-01-01"


@pytest.fixture(scope="module")
def events() -> Frames:
    """A centre of 18 weeks whose past is corrected, moved and added to in its last days; not to be changed."""
    frames = simulate(Centre(agents=12, days=131, seed=4)).frames()
    contacts, shifts = frames["contacts"], frames["shifts"]
    rng = np.random.default_rng(1)
    in_days = [pd.Timestamp(FIRST) + pd.Timedelta(seconds=int(s)) for s in rng.integers(0, 86_400 * DAYS, 90)]
    past = contacts[contacts["ended_at"] < pd.Timestamp(FIRST)].drop_duplicates("contact_id", keep="last")
    corrected = past.sample(60, random_state=2).assign(recorded_at=in_days[:60], sentiment=-0.8, escalated=True)
    corrected.iloc[20:40, corrected.columns.get_loc("agent_id")] = "A0003"
    corrected.loc[corrected.index[30:], ["started_at", "ended_at"]] -= pd.Timedelta(days=3)
    late = past.sample(30, random_state=3).assign(recorded_at=in_days[60:])
    late["contact_id"] = [f"L{number}" for number in range(len(late))]
    told = shifts[shifts["actual_start"].notna() & (shifts["recorded_at"] < pd.Timestamp(FIRST))]
    changed = told.sample(40, random_state=4).assign(recorded_at=in_days[:40], break_taken_s=0.0)
    changed.loc[changed.index[20:], ["actual_start", "actual_end"]] += pd.Timedelta(hours=26)
    return frames | {
        "contacts": pd.concat([contacts, corrected, late], ignore_index=True),
        "shifts": pd.concat([shifts, changed], ignore_index=True),
    }


@pytest.fixture(scope="module")
def at_once(events: Frames) -> pd.DataFrame:
    """The frame as of every date, from all events."""
    return build(events, DATES)


def partition(home: Home, day: date) -> Path:
    return home.features / f"as_of={day}" / "part.parquet"


def content(home: Home, dates: Sequence[date] = DATES) -> dict[date, bytes]:
    """The bytes of the partitions."""
    return {day: partition(home, day).read_bytes() for day in dates}


def rows_of(frame: pd.DataFrame, day: date) -> pd.DataFrame:
    return frame[frame["as_of"] == pd.Timestamp(day)].reset_index(drop=True)


def day_by_day(home: Home, events: Frames, arrivals: Any, hour: int = 0, days: int = DAYS) -> Home:
    """Let events arrive a day at a time, cut at an hour of UTC, and build the frame of each day."""
    since = START
    for day in DATES[:days]:
        until = f"{day} {hour:02d}:00"
        arrivals.arrive_all(home, arrivals.known(events, since, until))
        write_features(home, [day])
        (home.root / f"{day}.json").write_bytes((home.facts / "manifest.json").read_bytes())
        since = until
    return home


@pytest.fixture(scope="module")
def daily(events: Frames, arrivals: Any, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home that was built day by day; tests read it."""
    return day_by_day(Home(tmp_path_factory.mktemp("daily")), events, arrivals)


# Whatever arrives when


def test_a_frame_that_is_built_day_by_day_is_the_one_that_is_built_from_all_events(
    daily: Home, at_once: pd.DataFrame
) -> None:
    found = load_frame(daily)
    assert len(found) > 9 * len(DATES)
    assert_frame_equal(found, at_once, check_dtype=False, check_exact=True)


def test_the_centre_tries_every_signal_that_hangs_on_the_past(at_once: pd.DataFrame) -> None:
    known = at_once.filter(regex="_own_z$|__own_usual$").notna().any()
    assert known.mean() > 0.9


@pytest.mark.parametrize("day", [DATES[0], DATES[4], DATES[-1]])
def test_a_day_of_many_batches_has_the_bytes_of_a_home_that_got_everything_at_once(
    daily: Home, events: Frames, arrivals: Any, home: Home, day: date
) -> None:
    arrivals.arrive_all(home, arrivals.known(events, START, day))
    write_features(home, [day])
    assert partition(home, day).read_bytes() == partition(daily, day).read_bytes()


def test_batches_that_are_cut_at_six_in_the_morning_give_the_same_bytes(
    daily: Home, events: Frames, arrivals: Any, home: Home
) -> None:
    day_by_day(home, events, arrivals, hour=6, days=6)
    assert content(home, DATES[:6]) == content(daily, DATES[:6])


def test_two_homes_from_the_same_batches_have_the_same_bytes_and_the_same_manifest(
    daily: Home, events: Frames, arrivals: Any, home: Home
) -> None:
    day_by_day(home, events, arrivals, days=3)
    assert content(home, DATES[:3]) == content(daily, DATES[:3])
    manifest = f"{DATES[2]}.json"
    assert (home.root / manifest).read_bytes() == (daily.root / manifest).read_bytes()


def test_records_of_long_ago_that_arrive_last_give_the_same_bytes_as_if_they_had_been_there(
    daily: Home, events: Frames, arrivals: Any, home: Home
) -> None:
    held_back = {name: events[name].sample(frac=0.05, random_state=6) for name in ("contacts", "shifts")}
    rest = {name: rows.drop(held_back.get(name, rows.head(0)).index) for name, rows in events.items()}
    arrivals.arrive_all(home, arrivals.known(rest, START, DATES[3]))
    write_features(home, [DATES[3]])
    assert partition(home, DATES[3]).read_bytes() != partition(daily, DATES[3]).read_bytes()
    arrivals.arrive_all(home, arrivals.known(rest, DATES[3], DATES[-1]))
    arrivals.arrive_all(home, held_back)
    write_features(home, DATES)
    assert content(home) == content(daily)


def test_dates_that_are_built_in_one_run_have_the_bytes_of_runs_of_their_own(
    daily: Home, events: Frames, arrivals: Any, home: Home
) -> None:
    arrivals.arrive_all(home, events)
    write_features(home, DATES[-3:])
    assert content(home, DATES[-3:]) == content(daily, DATES[-3:])


# What a run reads and writes


def test_running_twice_leaves_identical_files(daily: Home) -> None:
    def files() -> dict[str, bytes]:
        return {
            str(path.relative_to(daily.root)): path.read_bytes()
            for folder in (daily.facts, daily.features)
            for path in folder.rglob("*")
            if path.is_file()
        }

    write_features(daily, DATES[-2:])
    before = files()
    write_features(daily, DATES[-2:])
    assert files() == before


def test_a_run_reads_and_makes_anew_only_what_is_new_or_changed(events: Frames, arrivals: Any, home: Home) -> None:
    before_last, last = DATES[-2:]
    arrivals.arrive_all(home, arrivals.known(events, START, before_last))
    write_features(home, [before_last])
    names = facts_by_week(home)
    batches = {path: path.stat().st_mtime_ns for path in home.raw.rglob("*.parquet")}
    new = arrivals.known(events, before_last, last)
    arrivals.arrive_all(home, new)
    write_features(home, [last])
    assert {path: path.stat().st_mtime_ns for path in batches} == batches
    rewritten = {kind: set(found.items()) - set(names[kind].items()) for kind, found in facts_by_week(home).items()}
    contacts, shifts = (touched_weeks(new[name], events[name]) for name in ("contacts", "shifts"))
    assert {week for week, _ in rewritten["increments"]} == contacts
    assert {week for week, _ in rewritten["contact_states"]} == contacts
    assert {week for week, _ in rewritten["work_states"]} <= shifts
    assert set(names["increments"]) - contacts
    assert set(names["work_states"]) - shifts


def facts_by_week(home: Home) -> dict[str, dict[str, str]]:
    manifest = json.loads((home.facts / "manifest.json").read_text(encoding="utf-8"))
    files: dict[str, dict[str, str]] = manifest["files"]
    return files


def touched_weeks(new: pd.DataFrame, everything: pd.DataFrame) -> set[str]:
    """The weeks of the days on which new rows lie, or earlier versions of them lay."""
    key, at = ("contact_id", "started_at") if "contact_id" in new else ("shift_id", "scheduled_start")
    versions = everything[everything[key].isin(new[key]) & (everything["recorded_at"] <= new["recorded_at"].max())]
    starts = pd.concat([versions[at], versions["actual_start"].dropna()]) if at == "scheduled_start" else versions[at]
    local = starts + pd.to_timedelta(versions["utc_offset_s"].reindex(starts.index).to_numpy(), unit="s")
    return {str(week) for week in (local - pd.Timestamp("1970-01-05")).dt.days // 7}


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Every DuckDB connection that is opened meanwhile runs on so many threads."""
    connect = duckdb.connect

    def limited(*given: Any, config: dict[str, Any] | None = None, **more: Any) -> Any:
        return connect(*given, config={**(config or {}), "threads": number}, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duckdb, "connect", limited)
        yield


@pytest.mark.parametrize("number", [1, 2, 5])
def test_the_number_of_threads_changes_no_bit(events: Frames, at_once: pd.DataFrame, number: int) -> None:
    with threads(number):
        assert duckdb.connect().execute("SELECT current_setting('threads')").fetchall() == [(number,)]
        found = build(events, DATES[-2:])
    for day in DATES[-2:]:
        assert_frame_equal(rows_of(found, day), rows_of(at_once, day), check_exact=True)


# A correction counts from the day after it was recorded

T = date(2025, 3, 20)


@pytest.fixture
def tiny(tiny_centre: Callable[..., Any]) -> Any:
    """Two agents who serve contacts and work shifts on each of the 30 days before T + 5."""
    centre = tiny_centre()
    for agent in "AB":
        centre.agent(agent)
        for back in range(-5, 25):
            day = str(T - timedelta(days=back))
            centre.contacts(agent, day, 3)
            centre.shift(agent, f"{day} 08:00")
    return centre


def corrected_tone(tiny: Any, recorded: str) -> None:
    tiny.contact("A", f"{T - timedelta(days=2)} 09:00", contact_id=_id_of(tiny), abusive=True, recorded_at=recorded)


def moved_to_another_agent(tiny: Any, recorded: str) -> None:
    tiny.contact("B", f"{T - timedelta(days=2)} 09:00", contact_id=_id_of(tiny), recorded_at=recorded)


def moved_to_another_day(tiny: Any, recorded: str) -> None:
    tiny.contact("A", f"{T - timedelta(days=9)} 19:00", contact_id=_id_of(tiny), recorded_at=recorded)


def recorded_late(tiny: Any, recorded: str) -> None:
    tiny.contact("A", f"{T - timedelta(days=2)} 19:00", recorded_at=recorded)


def worked_longer(tiny: Any, recorded: str) -> None:
    start = pd.Timestamp(f"{T - timedelta(days=2)} 08:00")
    shifts = {row["scheduled_start"]: row["shift_id"] for row in tiny.rows["shifts"] if row["agent_id"] == "A"}
    tiny.shift("A", str(start), hours=11, shift_id=shifts[start], recorded_at=recorded)


def _id_of(tiny: Any) -> str:
    """The first contact of agent A two days before T."""
    contacts = {row["started_at"]: row["contact_id"] for row in tiny.rows["contacts"] if row["agent_id"] == "A"}
    return str(contacts[pd.Timestamp(f"{T - timedelta(days=2)} 09:00")])


CORRECTIONS = [corrected_tone, moved_to_another_agent, moved_to_another_day, recorded_late, worked_longer]
ON_T_3, BEFORE = f"{T + timedelta(days=3)}", f"{T + timedelta(days=2)}"
RECORDED = [
    *((correct, f"{ON_T_3} 12:00", 4) for correct in CORRECTIONS),
    *((correct, f"{ON_T_3} 00:00", 4) for correct in (corrected_tone, worked_longer)),
    *((correct, f"{BEFORE} 23:59:59.999", 3) for correct in (corrected_tone, worked_longer)),
]


@pytest.mark.parametrize(("correct", "recorded", "first"), RECORDED)
def test_a_correction_changes_snapshots_from_the_day_after_its_utc_day_on_and_none_before(
    tiny: Any, correct: Callable[[Any, str], None], recorded: str, first: int
) -> None:
    dates = {days: T + timedelta(days=days) for days in (0, 2, 3, 4)}
    before = build(tiny.frames(), list(dates.values()))
    correct(tiny, recorded)
    after = build(tiny.frames(), list(dates.values()))
    changed = [days for days, day in dates.items() if not rows_of(before, day).equals(rows_of(after, day))]
    assert changed == [days for days in dates if days >= first]


def test_a_correction_that_arrives_three_days_later_changes_the_files_from_then_on(
    tiny: Any, arrivals: Any, home: Home
) -> None:
    dates = [T + timedelta(days=days) for days in range(6)]
    arrivals.arrive_all(home, tiny.frames())
    write_features(home, dates)
    before = content(home, dates)
    corrected_tone(tiny, f"{T + timedelta(days=3)} 12:00")
    arrivals.arrive(home, "contacts", tiny.frames()["contacts"].tail(1))
    write_features(home, dates)
    after = content(home, dates)
    assert [before[day] == after[day] for day in dates] == [True] * 4 + [False] * 2
