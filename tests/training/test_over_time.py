"""Predicted beside actual by month, against a loop."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.evaluation.over_time import by_month
from training.evaluation.proportion import wilson

ROWS = st.lists(
    st.tuples(st.sampled_from([0.0, 1.0]), st.floats(0, 1), st.integers(0, 500), st.integers(0, 5)), min_size=1
)


@settings(deadline=None)
@given(ROWS)
def test_each_month_holds_its_own_rows(rows: list[tuple[float, float, int, int]]) -> None:
    y, p, days, agents = (np.array(values) for values in zip(*rows, strict=True))
    as_of = pd.Timestamp("2024-11-20") + pd.to_timedelta(days, "D")
    found = by_month(y, p, as_of)
    by_agent = by_month(y, p, pd.Series(as_of, index=range(7, 7 + len(y))), agents)
    assert list(found.index) == sorted({f"{date:%Y-%m}" for date in as_of})
    for month, line in found.iterrows():
        own = [number for number, date in enumerate(as_of) if f"{date:%Y-%m}" == month]
        assert (line["rows"], line["score"]) == (len(own), pytest.approx(p[own].mean()))
        assert line["observed"] == pytest.approx(y[own].mean())
        assert (line["low"], line["high"]) == pytest.approx(wilson(y[own].mean(), len(own)))
        people = len(set(agents[own]))
        assert (by_agent.loc[month, "low"], by_agent.loc[month, "high"]) == pytest.approx(wilson(y[own].mean(), people))


def test_a_winter_in_which_the_score_was_wrong_is_seen() -> None:
    rng = np.random.default_rng(0)
    as_of = np.repeat(pd.date_range("2025-01-06", periods=12, freq="MS"), 400)
    truth = np.where(as_of.month.isin([2, 12]), 0.4, 0.1)
    found = by_month((rng.random(4800) < truth).astype(float), np.full(4800, 0.1), as_of)
    wrong = found[(found["low"] > found["score"]) | (found["high"] < found["score"])]
    assert {"2025-02", "2025-12"} <= set(wrong.index)
    assert len(wrong) <= 4
