"""Matrices of weeks say what a pivot of the frame says."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.reports.weeks import Weeks

VALUES = st.one_of(st.just(float("nan")), st.floats(-5, 5))


def frame(table: list[list[float]]) -> pd.DataFrame:
    """A row for each agent and week; queues alternate."""
    return pd.DataFrame(
        [
            {"as_of": pd.Timestamp("2026-01-05") + pd.Timedelta(weeks=week), "agent_id": f"A{agent:02d}",
             "team_id": "T", "queue": f"q{agent % 2}", "x": value}
            for agent, line in enumerate(table)
            for week, value in enumerate(line)
        ]
    )  # fmt: skip


@given(st.integers(1, 6).flatmap(lambda n: st.lists(st.lists(VALUES, min_size=n, max_size=n), min_size=1, max_size=8)))
def test_means_are_those_of_a_filled_pivot(table: list[list[float]]) -> None:
    rows, weeks = frame(table), Weeks(frame(table))
    wide = rows.pivot_table(index="agent_id", columns="as_of", values="x", dropna=False).reindex(columns=weeks.dates)
    wide = wide.ffill(axis=1).bfill(axis=1).dropna()
    assert weeks.filled("x").known == frozenset(wide.index)
    if len(wide):
        assert weeks.mean("x", frozenset(wide.index)) == pytest.approx(wide.mean().to_numpy())


@given(st.integers(10, 40), st.integers(2, 10))
def test_ends_of_a_band_are_means_of_neighbors_and_in_order(people: int, around: int) -> None:
    numbers = np.random.default_rng(people).normal(size=people)
    weeks = Weeks(frame([[value] for value in numbers]))
    low, high = weeks.band("x", weeks.everyone, (10, 90), around)
    ordered = np.sort(numbers)
    assert low[0] <= high[0] or around > people // 2
    assert ordered[:around].mean() <= low[0] + 1e-12
    assert high[0] <= ordered[-around:].mean() + 1e-12


def test_groups_are_those_of_the_newest_date() -> None:
    weeks = Weeks(frame([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    assert weeks.members("queue", "q0") == {"A00", "A02"}
    assert weeks.members("queue", "no such queue") == frozenset()
    assert weeks.queues("team_id", "T") == ["q0", "q1"]
    assert weeks.on_queues(["q0", "q1"]) == weeks.everyone
