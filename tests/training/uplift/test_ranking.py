"""What an order is worth: beside a slow and obvious reference, and how often its interval holds the truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from training.uplift.ranking import AT_SHARE, area, qini_curve, worth

NUMBERS = st.floats(-100, 100, allow_nan=False)


def slow_area(scores: list[float], rank: list[float]) -> float:
    """The mean over every number of offers k: what k offers in the order bring, beside k offers at random."""
    people = sorted(range(len(scores)), key=lambda place: -rank[place])
    total, advantage = sum(scores), 0.0
    for k in range(1, len(people) + 1):
        brought = sum(scores[place] for place in people[:k]) / len(people)
        advantage += brought - total * k / len(people) / len(people)
    return advantage / len(people)


@given(st.integers(2, 30).flatmap(lambda n: st.tuples(arrays(float, n, elements=NUMBERS), st.permutations(range(n)))))
def test_the_area_is_the_mean_advantage_over_offers_at_random(drawn: tuple[np.ndarray, list[int]]) -> None:
    scores, rank = drawn[0], np.array(drawn[1], dtype=float)
    assert area(scores, rank) == pytest.approx(slow_area(scores.tolist(), rank.tolist()), abs=1e-8)


@given(arrays(float, 12, elements=NUMBERS), st.permutations(range(12)))
def test_no_order_is_worth_more_than_that_by_the_benefit_itself(scores: np.ndarray, rank: list[int]) -> None:
    assert area(scores, np.array(rank, dtype=float)) <= area(scores, scores) + 1e-9


@given(st.permutations(range(9)), NUMBERS)
def test_where_everyone_gains_the_same_no_order_is_worth_anything(rank: list[int], benefit: float) -> None:
    assert area(np.full(9, benefit), np.array(rank, dtype=float)) == pytest.approx(0, abs=1e-9)


@given(arrays(float, 20, elements=NUMBERS), st.permutations(range(20)))
def test_the_curve_is_what_each_number_of_offers_brings(scores: np.ndarray, rank: list[int]) -> None:
    curve = qini_curve(scores, np.array(rank, dtype=float), 0)
    people = sorted(range(20), key=lambda place: -rank[place])
    brought = [sum(scores[place] for place in people[:k]) / 20 for k in range(21)]
    np.testing.assert_allclose(curve["gain"], brought, atol=1e-9)
    np.testing.assert_allclose(curve["at_random"], np.linspace(0, 1, 21) * scores.mean(), atol=1e-9)
    assert (curve["low"] <= curve["gain"]).all()
    assert (curve["gain"] <= curve["high"]).all()


def test_the_first_share_counts_whole_people_and_a_part_of_the_last() -> None:
    scores, n = np.arange(10.0), 10
    found = worth(scores, scores, -scores, 0)
    first = round(AT_SHARE * n)
    assert found.per_offer.estimate == pytest.approx(scores[-first:].mean() - scores[:first].mean())
    assert found.average.estimate == pytest.approx(scores.mean())
    assert found.gain.estimate == pytest.approx(found.by_benefit.estimate - found.by_risk.estimate)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    held = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        benefit, noise = rng.normal(5, 3, 300), rng.normal(0, 15, 300)
        order = benefit + rng.normal(0, 2, 300), rng.normal(size=300)
        truly = area(benefit, order[0]) - area(benefit, order[1])
        found = worth(benefit + noise, *order, seed).gain
        held += found.low <= truly <= found.high
    assert 0.9 <= held / 150 <= 1
