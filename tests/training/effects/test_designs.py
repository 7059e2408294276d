"""Estimates against known truths, obvious references, and the library's own example."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.effects import DESIGNS
from benchmarks.programs import lottery, rollout
from training.effects.randomized import complier_effect, first_stage, intention_to_treat
from training.effects.staggered import staggered_effect
from training.effects.wedge import wedge_effect

RUNS = {"randomized, intention to treat": 120, "randomized, those who accept": 60, "stepped wedge": 40, "staggered": 20}


@pytest.mark.parametrize("design", DESIGNS)
def test_intervals_hold_the_truth_about_as_often_as_they_say(design: str) -> None:
    runs = RUNS[design]
    held = np.mean([DESIGNS[design](-6.0, seed).held for seed in range(runs)])
    assert held >= 0.95 - 3.5 * np.sqrt(0.95 * 0.05 / runs)


@pytest.mark.parametrize("design", DESIGNS)
def test_a_program_without_effect_is_seldom_called_helpful(design: str) -> None:
    runs = RUNS[design]
    helpful = np.mean([DESIGNS[design](0.0, 10_000 + seed).helpful for seed in range(runs)])
    assert helpful <= 0.025 + 3.5 * np.sqrt(0.025 * 0.975 / runs)


def test_before_and_after_is_wrong_about_people_who_were_chosen() -> None:
    found = [DESIGNS["randomized, intention to treat"](-6.0, seed) for seed in range(60)]
    assert np.mean([one.naive_held for one in found]) < 0.1
    assert abs(np.mean([one.naive_off for one in found])) > 1.0


def test_without_covariates_the_offer_s_effect_is_a_difference_of_means() -> None:
    found = lottery(np.random.default_rng(1), -6.0)
    one, other = found.y[found.offered == 1], found.y[found.offered == 0]
    estimate = intention_to_treat(found.y, found.offered)
    assert estimate.estimate == pytest.approx(one.mean() - other.mean(), abs=1e-9)
    # HC3 of two groups: each group's variance over its size less one
    assert estimate.se == pytest.approx(np.sqrt(one.var() / (len(one) - 1) * len(one) / (len(one) - 1)
        + other.var() / (len(other) - 1) * len(other) / (len(other) - 1)), rel=1e-2)  # fmt: skip


def test_without_covariates_the_effect_on_those_who_accept_is_wald_s() -> None:
    found = lottery(np.random.default_rng(2), -6.0)
    offered = found.offered == 1
    wald = (found.y[offered].mean() - found.y[~offered].mean()) / found.accepted[offered].mean()
    assert complier_effect(found.y, found.offered, found.accepted).estimate == pytest.approx(wald, abs=1e-9)


def test_what_was_before_narrows_the_interval() -> None:
    found = lottery(np.random.default_rng(3), -6.0)
    alone = intention_to_treat(found.y, found.offered)
    adjusted = intention_to_treat(found.y, found.offered, found.before)
    assert adjusted.high - adjusted.low < alone.high - alone.low


def test_nobody_who_accepts_is_no_instrument() -> None:
    offered = np.repeat([0.0, 1.0], 50)
    assert first_stage(offered, np.zeros(100)) in (0.0, np.inf)
    assert first_stage(offered, np.r_[np.zeros(50), np.tile([0.0, 1.0], 25)]) > 10


@settings(max_examples=15, deadline=None)
@given(shift=st.floats(-50, 50), scale=st.floats(0.1, 20), seed=st.integers(0, 10_000))
def test_units_and_levels_change_nothing_but_units(shift: float, scale: float, seed: int) -> None:
    found = lottery(np.random.default_rng(seed), -3.0, people=200)
    one = intention_to_treat(found.y, found.offered, found.before)
    other = intention_to_treat(scale * found.y + shift, found.offered, scale * found.before + shift)
    assert [other.estimate, other.low, other.high] == pytest.approx(
        [scale * one.estimate, scale * one.low, scale * one.high], rel=1e-6, abs=1e-6
    )


def slow_group_time(panel: pd.DataFrame) -> float:
    """Mean over treated team-periods of their change since before they began, less that of those who wait."""
    wide = panel.set_index(["team", "period"])["y"].unstack()  # noqa: PD010
    begins = panel.drop_duplicates("team").set_index("team")["begins"]
    total = weight = 0.0
    for group in sorted(set(begins) - {0}):
        of_group = begins.index[begins == group]
        for period in wide.columns[wide.columns >= group]:
            waiting = begins.index[(begins == 0) | (begins > period)]
            if len(waiting):
                change = wide[period] - wide[group - 1]
                total += len(of_group) * (change[of_group].mean() - change[waiting].mean())
                weight += len(of_group)
    return total / weight


@pytest.mark.parametrize("seed", range(3))
def test_group_time_effects_are_what_their_definition_says(seed: int) -> None:
    panel, _ = rollout(np.random.default_rng(seed), -6.0, teams=18, periods=9, growing=True)
    assert staggered_effect(panel).overall.estimate == pytest.approx(slow_group_time(panel), abs=1e-6)


def test_the_library_s_own_example_is_reproduced() -> None:
    from diff_diff import CallawaySantAnna, generate_staggered_data

    data = generate_staggered_data(n_units=60, n_periods=8, seed=11)
    reference = CallawaySantAnna(control_group="not_yet_treated", base_period="universal").fit(
        data, outcome="outcome", unit="unit", time="period", first_treat="first_treat"
    )
    panel = data.rename(columns={"unit": "team", "outcome": "y", "first_treat": "begins"})
    found = staggered_effect(panel[["team", "period", "y", "begins"]])
    assert found.overall.estimate == pytest.approx(float(reference.overall_att), abs=1e-6)
    course = reference.aggregate("event_study")
    there = dict(zip(np.asarray(course.event_time).astype(int), np.asarray(course.att), strict=True))
    assert [there[at] for at in found.course["period"]] == pytest.approx(list(found.course["estimate"]), abs=1e-6)


def test_trends_before_the_begin_are_noticed_and_their_absence_too() -> None:
    panel, _ = rollout(np.random.default_rng(5), 0.0)
    assert (staggered_effect(panel).pre_trend_p or 0) > 0.05
    ahead = (panel["period"] - panel["begins"]).where(panel["begins"] > 0, -20).clip(-6, 0)
    broken = staggered_effect(panel.assign(y=panel["y"] + 3.0 * ahead.where(panel["begins"] > 0, 0)))
    assert (broken.pre_trend_p or 0) < 0.05


def test_a_wedge_without_noise_gives_the_effect_itself() -> None:
    rng = np.random.default_rng(4)
    panel, _ = rollout(rng, 0.0, teams=14, periods=8)
    within = (panel["begins"] > 0) & (panel["period"] >= panel["begins"])
    exact = panel.assign(y=panel["team"] * 2.0 + panel["period"] ** 2 + np.where(within, -3.5, 0.0))
    found = wedge_effect(exact)
    assert (found.estimate, found.high - found.low) == pytest.approx((-3.5, 0.0), abs=1e-6)
