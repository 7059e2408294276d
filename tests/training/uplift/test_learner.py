"""The learner of benefit: scores without bias, order by people left out, and a lot that can be told from none."""

import numpy as np
import numpy.typing as npt
import pytest

from training.uplift.learner import Trial, benefit_trees, foretold, out_of_sample, scores_of

Floats = npt.NDArray[np.float64]


def trial(seed: int = 0, n: int = 400, apart: float = 8.0, share: float = 0.7) -> Trial:
    """An offer brings 4, and `apart` more to those whose second signal is high; the first makes the risk."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 6))
    offered = (rng.random(n) < share).astype(float)
    gain = -5 * X[:, 0] + (4 + apart * (X[:, 1] > 0)) * offered + rng.normal(0, 4, n)
    return Trial(np.where(rng.random(X.shape) < 0.05, np.nan, X), gain, offered)


def test_the_mean_of_the_scores_is_the_average_benefit() -> None:
    found = [scores_of(trial(seed), seed).benefit.mean() for seed in range(12)]
    assert abs(np.mean(found) - 8) < 3 * np.std(found) / np.sqrt(12) + 0.1


def test_what_everyone_has_more_of_changes_no_score() -> None:
    one = trial()
    moved = one._replace(gain=one.gain + 1000)
    np.testing.assert_allclose(scores_of(moved, 1).benefit, scores_of(one, 1).benefit, atol=0.01)


def test_with_arms_exchanged_the_benefit_is_the_harm() -> None:
    one = trial(share=0.5)
    other = one._replace(offered=1 - one.offered)
    assert scores_of(other, 1).benefit.mean() == pytest.approx(-scores_of(one, 1).benefit.mean(), abs=0.7)


def test_trees_find_who_gains_more() -> None:
    one = trial(n=800)
    told = np.asarray(benefit_trees(one, 0).predict(one.X))
    high = np.nan_to_num(one.X[:, 1]) > 0
    assert told[high].mean() - told[~high].mean() > 3


def test_nobody_decides_their_own_place() -> None:
    one = trial(n=200)
    before = out_of_sample(one, 3)
    gain = one.gain.copy()
    gain[17] += 500
    after = out_of_sample(one._replace(gain=gain), 3)
    assert after[17] == before[17]
    assert (after != before).any()


def test_places_lie_evenly_between_0_and_1() -> None:
    place = out_of_sample(trial(n=203), 5)
    assert place.min() > 0
    assert place.max() < 1
    assert place.mean() == pytest.approx(0.5)


def test_the_same_seed_gives_the_same_numbers() -> None:
    one = trial(n=200)
    np.testing.assert_array_equal(out_of_sample(one, 4), out_of_sample(one, 4))


def test_a_lot_cannot_be_foretold_and_a_choice_can() -> None:
    one = trial()
    auroc, p = foretold(one, 0)
    assert abs(auroc - 0.5) < 0.1
    assert p > 0.001
    chosen = one._replace(offered=(np.nan_to_num(one.X[:, 0]) > 0).astype(float))
    auroc, p = foretold(chosen, 0)
    assert auroc > 0.9
    assert p < 1e-10
