"""Columns as numbers: nothing is lost on the way, and what was not there in training counts as missing."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import InputError
from training.columns import Columns

MIXED = pd.DataFrame(
    {
        "calls": [3.0, np.nan, 5.0],
        "site": ["Porto", None, "Leeds"],
        "remote": [True, False, True],
        "shift": pd.Categorical(["late", "early", None]),
        "nothing": pd.Series([None, None, None], dtype=object),
        "weeks": pd.array([1, None, 3], dtype="Int64"),
    }
)


def test_numbers_stay_and_words_become_their_place() -> None:
    columns = Columns.of(MIXED)
    assert columns.names == list(MIXED)
    assert columns.categories == {"site": ["Leeds", "Porto"], "shift": ["early", "late"], "nothing": []}
    assert columns.categorical == [1, 3, 4]
    nan = np.nan
    expected = [[3, 1, 1, 1, nan, 1], [nan, nan, 0, 0, nan, nan], [5, 0, 1, nan, nan, 3]]
    np.testing.assert_array_equal(columns.native(MIXED), expected)


def test_every_category_gets_a_column_and_a_missing_one_is_0_in_all() -> None:
    columns = Columns.of(MIXED)
    np.testing.assert_array_equal(columns.owner, [0, 1, 1, 2, 3, 3, 5])
    nan = np.nan
    expected = [[3, 0, 1, 1, 0, 1, 1], [nan, 0, 0, 0, 1, 0, nan], [5, 1, 0, 1, 0, 0, 3]]
    np.testing.assert_array_equal(columns.expanded(columns.native(MIXED)), expected)


def test_a_category_that_was_not_seen_is_missing() -> None:
    columns = Columns.of(MIXED)
    unseen, missing = MIXED.assign(site="Lima", nothing="new"), MIXED.assign(site=None)
    np.testing.assert_array_equal(columns.native(unseen), columns.native(missing))


WORDS = st.lists(st.sampled_from(["a", "b", "nan", "None", "", "ä", None]), min_size=1, max_size=12)


@given(WORDS, WORDS)
def test_a_row_is_found_again_from_its_numbers(training: list[str | None], later: list[str | None]) -> None:
    """A word that reads like a null is a word; a null is none."""
    columns = Columns.of(pd.DataFrame({"word": pd.Series(training, dtype=object)}))
    codes = columns.native(pd.DataFrame({"word": pd.Series(later, dtype=object)}))[:, 0]
    found = [None if np.isnan(code) else columns.categories["word"][int(code)] for code in codes]
    assert found == [word if word in training else None for word in later]


@given(st.integers(0, 100))
def test_folding_adds_up_what_comes_from_one_column(seed: int) -> None:
    columns = Columns.of(MIXED)
    values = np.random.default_rng(seed).normal(size=(4, len(columns.owner)))
    folded = columns.folded(values)
    assert folded.shape == (4, 6)
    for place in range(6):
        np.testing.assert_allclose(folded[:, place], values[:, columns.owner == place].sum(axis=1), atol=1e-12)


def test_numbers_alone_need_no_columns_more() -> None:
    columns = Columns.of(MIXED[["calls", "weeks"]])
    native = columns.native(MIXED)
    assert columns.expanded(native) is native
    assert columns.folded(native) is native


def test_text_where_a_number_belongs_is_refused_by_name() -> None:
    columns = Columns.of(MIXED)
    with pytest.raises(InputError, match="Column 'calls' holds text where the model expects a number"):
        columns.native(MIXED.assign(calls="many"))
