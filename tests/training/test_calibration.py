"""Margins to probabilities: known lines are found again, and the order of scores never turns over."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import InputError
from training.calibration import Line, calibration_line, logit, platt, sigmoid


def drawn(line: Line, rows: int = 40_000, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Margins, and outcomes whose log-odds are the line of them."""
    rng = np.random.default_rng(seed)
    margin = rng.normal(-1, 1.5, rows)
    return margin, (rng.random(rows) < sigmoid(line.apply(margin))).astype(float)


@given(st.floats(1e-6, 1 - 1e-6))
def test_the_logit_undoes_the_sigmoid(p: float) -> None:
    assert float(sigmoid(logit(p))) == pytest.approx(p, abs=1e-9)


@given(st.floats(-1e6, 1e6), st.floats(0, 100))
def test_the_sigmoid_rises_and_stays_a_probability(log_odds: float, more: float) -> None:
    low, high = sigmoid([log_odds, log_odds + more])
    assert 0 <= low <= high <= 1


@pytest.mark.parametrize("line", [Line(1.0, 0.0), Line(0.6, -0.5), Line(2.0, 1.0)])
def test_platt_finds_the_line_that_made_the_data(line: Line) -> None:
    found = platt(*drawn(line))
    assert found.slope == pytest.approx(line.slope, rel=0.05)
    assert found.intercept == pytest.approx(line.intercept, abs=0.07)


def test_the_line_of_perfect_probabilities_is_one_and_zero() -> None:
    margin, y = drawn(Line(1.0, 0.0))
    found = calibration_line(y, sigmoid(margin))
    assert found.slope == pytest.approx(1, abs=0.04)
    assert found.intercept == pytest.approx(0, abs=0.05)


def test_an_overconfident_score_has_a_slope_under_one() -> None:
    margin, y = drawn(Line(1.0, 0.0))
    assert calibration_line(y, sigmoid(2 * margin)).slope == pytest.approx(0.5, abs=0.03)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10_000), st.floats(0.01, 50), st.floats(-20, 20))
def test_the_order_of_scores_never_turns_over(seed: int, scale: float, shift: float) -> None:
    rng = np.random.default_rng(seed)
    margin = rng.normal(size=40) * scale + shift
    y = (rng.random(40) < 0.4).astype(float)
    y[:2] = [0, 1]
    assert platt(margin, y).slope > 0


def test_margins_that_say_the_opposite_get_close_to_the_base_rate() -> None:
    margin, y = drawn(Line(1.0, 0.0))
    line = platt(-margin, y)
    assert line.slope == pytest.approx(1e-3)
    np.testing.assert_allclose(sigmoid(line.apply(-margin)), y.mean(), atol=0.01)


def test_a_constant_margin_gives_everyone_the_rate_of_the_block() -> None:
    y = np.repeat([1.0, 0.0], [300, 700])
    line = platt(np.full(1000, 3.0), y)
    assert float(sigmoid(line.apply(np.array([3.0])))[0]) == pytest.approx(0.3, abs=0.005)


@pytest.mark.parametrize("y", [np.zeros(10), np.ones(10)])
def test_a_block_with_one_class_is_refused(y: np.ndarray) -> None:
    with pytest.raises(InputError, match="calibration block holds only one class"):
        platt(np.arange(10.0), y)
