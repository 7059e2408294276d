"""Blocks of time: no label of an earlier block lies in the time of a later one."""

import itertools
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import RespiteError
from features.errors import InputError
from training.config import OutcomeConfig
from training.split import time_split

FIRST = pd.Timestamp("2025-01-06")


def weekly(weeks: int, per_date: int = 1) -> pd.Series:
    return pd.Series([FIRST + pd.Timedelta(weeks=week) for week in range(weeks) for _ in range(per_date)])


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 900), min_size=2, max_size=40),
    st.integers(1, 180),
    st.floats(0.1, 0.8),
    st.floats(0.05, 0.5),
)
def test_no_label_reaches_into_a_later_block(days: list[int], embargo: int, train: float, calibration: float) -> None:
    as_of = pd.Series([FIRST + pd.Timedelta(days=number) for number in days])
    try:
        split = time_split(as_of, embargo, train, calibration)
    except RespiteError:
        return
    blocks = [as_of[mask] for mask in (split.train, split.calibration, split.test)]
    for earlier, later in itertools.pairwise(blocks):
        assert earlier.empty or later.empty or earlier.max() + timedelta(days=embargo) <= later.min()
    assert (split.train.astype(int) + split.calibration + split.test <= 1).all()


@given(st.integers(4, 120), st.integers(1, 120))
def test_weekly_dates_are_refused_or_give_three_blocks(weeks: int, embargo: int) -> None:
    config = OutcomeConfig(name="burnout", horizon_days=embargo)
    try:
        split = time_split(weekly(weeks), embargo, config.train_share, config.calibration_share)
    except InputError:
        assert (weeks - 1) * 7 < 2 * embargo + 28
        return
    assert split.train.any()
    assert split.calibration.any()
    assert split.test.any()


def test_the_dates_that_are_told_are_those_of_the_rows() -> None:
    as_of = weekly(60, per_date=2)
    split = time_split(as_of, 90)
    for name in ("train", "calibration", "test"):
        rows = as_of[getattr(split, name)]
        assert split.dates[f"{name}_from"] == f"{rows.min():%Y-%m-%d}"
        assert split.dates[f"{name}_to"] == f"{rows.max():%Y-%m-%d}"


def test_rows_of_a_date_stay_together_in_any_order() -> None:
    as_of = weekly(60, per_date=3)
    shuffled = as_of.sample(frac=1, random_state=1)
    split, other = time_split(as_of, 90), time_split(shuffled.reset_index(drop=True), 90)
    assert split.dates == other.dates
    assert split.train.sum() % 3 == split.calibration.sum() % 3 == split.test.sum() % 3 == 0
    assert np.array_equal(split.test.sum(), other.test.sum())


def test_too_short_a_history_is_refused_in_a_sentence() -> None:
    with pytest.raises(InputError, match=r"from 2025-01-06 to 2025-07-28; .* 90 days needs 208 days"):
        time_split(weekly(30), 90)


def test_dates_that_leave_a_block_empty_are_refused_in_a_sentence() -> None:
    monthly = pd.Series(pd.date_range("2025-01-01", periods=10, freq="MS"))
    with pytest.raises(InputError, match="calibration"):
        time_split(monthly, 90, 0.5, 0.1)
