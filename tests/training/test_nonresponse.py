"""Who does not answer: a known mechanism is undone by the weights, and the silent may fare worse."""

import numpy as np
import pandas as pd
import pytest

from training.calibration import sigmoid
from training.nonresponse import SHIFTS, TRIMMED, response_weights, sensitivity


def centre(seed: int, rows: int = 1500, strength: float = 1.0) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """A frame, survey scores of everyone, and who answered: long tenure and site B answer more and are better off."""
    rng = np.random.default_rng(seed)
    tenure, site = rng.normal(size=rows), rng.choice(["A", "B"], rows)
    frame = pd.DataFrame({"tenure": tenure, "site_id": site, "start_sd": rng.normal(size=rows)})
    scores = 45 - 8 * tenure - 6 * (site == "B") + rng.normal(0, 10, rows)
    answered = rng.random(rows) < sigmoid(strength * (tenure + (site == "B")) - 0.5)
    return frame, scores, answered


def test_weighted_answers_are_closer_to_the_truth_than_answers_as_they_are() -> None:
    off = []
    for seed in range(12):
        frame, scores, answered = centre(seed)
        weights = response_weights(frame, answered, np.ones(len(frame), bool))
        high = scores >= 50
        truth = high.mean()
        off.append((high[answered].mean() - truth, np.average(high[answered], weights=weights[answered]) - truth))
    plain, weighted = np.abs(np.mean(off, axis=0))
    assert plain > 0.05  # answers as they are look better than everyone is
    assert weighted < plain / 4


def test_weights_are_one_over_the_chance_to_answer_where_the_mechanism_is_known() -> None:
    frame, _, answered = centre(1, rows=20_000)
    found = response_weights(frame, answered, np.ones(len(frame), bool))
    chance = sigmoid(frame["tenure"] + (frame["site_id"] == "B") - 0.5)
    assert np.corrcoef(np.log(found), np.log(1 / chance))[0, 1] > 0.98


def test_weights_have_a_mean_of_one_over_the_answers_and_are_trimmed() -> None:
    frame, _, answered = centre(2, strength=3.0)
    frame.loc[0, "tenure"] = -50.0  # would stand for thousands
    weights = response_weights(frame, answered, np.ones(len(frame), bool))
    assert weights[answered].mean() == pytest.approx(1)
    assert (weights > 0).all()
    among = weights[answered]
    for end, share in ((among.max(), 1 - TRIMMED[1]), (among.min(), TRIMMED[0])):
        assert np.isclose(among, end).mean() == pytest.approx(share, abs=0.005)
    assert weights.max() == pytest.approx(among.max())


def test_weights_are_learned_in_the_time_of_training_alone() -> None:
    frame, _, answered = centre(3)
    train = np.arange(len(frame)) < 1000
    later = answered.copy()
    later[~train] = ~later[~train]
    one, other = (response_weights(frame, seen, train) for seen in (answered, later))
    np.testing.assert_array_equal(one, other)
    assert one[answered & train].mean() == pytest.approx(1)


@pytest.mark.parametrize("answer", [True, False])
def test_where_everyone_or_no_one_answers_nobody_stands_for_others(answer: bool) -> None:
    frame, _, _ = centre(4, rows=100)
    np.testing.assert_array_equal(response_weights(frame, np.full(100, answer), np.ones(100, bool)), np.ones(100))


def test_columns_that_are_absent_or_never_known_are_done_without() -> None:
    frame, _, answered = centre(5)
    everyone = np.ones(len(frame), bool)
    expected = response_weights(frame, answered, everyone)
    np.testing.assert_allclose(
        response_weights(frame.assign(queue=None, night_share=np.nan), answered, everyone), expected
    )
    late = frame.assign(night_share=np.where(np.arange(len(frame)) < 1000, np.nan, 1.0))
    train = np.arange(len(frame)) < 1000
    np.testing.assert_allclose(response_weights(late, answered, train), response_weights(frame, answered, train))


def answers(seed: int = 6) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores with NaN for the silent, a probability for everyone, and weights."""
    frame, scores, answered = centre(seed)
    p = sigmoid((scores - 50) / 10 + np.random.default_rng(seed).normal(0, 1, len(scores)))
    weights = response_weights(frame, answered, np.ones(len(frame), bool))
    return np.where(answered, scores, np.nan), p, weights


def test_the_outcome_is_more_common_the_worse_the_silent_fare() -> None:
    scores, p, weights = answers()
    found = sensitivity(scores, p, 50, weights, shifts=(0, 2, 5, 10, 100))
    shifted = found.iloc[2:]
    assert shifted["prevalence"].is_monotonic_increasing
    assert shifted["prevalence"].iloc[1] > shifted["prevalence"].iloc[0]
    silent = np.isnan(scores).mean()
    assert shifted["prevalence"].iloc[-1] == pytest.approx((scores >= 50).sum() / len(scores) + silent)
    assert (shifted["mean_score"] == p.mean()).all()
    np.testing.assert_allclose(found["gap"], found["prevalence"] - found["mean_score"])


def test_a_table_of_what_is_assumed_names_every_case() -> None:
    scores, p, weights = answers()
    found = sensitivity(scores, p, 50, weights)
    assert found["assumed"].tolist() == [
        "those who answered", "those who answered, weighted",
        *(f"everyone, the silent {shift:+g} points" for shift in SHIFTS),
    ]  # fmt: skip
    known = ~np.isnan(scores)
    assert found["prevalence"][0] == (scores[known] >= 50).mean()
    assert found["prevalence"][1] == pytest.approx(np.average(scores[known] >= 50, weights=weights[known]))


def test_without_a_shift_the_silent_fare_as_answerers_of_the_same_probability() -> None:
    """Everyone's prevalence is near the truth where the probability holds what moved answering."""
    off = []
    for seed in range(8):
        frame, everyone, answered = centre(seed)
        p = sigmoid((55 - 8 * frame["tenure"] - 6 * (frame["site_id"] == "B") - 60) / 6)
        scores = np.where(answered, everyone, np.nan)
        found = sensitivity(scores, p, 50, np.ones(len(p)), shifts=(0.0,))
        truth = (everyone >= 50).mean()
        off.append((found["prevalence"][0] - truth, found["prevalence"][2] - truth))
    plain, imputed = np.abs(np.mean(off, axis=0))
    assert imputed < plain / 3


def test_the_same_seed_says_the_same() -> None:
    scores, p, weights = answers()
    pd.testing.assert_frame_equal(sensitivity(scores, p, 50, weights), sensitivity(scores, p, 50, weights))
    assert not sensitivity(scores, p, 50, weights, seed=8).equals(sensitivity(scores, p, 50, weights))


def test_where_no_one_is_silent_all_cases_agree() -> None:
    _, p, weights = answers()
    _, scores, _ = centre(6)
    found = sensitivity(scores, p, 50, np.ones_like(weights))
    assert len(set(found["prevalence"])) == 1
