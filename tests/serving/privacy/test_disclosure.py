"""Leverage: what a reader could work out, against the definition and against brute force."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.privacy.disclosure import leverages, withstands

PEOPLE = [f"P{number}" for number in range(7)]
GROUPS = st.lists(st.frozensets(st.sampled_from(PEOPLE), min_size=1), min_size=1, max_size=5)


def rows(groups: list[frozenset[str]]) -> np.ndarray:
    return np.array([[name in group for name in PEOPLE] for group in groups], dtype=float)


@given(GROUPS)
def test_leverage_is_the_diagonal_of_the_projection_onto_the_rows(groups: list[frozenset[str]]) -> None:
    matrix = rows(groups)
    projection = np.linalg.pinv(matrix) @ matrix
    found = leverages(groups)
    assert [found.get(name, 0.0) for name in PEOPLE] == pytest.approx(np.diag(projection), abs=1e-9)


def least_support(groups: list[frozenset[str]]) -> int:
    """The fewest people that any combination of the sums depends on: what is zero outside them must be zero."""
    matrix = rows(groups)
    whole = np.linalg.matrix_rank(matrix)
    for size in range(1, len(PEOPLE) + 1):
        for chosen in combinations(range(len(PEOPLE)), size):
            outside = [column for column in range(len(PEOPLE)) if column not in chosen]
            if not outside or np.linalg.matrix_rank(matrix[:, outside]) < whole:
                return size
    raise AssertionError("a row that is not zero depends on somebody")


@settings(max_examples=60, deadline=None)
@given(GROUPS, st.integers(1, 7))
def test_what_withstands_lets_no_combination_depend_on_fewer_than_the_minimum(
    groups: list[frozenset[str]], minimum: int
) -> None:
    if withstands(groups, minimum):
        assert least_support(groups) >= minimum


@pytest.mark.parametrize(("size", "minimum", "fine"), [(10, 10, True), (9, 10, False), (30, 10, True)])
def test_one_group_withstands_when_it_is_large_enough(size: int, minimum: int, fine: bool) -> None:
    assert withstands([{f"P{number}" for number in range(size)}], minimum) is fine


@given(st.lists(st.integers(10, 30), min_size=1, max_size=6), st.data())
def test_any_unions_of_parts_of_the_minimum_size_withstand(sizes: list[int], data: st.DataObject) -> None:
    parts = [frozenset(f"P{part}.{number}" for number in range(size)) for part, size in enumerate(sizes)]
    unions = data.draw(st.lists(st.sets(st.sampled_from(range(len(parts))), min_size=1), min_size=1, max_size=8))
    assert withstands([frozenset().union(*(parts[part] for part in union)) for union in unions], 10)


def test_two_groups_that_differ_by_one_do_not_withstand() -> None:
    site = {f"P{number}" for number in range(40)}
    assert not withstands([site, site - {"P3"}], 10)
    assert leverages([site, site - {"P3"}])["P3"] == pytest.approx(1)


def test_three_groups_that_together_isolate_one_do_not_withstand() -> None:
    left, right = {f"L{number}" for number in range(20)}, {f"R{number}" for number in range(20)}
    assert withstands([left, right], 10)
    assert not withstands([left, right, left | right | {"one"}], 10)


def test_nothing_released_withstands_everything() -> None:
    assert withstands([], 10)
    assert leverages([]) == {}
