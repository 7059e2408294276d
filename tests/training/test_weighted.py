"""Measures over resamples against `evaluate` on the very rows that a resample holds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import InputError
from training.evaluate import evaluate
from training.evaluation.weighted import MEASURES, weighted_measures

LINE = ("calibration_slope", "calibration_intercept")


@st.composite
def resamples(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outcomes, scores with ties, and how often three resamples hold each row."""
    size = draw(st.integers(6, 40))
    y = np.array(draw(st.lists(st.sampled_from([0.0, 1.0]), min_size=size, max_size=size)))
    p = np.array(draw(st.lists(st.integers(1, 19).map(lambda n: n / 20), min_size=size, max_size=size)))
    counts = st.lists(st.integers(0, 3), min_size=size, max_size=size)
    weights = np.array([draw(counts) for _ in range(3)], dtype=float)
    y[:2], p[:2], weights[:, :2] = [0, 1], [0.15, 0.4], 1
    return y, p, weights


@settings(deadline=None, max_examples=80)
@given(resamples(), st.sampled_from([0.1, 0.25, 0.5]))
def test_a_weighted_measure_is_that_of_the_rows_written_out(
    block: tuple[np.ndarray, np.ndarray, np.ndarray], share: float
) -> None:
    y, p, weights = block
    found = weighted_measures(y, p, weights, MEASURES, share)
    for at, weight in enumerate(weights.astype(int)):
        rows = np.repeat(np.arange(len(y)), weight)
        if np.std(p[rows]) < 0.01:  # evaluate looks at the resample's own spread
            continue
        expected = evaluate(y[rows], p[rows], share).as_dict()
        expected["calibration_in_the_large"] = expected["mean_score"] - expected["base_rate"]
        for name in set(MEASURES) - set(LINE):
            assert found[name][at] == pytest.approx(expected[name]), name


def test_the_calibration_line_is_that_of_the_rows_written_out() -> None:
    rng = np.random.default_rng(2)
    p = rng.uniform(0.02, 0.9, 400)
    y = (rng.random(400) < p**1.5).astype(float)
    weights = rng.integers(0, 4, (5, 400)).astype(float)
    found = weighted_measures(y, p, weights, LINE)
    for at, weight in enumerate(weights.astype(int)):
        rows = np.repeat(np.arange(400), weight)
        expected = evaluate(y[rows], p[rows])
        assert found[LINE[0]][at] == pytest.approx(expected.calibration_slope, rel=1e-3)
        assert found[LINE[1]][at] == pytest.approx(expected.calibration_intercept, rel=1e-3, abs=1e-3)


@settings(deadline=None, max_examples=40)
@given(st.floats(0.2, 5), st.floats(-2, 2), st.integers(0, 1000))
def test_the_line_solves_its_equations_however_wrong_the_scores_are(scale: float, shift: float, seed: int) -> None:
    """At the maximum of the likelihood, errors sum to nothing, alone and times the log-odds."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=300)
    y = (rng.random(300) < 1 / (1 + np.exp(-0.7 * x))).astype(float)
    log_odds = np.clip(scale * x + shift, -13, 13)
    line = weighted_measures(y, 1 / (1 + np.exp(-log_odds)), np.ones((1, 300)), LINE)
    error = 1 / (1 + np.exp(-(line[LINE[0]][0] * log_odds + line[LINE[1]][0]))) - y
    assert error.sum() == pytest.approx(0, abs=1e-5)
    assert (error * log_odds).sum() == pytest.approx(0, abs=1e-4)


def test_a_resample_of_one_class_leaves_unknown_what_it_does_not_define() -> None:
    y, p = np.array([0.0, 0, 1, 1]), np.array([0.1, 0.3, 0.4, 0.9])
    found = weighted_measures(y, p, np.array([[2.0, 2, 0, 0]]), MEASURES)
    unknown = {name for name, value in found.items() if np.isnan(value[0])}
    assert unknown == {"auroc", "auprc", "brier_skill", "lift_top", *LINE}
    assert found["brier"][0] == pytest.approx((0.01 + 0.09) / 2)


def test_classes_that_a_cut_separates_have_no_line_and_do_not_disturb_the_next_resample() -> None:
    rng = np.random.default_rng(4)
    p = rng.uniform(0.05, 0.95, 60)
    y = (rng.random(60) < p).astype(float)
    only_right = ((p > 0.5) == (y > 0)).astype(float)
    found = weighted_measures(y, p, np.array([only_right, np.ones(60)]), LINE)
    assert np.isnan(found["calibration_slope"][0])
    assert found["calibration_slope"][1] == pytest.approx(evaluate(y, p).calibration_slope, rel=1e-3)


def test_a_constant_score_has_no_slope_and_no_top() -> None:
    y = np.repeat([1.0, 0.0], [30, 70])
    found = weighted_measures(y, np.full(100, 0.3), np.ones((2, 100)), MEASURES)
    assert list(found["calibration_slope"]) == [0, 0]
    assert list(found["lift_top"]) == [1, 1]
    assert list(found["auroc"]) == [0.5, 0.5]


def test_a_measure_that_is_not_known_is_refused_with_those_that_are() -> None:
    with pytest.raises(InputError, match=r"measure 'accuracy' is not known; those are base_rate, .*auroc"):
        weighted_measures(np.array([0.0, 1]), np.array([0.1, 0.9]), np.ones((1, 2)), ["accuracy"])
