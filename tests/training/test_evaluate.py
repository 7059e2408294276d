"""Measures against their definitions in plain loops."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import InputError
from training.evaluate import Metrics, auroc_advantage, evaluate, reliability, selected, top_share


@st.composite
def blocks(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes with both classes and scores with ties."""
    size = draw(st.integers(4, 40))
    y = np.array(draw(st.lists(st.sampled_from([0.0, 1.0]), min_size=size, max_size=size)))
    y[:2] = [0, 1]
    p = np.array(draw(st.lists(st.integers(1, 19).map(lambda n: n / 20), min_size=size, max_size=size)))
    return y, p


def auroc_by_hand(y: np.ndarray, p: np.ndarray) -> float:
    pairs = [(high > low) + 0.5 * (high == low) for high in p[y == 1] for low in p[y == 0]]
    return float(np.mean(pairs))


@settings(deadline=None, max_examples=60)
@given(blocks())
def test_auroc_counts_pairs_in_the_right_order(block: tuple[np.ndarray, np.ndarray]) -> None:
    y, p = block
    assert evaluate(y, p).auroc == pytest.approx(auroc_by_hand(y, p))


@settings(deadline=None, max_examples=60)
@given(blocks())
def test_brier_and_its_skill_are_mean_squared_errors(block: tuple[np.ndarray, np.ndarray]) -> None:
    y, p = block
    found = evaluate(y, p)
    assert found.brier == pytest.approx(np.mean((y - p) ** 2))
    assert found.brier_skill == pytest.approx(1 - np.mean((y - p) ** 2) / np.mean((y - y.mean()) ** 2))
    assert (found.rows, found.positives, found.base_rate) == (len(y), y.sum(), y.mean())


def test_lift_compares_the_highest_scores_with_everyone() -> None:
    y = np.array([1, 1, 0, 0, 1, 0, 0, 0, 0, 0], dtype=float)
    found = evaluate(y, np.linspace(0.9, 0.1, 10), outreach_share=0.3)
    assert found.precision_top == pytest.approx(2 / 3)
    assert found.lift_top == pytest.approx(2 / 3 / 0.3)


def test_a_constant_score_has_no_lift_no_slope_and_no_order() -> None:
    y = np.repeat([1.0, 0.0], [30, 70])
    found = evaluate(y, np.full(100, 0.3))
    assert (found.lift_top, found.calibration_slope, found.auroc) == (1.0, 0.0, 0.5)
    assert found.brier_skill == pytest.approx(0)


def test_a_perfect_score_has_everything() -> None:
    y = np.repeat([1.0, 0.0], [10, 90])
    found = evaluate(y, np.where(y > 0, 0.99, 0.01))
    assert (found.auroc, found.auprc, found.lift_top) == (1.0, 1.0, pytest.approx(10))
    assert found.brier_skill > 0.99


def test_one_class_alone_cannot_be_measured() -> None:
    with pytest.raises(InputError, match="test block holds only one class"):
        evaluate(np.zeros(10), np.linspace(0.1, 0.9, 10))


def test_metrics_are_numbers_by_name() -> None:
    found = evaluate(np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.1, 0.8, 0.6, 0.4])).as_dict()
    assert set(found) == set(Metrics.__annotations__)
    assert all(type(value) is float for value in found.values())


@given(st.lists(st.integers(0, 5), min_size=1, max_size=50), st.floats(0.01, 0.99))
def test_top_rows_have_the_highest_scores_and_ties_keep_their_order(scores: list[int], share: float) -> None:
    p = np.array(scores) / 10
    top = top_share(p, share)
    assert len(top) == max(1, round(share * len(p)))
    assert list(top) == sorted(range(len(p)), key=lambda row: (-p[row], row))[: len(top)]


@settings(deadline=None, max_examples=40)
@given(blocks(), st.integers(2, 12))
def test_reliability_bins_hold_every_row_once(block: tuple[np.ndarray, np.ndarray], bins: int) -> None:
    y, p = block
    table = reliability(y, p, bins)
    assert list(table) == ["score", "observed", "rows"]
    assert table["rows"].sum() == len(y)
    assert table["rows"].max() - table["rows"].min() <= 1
    assert (table["observed"] * table["rows"]).sum() == pytest.approx(y.sum())
    assert (table["score"] * table["rows"]).sum() == pytest.approx(p.sum())
    assert (table["score"].diff().dropna() >= -1e-12).all()


def test_a_score_has_no_advantage_over_itself() -> None:
    rng = np.random.default_rng(1)
    y, p = (rng.random(100) < 0.4).astype(float), rng.random(100)
    assert auroc_advantage(y, p, p, np.arange(100) // 4) == (0.0, 0.0, 0.0)


def test_an_advantage_is_the_difference_and_turns_with_its_sides() -> None:
    rng = np.random.default_rng(1)
    y = (rng.random(400) < 0.4).astype(float)
    good, poor, agents = y + rng.normal(size=400), rng.random(400), np.arange(400) // 4
    estimate, low, high = auroc_advantage(y, good, poor, agents)
    assert estimate == pytest.approx(auroc_by_hand(y, good) - auroc_by_hand(y, poor))
    assert 0 < low < estimate < high
    assert auroc_advantage(y, poor, good, agents) == pytest.approx((-estimate, -high, -low))


def test_agents_with_many_rows_make_an_advantage_less_sure() -> None:
    """The same 40 rows, written ten times each: no new people, so no narrower interval."""
    rng = np.random.default_rng(3)
    y = np.tile([0.0, 1.0], 20)
    p, other = y + rng.normal(size=40), rng.random(40)
    once = auroc_advantage(y, p, other, np.arange(40))
    many = [np.repeat(values, 10) for values in (y, p, other, np.arange(40))]
    again = auroc_advantage(*many)
    assert again[0] == pytest.approx(once[0])
    assert again[2] - again[1] == pytest.approx(once[2] - once[1], rel=0.01)
    apart = auroc_advantage(*many[:3], np.arange(400))
    assert apart[2] - apart[1] < 0.6 * (once[2] - once[1])


def test_agents_are_named_by_anything_hashable() -> None:
    y, p = np.array([0.0, 1.0] * 10), np.linspace(0, 1, 20)
    names = pd.Series([f"A{row // 2}" for row in range(20)], index=range(100, 120))
    assert auroc_advantage(y, p, p[::-1], names)[0] == pytest.approx(evaluate(y, p).auroc - evaluate(y, p[::-1]).auroc)


@settings(deadline=None, max_examples=40)
@given(blocks())
def test_log_loss_is_the_mean_surprise(block: tuple[np.ndarray, np.ndarray]) -> None:
    y, p = block
    surprise = [-np.log(score if outcome else 1 - score) for outcome, score in zip(y, p, strict=True)]
    assert evaluate(y, p).log_loss == pytest.approx(np.mean(surprise))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=40), st.floats(0.05, 0.6))
def test_outreach_reaches_the_top_share_of_every_date(rows: list[tuple[int, int]], share: float) -> None:
    dates, p = np.array([date for date, _ in rows]), np.array([score / 10 for _, score in rows])
    chosen = selected(p, share, dates)
    for date in set(dates):
        own = p[dates == date]
        assert chosen[dates == date].sum() == max(1, round(share * len(own)))
        assert p[(dates == date) & chosen].min() >= own[~chosen[dates == date]].max(initial=-1)
    assert set(np.flatnonzero(selected(p, share))) == set(top_share(p, share))
