"""An agent's last 126 days side by side: rests, runs, rotations, and what a week has in common with the next."""

import math
from collections import Counter
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.by_agent import Codes, Look, piece_of, put_together
from features.workdays import SUMS, WORK_FACTS, WorkDays, lay_out

T = date(2025, 8, 4)  # a Monday
HOUR, DAY_S = 3600, 86_400
NIGHT_H, EARLY_H, LATE_H = 22, 6, 14
_TYPES = {
    "agent_id": pa.string(), "day": pa.date32(), "known_on": pa.date32(), "superseded_on": pa.date32(),
    **dict.fromkeys((*SUMS, "work_start", "work_end"), pa.float64()),
    "segments": pa.list_(pa.int64()), "notices": pa.list_(pa.float64()), "stands_in": pa.float64(),
}  # fmt: skip


def midnight(day: date) -> float:
    return (day - date(1970, 1, 1)).days * float(DAY_S)


def worked(back: int, *stretches: tuple[float, float], agent: str = "A", **more: Any) -> dict[str, Any]:
    """The state of a day so many days before T, known by its evening: stretches of work, as begin and length in hours.

    The agent's clock is UTC.
    """
    day = T - timedelta(days=back)
    state: dict[str, Any] = {
        "agent_id": agent, "day": day, "known_on": day, "superseded_on": None,
        "segments": [int(begin * HOUR) * 2**20 + int(length * HOUR) for begin, length in stretches],
        "notices": [30.0] * len(stretches), "shifts": float(len(stretches)),
    }  # fmt: skip
    if stretches:
        begin, end = min(start for start, _ in stretches), max(sum(stretch) for stretch in stretches)
        hours = sum(length for _, length in stretches)
        state |= {"work_start": midnight(day) + begin * HOUR, "work_end": midnight(day) + end * HOUR}
        state |= dict.fromkeys(("worked_s", "paid_s", "logged_s", "scheduled_s", "adhered_s"), hours * HOUR)
    return state | more


def laid_out(*states: dict[str, Any], dates: tuple[date, ...] = (T,), agents: str = "A", **more: Any) -> WorkDays:
    """The days of a roster with every agent on every date."""
    rows = [(day, agent) for day in dates for agent in agents]
    columns = {name: pa.array([state.get(name) for state in states], kind) for name, kind in _TYPES.items()}
    people = pd.Index(sorted({*agents, *(state["agent_id"] for state in states)}), dtype=object)
    piece = piece_of(pa.table(columns), WORK_FACTS, people, Codes(), ("segments", "notices"))
    number = people.get_indexer(pd.Index([agent for _, agent in rows], dtype=object)).astype(np.int32)
    look = Look(number, np.array([(day - date(1970, 1, 1)).days for day, _ in rows], dtype=np.int32))
    return lay_out(put_together([piece], len(people)), look, **more)


def by_week(work: WorkDays, column: str, row: int = 0) -> dict[int, float]:
    """What is counted per week back from T, where it is not 0."""
    marks = np.nan_to_num(work.weekly[column][:, row])
    return {int(week): float(marks[week]) for week in np.flatnonzero(marks)}


# Where a day lands


def test_a_day_lands_in_its_week_and_what_is_older_or_not_over_nowhere() -> None:
    work = laid_out(worked(1, (8, 8)), worked(126, (9, 4)), worked(127, (8, 8)), worked(0, (8, 8)))
    assert by_week(work, "days") == {0: 1, 17: 1}
    assert by_week(work, "worked_s") == {0: 8 * HOUR, 17: 4 * HOUR}
    assert by_week(work, "hours") == {0: 8, 17: 4}
    assert by_week(work, "cosine") == pytest.approx({0: math.cos(math.tau * 8 / 24), 17: math.cos(math.tau * 9 / 24)})


def test_a_date_sees_the_state_that_was_known_and_not_superseded_before_it() -> None:
    first = worked(5, (8, 8), superseded_on=T - timedelta(days=2))
    second = worked(5, (8, 9), known_on=T - timedelta(days=2), superseded_on=T)
    third = worked(5, (8, 10), known_on=T)
    dates = tuple(T + timedelta(days=days) for days in (-5, -4, -2, -1, 0, 1))
    work = laid_out(first, second, third, dates=dates)
    assert [sum(by_week(work, "hours", row).values()) for row in range(len(dates))] == [0, 8, 8, 9, 9, 10]


def test_everyone_gets_their_own_days() -> None:
    states = [worked(1, (8, 1), agent="B"), worked(2, (8, 2), agent="C"), worked(3, (8, 3))]
    work = laid_out(*states, agents="ABD")
    assert [by_week(work, "hours", row) for row in range(3)] == [{0: 3}, {0: 1}, {}]


def test_nobody_on_the_roster_and_no_work_are_no_error() -> None:
    assert laid_out(worked(1, (8, 8)), agents="").weekly["days"].shape == (18, 0)
    assert not laid_out().weekly["days"].any()


def test_days_of_contacts_stand_in_only_for_those_who_have_no_shifts_yet() -> None:
    states = [worked(3, (8, 8)), worked(2, (9, 4), stands_in=1.0)]
    work = laid_out(*states, dates=(T, T + timedelta(days=1)), from_shifts=np.array([False, True]))
    assert [by_week(work, "hours", row) for row in range(2)] == [{0: 4}, {0: 8}]


# Sums and counts

EDGES = {"7": (1, 7), "28": (1, 28), "84": (1, 84), "before_1": (29, 56), "before_2": (57, 84), "before_3": (85, 112)}


@pytest.mark.parametrize(("window", "newest", "oldest"), [(name, *edges) for name, edges in EDGES.items()])
def test_a_window_holds_its_days_and_no_others(window: str, newest: int, oldest: int) -> None:
    within = [worked(newest, (8, 1)), worked(oldest, (8, 2))]
    outside = [worked(newest - 1, (8, 4)), worked(oldest + 1, (8, 8))]
    work = laid_out(*within, *outside)
    assert work.days(window).tolist() == [2]
    assert work.total("worked_s", window).tolist() == [3 * HOUR]


def test_a_total_is_unknown_where_no_day_has_a_value() -> None:
    work = laid_out(worked(1, (8, 8), remote_s=0.0), worked(2, (8, 8)), worked(3), agents="AB")
    assert work.total("remote_s", "7").tolist() == pytest.approx([0, np.nan], nan_ok=True)
    assert work.total("night_s", "7").tolist() == pytest.approx([np.nan, np.nan], nan_ok=True)
    assert work.days("7").tolist() == [2, 0]


def test_a_count_is_unknown_where_nothing_was_worked() -> None:
    work = laid_out(worked(1, (8, 8)), worked(2), agents="AB")
    assert work.counted("quick_returns", "7").tolist() == pytest.approx([0, np.nan], nan_ok=True)


def test_the_median_notice_is_that_of_the_shifts_and_not_of_the_days() -> None:
    work = laid_out(
        worked(1, (8, 4), (14, 4), notices=[3.0, 5.0]), worked(2, notices=[20.0]), worked(28, (8, 8), notices=[40.0]),
        worked(29, (8, 8), notices=[1.0]), agents="AB",
    )  # fmt: skip
    assert work.median_notice["28"].tolist() == pytest.approx([12.5, np.nan], nan_ok=True)
    assert work.median_notice["7"].tolist() == pytest.approx([5, np.nan], nan_ok=True)


# What hangs on the day before

RESTS = [(1.9, False), (2, True), (8, True), (10.9, True), (11, False), (16, False)]


@pytest.mark.parametrize(("rest_h", "quick"), RESTS)
def test_a_quick_return_comes_two_to_eleven_hours_after_the_working_day_before(rest_h: float, quick: bool) -> None:
    work = laid_out(worked(8, (14, 9)), worked(7, (rest_h - 1, 8)))
    assert by_week(work, "quick_returns") == ({0: 1} if quick else {})
    assert [work.counted("quick_returns", window)[0] for window in ("7", "28")] == [quick, quick]


def test_a_night_shift_ends_on_the_next_day_and_the_rest_counts_from_there() -> None:
    work = laid_out(worked(9, (NIGHT_H, 8)), worked(8, (LATE_H, 8)), worked(7, (8, 8)))
    assert by_week(work, "quick_returns") == {1: 1, 0: 1}  # 06:00 to 14:00, then 22:00 to 08:00


def test_days_off_and_cancelled_shifts_are_no_working_days_in_between() -> None:
    work = laid_out(worked(3, (NIGHT_H, 8)), worked(2), worked(1, (EARLY_H, 8)))
    assert by_week(work, "days") == {0: 2}
    assert by_week(work, "quick_returns") == {}
    assert by_week(work, "backward_rotations") == {0: 1}


def test_the_oldest_day_has_nothing_before_it() -> None:
    work = laid_out(worked(127, (LATE_H, 9)), worked(126, (EARLY_H, 8)), worked(125, (EARLY_H, 8)))
    assert by_week(work, "quick_returns") == {}
    assert by_week(work, "backward_rotations") == {}


ROTATIONS = [
    (EARLY_H, LATE_H, False), (LATE_H, NIGHT_H, False), (NIGHT_H, LATE_H, True), (LATE_H, EARLY_H, True),
    (NIGHT_H, EARLY_H, True), (EARLY_H, EARLY_H, False), (11, 10.75, True), (11, 4, True), (10.75, 4, False),
    (19, 18.75, True), (3.75, 4, True), (2, NIGHT_H, False),
]  # fmt: skip


@pytest.mark.parametrize(("first_h", "second_h", "backward"), ROTATIONS)
def test_a_backward_rotation_is_a_change_to_an_earlier_class_of_shift(
    first_h: float, second_h: float, backward: bool
) -> None:
    work = laid_out(worked(11, (first_h, 4)), worked(1, (second_h, 4)))
    assert by_week(work, "backward_rotations") == ({0: 1} if backward else {})


def test_a_run_grows_day_by_day_and_starts_again_after_a_day_off() -> None:
    work = laid_out(*(worked(back, (8, 8)) for back in (126, 125, 18, 17, 16, 14, 13, 11, 10, 5, 4, 3, 2)))
    assert by_week(work, "longest_run") == {17: 2, 2: 3, 1: 2, 0: 4}


def test_a_run_that_began_in_the_week_before_is_as_long_as_it_was() -> None:
    work = laid_out(*(worked(back, (8, 8)) for back in range(5, 12)))
    assert by_week(work, "longest_run") == {1: 4, 0: 7}


def test_days_on_weekends_are_counted_by_the_day_on_which_they_began() -> None:
    work = laid_out(worked(3, (20, 8)), worked(2, (8, 8)), worked(1, (20, 8)), worked(8, (8, 8)), worked(10, (8, 8)))
    assert by_week(work, "weekends") == {0: 2, 1: 1}


SPLITS = [
    ([(8, 4), (14, 4)], True),
    ([(8, 4), (13.75, 4)], False),
    ([(14, 4), (8, 4)], True),
    ([(8, 8), (9, 1), (12, 5)], False),
    ([(8, 8), (9, 1), (18, 2)], True),
    ([(8, 8)], False),
    ([(8, 1), (8, 2), (12, 1)], True),
]


@pytest.mark.parametrize(("stretches", "split"), SPLITS)
def test_a_day_is_split_by_two_hours_between_two_stretches(stretches: list[tuple[float, float]], split: bool) -> None:
    work = laid_out(worked(9, *stretches), worked(1, (8, 8)), agents="BA")
    assert by_week(work, "split", 1) == ({1: 1} if split else {})
    assert by_week(work, "split", 0) == {}


def test_a_night_between_two_days_splits_neither() -> None:
    work = laid_out(worked(2, (8, 4)), worked(1, (14, 4)))
    assert by_week(work, "split") == {}


# A week and the next


def month(*changed: dict[str, Any], begin_h: float = 8, agent: str = "A") -> list[dict[str, Any]]:
    """Five days of eight hours in each of the last four weeks, but for the days that are changed."""
    usual = [worked(back, (begin_h, 8), agent=agent) for back in range(1, 29) if back % 7 not in (1, 2)]
    days = {(state["agent_id"], state["day"]) for state in changed}
    return [state for state in usual if (state["agent_id"], state["day"]) not in days] + list(changed)


def regularity(*states: dict[str, Any], window: str = "28") -> float:
    return float(laid_out(*states).regularity(window)[0])


@pytest.mark.parametrize("begin_h", [8, NIGHT_H, 0])
def test_weeks_that_are_alike_have_a_regularity_of_100(begin_h: float) -> None:
    outside = [worked(29, (begin_h, 8))] if begin_h == NIGHT_H else []  # its morning is within the window
    assert regularity(*month(begin_h=begin_h)) == 100
    assert regularity(*month(begin_h=begin_h), *outside) == 100 * (1 - 2 * 24 * bool(outside) / (21 * 96))


@pytest.mark.parametrize(("back", "pairs"), [(28, 1), (21, 2), (14, 2), (7, 1)])
def test_an_hour_later_on_one_day_differs_in_eight_quarter_hours_of_each_pair_of_weeks(back: int, pairs: int) -> None:
    assert regularity(*month(worked(back, (9, 8)))) == pytest.approx(100 * (1 - 2 * pairs * 8 / (21 * 96)))


def test_a_day_more_in_the_last_week_differs_for_as_long_as_it_lasts() -> None:
    assert regularity(*month(worked(1, (8, 8)))) == pytest.approx(100 * (1 - 2 * 32 / (21 * 96)))


def test_a_quarter_hour_is_at_work_if_work_covers_its_beginning() -> None:
    assert regularity(*month(worked(7, (8 - 14 / 60, 8)))) == 100
    assert regularity(*month(worked(7, (8, 8 - 14 / 60)))) == 100
    assert regularity(*month(worked(7, (8, 8 - 15 / 60)))) == pytest.approx(100 * (1 - 2 * 1 / (21 * 96)))
    assert regularity(*month(worked(7, (8 + 1 / 60, 8)))) == pytest.approx(100 * (1 - 2 * 2 / (21 * 96)))


def test_work_that_runs_past_midnight_is_at_work_on_the_next_day_too() -> None:
    late, night = worked(4, (LATE_H, 10)), worked(4, (LATE_H, 14))
    usual = [worked(back, (LATE_H, 10)) for back in (11, 18, 25)]
    assert regularity(*usual, late) == 100
    assert regularity(*usual, night) == pytest.approx(100 * (1 - 2 * 16 / (21 * 96)))


def test_stretches_that_overlap_count_once() -> None:
    assert regularity(*month(worked(7, (8, 5), (10, 6)))) == 100


def test_a_week_without_work_leaves_regularity_unknown() -> None:
    assert np.isnan(regularity(*(worked(back, (8, 8)) for back in (1, 8, 15))))
    assert np.isnan(regularity(*(worked(back, (8, 8)) for back in (1, 8, 15, 29))))
    assert regularity(*(worked(back, (8, 8)) for back in (1, 8, 15, 22))) == 100


def test_regularity_of_an_earlier_window_is_that_of_its_own_days() -> None:
    earlier = [state | {"day": state["day"] - timedelta(days=28)} for state in month(worked(7, (9, 8)))]
    work = laid_out(*month(), *earlier)
    assert work.regularity("28").tolist() == [100]
    assert work.regularity("before_1").tolist() == pytest.approx([100 * (1 - 2 * 8 / (21 * 96))])


STRETCH = st.tuples(st.integers(0, DAY_S - 1), st.integers(1, 20 * HOUR))


@given(st.dictionaries(st.integers(1, 30), st.lists(STRETCH, min_size=1, max_size=3), min_size=1, max_size=20))
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
def test_regularity_and_splits_are_what_plain_loops_find(days: dict[int, list[tuple[int, int]]]) -> None:
    states = [worked(back) | _of_seconds(back, stretches) for back, stretches in days.items()]
    work = laid_out(*states)
    at_work = {
        (28 - back) * 96 + quarter
        for back, stretches in days.items()
        for begin, length in stretches
        for quarter in range(-(-begin // 900), -(-(begin + length) // 900))
    }
    differ = sum((quarter in at_work) != (quarter + 672 in at_work) for quarter in range(21 * 96))
    in_each_week = {(back - 1) // 7 for back in days} >= {0, 1, 2, 3}
    expected = 100 * (1 - 2 * differ / (21 * 96)) if in_each_week else np.nan
    assert work.regularity("28").tolist() == pytest.approx([expected], nan_ok=True)
    splits = [(back - 1) // 7 for back, stretches in days.items() if _is_split(stretches)]
    assert by_week(work, "split") == Counter(splits)


def _of_seconds(back: int, stretches: list[tuple[int, int]]) -> dict[str, Any]:
    start = midnight(T - timedelta(days=back))
    return {
        "segments": [begin * 2**20 + length for begin, length in stretches],
        "work_start": start + min(begin for begin, _ in stretches),
        "work_end": start + max(map(sum, stretches)),
    }


def _is_split(stretches: list[tuple[int, int]]) -> bool:
    in_order = sorted(stretches)
    ends = [max(map(sum, in_order[: i + 1])) for i in range(len(in_order))]
    return any(begin - end >= 2 * HOUR for end, (begin, _) in zip(ends, in_order[1:], strict=False))
