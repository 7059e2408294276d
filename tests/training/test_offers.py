"""Rates of offers by group: of people, with an interval, and never of a small group."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.evaluation.proportion import wilson
from training.fairness import offer_rates


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), min_size=1, max_size=200))
def test_rates_are_shares_of_the_people_of_a_group(people: list[tuple[str, bool]]) -> None:
    agents = [f"A{number}" for number in range(len(people))]
    protected = pd.DataFrame({"agent_id": agents, "attribute": "gender", "value": [value for value, _ in people]})
    found = offer_rates(protected, agents, [offered for _, offered in people])
    for row in found.to_dict("records"):
        mine = [offered for value, offered in people if value == row["group"]]
        assert row["people"] == len(mine) >= 30
        assert row["rate"] == pytest.approx(np.mean(mine))
        assert (row["low"], row["high"]) == pytest.approx(tuple(map(float, wilson(np.mean(mine), len(mine)))))


def test_without_the_table_there_are_no_rates() -> None:
    assert offer_rates(None, [], []).empty
