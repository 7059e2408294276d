"""Drift tests: silent when nothing moved, as often wrong as they say, and loud when something did."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.monitor.drift import adjusted, column_drift
from training.profile import column_profile

Floats = npt.NDArray[np.float64]
NUMBERS = st.lists(st.floats(-100, 100), min_size=40, max_size=120)


@settings(max_examples=50, deadline=None)
@given(NUMBERS)
def test_a_column_beside_itself_has_not_moved(numbers: list[float]) -> None:
    values = np.array(numbers)
    found = column_drift("x", column_profile(values), values, len(values))
    assert found is not None
    assert found.psi == 0
    assert not found.drifted(found.p_value)


KINDS = {
    "many values": lambda rng, n: rng.normal(size=n),
    "few values": lambda rng, n: rng.poisson(1.0, n).astype(float),
    "mostly zero": lambda rng, n: np.where(rng.uniform(size=n) < 0.9, 0.0, rng.exponential(size=n)),
    "nulls": lambda rng, n: np.where(rng.uniform(size=n) < 0.3, np.nan, rng.normal(size=n)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_without_drift_p_values_are_below_a_twentieth_at_most_about_that_often(kind: str) -> None:
    low, runs = 0, 400
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        profile = column_profile(KINDS[kind](rng, 400))
        found = column_drift("x", profile, KINDS[kind](rng, 200), 400)
        assert found is not None
        low += found.p_value < 0.05
    assert low / runs <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)  # three standard errors of the nominal level


def test_without_drift_a_table_of_features_has_a_false_alarm_in_few_runs() -> None:
    alarms, runs = 0, 100
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        before, now = rng.normal(size=(300, 40)), rng.normal(size=(150, 40))
        found = [column_drift(str(i), column_profile(before[:, i]), now[:, i], 300) for i in range(40)]
        p = adjusted([one.p_value for one in found if one])
        alarms += any(one.drifted(q) for one, q in zip(found, p, strict=True) if one)
    assert alarms <= 12  # 5 % of 100, and more than three standard errors on top


@pytest.mark.parametrize("shift", [0.5, -0.5, 1.0])
def test_a_shift_is_found(shift: float) -> None:
    rng = np.random.default_rng(5)
    found = column_drift("x", column_profile(rng.normal(size=600)), rng.normal(size=300) + shift, 600)
    assert found is not None
    assert found.drifted(found.p_value)


def test_a_larger_shift_moves_further() -> None:
    rng = np.random.default_rng(6)
    profile, values = column_profile(rng.normal(size=600)), rng.normal(size=300)
    sizes = [drift.psi for shift in (0, 0.3, 0.6, 1.2) if (drift := column_drift("x", profile, values + shift, 600))]
    assert sizes == sorted(sizes)


def test_a_column_that_goes_missing_is_found() -> None:
    rng = np.random.default_rng(7)
    values = np.where(rng.uniform(size=200) < 0.4, np.nan, rng.normal(size=200))
    found = column_drift("x", column_profile(rng.normal(size=400)), values, 400)
    assert found is not None
    assert found.drifted(found.p_value)
    assert found.null_share > 0.3


def test_weeks_of_the_same_people_do_not_count_as_many_people() -> None:
    rng = np.random.default_rng(8)
    profile = column_profile(np.repeat(rng.normal(size=40), 50))
    values = rng.normal(size=60)
    many, few = column_drift("x", profile, values, 2000), column_drift("x", profile, values, 40)
    assert many is not None
    assert few is not None
    assert few.p_value > many.p_value


def test_too_few_rows_are_not_compared() -> None:
    assert column_drift("x", column_profile(np.arange(100.0)), np.arange(10.0), 100) is None


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_adjusting_is_that_of_the_definition(p_values: list[float]) -> None:
    order = np.argsort(p_values)
    scaled = [p_values[at] * len(p_values) / (rank + 1) for rank, at in enumerate(order)]
    expected = {at: min(min(scaled[rank:]), 1.0) for rank, at in enumerate(order)}
    assert adjusted(p_values) == pytest.approx([expected[at] for at in range(len(p_values))])


def by_date(rng: np.random.Generator, dates: int, of_date: float) -> tuple[Floats, Floats]:
    """Values of 300 people on some dates, each of which moves everyone; and the dates."""
    at = np.repeat(np.arange(dates), 300)
    return rng.normal(size=len(at)) + rng.normal(0, of_date, dates)[at], at


def test_what_moves_from_date_to_date_in_training_is_no_drift_afterwards() -> None:
    called, runs = {"with dates": 0, "without": 0}, 100
    for seed in range(runs):
        values, at = by_date(np.random.default_rng(seed), 31, 0.5)
        before, now = at < 30, values[at == 30]
        for kind, dates in (("with dates", at[before]), ("without", None)):
            found = column_drift("x", column_profile(values[before], dates), now, 300)
            assert found is not None
            called[kind] += found.drifted(found.p_value)
    assert called["with dates"] <= 10  # one date of 31 lies furthest out; three standard errors on top
    assert called["without"] >= 40, "otherwise there is nothing to show"


def test_a_shift_beyond_every_date_of_training_is_drift() -> None:
    values, at = by_date(np.random.default_rng(3), 30, 0.3)
    found = column_drift("x", column_profile(values, at), values[at == 0] + 2.5, 300)
    assert found is not None
    assert found.usual_psi > 0.1
    assert found.drifted(found.p_value)


def test_nulls_are_drift_however_much_values_move() -> None:
    values, at = by_date(np.random.default_rng(4), 30, 1.0)
    now = np.where(np.arange(300) % 2 == 0, np.nan, values[:300])
    found = column_drift("x", column_profile(values, at), now, 300)
    assert found is not None
    assert found.drifted(found.p_value)


def test_signals_that_were_not_known_yet_when_training_began_do_not_drift_by_being_known() -> None:
    values, at = by_date(np.random.default_rng(5), 30, 0.0)
    begun = np.where(at < 12, np.nan, values)
    known = column_drift("x", column_profile(begun, at), values[:300], 300)
    lost = column_drift("x", column_profile(begun, at), np.where(np.arange(300) < 120, np.nan, values[:300]), 300)
    assert known is not None
    assert lost is not None
    assert not known.drifted(known.p_value)
    assert lost.drifted(lost.p_value), "as many are null as were in all of training, and none was at its end"
