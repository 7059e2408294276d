"""Margins to probabilities: known lines are found again, few people move little, the order of scores never turns."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from features.errors import InputError
from training.calibration import PRIOR_SD, Line, calibration_line, logit, platt, sigmoid


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
    found, _ = platt(*drawn(line))
    assert found.slope == pytest.approx(line.slope, rel=0.05)
    assert found.intercept == pytest.approx(line.intercept, abs=0.07)


@pytest.mark.parametrize("seed", range(4))
def test_platt_is_the_maximum_of_its_penalized_likelihood(seed: int) -> None:
    """Against a search without derivatives on the plain scale, with weights."""
    margin, y = drawn(Line(0.5, 0.3), 60, seed)
    weight = np.random.default_rng(seed).integers(1, 4, 60).astype(float)
    ones, zeros = weight @ y, weight @ (1 - y)
    target = np.where(y > 0, (ones + 1) / (ones + 2), 1 / (zeros + 2))

    def unlikely(line: np.ndarray) -> float:
        p = sigmoid(line[0] * margin + line[1])
        likelihood = weight @ (target * np.log(p) + (1 - target) * np.log(1 - p))
        shift = (line[0] - 1) * np.average(margin, weights=weight) + line[1]
        return float(-likelihood + (line[0] - 1) ** 2 / (2 * PRIOR_SD[0] ** 2) + shift**2 / (2 * PRIOR_SD[1] ** 2))

    by_hand = minimize(unlikely, [1.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10}).x
    np.testing.assert_allclose(platt(margin, y, weight)[0], by_hand, atol=1e-4)


def test_a_few_people_hardly_move_the_level_and_many_do() -> None:
    """A block in which the outcome is far more frequent: fifteen people may be chance, 40,000 are not."""
    truth = Line(1.0, 1.2)
    few = [platt(*drawn(truth, 15, seed))[0] for seed in range(20)]
    assert np.mean([line.apply(np.array(-1.0)) for line in few]) < -0.4
    assert platt(*drawn(truth))[0].apply(np.array(-1.0)) == pytest.approx(0.2, abs=0.05)


def test_a_few_people_hardly_move_the_slope_and_many_do() -> None:
    truth = Line(0.4, 0.0)
    few = [platt(*drawn(truth, 15, seed))[0].slope for seed in range(20)]
    free = [calibration_line(y, sigmoid(margin)).slope for margin, y in (drawn(truth, 15, seed) for seed in range(20))]
    many = platt(*drawn(truth))[0].slope
    assert np.mean(few) > 0.7  # 1 is expected, and fifteen people are no proof of another slope
    assert np.std(few) < np.std(free) / 2
    assert many == pytest.approx(truth.slope, abs=0.02)


def test_rows_of_one_person_are_not_more_people() -> None:
    margin, y = drawn(Line(0.3, 0.0), 40)
    person = np.arange(40)
    alone = platt(margin, y)[0].slope
    again = platt(np.tile(margin, 50), np.tile(y, 50), groups=np.tile(person, 50))[0].slope
    claimed = platt(np.tile(margin, 50), np.tile(y, 50))[0].slope
    assert again == pytest.approx(alone, abs=0.05)  # Platt's smoothing of the targets counts rows
    assert abs(claimed - alone) > 0.1


def test_a_row_of_weight_three_is_three_rows() -> None:
    margin, y = drawn(Line(0.7, 0.2), 200)
    times = np.random.default_rng(3).integers(1, 4, 200)
    weighted, covariance = platt(margin, y, times, np.arange(200))
    again = np.repeat(np.arange(200), times)
    repeated, theirs = platt(margin[again], y[again])
    assert weighted == pytest.approx(repeated, abs=1e-5)
    np.testing.assert_allclose(platt(margin[again], y[again], groups=again)[1], covariance, rtol=0.2)
    assert (np.diag(theirs) < np.diag(covariance)).all()


@pytest.mark.parametrize("rows_each", [1, 10])
def test_the_covariance_is_that_of_a_bootstrap_of_people(rows_each: int) -> None:
    """Rows of a person share an outcome that the margin does not know of, so that they say less than as many people."""
    rng = np.random.default_rng(8)
    people = 600
    margin = np.repeat(rng.normal(-1, 1.5, people), rows_each) + rng.normal(0, 0.3, people * rows_each)
    y = (np.repeat(rng.random(people), rows_each) < sigmoid(margin)).astype(float)
    person = np.repeat(np.arange(people), rows_each)
    _, covariance = platt(margin, y, groups=person)
    lines = []
    for _ in range(100):
        rows = (rng.integers(0, people, people)[:, None] * rows_each + np.arange(rows_each)).ravel()
        lines.append(platt(margin[rows], y[rows], groups=np.repeat(np.arange(people), rows_each))[0])
    by_bootstrap = np.cov(np.array(lines).T)
    assert np.sqrt(np.diag(covariance)) == pytest.approx(np.sqrt(np.diag(by_bootstrap)), rel=0.3)
    assert covariance[0, 1] * by_bootstrap[0, 1] > 0
    _, claimed = platt(margin, y)
    if rows_each > 1:
        assert (np.diag(claimed) < np.diag(covariance) / 3).all()
    else:
        np.testing.assert_allclose(claimed, covariance)


def test_what_people_are_called_does_not_move_the_line() -> None:
    margin, y = drawn(Line(0.8, 0.1), 300)
    person = np.arange(300) // 3
    renamed = np.random.default_rng(1).permutation([f"agent {number}" for number in range(100)])[person]
    one, other = platt(margin, y, groups=person), platt(margin, y, groups=renamed)
    assert one[0] == other[0]
    np.testing.assert_allclose(one[1], other[1], rtol=1e-9)


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
    line, covariance = platt(margin, y)
    assert line.slope > 0
    assert (np.linalg.eigvalsh(covariance) >= -1e-9 * np.trace(covariance)).all()


def test_margins_that_say_the_opposite_get_close_to_the_base_rate() -> None:
    margin, y = drawn(Line(1.0, 0.0))
    line, _ = platt(-margin, y)
    assert line.slope == pytest.approx(1e-3)
    np.testing.assert_allclose(sigmoid(line.apply(-margin)), y.mean(), atol=0.01)


def test_a_constant_margin_gives_everyone_the_rate_of_the_block() -> None:
    y = np.repeat([1.0, 0.0], [3_000, 7_000])
    line, _ = platt(np.full(10_000, -0.5), y)
    assert float(sigmoid(line.apply(np.array([-0.5])))[0]) == pytest.approx(0.3, abs=0.005)


@pytest.mark.parametrize("y", [np.zeros(10), np.ones(10)])
def test_a_block_with_one_class_is_refused(y: np.ndarray) -> None:
    with pytest.raises(InputError, match="calibration block holds only one class"):
        platt(np.arange(10.0), y)
