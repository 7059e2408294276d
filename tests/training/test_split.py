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
from training.split import rolling_origins, time_split, unseen, unseen_agents, unseen_sites

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


@st.composite
def histories(draw: st.DrawFn) -> tuple[pd.Series, int]:
    """Weekly, daily or scattered dates in any order, and an embargo."""
    embargo = draw(st.integers(1, 120))
    days = draw(
        st.lists(st.integers(0, 900), min_size=2, max_size=60)
        | st.integers(5, 130).map(lambda weeks: [7 * week for week in range(weeks)])
        | st.integers(30, 500).map(lambda days: list(range(days)))
    )
    return pd.Series([FIRST + pd.Timedelta(days=day) for day in draw(st.permutations(days))]), embargo


@settings(deadline=None, max_examples=150)
@given(histories(), st.integers(1, 6), st.floats(0.2, 0.6), st.floats(0.05, 0.3))
def test_every_origin_keeps_its_promise_and_tests_what_no_other_tests(
    history: tuple[pd.Series, int], folds: int, train: float, calibration: float
) -> None:
    as_of, embargo = history
    try:
        found = rolling_origins(as_of, embargo, folds, train, calibration)
    except InputError:
        with pytest.raises(InputError):
            time_split(as_of, embargo)
        return
    assert 1 <= len(found) <= folds
    for split in found:
        blocks = [as_of[mask] for mask in (split.train, split.calibration, split.test)]
        assert not any(block.empty for block in blocks)
        for earlier, later in itertools.pairwise(blocks):
            assert earlier.max() + timedelta(days=embargo) <= later.min()
        assert split.dates["test_to"] == f"{as_of[split.test].max():%Y-%m-%d}"
    assert as_of[found[-1].test].max() == as_of.max()
    for earlier, later in itertools.pairwise(found):
        assert as_of[earlier.test].max() < as_of[later.test].min()
        assert as_of[earlier.train].max() <= as_of[later.train].max()
        assert (later.train | ~earlier.train).all()


def test_a_long_history_gives_as_many_origins_as_asked_and_a_short_one_fewer() -> None:
    long, medium, short = weekly(150), weekly(45), weekly(30)
    assert [len(rolling_origins(long, 90, folds)) for folds in (1, 2, 3, 5)] == [1, 2, 3, 5]
    assert len(rolling_origins(medium, 90, 5)) == 2
    assert len(rolling_origins(short, 80, 5)) == 1


def test_test_blocks_follow_one_another_without_a_gap() -> None:
    as_of = weekly(150)
    found = rolling_origins(as_of, 90, 4)
    tested = np.sum([split.test for split in found], axis=0)
    assert list(np.unique(tested)) == [0, 1]
    assert (as_of[tested == 1] == as_of[as_of >= as_of[found[0].test].min()]).all()
    spans = [(as_of[split.test].max() - as_of[split.test].min()).days for split in found]
    assert max(spans) - min(spans) <= 7


def test_one_origin_is_the_split_in_time() -> None:
    as_of = weekly(80)
    (only,), split = rolling_origins(as_of, 60, 1), time_split(as_of, 60)
    assert only.dates == split.dates
    assert np.array_equal(only.train, split.train)


def test_no_origin_at_all_is_refused() -> None:
    with pytest.raises(InputError, match="folds is 0; it must be 1 or more"):
        rolling_origins(weekly(80), 60, 0)


def test_each_site_is_left_out_once_and_rows_without_one_never() -> None:
    sites = pd.Series(["Leeds", None, "Porto", "Leeds", "Berlin"], index=range(10, 15))
    found = unseen_sites(sites)
    assert list(found) == ["Berlin", "Leeds", "Porto"]
    assert {name: list(np.flatnonzero(mask)) for name, mask in found.items()} == {
        "Berlin": [4], "Leeds": [0, 3], "Porto": [2],
    }  # fmt: skip


@pytest.mark.parametrize("sites", [["Leeds", "Leeds"], [None, None]])
def test_fewer_than_two_sites_leave_none_unseen(sites: list[str | None]) -> None:
    with pytest.raises(InputError, match=r"takes two sites; these rows name (Leeds|none)"):
        unseen_sites(pd.Series(sites, dtype="str"))


@given(st.lists(st.integers(0, 30), min_size=1, max_size=80), st.integers(2, 6), st.integers(0, 5))
def test_every_agent_is_unseen_once_with_all_their_rows(agents: list[int], folds: int, seed: int) -> None:
    names = pd.Series([f"A{agent}" for agent in agents])
    if names.nunique() < folds:
        with pytest.raises(InputError, match="give 2 folds or more"):
            unseen_agents(names, folds, seed)
        return
    masks = unseen_agents(names, folds, seed)
    assert (np.sum(masks, axis=0) == 1).all()
    parts = [set(names[mask]) for mask in masks]
    assert sum(len(part) for part in parts) == names.nunique()
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_who_is_unseen_is_tested_and_neither_trained_nor_calibrated_on() -> None:
    as_of = weekly(60, per_date=4)
    agents = pd.Series([f"A{row % 4}" for row in range(len(as_of))])
    split = time_split(as_of, 90)
    found = unseen(split, (agents == "A1").to_numpy())
    assert set(agents[found.test]) == {"A1"}
    assert set(agents[found.train]) == set(agents[found.calibration]) == {"A0", "A2", "A3"}
    assert (found.test <= split.test).all()
    assert found.train.sum() == split.train.sum() * 3 / 4
    with pytest.raises(InputError, match="No row is left in the train block when 240 rows are held out"):
        unseen(split, np.ones(len(as_of), dtype=bool))
