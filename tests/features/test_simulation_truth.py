"""The simulated truth: levels like those of a contact centre, and states, answers and exits that follow its own
numbers."""

import math
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import Centre, simulate
from features.simulation import Simulated, hazards, surveys
from features.simulation.surveys import ITEMS, LEAST_ITEMS

SEEDS = (1, 2, 3, 4)
CAUSES = ("voluntary", "involuntary", "transfer")


@pytest.fixture(scope="module")
def years() -> list[Simulated]:
    """Four centres of 200 seats and a year, without contacts."""
    return [simulate(Centre(agents=200, days=365, seed=seed)) for seed in SEEDS]


@pytest.fixture(scope="module")
def weeks(years: list[Simulated]) -> pd.DataFrame:
    """States of all centres."""
    return pd.concat([year.truth.weeks.assign(centre=at) for at, year in enumerate(years)], ignore_index=True)


@pytest.fixture(scope="module")
def waves(years: list[Simulated]) -> pd.DataFrame:
    """Answers in all centres, given or not."""
    return pd.concat([year.truth.surveys.assign(centre=at) for at, year in enumerate(years)], ignore_index=True)


def notices(year: Simulated) -> pd.DataFrame:
    """Exits as they were in the end."""
    return year.tables["exits"].drop_duplicates(["agent_id", "notice_on"], keep="last")


def week_of_notice(left: pd.DataFrame) -> pd.MultiIndex:
    """Agent and Monday of the week in which notice was given."""
    notice = pd.to_datetime(left["notice_on"])
    mondays = (notice - pd.to_timedelta(notice.dt.day_of_week, unit="D")).astype("datetime64[us]")
    return pd.MultiIndex.from_arrays([left["agent_id"], mondays])


# Levels


def test_a_seat_that_is_left_is_filled_again(weeks: pd.DataFrame) -> None:
    assert weeks.groupby(["centre", "week"]).size().between(180, 200).all()


def test_attrition_is_that_of_a_contact_centre(years: list[Simulated]) -> None:
    leavers = sum(notices(year)["kind"].isin(["voluntary", "involuntary"]).sum() for year in years)
    assert 0.28 <= leavers / (200 * len(years)) <= 0.47


def test_burnout_is_as_common_as_surveys_find_it(waves: pd.DataFrame) -> None:
    assert 0.30 <= (waves["score"].dropna() >= 50).mean() <= 0.45
    assert 14 <= waves["score"].std() <= 23


def test_about_three_in_five_answer(waves: pd.DataFrame) -> None:
    assert 0.55 <= waves["answered"].mean() <= 0.65


# Exhaustion


def test_exhaustion_moves_by_the_weights_that_are_written_down(years: list[Simulated]) -> None:
    for year in years:
        model, weeks = year.truth.coefficients["exhaustion"], year.truth.weeks
        keep = model["keep"]
        demands = sum(weight * weeks[name] for name, weight in model["demands_by_susceptibility"].items())
        relief = sum(weight * weeks[name] for name, weight in model["relief"].items())
        weighs = weeks["trait"] + weeks["susceptibility"] * demands + relief + weeks["program"]
        stays = following(weeks)
        moved = weeks["exhaustion"] - keep * weeks.groupby("agent_id")["exhaustion"].shift() - (1 - keep) * weighs
        mean_days_off = 0.1 * -model["relief"]["days_off"]
        assert moved[stays].mean() == pytest.approx((1 - keep) * mean_days_off, abs=0.015)
        assert moved[stays].std() == pytest.approx(model["noise_sd"], rel=0.03)
        for name in model["drivers"]:
            assert abs(moved[stays].corr(weeks.loc[stays, name])) < 0.05


def following(weeks: pd.DataFrame) -> pd.Series:
    """Rows whose agent was on the job the week before, in the same spell."""
    before = weeks.groupby("agent_id")[["week", "days_employed"]].shift()
    return (before["week"] == weeks["week"] - 1) & (before["days_employed"] < weeks["days_employed"])


def test_exposures_are_slow_averages_of_the_conditions(years: list[Simulated]) -> None:
    weeks = years[0].truth.weeks
    keep = years[0].truth.coefficients["exhaustion"]["keep"]
    stays = following(weeks)
    for name in ("load", "support", "days_off"):
        before = weeks.groupby("agent_id")[f"exposure_{name}"].shift()
        expected = keep * before + (1 - keep) * weeks[name]
        np.testing.assert_allclose(weeks.loc[stays, f"exposure_{name}"], expected[stays], atol=1e-12)


@pytest.mark.parametrize(
    ("driver", "sign"),
    [("load", 1), ("escalation", 1), ("abuse", 1), ("schedule", 1), ("support", -1), ("breaks", -1), ("days_off", -1)],
)
def test_who_was_more_exposed_is_more_exhausted(weeks: pd.DataFrame, driver: str, sign: int) -> None:
    settled = weeks[weeks["week"] >= 20]
    names = [name for name in weeks if name.startswith("exposure_")]
    X = np.column_stack([settled[names].to_numpy(), settled["trait"], np.ones(len(settled))])
    weights, *_ = np.linalg.lstsq(X, settled["exhaustion"].to_numpy(), rcond=None)
    assert sign * weights[names.index(f"exposure_{driver}")] > 0


def test_the_susceptible_suffer_more_from_the_same_work(weeks: pd.DataFrame) -> None:
    settled = weeks[weeks["week"] >= 20]
    high = settled["susceptibility"] > settled["susceptibility"].median()
    slopes = [np.polyfit(part["exposure_load"], part["exhaustion"], 1)[0] for part in (settled[high], settled[~high])]
    assert slopes[0] > slopes[1]


# Surveys


def test_a_score_is_the_mean_of_the_items_that_were_answered(waves: pd.DataFrame) -> None:
    items = waves[list(ITEMS)]
    assert set(np.unique(items.to_numpy()[items.notna().to_numpy()])) == {0.0, 25.0, 50.0, 75.0, 100.0}
    enough = items.notna().sum(axis=1) >= LEAST_ITEMS
    np.testing.assert_allclose(waves.loc[enough, "score"], items[enough].mean(axis=1), atol=0.005)
    assert waves.loc[~enough, "score"].isna().all()
    assert 0 < (~enough).mean() < 0.05


def test_what_is_submitted_was_answered_and_has_a_score(years: list[Simulated]) -> None:
    for year in years:
        truth = year.truth.surveys.set_index(["agent_id", "wave"])
        submitted = year.tables["surveys"].set_index(["agent_id", "wave"])
        expected = truth[truth["answered"] & truth["score"].notna()]
        assert set(submitted.index) == set(expected.index)
        assert (submitted["score"] == expected["score"].reindex(submitted.index)).all()


def test_items_agree_with_one_another_as_those_of_a_scale_do(waves: pd.DataFrame) -> None:
    items = waves[list(ITEMS)].dropna()
    alpha = 7 / 6 * (1 - items.var().sum() / items.sum(axis=1).var())
    assert 0.80 <= alpha <= 0.95


def test_the_exhausted_answer_less_often(waves: pd.DataFrame, weeks: pd.DataFrame) -> None:
    found = waves.merge(weeks[["centre", "week", "agent_id", "exhaustion"]], on=["centre", "week", "agent_id"])
    answered, silent = (found.loc[found["answered"] == flag, "exhaustion"] for flag in (True, False))
    gap = silent.mean() - answered.mean()
    assert gap > 4 * math.sqrt(silent.var() / len(silent) + answered.var() / len(answered))
    expected, n = found["answer_chance"].sum(), found["answer_chance"] * (1 - found["answer_chance"])
    assert abs(answered.size - expected) < 4 * math.sqrt(n.sum())


@settings(max_examples=8, deadline=None)
@given(exhaustion=st.floats(-3, 4), points=st.sampled_from([25.0, 50.0, 75.0]))
def test_the_chance_of_a_high_score_is_that_of_many_answers(exhaustion: float, points: float) -> None:
    rng = np.random.default_rng(1)
    items, score = surveys.answer(rng, np.full(20_000, exhaustion))
    complete = ~np.isnan(items).any(axis=1)
    expected = surveys.share_at_least(points, np.array([exhaustion]))[0]
    observed, n = (score[complete] >= points).mean(), complete.sum()
    assert abs(observed - expected) < 5 * math.sqrt(max(expected * (1 - expected), 1e-4) / n)


# Exits


@pytest.mark.parametrize("cause", CAUSES)
def test_as_many_leave_as_the_hazards_add_up_to(years: list[Simulated], cause: str) -> None:
    observed = sum((notices(year)["kind"] == cause).sum() for year in years)
    chances = pd.concat([year.truth.weeks.query("at_risk")[f"hazard_{cause}"] for year in years])
    assert abs(observed - chances.sum()) < 4 * math.sqrt((chances * (1 - chances)).sum())


def test_nobody_leaves_who_was_not_at_risk(years: list[Simulated]) -> None:
    for year in years:
        at_risk = year.truth.weeks.query("at_risk").set_index(["agent_id", "monday"]).index
        assert week_of_notice(notices(year)).isin(at_risk).all()


@pytest.mark.parametrize("cause", ["voluntary", "involuntary"])
def test_hazards_follow_from_the_weights_that_are_written_down(years: list[Simulated], cause: str) -> None:
    weeks, model = years[0].truth.weeks, years[0].truth.coefficients[cause]
    margin = model["base"] + sum(weight * weeks[name] for name, weight in model["drivers"].items())
    np.testing.assert_allclose(weeks[f"hazard_{cause}"], np.minimum(np.exp(margin), hazards.LIKELIEST), rtol=1e-9)


def test_contagion_is_made_of_the_teams_notices_of_late(years: list[Simulated]) -> None:
    """Against a slow reference: every notice counts by its share of the team, fading week by week."""
    year = years[0]
    weeks, left = year.truth.weeks, notices(year).query("kind == 'voluntary'")
    teams = weeks.set_index(["agent_id", "monday"])["team"]
    for team in range(3):
        sizes = weeks[weeks["team"] == team].groupby("week").size()
        expected = 0.0
        for now, later in pairwise(sorted(weeks["week"].unique())):
            monday = pd.Timestamp(year.truth.weeks["monday"].min()) + pd.Timedelta(weeks=int(now))
            gone = 0
            for agent, day in zip(left["agent_id"], left["notice_on"], strict=True):
                day_of = pd.Timestamp(day)
                if monday <= day_of < monday + pd.Timedelta(days=7) and teams[(agent, monday)] == team:
                    gone += 1
            expected = hazards.FADES * expected + gone / sizes[now]
            of_week = weeks[(weeks["team"] == team) & (weeks["week"] == later)]["contagion"]
            np.testing.assert_allclose(of_week, expected, atol=1e-12)


@pytest.mark.parametrize(
    ("cause", "driver", "sign"),
    [("voluntary", "exhaustion", 1), ("voluntary", "newness", 1), ("voluntary", "log_pay", -1),
     ("voluntary", "contagion", 1), ("involuntary", "performance", -1), ("involuntary", "newness", 1)],
)  # fmt: skip
def test_who_leaves_had_more_of_what_drives_leaving(years: list[Simulated], cause: str, driver: str, sign: int) -> None:
    """In all centres together: mean of the driver among who gave notice that week, against who could have."""
    gap, spread = 0.0, 0.0
    for year in years:
        weeks = year.truth.weeks.query("at_risk")
        left = week_of_notice(notices(year).query("kind == @cause"))
        goes = pd.MultiIndex.from_frame(weeks[["agent_id", "monday"]]).isin(left)
        values: npt.NDArray[np.float64] = weeks[driver].to_numpy()
        gap += float((values[goes] - values.mean()).sum())
        spread += float(values.var() * goes.sum())
    assert sign * gap > 1.5 * math.sqrt(spread)


# Absences


def test_the_exhausted_are_absent_more_often(weeks: pd.DataFrame) -> None:
    away = (weeks["away"] > 0) & (weeks["away"] != 127)  # whole weeks are holidays
    before = weeks.groupby(["centre", "agent_id"])["exhaustion"].shift()
    known = before.notna()
    high = before[known] > before[known].median()
    assert away[known][high].mean() > 1.3 * away[known][~high].mean()


def test_a_week_off_relieves(weeks: pd.DataFrame) -> None:
    following_ = weeks.groupby(["centre", "agent_id"])["exhaustion"].diff()
    assert following_[weeks["days_off"] == 1].mean() < following_[weeks["days_off"] == 0].mean() - 0.1
