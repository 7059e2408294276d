"""Care programs of the simulation: who gets them, what is recorded, and that they do what they are said to do."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from features import Centre, simulate
from features.errors import InputError
from features.simulation import Program, Simulated
from features.tables import TABLES

BY_LOT = Program("talks", "peer-stories", effect=-1.0, start_week=12, weeks=26)
BY_TEAM = Program("shifts", "stable-shifts", effect=-1.0, assignment="staggered", start_week=10, weeks=40, steps=3,
                  every_weeks=8)  # fmt: skip


def centre(*programs: Program, seed: int = 5) -> Simulated:
    return simulate(Centre(agents=240, days=45 * 7, seed=seed, programs=programs))


@pytest.fixture(scope="module")
def by_lot() -> Simulated:
    return centre(BY_LOT)


@pytest.fixture(scope="module")
def by_team() -> Simulated:
    return centre(BY_TEAM)


def change(simulated: Simulated, agents: pd.Series, last: int, first: int) -> pd.Series:
    """Change of exhaustion between two weeks, of those on the job in both."""
    weeks = simulated.truth.weeks
    then, now = (weeks[weeks["week"] == week].set_index("agent_id")["exhaustion"] for week in (first, last))
    both = agents[agents.isin(then.index) & agents.isin(now.index)]
    return now[both] - then[both]


def test_offers_are_by_lot_and_everyone_without_notice_has_an_arm(by_lot: Simulated) -> None:
    told, weeks = by_lot.tables["outreach"], by_lot.truth.weeks
    there = weeks[(weeks["week"] == BY_LOT.start_week) & weeks["at_risk"]]
    assert sorted(told["agent_id"]) == sorted(there["agent_id"])
    assert abs((told["arm"] == "offer").mean() - 0.5) < 4 * math.sqrt(0.25 / len(told))
    before = weeks[weeks["week"] == BY_LOT.start_week - 1].set_index("agent_id")["exhaustion"]
    arms = told.assign(before=told["agent_id"].map(before)).dropna(subset="before").groupby("arm")["before"]
    assert abs(arms.mean().diff().iloc[-1]) < 4 * math.sqrt((arms.var() / arms.size()).sum())


def test_only_offers_are_answered_and_after_they_were_made(by_lot: Simulated) -> None:
    told = by_lot.tables["outreach"]
    answered = told["response"].notna()
    assert set(told.loc[answered, "arm"]) == {"offer"}
    assert set(told.loc[answered, "response"]) == {"accepted", "declined"}
    assert (told["responded_at"].notna() == answered).all()
    assert (told.loc[answered, "responded_at"] > told.loc[answered, "offered_at"]).all()
    truth = by_lot.truth.programs.set_index("agent_id")["takes_part"]
    assert ((told["response"] == "accepted").to_numpy() == truth[told["agent_id"]].to_numpy()).all()


@pytest.mark.parametrize("program", [BY_LOT, BY_TEAM], ids=["by lot", "by team"])
def test_outreach_obeys_the_contract(program: Program) -> None:
    told, table = centre(program).tables["outreach"], TABLES["outreach"]
    assert set(told) <= {column.name for column in table.columns}
    assert not told.duplicated(list(table.key)).any()
    assert set(told["arm"]) <= {"offer", "holdout"}
    assert set(told["action"]) == {program.action}


def test_a_randomized_program_relieves_those_who_take_part_by_its_effect(by_lot: Simulated) -> None:
    people = by_lot.truth.programs
    first, last = BY_LOT.start_week - 1, BY_LOT.start_week + BY_LOT.weeks - 1
    inside, outside = (change(by_lot, people[people["takes_part"] == flag]["agent_id"], last, first)
                       for flag in (True, False))  # fmt: skip
    keep = by_lot.truth.coefficients["exhaustion"]["keep"]
    expected = BY_LOT.effect * (1 - keep**BY_LOT.weeks)
    spread = math.sqrt(inside.var() / len(inside) + outside.var() / len(outside))
    assert abs(inside.mean() - outside.mean() - expected) < 4 * spread
    assert inside.mean() - outside.mean() < -2 * spread


def test_the_effect_is_written_for_the_weeks_of_the_program_alone(by_lot: Simulated) -> None:
    weeks = by_lot.truth.weeks.merge(by_lot.truth.programs[["agent_id", "takes_part"]], on="agent_id", how="left")
    running = weeks["week"].between(BY_LOT.start_week, BY_LOT.start_week + BY_LOT.weeks - 1)
    inside = running & weeks["takes_part"].eq(True)
    assert (weeks.loc[inside, "program"] == BY_LOT.effect).all()
    assert (weeks.loc[~inside, "program"] == 0).all()


def test_teams_begin_step_by_step_and_all_in_the_end(by_team: Simulated) -> None:
    weeks = by_team.truth.weeks
    begun = weeks[weeks["program"] != 0].groupby("team")["week"].min()
    assert set(begun) == {BY_TEAM.start_week + step * BY_TEAM.every_weeks for step in range(BY_TEAM.steps)}
    assert set(begun.index) == set(weeks["team"])
    after = weeks["week"] >= weeks["team"].map(begun)
    assert ((weeks["program"] != 0) == after).all()


def test_a_staggered_program_relieves_early_teams_before_late_ones(by_team: Simulated) -> None:
    weeks = by_team.truth.weeks
    begun = weeks[weeks["program"] != 0].groupby("team")["week"].min()
    now = weeks[weeks["week"] == BY_TEAM.start_week + BY_TEAM.every_weeks - 1]
    early = now["team"].map(begun) == BY_TEAM.start_week
    changes = [change(by_team, now.loc[flag, "agent_id"], int(now["week"].iloc[0]), BY_TEAM.start_week - 1)
               for flag in (early, ~early)]  # fmt: skip
    spread = math.sqrt(sum(part.var() / len(part) for part in changes))
    expected = BY_TEAM.effect * (1 - 0.86**BY_TEAM.every_weeks)
    # conditions are partly the teams' own, so that agents of a team are not independent
    assert abs(changes[0].mean() - changes[1].mean() - expected) < 6 * spread
    assert changes[0].mean() < changes[1].mean()


def test_who_joins_a_team_that_has_begun_is_told_then(by_team: Simulated) -> None:
    told, weeks = by_team.tables["outreach"], by_team.truth.weeks
    inside = weeks[weeks["program"] != 0].groupby("agent_id")["monday"].min()
    first = told.set_index("agent_id")["offered_at"].dt.normalize()
    assert first.index.is_unique
    assert (first.sort_index() == inside.sort_index()).all()
    assert first.nunique() > BY_TEAM.steps


def test_before_a_program_begins_the_centre_is_as_without_it(by_lot: Simulated) -> None:
    without = centre()
    parts = [one.truth.weeks.query("week < @BY_LOT.start_week") for one in (by_lot, without)]
    assert_frame_equal(*parts)
    assert "outreach" not in without.tables
    assert (without.truth.weeks["program"] == 0).all()


def test_effects_of_programs_add_up() -> None:
    both = centre(BY_LOT, BY_TEAM).truth.weeks
    assert np.isclose(both["program"].min(), BY_LOT.effect + BY_TEAM.effect)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"offered": 0.0}, "program p: offered 0.0 is not above 0 and at most 1."),
        ({"uptake": 1.5}, "program p: uptake 1.5 is not above 0 and at most 1."),
        ({"weeks": 0}, "program p: weeks 0 is less than 1."),
        ({"start_week": -1}, "program p: start_week -1 is less than 0."),
        ({"assignment": "chosen"}, "program p: assignment 'chosen' is not randomized or staggered."),
    ],
)
def test_a_program_that_makes_no_sense_is_refused(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError) as refused:
        Program("p", "a", -0.5, **wrong)
    assert str(refused.value) == sentence


def test_two_programs_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match="programs talks: a name stands for one program"):
        Centre(programs=(BY_LOT, BY_LOT))
