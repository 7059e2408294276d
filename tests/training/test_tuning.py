"""The search for a recipe: seeded, pruned, resumed, and never worse than the recipe it began with."""

import math
from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from features.errors import InputError
from training.config import Boosting, Forest, Recipe
from training.tuning import RANGES, tune

FOLDS = 4
HAND = Recipe(forest=None)


def loss_of(recipe: Recipe) -> float:
    """Least at a penalty of 0.5 and 9 leaves."""
    assert recipe.linear_c is not None
    assert recipe.boosting is not None
    return math.log(recipe.linear_c / 0.5) ** 2 + math.log(recipe.boosting.leaves / 9) ** 2


def losses(recipe: Recipe) -> Iterator[float]:
    """Later folds are harder."""
    for fold in range(FOLDS):
        yield fold + loss_of(recipe)


def trials_of(url: str, name: str = "study") -> list[optuna.trial.FrozenTrial]:
    return optuna.load_study(study_name=name, storage=url).get_trials()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'optuna.db'}"


def test_the_recipe_at_hand_is_the_first_trial(url: str) -> None:
    recipe = Recipe(linear_c=0.07, boosting=Boosting(leaves=6))
    found = tune(losses, url, "study", 1, recipe)
    assert found.recipe == recipe
    assert found.loss == found.loss_before == pytest.approx(1.5 + loss_of(recipe))
    assert trials_of(url)[0].params["linear_c"] == 0.07


def test_tuning_finds_a_better_recipe_and_says_how_much_better(url: str) -> None:
    found = tune(losses, url, "study", 6, HAND)
    assert found.loss < found.loss_before
    assert found.loss == pytest.approx(1.5 + loss_of(found.recipe))
    assert f"{found.loss:.4f}, {found.loss_before:.4f} before tuning" in found.sentence


def test_it_is_never_worse_than_the_recipe_at_hand(url: str) -> None:
    best = Recipe(linear_c=0.5, boosting=Boosting(leaves=9), forest=None)
    found = tune(losses, url, "study", 4, best)
    assert found.recipe == best


def test_the_same_seed_finds_the_same_and_another_seed_looks_elsewhere(url: str) -> None:
    first, again, other = (
        tune(losses, url, name, 3, Recipe(seed=seed, forest=None)) for name, seed in (("a", 3), ("b", 3), ("c", 4))
    )
    assert first == again
    assert [trial.params for trial in trials_of(url, "a")] == [trial.params for trial in trials_of(url, "b")]
    assert [trial.params for trial in trials_of(url, "a")] != [trial.params for trial in trials_of(url, "c")]
    assert other.recipe != first.recipe


def test_a_study_that_goes_on_counts_earlier_trials_and_ends_as_if_it_had_not_stopped(url: str) -> None:
    whole = tune(losses, url, "whole", 12, HAND)
    tune(losses, url, "parts", 3, HAND)
    assert tune(losses, url, "parts", 12, HAND) == whole
    assert len(trials_of(url, "parts")) == 12


def test_a_study_that_has_its_trials_fits_nothing_more(url: str) -> None:
    before = tune(losses, url, "study", 3, HAND)

    def none(recipe: Recipe) -> Iterator[float]:
        raise AssertionError("fitted again")

    assert tune(none, url, "study", 3, HAND) == before


@pytest.mark.parametrize("at", [0, 3])
def test_an_interrupted_run_goes_on_as_if_it_had_not_been_interrupted(url: str, at: int) -> None:
    whole = tune(losses, url, "whole", 5, HAND)
    begun = 0

    def interrupted(recipe: Recipe) -> Iterator[float]:
        nonlocal begun
        begun += 1
        for fold, loss in enumerate(losses(recipe)):
            if begun == at + 1 and fold == 1:
                raise KeyboardInterrupt
            yield loss

    with pytest.raises(KeyboardInterrupt):
        tune(interrupted, url, "study", 5, HAND)
    assert tune(losses, url, "study", 5, HAND) == whole
    states = [trial.state for trial in trials_of(url)]
    assert states.count(TrialState.FAIL) == 1
    assert len(states) == 6


def test_a_trial_that_falls_behind_ends_before_its_last_fold(url: str) -> None:
    fitted: list[int] = []

    def counted(recipe: Recipe) -> Iterator[float]:
        fitted.append(0)
        for loss in losses(recipe):
            fitted[-1] += 1
            yield loss

    found = tune(counted, url, "study", 10, HAND)
    ended = [trial.state for trial in trials_of(url)]
    assert found.pruned == ended.count(TrialState.PRUNED) > 0
    for folds, state in zip(fitted, ended, strict=True):
        assert (folds < FOLDS) == (state == TrialState.PRUNED)


def test_a_part_that_the_recipe_leaves_out_stays_out(url: str) -> None:
    recipe = Recipe(boosting=None)
    found = tune(lambda recipe: iter([recipe.linear_c or 0.0]), url, "study", 2, recipe)
    assert found.recipe.boosting is None
    assert {path for trial in trials_of(url) for path in trial.params} == {
        path for path in RANGES if path.startswith(("linear", "forest"))
    }


def test_what_lies_outside_the_ranges_is_searched_from_there_and_0_stays_0(url: str) -> None:
    recipe = Recipe(linear_c=9.0, boosting=Boosting(l2=0.0), forest=Forest(leaves=2))
    tune(losses, url, "study", 3, recipe)
    first, *others = trials_of(url)
    assert first.params["linear_c"] == 9.0
    assert first.params["forest.leaves"] == 2
    assert all(trial.distributions["linear_c"].high == 9.0 for trial in others)
    assert all("boosting.l2" not in trial.params for trial in others)


@pytest.mark.parametrize("trials", [0, -3])
def test_fewer_than_one_trial_is_refused_in_one_sentence(url: str, trials: int) -> None:
    with pytest.raises(InputError, match=rf"^--tune {trials}: give the number of trials, 1 or more\.$"):
        tune(losses, url, "study", trials, Recipe())


def test_progress_is_told_trial_by_trial_and_optuna_itself_is_silent(
    url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []
    tune(losses, url, "study", 3, HAND, told.append)
    assert [text.split(",")[0] for text in told] == ["trial 1 of 3", "trial 2 of 3", "trial 3 of 3"]
    assert capfd.readouterr() == ("", "")
    assert optuna.logging.get_verbosity() == optuna.logging.INFO
