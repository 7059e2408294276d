"""The feature frame on hand-made centres: who is in it, from when a row counts, and what stays unknown."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from features import Home, build, load_frame, write_features
from features.catalog import CATALOG, feature_names, own_usual, peer_usual
from features.errors import InputError, NotReadyError
from features.ingest import ingest
from features.ingest.mapping import load_mapping
from features.simulation import Centre, simulate, write
from features.snapshot import CONTEXT

Frames = dict[str, pd.DataFrame]
Export = Callable[..., Any]
DAY = "2025-03-03"  # a Monday
TODAY = date(2025, 3, 10)


@pytest.fixture
def tiny(tiny_centre: Callable[..., Any]) -> Any:
    return tiny_centre()


def built(tiny: Any, *dates: date) -> pd.DataFrame:
    """The frame of a hand-made centre, by agent."""
    return build(tiny.frames(), dates or [TODAY]).set_index("agent_id")


# From when a row counts


def test_a_late_record_changes_no_snapshot_before_it_was_known(tiny: Any) -> None:
    tiny.agent("A")
    tiny.contacts("A", DAY, 30)
    tiny.contact("A", f"{DAY} 18:00", abusive=True, recorded_at="2025-03-07 12:00")
    found = built(tiny, date(2025, 3, 7), date(2025, 3, 8))
    assert found["abuse_per_100"].tolist() == pytest.approx([0, 100 / 31])


def test_a_correction_counts_once_and_from_the_day_after_it_was_made(tiny: Any) -> None:
    tiny.agent("A")
    tiny.contacts("A", DAY, 29)
    tiny.contact("A", f"{DAY} 18:00", contact_id="C")
    tiny.contact("A", f"{DAY} 18:00", contact_id="C", abusive=True, recorded_at="2025-03-07 12:00")
    found = built(tiny, date(2025, 3, 7), date(2025, 3, 8))
    assert found["abuse_per_100"].tolist() == pytest.approx([0, 100 / 30])


def test_a_window_begins_28_days_before_and_ends_the_day_before(tiny: Any) -> None:
    tiny.agent("A")
    tiny.contacts("A", "2025-03-10", 30)
    tiny.contact("A", "2025-03-02 12:00", abusive=True)
    tiny.contact("A", "2025-04-02 12:00", abusive=True)
    found = built(tiny, date(2025, 3, 30), date(2025, 3, 31), date(2025, 4, 2), date(2025, 4, 3))
    assert found["abuse_per_100"].tolist() == pytest.approx([100 / 31, 0, 0, 100 / 31])


# What stays unknown

RATES = [
    "contacts_per_hour", "log_aht_z", "acw_share", "team_load_share", "escalation_rate", "escalation_excess",
    "transfer_rate", "complaint_rate", "abuse_per_100", "sentiment_mean", "negative_share", "emotional_load",
    "hard_run",
]  # fmt: skip


def test_rates_under_30_contacts_are_unknown_and_never_zero(tiny: Any) -> None:
    for agent in "AB":
        tiny.agent(agent)
        tiny.contacts(agent, DAY, 29, sentiment=0.1)
    tiny.contact("B", "2025-03-04 12:00", minutes=25, sentiment=0.1)
    found = built(tiny)
    assert found.loc["A", RATES].isna().all()
    assert found.loc["B", RATES].notna().all()


WITHOUT = (
    "one_to_one_gap", "unplanned_spells", "last_survey_score", "team_quit_rate", "late_change_rate",
    "late_change_rate_14", "notice_days", "missed_break_rate", "adherence", "after_hours_share", "remote_share",
    "split_days",
)  # fmt: skip
NEVER_THERE = {
    "nps",
    "nps_slope",
    "ces",
    "ces_slope",
    "manager_change",
}  # nobody is asked for them, and no manager is known from 180 days ago


def test_a_missing_optional_table_makes_its_features_unknown_and_no_others(centre: Frames, as_of: date) -> None:
    required = {name: centre[name] for name in ("agents", "contacts")}
    found = build(required, [as_of])
    unknown = {name for name in feature_names() if found[name].isna().all()}
    assert {entry.name for entry in CATALOG if entry.version == "raw" and entry.name in unknown} == {
        *WITHOUT,
        *NEVER_THERE,
    }
    assert unknown >= {entry.name for entry in CATALOG if entry.basis in WITHOUT}


def test_an_optional_column_that_is_empty_all_through_is_as_good_as_missing(tiny: Any) -> None:
    tiny.agent("A")
    tiny.contacts("A", DAY, 30)
    frames = tiny.frames()
    empty = {**frames, "contacts": frames["contacts"].assign(csat=None, resolved=None)}
    assert_frame_equal(build(empty, [TODAY]), build(frames, [TODAY]))


def test_the_default_of_recorded_at_holds_for_frames_in_memory_too(tiny: Any) -> None:
    tiny.agent("A")
    tiny.contacts("A", DAY, 30)
    tiny.shift("A", f"{DAY} 08:00", hours=9)
    frames = tiny.frames()
    without = {name: frame.drop(columns="recorded_at") for name, frame in frames.items()}
    assert_frame_equal(build(without, [TODAY]), build(frames, [TODAY]))


def test_the_default_of_recorded_at_holds_row_by_row(tiny: Any) -> None:
    tiny.agent("A")
    tiny.agent("B", recorded_at=None)
    tiny.contacts("A", DAY, 1)
    assert list(built(tiny).index) == ["A", "B"]


def test_contacts_in_memory_without_their_offset_are_refused_and_not_read_as_no_work(tiny: Any) -> None:
    tiny.agent("A")
    tiny.contacts("A", DAY, 30)
    frames = tiny.frames()
    frames["contacts"] = frames["contacts"].drop(columns="utc_offset_s")
    with pytest.raises(InputError, match="utc_offset_s"):
        build(frames, [TODAY])


@pytest.mark.parametrize("contacts", ["absent", "empty"])
def test_no_contacts_at_all_is_refused_in_one_sentence(tiny: Any, contacts: str) -> None:
    tiny.agent("A")
    tiny.contacts("A", DAY, 1)
    frames = tiny.frames()
    left = {"absent": {}, "empty": {"contacts": frames["contacts"].head(0)}}[contacts]
    with pytest.raises(NotReadyError, match=r"^The table 'contacts' is not there yet; run `respite ingest`"):
        build({"agents": frames["agents"], **left}, [TODAY])


def test_no_spread_among_peers_and_no_change_give_an_unknown_z(tiny: Any) -> None:
    for agent in "ABCDEF":
        tiny.agent(agent)
        for week in range(16):
            tiny.contacts(agent, str(date(2024, 11, 25) + timedelta(weeks=week)), 20, sentiment=-0.7)
    found = built(tiny, date(2025, 3, 17))
    assert (found[["contacts_per_hour", "negative_share"]].notna()).all(axis=None)
    z = [entry.name for entry in CATALOG if entry.version in ("own_z", "peer_z")]
    assert found[z].isna().all(axis=None)


def test_four_peers_are_too_few_to_compare_with(tiny: Any) -> None:
    for number, agent in enumerate("ABCDE"):
        tiny.agent(agent, queue="small" if agent < "E" else "q")
        tiny.contacts(agent, DAY, 30 + number)
    assert built(tiny)["contacts_per_hour_peer_z"].isna().all()


def test_equal_starts_have_a_spread_of_zero_that_reads_as_zero(tiny: Any) -> None:
    tiny.agent("A")
    tiny.contact("A", f"{DAY} 09:00")
    for day in range(3, 8):
        tiny.shift("A", f"2025-03-0{day} 08:00")
    assert f"{built(tiny).loc['A', 'start_sd']:.1f}" == "0.0"


# Who is in the frame


def test_who_left_is_off_the_roster_from_the_day_after_the_last_one(tiny: Any) -> None:
    tiny.agent("A")
    tiny.agent("B")
    tiny.contacts("A", DAY, 30)
    tiny.add("exits", agent_id="A", notice_on="2025-03-04", last_day="2025-03-07", kind="voluntary")
    found = built(tiny, date(2025, 3, 7), date(2025, 3, 8))
    assert [f"{agent} {day.day}" for agent, day in found["as_of"].items()] == ["A 7", "B 7", "B 8"]


def test_a_last_day_that_is_put_off_keeps_the_agent_on_the_roster(tiny: Any) -> None:
    tiny.agent("A")
    tiny.contacts("A", DAY, 30)
    notice = {"agent_id": "A", "notice_on": "2025-02-03", "kind": "voluntary"}
    tiny.add("exits", **notice, last_day="2025-03-07")
    tiny.add("exits", **notice, last_day="2025-06-30", recorded_at="2025-03-05")
    assert list(built(tiny).index) == ["A"]


def test_a_post_that_ended_takes_the_agent_off_the_roster(tiny: Any) -> None:
    tiny.agent("A", valid_to="2025-03-07")
    tiny.agent("B")
    tiny.contacts("A", DAY, 30)
    assert list(built(tiny).index) == ["B"]


def test_who_is_hired_later_or_recorded_later_is_not_on_the_roster_yet(tiny: Any) -> None:
    tiny.agent("A")
    tiny.agent("B", since="2025-03-10", recorded_at="2025-02-01")
    tiny.agent("C", recorded_at="2025-03-10")
    tiny.contacts("A", DAY, 30)
    assert list(built(tiny).index) == ["A"]


def test_a_rehire_is_back_on_the_roster_with_a_new_hire_date(tiny: Any) -> None:
    tiny.agent("A", since="2024-01-01")
    tiny.agent("A", since="2025-03-01")
    tiny.contacts("A", DAY, 30)
    tiny.add("exits", agent_id="A", notice_on="2024-11-01", last_day="2024-11-30", kind="voluntary")
    found = built(tiny, date(2024, 11, 30), date(2024, 12, 2), date(2025, 3, 10))
    assert found["as_of"].dt.date.tolist() == [date(2024, 11, 30), date(2025, 3, 10)]
    assert found["new_hire"].tolist() == [0, 1]


def test_a_team_move_takes_the_whole_window_to_the_new_team(tiny: Any) -> None:
    for agent, team in (("A", "T1"), ("B", "T1"), ("C", "T2")):
        tiny.agent(agent, team_id=team, manager_id=f"M{team}")
    tiny.agent("A", since="2025-03-07", team_id="T2", manager_id="MT2", hire_date="2025-01-01")
    for agent, number in (("A", 40), ("B", 60), ("C", 50)):
        tiny.contacts(agent, DAY, number)
    found = built(tiny, date(2025, 3, 7), date(2025, 3, 8)).loc["A"]
    assert found["team_id"].tolist() == ["T1", "T2"]
    assert found["manager_id"].tolist() == ["MT1", "MT2"]
    assert found["team_load_share"].tolist() == pytest.approx([40 / 50, 40 / 45])


def test_a_new_hire_has_no_gap_longer_than_the_time_on_the_job(tiny: Any) -> None:
    tiny.agent("A", since="2025-03-05")
    tiny.agent("B")
    tiny.contacts("B", DAY, 30)
    tiny.add("check_ins", agent_id="B", held_at="2025-03-03 12:00")
    found = built(tiny)["one_to_one_gap"]
    assert found["B"] == 7
    assert not found["A"] > 5


# The clock


def test_hours_over_the_change_to_summer_time_are_counted_in_utc(tiny_centre: Callable[..., Any]) -> None:
    tiny = tiny_centre(zone="Europe/Berlin")
    tiny.agent("A")
    tiny.shift("A", "2025-03-29 22:00", hours=7)  # 23:00 to 07:00 on the clock, of which an hour does not exist
    for number in range(35):
        tiny.contact("A", pd.Timestamp("2025-03-29 22:00") + pd.Timedelta(minutes=12 * number))
    assert built(tiny, date(2025, 4, 1)).loc["A", "contacts_per_hour"] == pytest.approx(35 / 7)


def test_a_start_at_eight_is_the_same_start_before_and_after_the_change(export: Export, home: Home) -> None:
    agents = "agent_id,valid_from,team_id,manager_id,site_id,timezone,queue,employment_type\n"
    agents += "A,2025-01-01,T1,M1,S1,Europe/Berlin,q,full\n"
    contacts = "contact_id,agent_id,queue,channel,started_at,ended_at,talk_s\n"
    contacts += "C,A,q,voice,2025-03-28 09:00,2025-03-28 09:10,600\n"
    shifts = "shift_id,agent_id,scheduled_start,scheduled_end,published_at,actual_start,actual_end\n"
    for day in pd.date_range("2025-03-27", "2025-04-02").strftime("%Y-%m-%d"):
        summer = "+02:00" if day >= "2025-03-30" else "+01:00"
        start, end = f"{day}T08:00{summer}", f"{day}T16:00{summer}"
        shifts += f"S{day},A,{start},{end},2025-03-01,{start},{end}\n"
    ingest(load_mapping("contract"), export({"agents": agents, "contacts": contacts, "shifts": shifts}), home)
    found = build(home, [date(2025, 4, 4)]).iloc[0]
    assert found["start_sd"] == pytest.approx(0, abs=1e-5)
    assert found["max_consecutive_days"] == 7
    assert found["weekend_share"] == pytest.approx(2 / 7)


def test_an_evening_in_new_york_belongs_to_its_own_day(tiny_centre: Callable[..., Any]) -> None:
    tiny = tiny_centre(zone="America/New_York")
    tiny.agent("A")
    tiny.contact("A", "2025-03-03 15:00")
    tiny.shift("A", "2025-03-01 01:00", hours=4)  # Friday 20:00 to midnight
    assert built(tiny).loc["A", "weekend_share"] == 0


def test_a_shift_that_ends_at_midnight_has_night_hours_whenever_its_break_was(tiny: Any) -> None:
    tiny.agent("A")
    tiny.contact("A", f"{DAY} 15:00")
    tiny.shift("A", f"{DAY} 15:00", hours=9, break_entitled_s=3600.0, break_taken_s=3600.0)
    assert built(tiny).loc["A", "night_share"] > 0


def test_a_short_rest_before_the_oldest_day_of_the_baseline_counts(tiny: Any) -> None:
    tiny.agent("A", since="2024-01-01")
    tiny.contact("A", f"{DAY} 15:00")
    oldest = pd.Timestamp(TODAY) - pd.Timedelta(days=112)
    tiny.shift("A", oldest - pd.Timedelta(hours=10), hours=8)
    tiny.shift("A", oldest + pd.Timedelta(hours=8))
    for back in (70, 30, 5):
        tiny.shift("A", pd.Timestamp(TODAY) - pd.Timedelta(days=back))
    assert built(tiny).loc["A", own_usual("quick_returns")] == pytest.approx(1 / 3)


# The frame as a whole


def test_the_frame_has_the_catalogs_columns_in_its_order(frame: pd.DataFrame) -> None:
    windowed = [e.name for e in CATALOG if (e.version, e.window_days) == ("raw", 28) and e.family != "context"]
    usual = [column for name in windowed for column in (own_usual(name), peer_usual(name))]
    assert list(frame.columns) == ["as_of", "agent_id", *CONTEXT, *feature_names(), *usual]
    assert (frame[[*feature_names(), *usual]].dtypes == "float64").all()
    assert not frame.duplicated(["as_of", "agent_id"]).any()


def test_a_frame_can_be_reshaped_without_a_warning(frame: pd.DataFrame) -> None:
    assert frame.set_index(["as_of", "agent_id"]).reset_index().shape == frame.shape


def test_dates_that_are_built_together_are_built_as_if_alone(centre: Frames, as_of: date, frame: pd.DataFrame) -> None:
    together = build(centre, [as_of - timedelta(days=back) for back in range(13, -1, -1)])  # more than one chunk
    last = together[together["as_of"] == pd.Timestamp(as_of)].reset_index(drop=True)
    assert_frame_equal(last, frame, rtol=1e-9, atol=1e-9)
    assert together["as_of"].nunique() == 14
    assert together["as_of"].is_monotonic_increasing


def test_the_order_of_the_rows_does_not_matter(centre: Frames, as_of: date, frame: pd.DataFrame) -> None:
    shuffled = {name: rows.sample(frac=1, random_state=5) for name, rows in centre.items()}
    assert_frame_equal(build(shuffled, [as_of]), frame, rtol=1e-9, atol=1e-9)


@pytest.fixture(scope="module")
def simulated_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with the tables of a centre of 12 agents and 5 weeks, and its feature frame, every week."""
    home = Home(tmp_path_factory.mktemp("home"))
    write(simulate(Centre(agents=12, days=36, seed=3)), home)
    write_features(home)
    return home


def test_by_default_every_seventh_day_back_from_the_last_contact_is_built(simulated_home: Home) -> None:
    last = pd.read_parquet(simulated_home.table("contacts"), columns=["ended_at"])["ended_at"].max().date()
    found = sorted(load_frame(simulated_home)["as_of"].dt.date.unique())
    assert found == [last + timedelta(days=1 - 7 * back) for back in range(len(found) - 1, -1, -1)]
    assert len(found) >= 4


def test_the_frame_that_is_read_is_the_one_that_is_built(simulated_home: Home) -> None:
    written = load_frame(simulated_home)
    dates = sorted(written["as_of"].dt.date.unique())
    built_ = build(simulated_home, dates)
    assert_frame_equal(written, built_, check_dtype=False, rtol=1e-9, atol=1e-9)
    assert load_frame(simulated_home, since=dates[-1])["as_of"].dt.date.unique().tolist() == dates[-1:]
    later = load_frame(simulated_home, since=date(2030, 1, 1))
    assert (len(later), list(later.columns)) == (0, list(written.columns))


def test_tables_on_disk_and_in_memory_give_the_same_frame(simulated_home: Home) -> None:
    frames = simulate(Centre(agents=12, days=36, seed=3)).frames()
    today = [date(2025, 5, 1)]
    assert_frame_equal(build(frames, today), build(simulated_home, today), check_dtype=False, rtol=1e-9, atol=1e-9)


def test_a_date_before_the_first_contact_is_refused(simulated_home: Home) -> None:
    with pytest.raises(InputError, match=r"^--as-of 2024-01-01: .*; choose 2025-04-\d\d or after"):
        write_features(simulated_home, [date(2024, 1, 1)])


def test_a_frame_of_another_contract_is_not_read(simulated_home: Home) -> None:
    build_file = simulated_home.features / "build.json"
    text = build_file.read_text()
    build_file.write_text(text.replace('"contract_version": "2.', '"contract_version": "0.'))
    with pytest.raises(NotReadyError, match="run `respite features` again"):
        load_frame(simulated_home)
    build_file.write_text(text)


def test_what_has_not_been_built_or_ingested_says_which_command_comes_first(home: Home) -> None:
    with pytest.raises(NotReadyError, match="respite features"):
        load_frame(home)
    with pytest.raises(NotReadyError, match="respite ingest"):
        write_features(home)
