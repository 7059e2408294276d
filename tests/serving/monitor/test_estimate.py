"""Performance without labels: what calibrated scores reach on average, and the definition pair by pair."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, roc_auc_score

from serving.monitor.estimate import estimate, expected_auroc, expected_brier

SCORES = st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0]) | st.floats(0, 1), min_size=2, max_size=12)


def by_pairs(p: list[float]) -> float:
    right = pairs = 0.0
    for i, high in enumerate(p):
        for j, low in enumerate(p):
            if i != j:
                weight = high * (1 - low)
                pairs += weight
                right += weight * (1.0 if high > low else 0.5 if high == low else 0.0)
    return right / pairs if pairs > 1e-12 else float("nan")


@given(SCORES)
def test_expected_auroc_is_the_share_of_expected_pairs_in_the_right_order(p: list[float]) -> None:
    slow = by_pairs(p)
    if not np.isnan(slow):
        assert expected_auroc(np.array(p)) == pytest.approx(slow, abs=1e-6)


def test_without_any_pair_there_is_no_auroc() -> None:
    assert np.isnan(expected_auroc(np.zeros(5)))


@pytest.mark.parametrize(("a", "b"), [(2, 8), (1, 1), (5, 5)])
def test_on_calibrated_scores_the_estimate_is_unbiased(a: int, b: int) -> None:
    errors = []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        p = rng.beta(a, b, 400)
        y = rng.uniform(size=400) < p
        found = estimate(p)
        errors.append(
            (found.auroc - roc_auc_score(y, p), found.brier - brier_score_loss(y, p), found.base_rate - y.mean())
        )
    mean, error = np.mean(errors, axis=0), np.std(errors, axis=0) / np.sqrt(len(errors))
    assert (np.abs(mean) <= 3.5 * error).all()


def test_scores_that_say_less_are_expected_to_rank_worse() -> None:
    p = np.random.default_rng(1).beta(2, 5, 500)
    assert expected_auroc(0.5 * p + 0.5 * p.mean()) < expected_auroc(p)


def test_expected_brier_of_certainty_is_nothing_and_of_a_coin_a_quarter() -> None:
    assert expected_brier(np.array([0.0, 1.0])) == 0
    assert expected_brier(np.full(3, 0.5)) == 0.25
