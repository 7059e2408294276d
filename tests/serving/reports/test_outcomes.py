"""Classes of scores whose horizon is over: every score once, none with fewer people than the minimum."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.reports.outcomes import matured

ROWS = st.lists(st.tuples(st.integers(0, 40), st.floats(0, 1), st.booleans()), max_size=120)


@given(ROWS, st.integers(2, 12))
def test_classes_hold_every_score_once_and_the_minimum_of_people(
    table: list[tuple[int, float, bool]], minimum: int
) -> None:
    realized = pd.DataFrame(table, columns=["agent_id", "probability", "y"]).astype({"y": float})
    found = matured(realized, minimum)
    assert all(one.people >= minimum for one in found)
    if found:
        assert sum(one.scores for one in found) == len(realized)
        assert sum(one.scores * one.actual for one in found) == pytest.approx(realized["y"].sum())
        assert sum(one.scores * one.expected for one in found) == pytest.approx(realized["probability"].sum())
        assert [one.expected for one in found] == sorted(one.expected for one in found)
        assert all(one.low - 1e-9 <= one.actual <= one.high + 1e-9 for one in found)
    else:
        assert realized["agent_id"].nunique() < minimum
