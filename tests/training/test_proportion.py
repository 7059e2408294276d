"""Intervals of shares: published figures, and how often they hold the truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from training.evaluation.proportion import difference, wilson


@pytest.mark.parametrize(("hits", "count", "low", "high"), [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605),
                                                           (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)])  # fmt: skip
def test_wilson_gives_the_figures_of_newcombes_table(hits: int, count: int, low: float, high: float) -> None:
    """Newcombe (1998), Two-sided confidence intervals for the single proportion, table I, method 3."""
    assert wilson(hits / count, count) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 500), st.data())
def test_wilson_holds_the_estimate_and_stays_between_0_and_1(count: int, data: st.DataObject) -> None:
    share = data.draw(st.integers(0, count)) / count
    low, high = wilson(share, count)
    assert 0 <= low <= share + 1e-12
    assert share - 1e-12 <= high <= 1
    assert high - low > 0


@pytest.mark.parametrize(("count", "truth"), [(30, 0.1), (30, 0.5), (100, 0.05)])
def test_wilson_holds_the_truth_about_95_times_in_100(count: int, truth: float) -> None:
    hits = np.arange(count + 1)
    low, high = wilson(hits / count, np.full(count + 1, count))
    covered = binom.pmf(hits, count, truth)[(low <= truth) & (truth <= high)].sum()
    assert 0.93 < covered < 0.99


def test_a_share_of_nobody_is_unknown() -> None:
    assert np.isnan(wilson(np.nan, 0)).all()


def test_a_difference_of_shares_is_newcombes() -> None:
    """Newcombe (1998), Interval estimation for the difference, table II, method 10: 56/70 - 48/80."""
    one, two = ((share, *map(float, wilson(share, count))) for share, count in ((56 / 70, 70), (48 / 80, 80)))
    assert difference(one, two) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_a_difference_turns_with_its_sides() -> None:
    one, two = (0.5, 0.4, 0.7), (0.2, 0.1, 0.25)
    gap, low, high = difference(one, two)
    assert difference(two, one) == pytest.approx((-gap, -high, -low))
