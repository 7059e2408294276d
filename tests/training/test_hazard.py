"""Competing hazards: against days counted one by one, in following people, in what is fitted on, in what is said."""

from datetime import timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.hazard import CAUSES, Bands, Spells, follow_up, incidence, person_periods, within_horizon

FIRST = pd.Timestamp("2025-01-01")
KINDS = ("voluntary", "involuntary", "transfer", "retirement", "other")
BANDS = st.lists(st.integers(1, 60), min_size=2, max_size=5).map(
    lambda lengths: Bands(lengths[0], tuple(np.cumsum(lengths)[1:].tolist()))
)


class Exit(NamedTuple):
    """Days from the first date on."""

    agent: str
    notice: int
    last: int
    kind: str
    recorded: int = 0


def exits_of(*rows: Exit) -> pd.DataFrame:
    days = {"notice_on": "notice", "last_day": "last", "recorded_at": "recorded"}
    frame = pd.DataFrame(rows, columns=Exit._fields).rename(columns={"agent": "agent_id"})
    return frame.assign(
        **{name: [(FIRST + timedelta(day)).date() for day in frame[of]] for name, of in days.items()}
    ).drop(columns=list(days.values()))


def frame_of(*rows: tuple[str, int]) -> pd.DataFrame:
    return pd.DataFrame({"agent_id": [agent for agent, _ in rows], "as_of": [FIRST + timedelta(at) for _, at in rows]})


def followed(rows: list[tuple[str, int]], exits: list[Exit], until: int) -> list[tuple[int, str]]:
    found = follow_up(frame_of(*rows), exits_of(*exits), FIRST + timedelta(until))
    return list(zip(found.day.tolist(), found.cause.tolist(), strict=True))


@st.composite
def lives(draw: st.DrawFn) -> list[Exit]:
    """Exits of two agents who are hired again: a spell begins after the last day of the one before."""
    found: list[Exit] = []
    for agent in "ab":
        at = 0
        for _ in range(draw(st.integers(0, 3))):
            notice = at + draw(st.integers(0, 120))
            last = notice + draw(st.integers(0, 40))
            found.append(Exit(agent, notice, last, draw(st.sampled_from(KINDS))))
            at = last + 1 + draw(st.integers(0, 30))
    return found


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 200)), min_size=1, max_size=8), lives(),
       st.integers(0, 400), st.randoms())  # fmt: skip
def test_people_are_followed_as_by_looking_day_by_day(
    rows: list[tuple[str, int]], exits: list[Exit], further: int, random: object
) -> None:
    until = max(at for _, at in rows) + further
    random.shuffle(exits)  # type: ignore[attr-defined]
    for (agent, at), found in zip(rows, followed(rows, exits, until), strict=True):
        day, cause = until - at, ""
        spells = sorted((e for e in exits if e.agent == agent and e.last >= at), key=lambda e: e.last)
        for ahead in range(-200, until - at):  # the first day on which notice was given, seen from the as-of date
            if spells and spells[0].notice == at + ahead:
                day, cause = ahead, spells[0].kind if spells[0].kind in CAUSES else ""
                break
        assert found == (day, cause)


def test_a_rehire_is_followed_to_the_exit_of_the_new_spell() -> None:
    exits = [Exit("a", 10, 20, "voluntary"), Exit("a", 150, 160, "involuntary")]
    assert followed([("a", 0), ("a", 15), ("a", 40)], exits, 300) == [
        (10, "voluntary"), (-5, "voluntary"), (110, "involuntary"),
    ]  # fmt: skip


def test_an_exit_counts_as_it_was_recorded_last_in_whatever_order_it_comes() -> None:
    records = [Exit("a", 30, 60, "voluntary", 31), Exit("a", 30, 90, "transfer", 45)]
    for order in (records, records[::-1]):
        assert followed([("a", 0)], order, 300) == [(30, "")]
        assert followed([("a", 70)], order, 300) == [(-40, "")]  # the later last day counts too


def test_what_happens_after_the_end_of_what_was_seen_did_not_happen_yet() -> None:
    exits = [Exit("a", 50, 60, "voluntary")]
    assert followed([("a", 0)], exits, 50) == [(50, "")]
    assert followed([("a", 0)], exits, 51) == [(50, "voluntary")]


def test_without_any_exit_everyone_is_followed_to_the_end() -> None:
    assert followed([("a", 0), ("b", 7)], [], 100) == [(100, ""), (93, "")]


def test_bands_are_cut_at_the_horizons_and_begin_after_the_gap() -> None:
    bands = Bands(14, (30, 90, 180))
    assert bands.starts == (14, 30, 90)
    np.testing.assert_array_equal(bands.days, [16, 60, 90])


def daily(spells: Spells, bands: Bands) -> pd.DataFrame:
    """One row per person and day at risk, by going through the days: the slow expansion."""
    rows = []
    for row, (day, cause) in enumerate(zip(spells.day, spells.cause, strict=True)):
        for ahead in range(bands.gap, bands.ends[-1]):
            if ahead > day or (ahead == day and not cause):
                break
            band = next(number for number, end in enumerate(bands.ends) if ahead < end)
            rows.append((row, band, cause if ahead == day else ""))
    return pd.DataFrame(rows, columns=["row", "band", "cause"])


ENDS = st.lists(st.tuples(st.integers(-20, 260), st.sampled_from(["", *CAUSES])), min_size=1, max_size=10)


@settings(deadline=None, max_examples=80)
@given(ENDS, BANDS, st.integers(0, 10_000))
def test_rows_by_band_have_the_likelihood_of_rows_by_day(ends: list[tuple[int, str]], bands: Bands, seed: int) -> None:
    spells = Spells(np.array([day for day, _ in ends]), np.array([cause for _, cause in ends]))
    hazard = np.random.default_rng(seed).uniform(0.001, 0.1, (2, len(ends), len(bands.ends)))

    def likelihood(rows: pd.DataFrame) -> float:
        own = hazard[:, rows["row"].to_numpy(dtype=int), rows["band"].to_numpy(dtype=int)]
        events = [np.log(own[number])[(rows["cause"] == cause).to_numpy()].sum() for number, cause in enumerate(CAUSES)]
        return float(sum(events) + (rows["days"] * np.log(1 - own.sum(axis=0))).sum())

    by_day, by_band = daily(spells, bands), person_periods(spells, bands)
    assert likelihood(by_band) == pytest.approx(likelihood(by_day.assign(days=(by_day["cause"] == "") * 1)), abs=1e-9)
    assert by_band["days"].sum() + (by_band["cause"] != "").sum() == len(by_day)
    at_risk = set(zip(by_day["row"], by_day["band"], strict=True))
    assert at_risk == set(zip(by_band["row"], by_band["band"], strict=True))
    assert not by_band.duplicated(["row", "band"]).any()


@pytest.mark.parametrize(
    ("day", "cause", "expected"),
    [
        (13, "voluntary", []), (-3, "involuntary", []), (14, "", []), (0, "", []),
        (14, "voluntary", [(0, 0, "voluntary")]),
        (15, "", [(0, 1, "")]),
        (29, "voluntary", [(0, 15, "voluntary")]),
        (30, "involuntary", [(0, 16, ""), (1, 0, "involuntary")]),
        (30, "", [(0, 16, "")]),
        (90, "voluntary", [(0, 16, ""), (1, 60, "")]),
        (500, "", [(0, 16, ""), (1, 60, "")]),
    ],
)  # fmt: skip
def test_days_at_risk_end_with_the_event_or_with_what_is_known(
    day: int, cause: str, expected: list[tuple[int, int, str]]
) -> None:
    """Whoever gives notice in the gap, or before, is left out."""
    found = person_periods(Spells(np.array([day]), np.array([cause])), Bands(14, (30, 90)))
    assert list(found[["band", "days", "cause"]].itertuples(index=False, name=None)) == expected


@settings(deadline=None, max_examples=60)
@given(ENDS, st.integers(0, 30), st.integers(1, 200))
def test_the_outcome_within_a_horizon_is_what_a_case_by_case_reading_finds(
    ends: list[tuple[int, str]], gap: int, more: int
) -> None:
    horizon = gap + more
    expected = []
    for day, cause in ends:
        if day < gap and not (cause == "" and day >= horizon):
            expected.append(np.nan)  # gone, or lost from sight, before anything counts
        elif day >= horizon or cause == "involuntary":
            expected.append(0.0)  # stayed, or was dismissed and can't quit any more
        else:
            expected.append(1.0 if cause == "voluntary" else np.nan)
    spells = Spells(np.array([day for day, _ in ends]), np.array([cause for _, cause in ends]))
    np.testing.assert_array_equal(within_horizon(spells, gap, horizon), expected)


HAZARDS = st.tuples(st.integers(0, 10_000), st.sampled_from([1e-5, 1e-3, 0.05, 0.49]), BANDS)


def hazards_of(seed: int, most: float, bands: Bands, n: int = 4) -> np.ndarray:
    rng = np.random.default_rng(seed)
    found: np.ndarray = rng.uniform(0, most, (2, n, len(bands.ends)))
    found[rng.random(found.shape) < 0.1] = 0
    return found


@settings(deadline=None, max_examples=80)
@given(HAZARDS)
def test_incidences_are_those_of_going_day_by_day(given_hazards: tuple[int, float, Bands]) -> None:
    """The formula of the domain reference, section 3: sum over k of h_c(k) prod over j < k of (1 - h_v(j) - h_i(j))."""
    seed, most, bands = given_hazards
    hazards = hazards_of(seed, most, bands)
    found = incidence(hazards, bands.days)
    for row in range(hazards.shape[1]):
        still_here, gone = 1.0, [0.0, 0.0]
        for band, days in enumerate(bands.days):
            for _ in range(days):
                for cause in (0, 1):
                    gone[cause] += still_here * hazards[cause, row, band]
                still_here *= 1 - hazards[0, row, band] - hazards[1, row, band]
            np.testing.assert_allclose(found[:, row, band], gone, rtol=1e-8, atol=1e-12)
            assert found[:, row, band].sum() + still_here == pytest.approx(1, abs=1e-9)


@settings(deadline=None, max_examples=80)
@given(HAZARDS)
def test_incidences_rise_with_the_horizon_and_stay_probabilities(given_hazards: tuple[int, float, Bands]) -> None:
    seed, most, bands = given_hazards
    hazards = hazards_of(seed, 3 * most, bands)  # hazards that add up to more than 1 leave no one
    found = incidence(hazards, bands.days)
    assert (np.diff(found, axis=2) >= -1e-15).all()
    assert (found >= 0).all()
    assert (found.sum(axis=0) <= 1 + 1e-12).all()


@settings(deadline=None, max_examples=80)
@given(HAZARDS)
def test_one_cause_alone_has_the_plain_formula_and_a_second_one_takes_from_it(
    given_hazards: tuple[int, float, Bands],
) -> None:
    """1 - prod(1 - h) is the probability only where nobody can be dismissed first."""
    seed, most, bands = given_hazards
    both = hazards_of(seed, most, bands)
    alone = both.copy()
    alone[1] = 0
    plain = 1 - np.cumprod((1 - both[0]) ** bands.days, axis=1)
    np.testing.assert_allclose(incidence(alone, bands.days)[0], plain, rtol=1e-9, atol=1e-12)
    assert (incidence(both, bands.days)[0] <= plain + 1e-12).all()


def test_the_plain_formula_says_too_much_where_people_are_also_dismissed() -> None:
    found = incidence(np.full((2, 1, 1), 0.01), np.array([90]))
    assert found[0, 0, 0] == pytest.approx((1 - 0.98**90) / 2)
    assert found[0, 0, 0] + 0.1 < 1 - 0.99**90


def test_a_hazard_that_rises_raises_its_own_incidence_and_lowers_the_other() -> None:
    bands = Bands(14, (30, 90, 180))
    low = hazards_of(3, 0.01, bands)
    for cause, band in np.ndindex(2, 3):
        high = low.copy()
        high[cause, :, band] += 0.005
        moved = incidence(high, bands.days) - incidence(low, bands.days)
        assert (moved[cause, :, band:] > 0).all()
        assert (moved[1 - cause, :, band:] <= 0).all()
        np.testing.assert_array_equal(moved[:, :, :band], 0)
