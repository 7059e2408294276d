"""The incidence of a voluntary exit from hazards that compete: beside days one by one, and its slopes add up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.calibration import sigmoid
from training.incidence import gradient, log_odds, mean_gradient

SEEDS = st.integers(0, 10_000)
DAYS = np.array([16, 60, 90])


def hazards(seed: int, people: int = 3) -> np.ndarray:
    """Log-odds of daily hazards from about 1 in 10,000 to 1 in 50."""
    return np.random.default_rng(seed).uniform(-9, -4, (2, people, len(DAYS)))


@given(SEEDS)
def test_it_is_what_day_after_day_adds_up_to(seed: int) -> None:
    at = hazards(seed)
    daily = sigmoid(at)
    for person, found in enumerate(log_odds(at, DAYS)):
        stays, quits = 1.0, 0.0
        for band, days in enumerate(DAYS):
            for _ in range(days):
                quits += stays * daily[0, person, band]
                stays *= 1 - daily[:, person, band].sum()
        assert found == pytest.approx(np.log(quits / (1 - quits)), abs=1e-9)


@given(SEEDS)
def test_a_hazard_of_quitting_raises_it_and_one_of_dismissal_lowers_it(seed: int) -> None:
    found = gradient(hazards(seed), DAYS)
    assert (found[0] > 0).all()
    assert (found[1, :, :-1] < 1e-9).all()


@pytest.mark.parametrize("people", [1, 150, 1_300])
def test_slopes_along_the_way_add_up_to_the_difference_of_its_ends(people: int) -> None:
    starts, ends = hazards(1, people), hazards(2, people)
    moved = (mean_gradient(starts, ends, DAYS) * (ends - starts)).sum(axis=(0, 2))
    np.testing.assert_allclose(moved, log_odds(ends, DAYS) - log_odds(starts, DAYS), atol=1e-5)
