"""Where a suggestion says that it comes from: always shared by enough people, and never less than is needed."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.feedback.origin import Origin, Post, origins

NOWHERE = Origin()


def people(sizes: dict[tuple[str, str], int]) -> dict[str, Post]:
    """People by team and site."""
    return {f"{team}-{site}-{n}": Post(team, site) for (team, site), size in sizes.items() for n in range(size)}


def said(sizes: dict[tuple[str, str], int], minimum: int = 10) -> dict[Origin, int]:
    return dict(Counter(origins(people(sizes), minimum).values()))


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({("T1", "S1"): 10, ("T2", "S1"): 12}, {Origin("T1"): 10, Origin("T2"): 12}),
        ({("T1", "S1"): 9, ("T2", "S1"): 4}, {Origin(site_id="S1"): 13}),
        ({("T1", "S1"): 12, ("T2", "S1"): 6, ("T3", "S1"): 4}, {Origin("T1"): 12, Origin(site_id="S1"): 10}),
        ({("T1", "S1"): 9}, {NOWHERE: 9}),
        # the site would name the three of T2 alone, and so would nothing
        ({("T1", "S1"): 12, ("T2", "S1"): 3}, {NOWHERE: 15}),
        ({("T1", "S1"): 12, ("T2", "S2"): 11, ("T3", "S2"): 3}, {Origin("T1"): 12, NOWHERE: 14}),
        ({("T1", "S1"): 12, ("T2", "S1"): 5, ("T3", "S2"): 5}, {Origin("T1"): 12, NOWHERE: 10}),
        ({}, {}),
    ],
)
def test_it_is_as_narrow_as_leaves_everyone_among_enough(
    sizes: dict[tuple[str, str], int], expected: dict[Origin, int]
) -> None:
    assert said(sizes) == expected


@given(
    st.dictionaries(st.tuples(st.sampled_from("abcdefg"), st.sampled_from("XYZ")), st.integers(1, 20)),
    st.integers(5, 15),
)
def test_whatever_it_says_enough_people_could_have_said_it(sizes: dict[tuple[str, str], int], minimum: int) -> None:
    found = said(sizes, minimum)
    assert sum(found.values()) == sum(sizes.values())
    assert all(count >= min(minimum, sum(sizes.values())) for count in found.values())
