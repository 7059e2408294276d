"""What a model is given: every refusal in a sentence, and nothing else changed."""

import numpy as np
import pandas as pd
import pytest

from features.errors import InputError
from training import RiskModel
from training.inputs import checked_frame, checked_target, checked_weight

X = pd.DataFrame({"a": [1.0, 2.0, np.nan], "b": ["x", None, "y"]})


def fitted() -> tuple[RiskModel, list[str]]:
    model = RiskModel()
    return model, list(checked_frame(model, X))


def test_a_frame_keeps_its_columns_when_fitting_and_gives_those_that_are_needed_later() -> None:
    model, names = fitted()
    assert names == ["a", "b"]
    assert (model.n_features_in_, list(model.feature_names_in_)) == (2, names)
    turned = X.assign(c=1)[["c", "b", "a"]]
    pd.testing.assert_frame_equal(checked_frame(model, turned, names), X)


def test_names_that_are_no_words_become_words() -> None:
    model = RiskModel()
    assert list(checked_frame(model, X.set_axis([0, 1], axis=1))) == ["0", "1"]
    assert list(checked_frame(model, X.set_axis([1, 0], axis=1), ["0", "1"])) == ["0", "1"]


def test_an_array_gets_names_and_may_have_nulls() -> None:
    found = checked_frame(RiskModel(), [[1, np.nan], [2, 3]])
    pd.testing.assert_frame_equal(found, pd.DataFrame({"x0": [1.0, 2.0], "x1": [np.nan, 3.0]}))


def test_an_array_goes_by_position_where_the_model_knows_a_frame() -> None:
    model = RiskModel()
    numbers = X.assign(b=1.0)
    names = list(checked_frame(model, numbers))
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        found = checked_frame(model, numbers.to_numpy(), names)
    pd.testing.assert_frame_equal(found, numbers)


def test_missing_columns_are_named() -> None:
    model, names = fitted()
    with pytest.raises(InputError, match="The model needs columns that are missing: a"):
        checked_frame(model, X[["b"]], names)


@pytest.mark.parametrize("empty", [X.iloc[:0], X[[]]])
def test_no_rows_and_no_columns_are_refused(empty: pd.DataFrame) -> None:
    with pytest.raises(InputError, match=r"Found \d sample\(s\) with \d feature\(s\)"):
        checked_frame(RiskModel(), empty)


@pytest.mark.parametrize("y", [[0, 1, 1], ["no", "yes", "no"], [False, True, True], [0.0, 1.0, 0.0], [-1, 7, 7]])
def test_a_target_of_two_values_is_taken(y: list[object]) -> None:
    np.testing.assert_array_equal(checked_target(y, X), y)


@pytest.mark.parametrize(
    ("y", "sentence"),
    [
        ([1, 1, 1], "must hold both of two classes; found 1 class: 1"),
        ([0, 1, 2], "Only binary classification is supported. The type of the target is multiclass"),
        ([0.1, 0.2, 0.3], "Unknown label type: continuous"),
        ([0, 1], "inconsistent numbers of samples"),
    ],
)
def test_any_other_target_is_refused(y: list[float], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        checked_target(y, X)


def test_rows_count_once_unless_something_is_said() -> None:
    np.testing.assert_array_equal(checked_weight(None, X), [1, 1, 1])
    np.testing.assert_array_equal(checked_weight([0, 2, 0.5], X), [0, 2, 0.5])


@pytest.mark.parametrize("weight", [[1, -1, 1], [1, 1], [1, np.nan, 1], [[1, 1, 1]]])
def test_weights_that_are_no_counts_are_refused(weight: list[float]) -> None:
    with pytest.raises(ValueError, match="weight"):
        checked_weight(weight, X)
