"""Net benefit against its definition, threshold by threshold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import InputError
from training.evaluation.decision_curve import THRESHOLDS, decision_curve


@given(st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.integers(0, 20).map(lambda n: n / 20)), min_size=1))
def test_net_benefit_is_true_positives_less_false_ones_at_the_odds(rows: list[tuple[float, float]]) -> None:
    y, p = (np.array(values) for values in zip(*rows, strict=True))
    curve = decision_curve(y, p, [0.05, 0.2, 0.5, 0.95])
    for cut, found in curve.iterrows():
        odds = cut / (1 - cut)
        right = sum(outcome == 1 and score >= cut for outcome, score in rows)
        wrong = sum(outcome == 0 and score >= cut for outcome, score in rows)
        assert found["model"] == pytest.approx((right - wrong * odds) / len(rows))
        assert found["all"] == pytest.approx((sum(y) - (len(y) - sum(y)) * odds) / len(y))
        assert found["none"] == 0
        assert found["offered"] == pytest.approx((right + wrong) / len(rows))


def test_a_perfect_score_gains_the_base_rate_at_every_threshold() -> None:
    y = np.repeat([1.0, 0.0], [20, 80])
    curve = decision_curve(y, np.where(y > 0, 0.99, 0.001))
    assert list(curve.index) == list(THRESHOLDS)
    assert curve["model"].to_numpy() == pytest.approx(0.2)


def test_offering_to_all_is_worth_nothing_at_the_base_rate() -> None:
    y = np.repeat([1.0, 0.0], [20, 80])
    assert decision_curve(y, np.full(100, 0.2), [0.2])["all"].item() == pytest.approx(0)


def test_a_score_that_is_right_is_never_worse_than_either_default() -> None:
    rng = np.random.default_rng(0)
    p = rng.beta(1, 5, 200_000)
    curve = decision_curve((rng.random(200_000) < p).astype(float), p)
    assert (curve["model"] >= curve[["all", "none"]].max(axis=1) - 0.002).all()


@pytest.mark.parametrize("cut", [0.0, 1.0, -0.1, 1.5, np.nan])
def test_a_threshold_outside_0_and_1_is_refused(cut: float) -> None:
    with pytest.raises(InputError, match="must lie between 0 and 1"):
        decision_curve(np.array([0.0, 1]), np.array([0.1, 0.9]), [0.2, cut])


def test_no_rows_are_refused() -> None:
    with pytest.raises(InputError, match="at least one row"):
        decision_curve(np.empty(0), np.empty(0))
