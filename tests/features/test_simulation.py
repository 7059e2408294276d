"""The simulated centre is reproducible, obeys the contract's rules, and lives like a contact centre."""

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from features import Centre, Home, simulate
from features.errors import InputError
from features.raw import rows
from features.simulation import Simulated, write
from features.tables import TABLES

Frames = dict[str, pd.DataFrame]
SMALL = Centre(agents=12, days=35, seed=4)


@pytest.fixture(scope="module")
def year() -> Simulated:
    """150 seats for a year, without contacts."""
    return simulate(Centre(agents=150, days=365, seed=7))


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


@pytest.mark.parametrize("name", [name for name in TABLES if name != "outreach"])
def test_a_table_has_the_required_columns_filled_and_in_range(name: str, centre: Frames) -> None:
    frame, table = centre[name], TABLES[name]
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
    assert (exits["recorded_at"] >= pd.to_datetime(exits["notice_on"])).all()


def test_some_records_are_late_and_some_are_corrected(centre: Frames) -> None:
    contacts = centre["contacts"]
    late = contacts["recorded_at"] > contacts["ended_at"]
    assert 0.01 < late.mean() < 0.04
    assert 0.001 < contacts["contact_id"].duplicated().mean() < 0.006


def test_nobody_works_after_the_last_day_or_before_the_first(centre: Frames) -> None:
    contacts = centre["contacts"].merge(centre["exits"][["agent_id", "last_day"]], on="agent_id", how="left")
    contacts = contacts.merge(centre["agents"][["agent_id", "valid_from"]], on="agent_id")
    local = contacts["started_at"] + pd.to_timedelta(contacts["utc_offset_s"], unit="s")
    left = contacts["last_day"].notna()
    assert (local[left].dt.normalize() <= pd.to_datetime(contacts.loc[left, "last_day"])).all()
    assert (contacts["started_at"] >= contacts["valid_from"]).all()


def test_offsets_are_those_of_the_agents_zone_over_the_changes_of_the_clock(year: Simulated) -> None:
    zones = year.tables["agents"].set_index("agent_id")["timezone"]
    shifts = year.tables["shifts"].dropna(subset="actual_start")
    for zone, part in shifts.groupby(shifts["agent_id"].map(zones)):
        local = part["actual_start"].dt.tz_localize("UTC").dt.tz_convert(str(zone)).dt.tz_localize(None)
        assert ((local - part["actual_start"]).dt.total_seconds() == part["utc_offset_s"]).all()
        assert part["utc_offset_s"].nunique() == (1 if zone == "Asia/Manila" else 2)


# Truth


def test_a_seat_that_is_left_is_filled_again(year: Simulated) -> None:
    on_the_job = year.truth.groupby("week").size()
    assert on_the_job.between(135, 150).all()


def test_attrition_is_that_of_a_contact_centre(year: Simulated) -> None:
    leavers = year.tables["exits"]["kind"].isin(["voluntary", "involuntary"]).sum()
    assert 0.25 <= leavers / 150 <= 0.50


def test_burnout_is_as_common_as_surveys_find_it(year: Simulated) -> None:
    scores = year.tables["surveys"]["score"]
    assert len(scores) > 200
    assert 0.25 <= (scores >= 50).mean() <= 0.50


def test_the_exhausted_score_higher_and_leave_more_often(year: Simulated) -> None:
    truth = year.truth
    assert truth["exhaustion"].corr(truth["quit_hazard"]) > 0.3
    leavers = year.tables["exits"].query("kind == 'voluntary'")["agent_id"]
    of_agent = truth.groupby("agent_id")["exhaustion"].mean()
    assert of_agent[of_agent.index.isin(leavers)].mean() > of_agent[~of_agent.index.isin(leavers)].mean()


def test_the_truth_is_written_apart_from_the_tables(home: Home) -> None:
    simulated = simulate(SMALL)
    written = write(simulated, home)
    assert {path.name for path in home.raw.iterdir()} == set(written)
    assert {name: len(rows(home, name)) for name in written} == written
    assert len(pd.read_parquet(home.truth / "weeks.parquet")) == len(simulated.truth)
    assert home.raw not in home.truth.parents
