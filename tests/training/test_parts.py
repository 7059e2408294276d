"""Members and the weights of their parts: people stay together, no weight is negative, the best weights are found."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from training.calibration import sigmoid
from training.config import Recipe
from training.parts import (
    LEAST_OF_A_CLASS,
    ONE_THREAD_ROWS,
    PARTS,
    Member,
    Rows,
    folds,
    part_weights,
    threads,
)


def rows_of(seed: int = 0, n: int = 300, direction: tuple[int, ...] = (0, 0, 0)) -> Rows:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3))
    y = (rng.random(n) < sigmoid(X @ [1.0, -1.0, 0.5])).astype(float)
    return Rows(X, X, y, np.ones(n), np.array(direction), np.arange(3), [])


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 1000), st.integers(2, 6), st.integers(20, 60))
def test_everyone_is_left_out_once_with_all_their_rows(seed: int, members: int, people: int) -> None:
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, people, 300)
    y = (rng.random(300) < 0.3).astype(float)
    found = list(folds(y, groups, members, seed))
    assert len(found) == members
    np.testing.assert_array_equal(np.sort(np.concatenate([test for _, test in found])), np.arange(300))
    for train, test in found:
        assert not set(groups[train]) & set(groups[test])
        assert len(train) + len(test) == 300
        assert 0 < y[train].mean() < 1


@pytest.mark.parametrize("kind", [str, float, lambda number: f"{(number * 7919) % 1000:03d}"])
def test_what_people_are_called_does_not_say_who_is_left_out(kind: Any) -> None:
    rng = np.random.default_rng(4)
    groups, y = rng.integers(0, 50, 300), (rng.random(300) < 0.3).astype(float)
    for one, other in zip(folds(y, groups, 4, 7), folds(y, [kind(group) for group in groups], 4, 7), strict=True):
        np.testing.assert_array_equal(one[1], other[1])


@pytest.mark.parametrize(
    ("y", "groups"),
    [
        (np.repeat([1, 0], [LEAST_OF_A_CLASS - 1, 200]), np.arange(200 + LEAST_OF_A_CLASS - 1)),
        (np.repeat([1, 0], [50, 200]), np.repeat([0, 1], [50, 200])),  # one person has all events
    ],
)
def test_too_few_to_leave_anyone_out_gives_no_folds(y: np.ndarray, groups: np.ndarray) -> None:
    assert list(folds(y.astype(float), groups, 5, 0)) == []


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000))
def test_weights_of_parts_are_never_negative_and_the_best_of_those(seed: int) -> None:
    """Against a search without derivatives, for parts that agree, disagree, or say nothing."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=200)
    y, weight = (rng.random(200) < sigmoid(truth)).astype(float), rng.uniform(0.5, 2, 200)
    margins = np.outer(truth, rng.normal(size=3)) + rng.normal(size=(200, 3))
    weights, intercept = part_weights(margins, y, weight)
    assert (weights >= 0).all()
    scale = margins.std(axis=0)

    def unlikely(found: np.ndarray) -> float:
        p = sigmoid(margins @ np.abs(found[:3]) + found[3])
        penalty = (found[:3] * scale) @ (found[:3] * scale) / 2
        return float(-weight @ (y * np.log(p) + (1 - y) * np.log(1 - p)) + penalty)

    ours = np.append(weights, intercept)
    better = minimize(unlikely, ours + 0.01, method="Nelder-Mead", options={"maxiter": 4000, "maxfev": 4000}).fun
    assert unlikely(ours) <= better + 1e-3


def test_a_part_that_says_the_opposite_or_nothing_gets_no_weight() -> None:
    rng = np.random.default_rng(1)
    truth = rng.normal(size=500)
    y = (rng.random(500) < sigmoid(truth)).astype(float)
    weights, intercept = part_weights(np.column_stack([-truth, truth, np.full(500, 0.3)]), y, np.ones(500))
    assert weights[0] == weights[2] == 0
    assert weights[1] == pytest.approx(1, abs=0.2)
    assert intercept == pytest.approx(0, abs=0.25)


def test_margins_of_a_member_are_those_of_its_parts(tiny: Recipe) -> None:
    rows = rows_of()
    member = Member.fit(rows, np.arange(200), tiny, 7)
    assert member.linear is not None
    found = member.margins(rows.native, rows.expanded)
    assert found.shape == (300, len(PARTS))
    np.testing.assert_array_equal(found[:, 0], member.linear.margin(rows.expanded))
    np.testing.assert_allclose(sigmoid(found[:, 1]), member.boosting.predict(rows.native))
    np.testing.assert_allclose(found[:, 2], member.forest.predict(rows.expanded))
    np.testing.assert_allclose(found[:, 3], member.extra_trees.predict(rows.expanded))
    assert ((found[:, 2:] >= -1e-6) & (found[:, 2:] <= 1 + 1e-6)).all()  # LightGBM starts from a rate in 32 bits


def test_parts_that_the_recipe_leaves_out_are_none_and_add_nothing(tiny: Recipe) -> None:
    rows = rows_of()
    for kept, recipe in (
        (0, tiny.model_copy(update={"boosting": None, "forest": None, "extra_trees": None})),
        (1, tiny.model_copy(update={"linear_c": None, "forest": None, "extra_trees": None})),
        (2, tiny.model_copy(update={"linear_c": None, "boosting": None, "extra_trees": None})),
        (3, tiny.model_copy(update={"linear_c": None, "boosting": None, "forest": None})),
    ):
        member = Member.fit(rows, np.arange(300), recipe, 7)
        assert [getattr(member, part) is not None for part in PARTS] == [place == kept for place in range(4)]
        found = member.margins(rows.native, rows.expanded)
        assert found[:, kept].std() > 0
        assert not np.delete(found, kept, axis=1).any()


@pytest.mark.parametrize("part", PARTS)
def test_each_part_alone_keeps_the_directions_that_the_data_speak_against(part: str, tiny: Recipe) -> None:
    """Column 0 really raises the outcome and 1 lowers it; the opposite is asked for."""
    rows, free = rows_of(direction=(-1, 1, 0)), rows_of()
    member, other = (Member.fit(given_rows, np.arange(300), tiny, 7) for given_rows in (rows, free))
    place, before = PARTS.index(part), rows.native
    for column, way in ((0, -1), (1, 1)):
        for step in (0.1, 1.0, 5.0):
            after = before.copy()
            after[:, column] += step
            moved = (member.margins(after, after) - member.margins(before, before))[:, place]
            assert (way * moved >= -1e-12).all()
            unbound = (other.margins(after, after) - other.margins(before, before))[:, place]
            assert (way * unbound).min() < 0  # without the constraint it would


def test_the_same_seed_gives_the_same_trees_and_another_seed_others(tiny: Recipe) -> None:
    rows = rows_of()
    one, again, other = (Member.fit(rows, np.arange(300), tiny, seed) for seed in (7, 7, 8))
    for part in ("boosting", "forest", "extra_trees"):
        texts = [getattr(member, part).model_to_string() for member in (one, again, other)]
        assert texts[0] == texts[1] != texts[2]


def test_few_rows_are_for_one_thread() -> None:
    assert [threads(rows) for rows in (1, ONE_THREAD_ROWS, ONE_THREAD_ROWS + 1)] == [1, 1, 0]
