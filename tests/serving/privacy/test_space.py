"""The space that grows group by group says what the decomposition of all groups says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.privacy.disclosure import leverages, withstands
from serving.privacy.space import Spaces

PEOPLE = [f"P{number:02d}" for number in range(40)]
GROUPS = st.lists(st.frozensets(st.sampled_from(PEOPLE), min_size=1), min_size=1, max_size=9)


@given(GROUPS, st.integers(2, 12))
def test_it_withstands_what_all_groups_together_withstand(groups: list[frozenset[str]], minimum: int) -> None:
    spaces = Spaces()
    so_far = spaces.none
    for number, people in enumerate(groups, start=1):
        so_far = spaces.with_group(so_far, people)
        assert spaces.withstands(so_far, minimum) == withstands(groups[:number], minimum)


@given(GROUPS)
def test_leverages_are_those_of_the_projection(groups: list[frozenset[str]]) -> None:
    spaces = Spaces()
    space = spaces._space(spaces.of(groups))
    for name, expected in leverages(groups).items():
        assert space.leverage[space.atom_of[spaces._number[name]]] == pytest.approx(expected, abs=1e-9)


def test_what_is_no_longer_kept_is_made_again() -> None:
    spaces, groups = Spaces(), [frozenset(PEOPLE[start : start + 12]) for start in range(28)]
    every = [spaces.of(groups[: number + 1]) for number in range(len(groups))]
    answers = [spaces.withstands(one, 3) for one in every]
    spaces._highest.clear()
    assert [spaces.withstands(one, 3) for one in every] == answers
    assert answers == [withstands(groups[: number + 1], 3) for number in range(len(groups))]
