"""Signals at their edges and by example: hand-made centres in which every agent is a case, each built once."""

import math
from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd
import pytest

from features import build
from features.catalog import OPTIONAL, own_usual, peer_usual

T = pd.Timestamp("2025-03-10")
EXTRA = [entry.name for entry in OPTIONAL]
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
    assert frame.loc[f"tones: {agent}", "sentiment_slope"] == pytest.approx(known, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("agent", PASTS)
def test_a_usual_value_needs_two_earlier_windows_with_30_contacts(agent: str, frame: pd.DataFrame) -> None:
    usual = frame.loc[f"pasts: {agent}", own_usual("abuse_per_100")]
    assert pd.notna(usual) == PASTS[agent][1]


# What follows is told as examples: who did what, and what each feature is, reckoned by hand.


def chain(centre: Any, agent: str, at: pd.Timestamp, number: int, minutes: float, **more: Any) -> pd.Timestamp:
    """Contacts one right after another; when the last one ended."""
    for _ in range(number):
        centre.contact(agent, at, minutes, queue=agent, **more)
        at += pd.Timedelta(minutes=minutes)
    return at


def ten_minutes_apart(centre: Any, agent: str) -> None:
    for day in range(1, 16):
        centre.contact(agent, before(day, 9), queue=agent, acw_s=60.0, minutes=9)
        centre.contact(agent, before(day, 9) + pd.Timedelta(minutes=20), queue=agent, acw_s=60.0, minutes=9)


def full_half_hours(centre: Any, agent: str) -> None:
    for day in range(1, 11):
        chain(centre, agent, before(day, 9), 3, minutes=10)


def a_full_half_hour_and_one_with_nine_minutes_idle(centre: Any, agent: str) -> None:
    for day in range(1, 9):
        chain(centre, agent, before(day, 9), 3, minutes=10)
        centre.contact(agent, before(day, 9.65), 21, queue=agent)


def an_idle_half_hour_does_not_count(centre: Any, agent: str) -> None:
    for day in range(1, 9):
        chain(centre, agent, before(day, 9), 3, minutes=10)
        centre.contact(agent, before(day, 10), 30, queue=agent)


def two_hours_and_five_minutes(centre: Any, agent: str) -> None:
    chain(centre, agent, before(3, 9), 25, minutes=5)


def two_hours(centre: Any, agent: str) -> None:
    chain(centre, agent, before(3, 9), 24, minutes=5)


def five_minutes_pause(centre: Any, agent: str) -> None:
    end = chain(centre, agent, before(3, 9), 20, minutes=5)
    chain(centre, agent, end + pd.Timedelta(minutes=5), 5, minutes=5)


def a_second_less(centre: Any, agent: str) -> None:
    end = chain(centre, agent, before(3, 9), 20, minutes=5)
    chain(centre, agent, end + pd.Timedelta(seconds=299), 5, minutes=5)


def two_chats_at_a_time(centre: Any, agent: str) -> None:
    for day in range(1, 16):
        centre.contact(agent, before(day, 9), 60, queue=agent, channel="chat")
        centre.contact(agent, before(day, 9), 60, queue=agent, channel="chat")


def half_of_them_overlap(centre: Any, agent: str) -> None:
    for day in range(1, 16):
        centre.contact(agent, before(day, 9), 60, queue=agent, channel="chat")
        centre.contact(agent, before(day, 9.5), 60, queue=agent, channel="chat")


def a_long_chat_hides_a_pause(centre: Any, agent: str) -> None:
    for day in range(1, 11):
        centre.contact(agent, before(day, 9), 180, queue=agent, channel="chat")
        centre.contact(agent, before(day, 9), 10, queue=agent)
        centre.contact(agent, before(day, 11), 10, queue=agent)


def a_busy_day(centre: Any, agent: str) -> None:
    """8 hours on paper, an hour's break, an hour of training, 5 hours in contacts."""
    centre.shift(agent, before(3, 8), hours=8, break_taken_s=3600.0, aux_s=3600.0)
    chain(centre, agent, before(3, 8), 30, minutes=9, acw_s=60.0, sentiment=-0.6)


def unscored_and_unmarked(centre: Any, agent: str) -> None:
    chain(centre, agent, before(3, 8), 27, minutes=5, abusive=False)
    chain(centre, agent, before(4, 8), 3, minutes=5, abusive=True)
    chain(centre, agent, before(5, 8), 10, minutes=5, abusive=None)


def three_hard_ones(centre: Any, agent: str) -> None:
    chain(centre, agent, before(3, 8), 27, minutes=5)
    for position in range(3):
        centre.contact(agent, before(4, 9) + pd.Timedelta(minutes=14 * position), 5, queue=agent, sentiment=-0.5)


def a_breather_after_two(centre: Any, agent: str) -> None:
    chain(centre, agent, before(3, 8), 27, minutes=5)
    for minutes in (0, 14, 29):
        centre.contact(agent, before(4, 9) + pd.Timedelta(minutes=minutes), 5, queue=agent, abusive=True)


def weeks_of_45_hours(centre: Any, agent: str) -> None:
    for day in range(1, 6):
        centre.shift(agent, before(day, 8), hours=9)


def published(*notices: float) -> Callable[[Any, str], None]:
    def write(centre: Any, agent: str) -> None:
        for day, notice in enumerate(notices, start=1):
            centre.shift(agent, before(day, 8), published_at=before(day + notice, 8))

    return write


def worked(*shifts: tuple[float, float, float]) -> Callable[[Any, str], None]:
    """Shifts as (days before T, hour, hours)."""

    def write(centre: Any, agent: str) -> None:
        for day, hour, hours in shifts:
            centre.shift(agent, before(day, hour), hours=hours)

    return write


def three_weeks_alike_and_an_evening_week(centre: Any, agent: str) -> None:
    for week in range(4):
        for day in range(3, 8):
            centre.shift(agent, before(day + 7 * week, 17 if week == 0 else 9), hours=8)


def an_hour_late(centre: Any, agent: str) -> None:
    """Scheduled 8 to 16, there from 9 to 17."""
    centre.shift(agent, before(3, 8), actual_start=before(3, 9), actual_end=before(3, 17), break_taken_s=3600.0)


def breaks(centre: Any, agent: str) -> None:
    centre.shift(agent, before(3, 8), break_entitled_s=3600.0, break_taken_s=1800.0)
    centre.shift(agent, before(2, 8), break_entitled_s=1800.0, break_taken_s=2700.0)
    centre.shift(agent, before(1, 8), break_entitled_s=1800.0, break_taken_s=None)


def at_home_and_not(centre: Any, agent: str) -> None:
    centre.shift(agent, before(3, 8), hours=8, remote=True)
    centre.shift(agent, before(2, 8), hours=4, remote=False)


def never_at_home(centre: Any, agent: str) -> None:
    centre.shift(agent, before(2, 8), hours=4, remote=False)


def answers(name: str, values: list[Any]) -> Callable[[Any, str], None]:
    """One contact a day with an answer, all in the last 28 days."""

    def write(centre: Any, agent: str) -> None:
        for position, value in enumerate(values):
            centre.contact(agent, before(1 + position % 28, 9 + position // 28), queue=agent, **{name: value})

    return write


def weekly_csat(centre: Any, agent: str) -> None:
    for week, scores in enumerate([(5, 4), (5, 3), (1, 4), (2, 3)]):
        for hour, score in enumerate(scores):
            centre.contact(agent, before(3 + 7 * week, 9 + hour), queue=agent, csat=float(score))


def abuse(*windows: int) -> Callable[[Any, str], None]:
    """So many abusive contacts of 30, in the last window and in those before it."""

    def write(centre: Any, agent: str) -> None:
        for window, number in enumerate(windows):
            for position in range(30):
                at = before(3 + 28 * window, 9 + position / 4)
                centre.contact(agent, at, 5, queue=agent, abusive=position < number)

    return write


def spells(centre: Any, agent: str) -> None:
    """Three days a year less a day ago, two weeks that began four days ago, a holiday."""
    for start, days, planned in ((363, 3, False), (4, 14, False), (50, 5, True), (365, 9, False)):
        end = before(start - days + 1)
        spell = {"start_on": before(start), "end_on": end, "planned": planned, "recorded_at": before(start, 8)}
        centre.add("absences", agent_id=agent, **spell)


def a_new_manager(days: float) -> Callable[[Any, str], None]:
    def write(centre: Any, agent: str) -> None:
        post = {"team_id": agent, "queue": agent, "hire_date": "2024-01-01"}
        centre.agent(agent, since=before(days), manager_id="another", **post)

    return write


LATE_START, EARLY_START, NIGHT_START = (2, 14, 4), (1, 8, 4), (3, 22, 4)
# example -> what happened, and the features
EXAMPLES: dict[str, tuple[Callable[[Any, str], None], dict[str, float | None]]] = {
    "ten minutes apart": (ten_minutes_apart, {
        "gap_median": 600, "concurrency": 1, "occupancy_excess": 0, "acw_share": 0.1, "long_stretch": 0,
        "gap_median_7d": None}),
    "full half-hours": (full_half_hours, {"occupancy_excess": 0.15, "gap_median": 0}),
    "a full half-hour and one with 9 minutes idle": (
        a_full_half_hour_and_one_with_nine_minutes_idle, {"occupancy_excess": 0.15 / 2}),
    "an idle half-hour": (an_idle_half_hour_does_not_count, {"occupancy_excess": 0.15}),
    "2 h 5 min": (two_hours_and_five_minutes, {"long_stretch": 1, "long_stretch_7d": 1, "gap_median": None}),
    "2 h": (two_hours, {"long_stretch": 0}),
    "2 h 10 min with a pause of 5": (five_minutes_pause, {"long_stretch": 0}),
    "2 h 10 min with a pause of less": (a_second_less, {"long_stretch": 1}),
    "two chats at a time": (two_chats_at_a_time, {"concurrency": 2, "gap_median": 0}),
    "half of them overlap": (half_of_them_overlap, {"concurrency": 4 / 3}),
    "a long chat hides a pause": (a_long_chat_hides_a_pause, {
        "gap_median": 0, "long_stretch": 10, "concurrency": 200 / 180}),
    "a busy day": (a_busy_day, {
        "occupancy": 5 / 6, "utilization": 5 / 8, "contacts_per_hour": 30 / 6, "emotional_load": 0.6 * 5 / 6,
        "negative_share": 1, "sentiment_mean": -0.6, "hard_run": 30, "overtime": 0}),
    "marked and unmarked": (unscored_and_unmarked, {"abuse_per_100": 10, "hard_run": 3, "sentiment_mean": None}),
    "three hard ones": (three_hard_ones, {"hard_run": 3}),
    "a breather after two": (a_breather_after_two, {"hard_run": 2}),
    "45 hours in a week": (weeks_of_45_hours, {
        "overtime": 5 / 4, "overtime_7d": 5, "overtime_84d": 5 / 12, "max_consecutive_days": 5,
        "weekend_share": 2 / 5}),
    "notice of 30, 10 and 3 days": (published(30, 10, 3), {
        "notice_days": 10, "late_change_rate": 1 / 3, "late_change_rate_14": 2 / 3}),
    "notice of 6.5 and 7.5 days": (published(6.5, 7.5), {"notice_days": 7, "late_change_rate": 1 / 2}),
    "a day after the start": (published(-1), {"notice_days": -1, "late_change_rate": 1}),
    "late, then early": (worked(LATE_START, EARLY_START), {"backward_rotations": 1}),
    "night, then late": (worked(NIGHT_START, LATE_START), {"backward_rotations": 1, "quick_returns": 0}),
    "night, late, early": (worked(NIGHT_START, LATE_START, EARLY_START), {"backward_rotations": 2}),
    "early, then late": (worked((2, 8, 4), (1, 14, 4)), {"backward_rotations": 0}),
    "just before 11, then at 11": (worked((1, 10.99, 4), (2, 11, 4)), {"backward_rotations": 1}),
    "late three weeks ago": (worked((20, 14, 4), (1, 8, 4)), {"backward_rotations": 1}),
    "two hours between": (worked((2, 8, 4), (2, 14, 4)), {"split_days": 1, "quick_returns": 0}),
    "less between": (worked((2, 8, 4), (2, 13.99, 4)), {"split_days": 0}),
    "one within another": (worked((2, 8, 8), (2, 10, 1), (2, 17, 1)), {"split_days": 0}),
    "four weeks alike": (worked(*((day, 9, 8) for day in range(1, 29) if day % 7 > 2)), {
        "schedule_regularity": 100, "start_sd": 0, "load_cv": 0}),
    # 5 x 8 h of a week that were worked at other hours than before: 320 of 3 x 672 quarter-hours differ
    "an evening week": (three_weeks_alike_and_an_evening_week, {"schedule_regularity": 100 * (1 - 2 * 320 / 2016)}),
    "a week off": (worked(*((day, 9, 8) for day in (1, 8, 15))), {"schedule_regularity": None}),
    "three at 8, three at 12": (worked(*((day, 8 if day < 4 else 12, 4) for day in range(1, 7))), {
        "start_sd": 24 / (2 * math.pi) * math.sqrt(-2 * math.log(math.cos(math.pi / 6)))}),
    "around midnight": (worked(*((day, 23 if day % 2 else 1, 1) for day in range(2, 8))), {
        "start_sd": 24 / (2 * math.pi) * math.sqrt(-2 * math.log(math.cos(math.pi / 12)))}),
    "four days of 8 hours and one of 3": (worked((5, 8, 3), *((day, 8, 8) for day in range(1, 5))), {
        "load_cv": math.sqrt(5) / 7}),
    "seven days in a row, three before the window": (worked(*((day, 8, 4) for day in range(25, 32))), {
        "max_consecutive_days": 7}),
    "an hour late": (an_hour_late, {"adherence": 7 / 8, "after_hours_share": 1 / 8, "adherence_84d": 7 / 8}),
    "20 to 4": (worked((3, 20, 8)), {"night_share": 5 / 8, "weekend_share": 0}),
    "breaks": (breaks, {"missed_break_rate": 1800 / 5400}),
    "at home and not": (at_home_and_not, {"remote_share": 8 / 12}),
    "never at home": (never_at_home, {"remote_share": 0}),
    "8 of 10 satisfied": (answers("csat", [5.0, 4.0] * 4 + [3.0, 1.0]), {"csat": 0.8, "csat_slope": None}),
    "9 answers": (answers("csat", [5.0] * 9), {"csat": None, "csat_84d": None}),
    "promoters": (answers("nps", [9.0, 10.0] * 3 + [8.0, 7.0, 6.0, 0.0]), {"nps": 0.6 - 0.2}),
    "9 of 12 solved": (answers("resolved", [True, True, True, False] * 3 + [None] * 5), {"fcr": 0.75}),
    "effort": (answers("ces", [2.0, 4.0] * 6), {"ces": 3}),
    # 0, 1/2, 1/2, 1: slopes of 1/2, 1/4, 1/3, 0, 1/4, 1/2 between them
    "weekly satisfaction": (weekly_csat, {"csat_slope": (1 / 4 + 1 / 3) / 2}),
    "own words": (answers("agent_sentiment", [0.5] * 15 + [-0.1] * 15), {"agent_sentiment": 0.2}),
    # 20 now; 0, 10 and 20 before: mean 10, variance 100
    "more abuse than before": (abuse(6, 0, 3, 6), {
        "abuse_per_100": 20, "abuse_per_100_change": 10, "abuse_per_100_own_z": 1, "abuse_per_100_peer_z": None}),
    "spells": (spells, {"bradford": 2**2 * (3 + 4), "unplanned_spells": 1}),
    "a new manager 179 days ago": (a_new_manager(179), {"manager_change": 1}),
    "a new manager 180 days ago": (a_new_manager(180), {"manager_change": 0}),
}  # fmt: skip


@pytest.fixture(scope="module")
def examples(tiny_centre: Callable[..., Any]) -> pd.DataFrame:
    """The frame of all examples, by agent; each is alone on a queue and in a team."""
    centre = tiny_centre()
    for agent, (write, _) in EXAMPLES.items():
        centre.agent(agent, since="2024-01-01", queue=agent, team_id=agent, manager_id=agent)
        write(centre, agent)
    return build(centre.frames(), [T.date()], extra=EXTRA).set_index("agent_id")


@pytest.mark.parametrize(
    ("agent", "name", "value"),
    [(agent, name, value) for agent, (_, features) in EXAMPLES.items() for name, value in features.items()],
)
def test_a_signal_is_what_is_reckoned_by_hand(
    agent: str, name: str, value: float | None, examples: pd.DataFrame
) -> None:
    known = math.nan if value is None else value
    assert examples.loc[agent, name] == pytest.approx(known, rel=1e-9, abs=1e-9, nan_ok=True)


# People beside one another: agent -> post, and the features
TOGETHER: dict[str, tuple[dict[str, str], dict[str, float | None]]] = {
    # 6 and 0 of 30 escalated: 1/10 on the queue, (6 + 50/10) / 80; handling times a factor of e^2 apart
    "many": ({"queue": "two"}, {"escalation_rate": 11 / 80, "escalation_excess": 0.1, "log_aht_z": -1}),
    "none": ({"queue": "two"}, {"escalation_rate": 5 / 80, "escalation_excess": -0.1, "log_aht_z": 1}),
    # 30 and 60 contacts, and a third who has none
    "one share": ({"queue": "load", "team_id": "load"}, {"team_load_share": 1, "team_size": 3}),
    "two shares": ({"queue": "load", "team_id": "load"}, {"team_load_share": 2, "team_size": 3}),
    "no share": ({"queue": "load", "team_id": "load"}, {"team_load_share": None, "team_size": 3}),
    # two gave notice of their own accord in 90 days, and one of them is gone
    "stays": ({"team_id": "quit", "manager_id": "boss"}, {"team_quit_rate": 2 / 4, "span": 4, "team_size": 4}),
    "goes": ({"team_id": "quit", "manager_id": "boss"}, {"team_quit_rate": 1 / 4}),
    "is dismissed": ({"team_id": "quit", "manager_id": "boss"}, {"team_quit_rate": 2 / 4}),
    "gave notice 91 days ago": ({"team_id": "quit", "manager_id": "boss"}, {"team_quit_rate": 2 / 4}),
    "went": ({"team_id": "quit", "manager_id": "boss"}, {}),
    "nobody beside": ({"team_id": "alone"}, {"team_quit_rate": None, "team_size": 1}),
}  # fmt: skip
# abusive contacts in 100 are 0, 10, 20, 30, 40: mean 20, variance 250
PEERS = {f"{number} of 30": number for number in (0, 3, 6, 9, 12)}


@pytest.fixture(scope="module")
def together(tiny_centre: Callable[..., Any]) -> pd.DataFrame:
    """The frame of people who are compared with one another, by agent."""
    centre = tiny_centre()
    for agent, (post, _) in TOGETHER.items():
        centre.agent(agent, since="2024-01-01", **{"queue": agent, "team_id": agent, "manager_id": agent} | post)
    for agent, escalated, talk_s in (("many", 6, 60.0), ("none", 0, 60 * math.exp(2))):
        for position in range(30):
            at = before(3, 9 + position / 10)
            centre.contact(agent, at, 5, queue="two", escalated=position < escalated, talk_s=talk_s)
    for agent, number in (("one share", 30), ("two shares", 60)):
        chain(centre, agent, before(3, 8), number, minutes=5)
    for agent, notice, last_day, kind in (
        ("goes", 30, -20, "voluntary"), ("went", 90, 60, "voluntary"), ("is dismissed", 5, -5, "involuntary"),
        ("gave notice 91 days ago", 91, -20, "voluntary"),
    ):  # fmt: skip
        centre.add("exits", agent_id=agent, notice_on=before(notice), last_day=before(last_day), kind=kind)
    for agent, number in PEERS.items():
        centre.agent(agent, since="2024-01-01", queue="peers")
        abuse(number)(centre, agent)
    return build(centre.frames(), [T.date()]).set_index("agent_id")


@pytest.mark.parametrize(
    ("agent", "name", "value"),
    [(agent, name, value) for agent, (_, features) in TOGETHER.items() for name, value in features.items()],
)
def test_a_comparison_is_what_is_reckoned_by_hand(
    agent: str, name: str, value: float | None, together: pd.DataFrame
) -> None:
    known = math.nan if value is None else value
    assert together.loc[agent, name] == pytest.approx(known, rel=1e-9, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("agent", PEERS)
def test_peers_are_five_of_whom_one_is_oneself(agent: str, together: pd.DataFrame) -> None:
    row = together.loc[agent]
    assert row[peer_usual("abuse_per_100")] == pytest.approx(20)
    assert row["abuse_per_100_peer_z"] == pytest.approx((100 * PEERS[agent] / 30 - 20) / math.sqrt(250))


def test_where_no_shift_is_known_a_days_contacts_stand_in_and_last_as_long_as_they_do_in_utc(
    tiny_centre: Callable[..., Any],
) -> None:
    centre = tiny_centre(zone="America/New_York")
    centre.agent("A")
    # 01:00 to 05:00 on the clock, of which the hour from 2 does not exist
    centre.contact("A", "2025-03-09 06:00", minutes=30)
    centre.contact("A", "2025-03-09 08:30", minutes=29, acw_s=60.0)
    found = build(centre.frames(), [date(2025, 3, 10)]).iloc[0]
    assert found["occupancy"] == pytest.approx(60 / 180)
    assert found["overtime_7d"] == 0
    assert found["night_share"] == pytest.approx(1)
    assert found[["late_change_rate", "notice_days", "missed_break_rate", "adherence", "remote_share"]].isna().all()
