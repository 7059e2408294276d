"""Signals at their edges: one hand-made centre in which every agent is a case, built once."""

import math
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from features import build
from features.catalog import own_usual

T = pd.Timestamp("2025-03-10")
# agent -> hours of rest over a midnight, and how often that is too short
RESTS = {
    "same shift": (1.9, 0),
    "two hours": (2, 1),
    "just under 11": (10.9, 1),
    "11 hours": (11, 0),
    "a day": (24, 0),
}
# agent -> rows of a table as (days before T, more), and the value of the feature
SPELLS = {
    "90 days ago": ([(90, {})], 1),
    "91 days ago": ([(91, {})], 0),
    "two of them": ([(30, {}), (5, {})], 2),
    "a holiday": ([(30, {"planned": True})], 0),
    "turned into a holiday": ([(30, {}), (30, {"planned": True, "recorded_at": T - pd.Timedelta(days=3)})], 0),
    "turned into one too late": ([(30, {}), (30, {"planned": True, "recorded_at": T})], 1),
}
CHECK_INS = {"yesterday": (1, 1), "a week ago": (7, 7), "180 days ago": (180, 180), "a year ago": (365, 180)}
SURVEYS = {
    "200 days ago": ([(200, {})], 40),
    "201 days ago": ([(201, {})], None),
    "the latest": ([(100, {}), (20, {"score": 60.0, "wave": "W2"})], 60),
    "another scale": ([(20, {"scale": "client"})], None),
    "another instrument": ([(20, {"instrument": "olbi"})], None),
    "in capitals": ([(20, {"instrument": "CBI", "scale": "Work"})], 40),
}
HIRED = {"today": (0, 0, 1), "90 days ago": (90, 90, 1), "91 days ago": (91, 91, 0), "next week": (-7, 0, 1)}
# agent -> customers' tone week by week, the latest first, and the slope per week
TONES = {
    "better every week": ([0.4, 0.3, 0.2, 0.1], 0.1),
    "worse every week": ([-0.3, -0.2, -0.1, 0.0, 0.1], -0.1),
    "one odd week": ([0.5, 0.4, -1.0, 0.2, 0.1, 0.0], 0.1),
    "three weeks": ([0.3, 0.2, 0.1], None),
    "a week without contacts": ([0.4, None, 0.2, 0.1, 0.0], 0.1),
    "an older trend": ([0.1] * 8 + [0.9, -0.9], 0.0),
}
# agent -> contacts a day now, one, two and three windows ago, and whether there is a usual value to compare with
PASTS = {
    "no past": ([40], False),
    "one window": ([40, 35], False),
    "two windows": ([40, 35, 35], True),
    "two that are thin": ([40, 35, 20], False),
    "two with a hole": ([40, 35, 0, 35], True),
}


CASES: dict[str, dict[str, Any]] = {
    "rests": RESTS, "spells": SPELLS, "check_ins": CHECK_INS, "surveys": SURVEYS, "hired": HIRED, "tones": TONES,
    "pasts": PASTS,
}  # fmt: skip


def before(days: float, hours: float = 0) -> pd.Timestamp:
    return T - pd.Timedelta(days=days) + pd.Timedelta(hours=hours)


@pytest.fixture(scope="module")
def frame(tiny_centre: Callable[..., Any]) -> pd.DataFrame:
    """The frame of the centre of all cases, by agent."""
    centre = tiny_centre()
    for name, cases in CASES.items():
        for agent in cases:
            hired = {"hire_date": before(HIRED[agent][0]).date()} if cases is HIRED else {}
            centre.agent(f"{name}: {agent}", since="2024-01-01", **hired)
    _schedules(centre)
    _context(centre)
    _contacts(centre)
    return build(centre.frames(), [T.date()]).set_index("agent_id")


def _schedules(centre: Any) -> None:
    for agent, (rest_h, _) in RESTS.items():
        centre.shift(f"rests: {agent}", before(5, 17.5), hours=6)
        centre.shift(f"rests: {agent}", before(5, 23.5 + rest_h), hours=2)


def _context(centre: Any) -> None:
    for agent, (spells, _) in SPELLS.items():
        for days, more in spells:
            spell = {"start_on": before(days), "end_on": before(days), "planned": False}
            centre.add("absences", agent_id=f"spells: {agent}", **spell | more)
    for agent, (days, _) in CHECK_INS.items():
        centre.add("check_ins", agent_id=f"check_ins: {agent}", held_at=before(days, 9))
    for agent, (surveys, _) in SURVEYS.items():
        for days, more in surveys:
            survey = {
                "wave": "W1",
                "submitted_at": before(days, 9),
                "instrument": "cbi",
                "scale": "work",
                "score": 40.0,
            }
            centre.add("surveys", agent_id=f"surveys: {agent}", **survey | more)


def _contacts(centre: Any) -> None:
    for agent, (tones, _) in TONES.items():
        for week, tone in enumerate(tones):
            if tone is not None:
                centre.contact(f"tones: {agent}", before(3 + 7 * week, 9), sentiment=tone)
    for agent, (windows, _) in PASTS.items():
        for window, number in enumerate(windows):
            centre.contacts(f"pasts: {agent}", str(before(3 + 28 * window).date()), number)


@pytest.mark.parametrize("agent", RESTS)
def test_a_rest_is_short_from_two_to_under_eleven_hours(agent: str, frame: pd.DataFrame) -> None:
    assert frame.loc[f"rests: {agent}", "quick_returns"] == RESTS[agent][1]


@pytest.mark.parametrize("agent", SPELLS)
def test_a_spell_counts_for_90_days_and_as_it_was_last_known(agent: str, frame: pd.DataFrame) -> None:
    assert frame.loc[f"spells: {agent}", "unplanned_spells"] == SPELLS[agent][1]


@pytest.mark.parametrize("agent", CHECK_INS)
def test_the_gap_since_the_last_one_to_one_ends_at_180_days(agent: str, frame: pd.DataFrame) -> None:
    assert frame.loc[f"check_ins: {agent}", "one_to_one_gap"] == CHECK_INS[agent][1]


@pytest.mark.parametrize("agent", SURVEYS)
def test_the_last_score_on_the_work_scale_counts_for_200_days(agent: str, frame: pd.DataFrame) -> None:
    known = SURVEYS[agent][1] or math.nan
    assert frame.loc[f"surveys: {agent}", "last_survey_score"] == pytest.approx(known, nan_ok=True)


@pytest.mark.parametrize("agent", HIRED)
def test_a_new_hire_is_one_up_to_90_days_and_has_waited_no_longer_for_a_talk(agent: str, frame: pd.DataFrame) -> None:
    _, days, new = HIRED[agent]
    row = frame.loc[f"hired: {agent}"]
    assert row["tenure"] == pytest.approx(math.log(1 + days))
    assert row["new_hire"] == new
    assert row["one_to_one_gap"] == days


@pytest.mark.parametrize("agent", TONES)
def test_the_trend_of_tone_is_the_median_slope_of_at_least_four_weeks(agent: str, frame: pd.DataFrame) -> None:
    slope = TONES[agent][1]
    known = math.nan if slope is None else slope
    assert frame.loc[f"tones: {agent}", "sentiment_slope"] == pytest.approx(known, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("agent", PASTS)
def test_a_usual_value_needs_two_earlier_windows_with_30_contacts(agent: str, frame: pd.DataFrame) -> None:
    usual = frame.loc[f"pasts: {agent}", own_usual("abuse_per_100")]
    assert pd.notna(usual) == PASTS[agent][1]
