"""Intervals by agent: against drawing rows by hand, and at their ends."""

import numpy as np
import pandas as pd
import pytest

from features.errors import InputError
from training.evaluate import evaluate
from training.evaluation.resampling import advantage, intervals
from training.evaluation.weighted import MEASURES


def block(agents: int = 60, rows: int = 5, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores that are right, of agents with a risk of their own."""
    rng = np.random.default_rng(seed)
    names = np.repeat(np.arange(agents), rows)
    p = 1 / (1 + np.exp(-(np.repeat(rng.normal(size=agents), rows) + 0.3 * rng.normal(size=len(names)))))
    return (rng.random(len(names)) < p).astype(float), p, names


def test_estimates_are_those_of_evaluate() -> None:
    y, p, agents = block()
    found, expected = intervals(y, p, agents, repeats=3), evaluate(y, p).as_dict()
    for name in set(MEASURES) - {"calibration_in_the_large"}:
        assert found[name].estimate == pytest.approx(expected[name], rel=1e-3, abs=1e-4), name
    assert found["calibration_in_the_large"].estimate == pytest.approx(p.mean() - y.mean())


def test_an_interval_is_that_of_agents_drawn_by_hand() -> None:
    y, p, agents = block()
    rng, drawn = np.random.default_rng(1), []
    for _ in range(300):
        rows = np.concatenate([np.flatnonzero(agents == agent) for agent in rng.integers(0, 60, 60)])
        drawn.append(evaluate(y[rows], p[rows], 0.2).as_dict())
    expected = pd.DataFrame(drawn).quantile([0.025, 0.975])
    found = intervals(y, p, agents, outreach_share=0.2, repeats=1000)
    for name in set(MEASURES) - {"calibration_in_the_large"}:
        _, low, high = found[name]
        width = expected[name].iloc[1] - expected[name].iloc[0]
        assert [low, high] == pytest.approx(list(expected[name]), abs=0.15 * width), name


def test_intervals_of_95_percent_hold_the_truth_about_as_often() -> None:
    """AUROC of scores drawn from two normals one SD apart is known: 0.760; rows of an agent are copies."""
    held = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        y = np.repeat([0.0, 1.0], [70, 50])
        p = 1 / (1 + np.exp(-(rng.normal(size=120) + y)))
        rows = np.repeat(np.arange(120), 3)
        _, low, high = intervals(y[rows], p[rows], rows, ["auroc"])["auroc"]
        held += low <= 0.7602 <= high
    assert 88 <= held <= 100


def test_the_same_seed_gives_the_same_interval_and_another_one_another() -> None:
    y, p, agents = block()
    first, again, other = (intervals(y, p, agents, ["auroc"], seed=seed)["auroc"] for seed in (1, 1, 2))
    assert first == again
    assert first.estimate == other.estimate
    assert first.low != other.low


def test_one_agent_alone_gives_no_interval() -> None:
    y, p, _ = block()
    found = intervals(y, p, np.zeros(len(y)), ["auroc", "brier"])
    assert all(np.isnan(interval.low) and np.isnan(interval.high) for interval in found.values())
    assert found["auroc"].estimate == pytest.approx(evaluate(y, p).auroc)


def test_agents_who_are_all_alike_leave_no_doubt() -> None:
    y, p = np.tile([0.0, 1.0, 0.0], 20), np.tile([0.2, 0.6, 0.7], 20)
    estimate, low, high = intervals(y, p, np.repeat(np.arange(20), 3), ["brier"])["brier"]
    assert estimate == pytest.approx(low) == pytest.approx(high)


def test_resamples_that_do_not_define_a_measure_are_left_out() -> None:
    """A resample without the only positive has no AUROC; in all others it is 1."""
    y, p = np.array([1.0, 0, 0, 0]), np.linspace(0.9, 0.1, 4)
    assert intervals(y, p, list("abcd"), ["auroc"])["auroc"] == (1.0, 1.0, 1.0)


def test_a_measure_that_most_resamples_do_not_define_has_no_interval() -> None:
    """Classes that a cut separates have no calibration slope, however they are drawn."""
    y, p = np.repeat([1.0, 0.0], 10), np.linspace(0.9, 0.1, 20)
    found = intervals(y, p, np.arange(20), ["calibration_slope", "brier"])
    assert np.isnan(found["calibration_slope"]).all()
    assert found["brier"].low < found["brier"].high


def test_many_rows_are_done_in_parts_of_the_same_draws() -> None:
    """20,000 rows times 200 repeats do not fit one part; the result is that of the drawn agents all the same."""
    y, p, agents = block(agents=4000, rows=5)
    _, low, high = intervals(y, p, agents, ["base_rate"])["base_rate"]
    per_agent = y.reshape(4000, 5).mean(axis=1)
    error = per_agent.std() / np.sqrt(4000)
    assert high - low == pytest.approx(2 * 1.96 * error, rel=0.2)


@pytest.mark.parametrize("measure", ["auroc", "log_loss", "brier"])
def test_the_better_score_has_an_advantage_whichever_way_the_measure_points(measure: str) -> None:
    y, p, agents = block(agents=200)
    worse = np.clip(1 - p, 0.01, 0.99)
    estimate, low, high = advantage(y, p, worse, agents, measure)
    assert 0 < low < estimate < high
    ahead, behind = evaluate(y, p).as_dict()[measure], evaluate(y, worse).as_dict()[measure]
    assert estimate == pytest.approx(abs(ahead - behind))
    assert advantage(y, worse, p, agents, measure) == pytest.approx((-estimate, -high, -low))


def test_comparing_on_the_same_rows_is_surer_than_two_intervals() -> None:
    y, p, agents = block(agents=200)
    nearly = np.clip(p + 0.01 * np.random.default_rng(1).normal(size=len(p)), 0.01, 0.99)
    _, low, high = advantage(y, p, nearly, agents, "brier")
    single = intervals(y, p, agents, ["brier"])["brier"]
    assert high - low < 0.2 * (single.high - single.low)


def test_a_measure_without_a_better_side_is_refused() -> None:
    y, p, agents = block()
    with pytest.raises(InputError, match="'calibration_slope' cannot be compared; those are auroc, log_loss, brier"):
        advantage(y, p, p, agents, "calibration_slope")  # type: ignore[arg-type]
