"""What models say of rows: a score with its band, or why there is none."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.batch import THIN_HISTORY, UNLIKE, band, score_frame
from training import RiskModel


def test_no_rows_have_no_scores(champion: RiskModel, newest: pd.DataFrame) -> None:
    assert score_frame(champion, "1", newest.head(0)) == []


def test_it_abstains_where_the_history_is_too_thin(champion: RiskModel, newest: pd.DataFrame) -> None:
    thin = newest.assign(contacts_per_hour=newest["contacts_per_hour"].where(newest.index > 2))
    rows = score_frame(champion, "1", thin)
    for row in rows[:3]:
        assert (row["probability"], row["band"], row["base"], row["reasons"]) == (None, None, None, [])
        assert row["abstained"] == THIN_HISTORY
    others = [row for row in rows[3:] if not (row["abstained"] or "").startswith(UNLIKE)]
    assert len(others) > len(rows) / 2
    assert all(row["probability"] is not None and row["abstained"] is None for row in others)


def test_it_abstains_on_what_no_model_has_seen(champion: RiskModel, newest: pd.DataFrame) -> None:
    rows = score_frame(champion, "1", newest.assign(quick_returns=1e6))
    assert all(row["probability"] is None and row["reasons"] == [] for row in rows)
    said = {row["abstained"] for row in rows} - {THIN_HISTORY}
    assert any("quick_returns is 1e+06, seen between" in sentence for sentence in said)


def test_a_score_does_not_depend_on_who_else_is_scored(champion: RiskModel, newest: pd.DataFrame) -> None:
    together = [row["probability"] for row in score_frame(champion, "1", newest)]
    alone = [score_frame(champion, "1", newest.iloc[[i]].reset_index(drop=True))[0]["probability"] for i in range(5)]
    np.testing.assert_allclose(alone, together[:5], atol=1e-12)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 0.5))
def test_bands_are_a_fixed_ruler(one: float, other: float, base_rate: float) -> None:
    order = ["usual", "elevated", "high"]
    low, high = sorted([one, other])
    assert order.index(band(low, base_rate)) <= order.index(band(high, base_rate))


@pytest.mark.parametrize(
    ("p", "expected"), [(0.1, "usual"), (0.129, "usual"), (0.13, "elevated"), (0.199, "elevated"), (0.2, "high")]
)
def test_a_band_begins_at_1_3_and_at_2_times_the_base_rate(p: float, expected: str) -> None:
    assert band(p, 0.1) == expected
