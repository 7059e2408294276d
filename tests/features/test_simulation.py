"""The simulated centre is reproducible, obeys the contract's rules, and its records are late and corrected like real
ones."""

import shutil
from datetime import timedelta

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from features import Centre, Home, simulate
from features.errors import InputError, NotReadyError
from features.frame import load_frame, write_features
from features.raw import rows
from features.simulation import Simulated, Truth, write
from features.tables import TABLES, Table

Frames = dict[str, pd.DataFrame]
SMALL = Centre(agents=12, days=35, seed=4)


@pytest.fixture(scope="module")
def year() -> Simulated:
    """250 seats for a year, without contacts."""
    return simulate(Centre(agents=250, days=365, seed=7))


def test_the_same_seed_gives_the_same_rows() -> None:
    first, second = simulate(SMALL).frames(), simulate(SMALL).frames()
    assert list(first) == list(second)
    for name, frame in first.items():
        assert_frame_equal(frame, second[name])


def test_another_seed_gives_other_rows() -> None:
    first, second = simulate(SMALL).frames(), simulate(Centre(agents=12, days=35, seed=5)).frames()
    assert not first["contacts"]["talk_s"].head(100).equals(second["contacts"]["talk_s"].head(100))
    assert not first["shifts"]["scheduled_start"].equals(second["shifts"]["scheduled_start"])


def test_contacts_are_the_same_at_every_call() -> None:
    simulated = simulate(SMALL)
    first, second = (pd.concat(list(simulated.contacts()), ignore_index=True) for _ in range(2))
    assert_frame_equal(first, second)


def test_contact_ids_are_unique_over_chunks_but_for_corrections() -> None:
    simulated = simulate(Centre(agents=100, days=224, seed=1))  # more shifts than one chunk holds
    chunks = list(simulated.contacts())
    assert len(chunks) > 1
    contacts = pd.concat([chunk[["contact_id", "recorded_at"]] for chunk in chunks])
    assert not contacts.duplicated().any()
    assert 0 < contacts["contact_id"].duplicated().mean() < 0.01


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"agents": 9}, "--agents 9: a centre has at least 10 agents."),
        ({"agents": -1}, "--agents -1: a centre has at least 10 agents."),
        ({"days": 27}, "--days 27: a simulation runs for at least 28 days."),
    ],
)
def test_a_centre_that_is_too_small_is_refused(settings: dict[str, int], sentence: str) -> None:
    with pytest.raises(InputError) as refused:
        Centre(**settings)
    assert str(refused.value) == sentence


def test_the_smallest_centre_runs() -> None:
    frames = simulate(Centre(agents=10, days=28)).frames()
    assert frames["contacts"]["agent_id"].nunique() >= 10


# Rules of the contract


@pytest.mark.parametrize("name", [name for name in TABLES if name != "contacts"])
def test_a_table_has_the_required_columns_filled_and_in_range(name: str, year: Simulated) -> None:
    _obeys(year.tables[name], TABLES[name])


def test_contacts_have_the_required_columns_filled_and_in_range(centre: Frames) -> None:
    _obeys(centre["contacts"], TABLES["contacts"])


def _obeys(frame: pd.DataFrame, table: Table) -> None:
    for column in table.columns:
        if column.required:
            assert frame[column.name].notna().all(), column.name
        if column.name in frame and column.low is not None:
            assert frame[column.name].dropna().between(column.low, column.high).all(), column.name
        if column.choices:
            assert set(frame[column.name]) <= set(column.choices)
    for first, second in table.order:
        both = frame[[first, second]].dropna() if {first, second} <= set(frame) else frame.head(0)
        assert both.empty or (both.iloc[:, 0] <= both.iloc[:, 1]).all(), (first, second)
    assert not frame.duplicated(list(table.key)).any()


def test_every_row_is_about_an_agent_of_the_roster(centre: Frames) -> None:
    agents = set(centre["agents"]["agent_id"])
    assert all(set(frame["agent_id"]) <= agents for frame in centre.values())


def test_contacts_of_an_agent_do_not_overlap(centre: Frames) -> None:
    contacts = centre["contacts"].drop_duplicates("contact_id").sort_values(["agent_id", "started_at"])
    before = contacts.groupby("agent_id")["ended_at"].shift()
    assert (contacts["started_at"] >= before)[before.notna()].all()


def test_contacts_lie_within_a_shift_that_was_worked(centre: Frames) -> None:
    shifts = centre["shifts"].dropna(subset="actual_start").sort_values("actual_start")
    contacts = centre["contacts"].sort_values("started_at")
    held = pd.merge_asof(
        contacts, shifts[["agent_id", "actual_start", "actual_end"]],
        left_on="started_at", right_on="actual_start", by="agent_id",
    )  # fmt: skip
    assert (held["ended_at"] <= held["actual_end"]).all()


def test_nothing_is_known_before_it_happened(centre: Frames) -> None:
    assert (centre["contacts"]["recorded_at"] >= centre["contacts"]["ended_at"]).all()
    worked = centre["shifts"].dropna(subset="actual_end")
    assert (worked["recorded_at"] >= worked["actual_end"]).all()
    exits = centre["exits"]
    assert not exits.empty
    assert (exits["recorded_at"] >= pd.to_datetime(exits["notice_on"])).all()


def test_some_records_are_late_and_some_are_corrected(centre: Frames) -> None:
    contacts = centre["contacts"]
    late = contacts["recorded_at"] > contacts["ended_at"]
    assert 0.01 < late.mean() < 0.04
    assert 0.001 < contacts["contact_id"].duplicated().mean() < 0.006


def test_nobody_works_after_the_last_day_or_before_the_first(centre: Frames) -> None:
    """A spell begins with a hire date and ends with the last day that follows it."""
    spells = centre["agents"].drop_duplicates(["agent_id", "valid_from"], keep="last")
    spells = spells.groupby(["agent_id", "hire_date"], as_index=False)["valid_from"].min().sort_values("valid_from")
    exits = centre["exits"].drop_duplicates(["agent_id", "notice_on"], keep="last")
    exits = exits.assign(last_day=exits["last_day"].astype("datetime64[us]")).sort_values("last_day")
    spells = pd.merge_asof(spells, exits[["agent_id", "last_day"]], left_on="valid_from", right_on="last_day",
                           by="agent_id", direction="forward")  # fmt: skip
    contacts = centre["contacts"].sort_values("started_at")
    held = pd.merge_asof(contacts, spells, left_on="started_at", right_on="valid_from", by="agent_id")
    assert held["valid_from"].notna().all()
    local = held["started_at"] + pd.to_timedelta(held["utc_offset_s"], unit="s")
    left = held["last_day"].notna()
    assert left.any()
    assert (local[left].dt.normalize() <= held.loc[left, "last_day"]).all()


def test_offsets_are_those_of_the_agents_zone_over_the_changes_of_the_clock(year: Simulated) -> None:
    zones = year.tables["agents"].drop_duplicates("agent_id").set_index("agent_id")["timezone"]
    shifts = year.tables["shifts"].dropna(subset="actual_start")
    for zone, part in shifts.groupby(shifts["agent_id"].map(zones)):
        local = part["actual_start"].dt.tz_localize("UTC").dt.tz_convert(str(zone)).dt.tz_localize(None)
        assert ((local - part["actual_start"]).dt.total_seconds() == part["utc_offset_s"]).all()
        assert part["utc_offset_s"].nunique() == (1 if zone == "Asia/Manila" else 2)


# Records of HR


def test_an_agent_has_one_row_a_hire_a_move_and_a_new_manager_and_stays_on_the_site(year: Simulated) -> None:
    posts = year.tables["agents"].drop_duplicates(["agent_id", "valid_from"], keep="last")
    assert posts["agent_id"].duplicated().any()
    assert not posts.drop_duplicates(["agent_id", "site_id", "timezone"])["agent_id"].duplicated().any()
    before = posts.groupby("agent_id")[["team_id", "manager_id", "hire_date"]].shift()
    moved = before["team_id"].notna() & (before["team_id"] != posts["team_id"])
    managed = before["team_id"].notna() & (before["manager_id"] != posts["manager_id"])
    again = before["team_id"].notna() & (before["hire_date"] != posts["hire_date"])
    assert moved.any()
    assert (managed & ~moved).any()
    assert again.any()
    assert (moved | managed | again)[before["team_id"].notna()].all()


def test_who_comes_back_has_left_before(year: Simulated) -> None:
    posts = year.tables["agents"].drop_duplicates(["agent_id", "valid_from"], keep="last")
    hires = posts.drop_duplicates(["agent_id", "hire_date"])
    back = hires[hires["agent_id"].duplicated()]
    left = year.tables["exits"].query("kind == 'voluntary'").groupby("agent_id")["last_day"].min()
    assert (pd.to_datetime(back["hire_date"]) > pd.to_datetime(back["agent_id"].map(left))).all()


def test_the_latest_row_of_the_roster_is_where_the_agent_really_is(year: Simulated) -> None:
    posts = year.tables["agents"].drop_duplicates(["agent_id", "valid_from"], keep="last").sort_values("valid_from")
    weeks = year.truth.weeks.assign(noon=year.truth.weeks["monday"] + pd.Timedelta(hours=12)).sort_values("noon")
    found = pd.merge_asof(weeks, posts, left_on="noon", right_on="valid_from", by="agent_id")
    assert (found["team_id"] == found["team"].map("T{:02d}".format)).all()


@pytest.mark.parametrize(("name", "fact"), [("agents", "valid_from"), ("exits", "notice_on"), ("absences", "start_on")])
def test_some_records_of_hr_are_corrected_later(year: Simulated, name: str, fact: str) -> None:
    rows = year.tables[name].sort_values("recorded_at", kind="stable")
    rows = rows[pd.to_datetime(rows[fact]) > pd.Timestamp(Centre().start)]
    versions = rows[rows.duplicated(["agent_id", fact], keep=False)]
    assert 0.002 < len(versions) / 2 / len(rows) < 0.10
    content = [column for column in rows if column != "recorded_at"]
    assert not versions.duplicated(content).any()


@pytest.mark.parametrize(("name", "event"), [("agents", "valid_from"), ("exits", "notice_on")])
def test_some_records_of_hr_come_late(year: Simulated, name: str, event: str) -> None:
    rows = year.tables[name].drop_duplicates(["agent_id", event])
    rows = rows[pd.to_datetime(rows[event]) > pd.Timestamp(Centre().start)]
    days = (rows["recorded_at"] - pd.to_datetime(rows[event])).dt.days
    assert (days >= 0).all()
    assert 0.01 < (days > 2).mean() < 0.20


# The truth is kept apart


def test_the_truth_is_written_apart_from_the_tables(home: Home) -> None:
    simulated = simulate(SMALL)
    written = write(simulated, home)
    assert {path.name for path in home.raw.iterdir()} == set(written)
    assert {name: len(rows(home, name)) for name in written} == written
    for name in written:
        assert pd.read_parquet(home.table(name)).columns.tolist() == list(TABLES[name].stored)
    assert home.raw not in home.truth.parents


def test_the_truth_that_is_read_is_the_one_that_was_simulated(home: Home) -> None:
    truth = simulate(Centre(agents=20, days=300, seed=2)).truth
    truth.write(home)
    read = Truth.read(home)
    for name in ("weeks", "surveys", "programs"):
        assert_frame_equal(getattr(read, name), getattr(truth, name), check_dtype=False)
    assert read.coefficients == truth.coefficients


def test_a_home_without_a_simulation_has_no_truth(home: Home) -> None:
    with pytest.raises(NotReadyError, match="holds no truth; run `respite simulate` first"):
        Truth.read(home)


def test_features_are_the_same_without_the_truth(home: Home) -> None:
    write(simulate(SMALL), home)
    day = [SMALL.start + timedelta(days=30)]
    write_features(home, day)
    with_truth = load_frame(home)
    shutil.rmtree(home.truth)
    shutil.rmtree(home.features)
    shutil.rmtree(home.facts)
    write_features(home, day)
    assert_frame_equal(load_frame(home), with_truth)
    assert not {"exhaustion", "trait", "susceptibility", "hazard_voluntary"} & set(with_truth)


def test_a_second_simulation_takes_the_place_of_the_first(home: Home) -> None:
    write(simulate(Centre(agents=20, days=300, seed=2)), home)
    write(simulate(SMALL), home)
    assert not home.batches("outreach")
    assert len(Truth.read(home).weeks) == len(simulate(SMALL).truth.weeks)
