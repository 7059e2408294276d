"""Who is in which group, and which groups may be shown."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import InputError
from training.fairness.groups import LEAST_SHOWN, NOT_STATED, memberships, shown_groups


def protected(*rows: tuple[str, str, str | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["agent_id", "attribute", "value"])


def test_every_row_belongs_to_the_group_of_its_agent() -> None:
    table = protected(("A", "gender", "f"), ("B", "gender", "m"), ("B", "age band", "30-39"), ("Z", "gender", "d"))
    found = memberships(table, ["B", "A", "B", "C"])
    assert list(found) == ["age band", "gender"]
    assert list(found["gender"].of_rows) == ["m", "f", "m", NOT_STATED]
    assert found["gender"].agents.to_dict() == {"f": 1, "m": 1, NOT_STATED: 1}
    assert list(found["age band"].of_rows) == ["30-39", NOT_STATED, "30-39", NOT_STATED]


def test_what_was_said_last_counts_and_an_empty_value_says_nothing() -> None:
    table = protected(("A", "gender", "f"), ("A", "gender", "m"), ("B", "gender", None))
    assert list(memberships(table, ["A", "B"])["gender"].of_rows) == ["m", NOT_STATED]


def test_agents_whom_no_attribute_names_have_no_groups() -> None:
    assert memberships(protected(("Z", "gender", "f")), ["A", "B"]) == {}
    assert memberships(protected(), ["A"]) == {}
    assert memberships(None, ["A"]) == {}


def test_an_absent_column_is_named() -> None:
    with pytest.raises(InputError, match="protected: there is no column value"):
        memberships(pd.DataFrame({"agent_id": ["A"], "attribute": ["gender"]}), ["A"])


@given(st.lists(st.integers(1, 40), min_size=1, max_size=8))
def test_no_hidden_group_follows_from_the_total(sizes: list[int]) -> None:
    counts = pd.Series(sizes, index=[f"g{number}" for number in range(len(sizes))])
    shown = shown_groups(counts)
    hidden = counts.drop(shown)
    assert (counts[shown] >= LEAST_SHOWN).all()
    if min(sizes) >= LEAST_SHOWN:
        assert len(hidden) == 0
    elif shown:
        assert len(hidden) >= 2
        assert hidden.sum() >= LEAST_SHOWN
        assert hidden.max() <= counts[shown].min()
        # and no more than that: one fewer would be a single one, a handful, or a group too small to be shown
        fewer = hidden.sort_values().iloc[:-1]
        assert len(fewer) < 2 or fewer.sum() < LEAST_SHOWN or hidden.max() < LEAST_SHOWN


@pytest.mark.parametrize(
    ("sizes", "shown"),
    [([60, 30, 9, 2], 2), ([60, 30, 9, 4, 3], 3), ([60, 30, 9, 1, 1], 2), ([60, 40], 2), ([98, 2], 0), ([3], 0)],
)
def test_the_next_smallest_group_is_hidden_with_a_single_small_one(sizes: list[int], shown: int) -> None:
    counts = pd.Series(sizes, index=[f"g{number}" for number in range(len(sizes))])
    assert shown_groups(counts) == list(counts.index[:shown])
