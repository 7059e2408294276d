"""Rows unlike anything seen: told with the column and its range, and never of rows like those of training."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.novelty import Seen

NAMES = [f"c{place}" for place in range(30)]


def seen() -> Seen:
    """Thirty columns from 0 to 10."""
    return Seen.of(np.tile(np.linspace(0, 10, 50)[:, None], 30))


def row(**values: float) -> np.ndarray:
    found = np.full((1, 30), 5.0)
    for name, value in values.items():
        found[0, NAMES.index(name)] = value
    return found


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.floats(0, 0.5), st.integers(1, 40))
def test_no_row_of_training_is_unlike_training(seed: int, unknown: float, columns: int) -> None:
    """Whatever the columns hold: but for a row that lacks most of what 99 in 100 rows have, which is never drawn."""
    rng = np.random.default_rng(seed)
    X = rng.standard_cauchy((80, columns)) * 10.0 ** rng.integers(-6, 7, columns)
    X[:, rng.random(columns) < 0.5 * (rng.random(columns) < unknown)] = np.nan
    X[:, 0] = rng.choice([0.0, 1.0], 80)
    found = Seen.of(X).unlike(X, [f"c{place}" for place in range(columns)])
    assert found == [None] * 80


@pytest.mark.parametrize("value", [-5.0, 0.0, 10.0, 15.0])
def test_half_a_range_beyond_what_was_seen_is_near_enough(value: float) -> None:
    assert seen().unlike(row(c3=value), NAMES) == [None]


@pytest.mark.parametrize(("value", "said"), [(-5.1, "-5.1"), (15.1, "15.1"), (1e6, "1e+06"), (np.inf, "inf")])
def test_a_value_further_out_is_told_with_its_range(value: float, said: str) -> None:
    assert seen().unlike(row(c3=value), NAMES) == [f"c3 is {said}, seen between 0 and 10"]


def test_many_values_a_little_outside_are_too_many() -> None:
    assert seen().unlike(row(c1=11), NAMES) == [None]
    assert seen().unlike(row(c1=11, c2=-1), NAMES) == ["c1 is 11, seen between 0 and 10"]


def test_one_value_of_a_narrow_table_is_not_many() -> None:
    narrow = Seen.of(np.tile(np.linspace(0, 10, 50)[:, None], 3))
    assert narrow.unlike(np.array([[11.0, 5, 5]]), NAMES) == [None]
    assert narrow.unlike(np.array([[11.0, -1, 5]]), NAMES) == ["c0 is 11, seen between 0 and 10"]


def test_the_value_furthest_out_is_told_before_those_that_are_near() -> None:
    assert seen().unlike(row(c1=11, c2=-1, c9=99), NAMES) == ["c9 is 99, seen between 0 and 10"]


def test_a_row_without_most_of_what_is_always_known_is_told_so() -> None:
    missing = row(c29=11)  # near enough: it is not the reason
    missing[0, :15] = np.nan
    assert seen().unlike(missing, NAMES) == [None]
    missing[0, 15] = np.nan
    assert seen().unlike(missing, NAMES) == ["most of what is always known is unknown here"]


def test_a_column_that_was_never_known_holds_nothing_against_anyone() -> None:
    X = np.column_stack([np.linspace(0, 1, 20), np.full(20, np.nan)])
    assert Seen.of(X).unlike(np.array([[0.5, 1e9], [0.5, np.nan]]), ["a", "b"]) == [None, None]


def test_a_constant_column_has_no_room() -> None:
    X = np.column_stack([np.linspace(0, 1, 20), np.full(20, 7.0)])
    assert Seen.of(X).unlike(np.array([[0.5, 7.0], [0.5, 7.5]]), ["a", "b"]) == [None, "b is 7.5, seen between 7 and 7"]


def test_it_is_whole_after_its_way_through_json() -> None:
    X = np.column_stack([np.linspace(0, 1, 20), np.full(20, np.nan)])
    found = Seen.of(X)
    again = Seen.from_dict(json.loads(json.dumps(found.as_dict(), allow_nan=False)))
    for name in ("low", "high", "known"):
        np.testing.assert_array_equal(getattr(again, name), getattr(found, name))
