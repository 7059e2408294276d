"""How many people a program needs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from features.errors import InputError
from training.effects.power import detectable_share, needed_for_mean, needed_for_share


def test_the_number_is_near_the_rule_of_thumb() -> None:
    found = needed_for_share(0.3, -0.05)
    assert found.per_arm == pytest.approx(found.rule_of_thumb, rel=0.05)


def test_so_many_people_see_the_change_as_often_as_asked() -> None:
    n, rng = needed_for_share(0.3, -0.08).per_arm, np.random.default_rng(1)
    one, other = rng.binomial(n, 0.3, 4_000) / n, rng.binomial(n, 0.22, 4_000) / n
    middle = (one + other) / 2
    z = np.abs(one - other) / np.sqrt(2 * middle * (1 - middle) / n)
    assert np.mean(z > norm.ppf(0.975)) == pytest.approx(0.8, abs=0.03)


@given(rate=st.floats(0.1, 0.9), change=st.floats(0.02, 0.09), size=st.integers(1, 40), icc=st.floats(0, 0.2))
def test_teams_need_more_people_than_people_do(rate: float, change: float, size: int, icc: float) -> None:
    found = needed_for_share(rate, change, cluster=size, icc=icc)
    assert found.inflation == pytest.approx(1 + (size - 1) * icc)
    assert found.per_arm_clustered >= found.per_arm


def test_what_can_be_seen_with_enough_people_is_what_they_were_enough_for() -> None:
    n = needed_for_share(0.5, 0.05).per_arm
    assert detectable_share(0.5, n) == pytest.approx(0.05, rel=0.02)


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"rate": 0.0, "change": 0.1}, "--rate 0"),
        ({"rate": 0.3, "change": 0.0}, "--effect 0"),
        ({"rate": 0.3, "change": 0.8}, "no share between 0 and 1"),
        ({"rate": 0.3, "change": 0.1, "icc": 1.0}, "--icc 1"),
        ({"rate": 0.3, "change": 0.1, "power": 1.0}, "--power 1"),
        ({"rate": 0.3, "change": 0.1, "cluster": 0}, "--team-size"),
    ],
)
def test_what_cannot_be_is_refused_by_its_option(given_: dict[str, float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        needed_for_share(**given_)  # type: ignore[arg-type]


def test_a_mean_without_spread_is_refused() -> None:
    with pytest.raises(InputError, match="--sd 0"):
        needed_for_mean(0.0, 1.0)
