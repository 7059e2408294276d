"""What makes a model look better than it is: a column that is the target, and twins on both sides of a fold."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import InputError
from training.people.traps import alone, fold_groups, person_column, refuse_telltales

ROWS = 400
RNG = np.random.default_rng(1)
Y = (RNG.random(ROWS) < 0.3).astype(float)
NOISE = RNG.normal(size=ROWS)
SHUFFLED = RNG.permutation(ROWS)
WRONG = np.isin(np.arange(ROWS), SHUFFLED[:2])
TELLTALES = {
    "a copy": pd.Series(Y),
    "a copy with two mistakes": pd.Series(np.where(WRONG, 1 - Y, Y)),
    "its opposite": pd.Series(1 - Y),
    "words": pd.Series(np.where(Y > 0, "gone", "here")),
    "flags": pd.Series(Y > 0),
    "nullable flags": pd.Series(Y > 0).astype("boolean"),
    "empty for those who stay": pd.Series(np.where(Y > 0, NOISE, np.nan)),
    "empty for those who leave": pd.Series(np.where(Y > 0, None, np.where(NOISE > 0, "a", "b"))),
    "a date that only leavers have": pd.Series(pd.Timestamp("2025-01-01"))
    .repeat(ROWS)
    .reset_index(drop=True)
    .where(Y > 0),
    "a far date for those who stay": pd.Series(np.where(Y > 0, [f"2025-{n}" for n in range(ROWS)], "9999-12-31")),
    "a code in the middle": pd.Series(np.where(Y > 0, 2, np.where(NOISE > 0, 1, 3))),
    "nearly the target": pd.Series(Y + 0.25 * NOISE),
    "0 for some who stay, empty for others": pd.Series(np.where(Y > 0, 5.0, np.where(NOISE > 0, 0.0, np.nan))),
}
HARMLESS = {
    "noise": pd.Series(NOISE),
    "related": pd.Series(Y + NOISE),
    "texts of their own": pd.Series([f"t{n}" for n in range(ROWS)]),
    "categories": pd.Series(RNG.choice(list("abcdefgh"), ROWS)),
    "many categories": pd.Series([f"c{n}" for n in RNG.integers(0, 150, ROWS)]),
    "some empty": pd.Series(np.where(NOISE > 1, np.nan, RNG.normal(size=ROWS))),
    "constant": pd.Series(np.ones(ROWS)),
}


@pytest.mark.parametrize("what", TELLTALES)
def test_a_column_that_alone_tells_the_target_is_refused_with_what_to_do(what: str) -> None:
    X = pd.DataFrame({"noise": NOISE, "tell tale": TELLTALES[what]})
    with pytest.raises(
        InputError, match=r"people\.csv: one column alone tells the target: 'tell tale' \(by "
    ) as refused:
        refuse_telltales(X, Y, "people.csv")
    assert "--drop 'tell tale'" in str(refused.value)


@pytest.mark.parametrize("what", HARMLESS)
def test_a_column_that_is_only_related_is_neither_refused_nor_warned_of(what: str) -> None:
    assert refuse_telltales(pd.DataFrame({"x": HARMLESS[what]}), Y, "people.csv") == []


def test_all_telltales_are_named_at_once() -> None:
    X = pd.DataFrame({"a": Y, "b": NOISE, "c": 1 - Y})
    with pytest.raises(InputError, match=r"'a' \(.*AUROC 1\.000\); 'c' .* --drop a,c\."):
        refuse_telltales(X, Y, "people.csv")


def test_a_column_that_comes_close_is_warned_of() -> None:
    X = pd.DataFrame({"close": Y + 0.38 * NOISE, "noise": NOISE[::-1]})
    (warning,) = refuse_telltales(X, Y, "people.csv")
    assert "'close' alone nearly tells the target" in warning
    assert "--drop close" in warning


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.floats(0.05, 3), st.floats(0, 0.4))
def test_how_well_a_number_tells_is_its_auroc_by_pairs_at_least(seed: int, noise: float, empty: float) -> None:
    rng = np.random.default_rng(seed)
    y = np.repeat([0.0, 1.0], [40, 25])
    values = np.round(y + noise * rng.normal(size=65), 2)
    values[rng.random(65) < empty] = np.nan
    pairs = [
        np.mean([(high > low) + 0.5 * (high == low) for high in filled[y == 1] for low in filled[y == 0]])
        for filled in (np.nan_to_num(values, nan=edge) for edge in (-99.0, 99.0))
    ]
    empty_pairs = abs(np.isnan(values)[y == 1].mean() - np.isnan(values)[y == 0].mean()) / 2 + 0.5
    found, _ = alone(pd.Series(values), y)
    by_order = max(*pairs, *(1 - pair for pair in pairs), empty_pairs)
    assert found >= by_order - 1e-9
    if pd.Series(values).nunique() > 50:
        assert found == pytest.approx(by_order)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(2, 300))
def test_categories_that_mean_nothing_tell_nothing(seed: int, kinds: int) -> None:
    """Their own rows are left out of their mean, so that many small categories do not seem to tell the target."""
    rng = np.random.default_rng(seed)
    column = pd.Series([f"c{n}" for n in rng.integers(0, kinds, ROWS)])
    assert alone(column, Y)[0] < 0.7


def frame_of(people: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, str]]:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"employee_id": people, "calls": rng.normal(size=len(people)), "site": "x"})
    return frame, frame[["calls", "site"]], {"employee_id": "an identifier, by its name"}


def test_rows_of_one_person_are_kept_together() -> None:
    frame, X, left_out = frame_of(np.repeat([f"E{n}" for n in range(50)], 3))
    groups, told = fold_groups(frame, X, left_out, None, None)
    assert list(groups) == list(frame["employee_id"])
    assert told == ["'employee_id' names 50 people in 150 rows: the rows of a person are kept in one fold."]


def test_a_row_without_a_person_is_a_person_of_its_own() -> None:
    people = np.repeat(np.array([f"E{n}" for n in range(50)], dtype=object), 3)
    people[::5] = None
    groups, _ = fold_groups(*frame_of(people), None, None)
    assert groups[::5].is_unique
    assert groups.notna().all()


def test_groups_that_part_a_person_are_kept_and_told() -> None:
    frame, X, left_out = frame_of(np.repeat([f"E{n}" for n in range(50)], 3))
    frame["site"] = [f"S{n % 7}" for n in range(150)]
    groups, told = fold_groups(frame, X, left_out, "site", None)
    assert list(groups) == list(frame["site"])
    assert "--group site parts 150 of them" in told[0]
    frame["site"] = frame["employee_id"].str[-1]
    assert fold_groups(frame, X, left_out, "site", None)[1] == []


def test_folds_in_time_are_told_of_people_seen_before() -> None:
    groups, told = fold_groups(*frame_of(np.repeat([f"E{n}" for n in range(50)], 3)), None, "when")
    assert groups is None
    assert "later folds test people whom the model has seen before" in told[0]


def test_an_identifier_that_does_not_repeat_makes_no_groups() -> None:
    assert fold_groups(*frame_of(np.array([f"E{n}" for n in range(50)])), None, None) == (None, [])


def test_the_column_that_names_a_person_comes_before_other_identifiers() -> None:
    frame = pd.DataFrame({"ticket": np.repeat(range(60), 2), "email": [f"a{n // 4}@b.c" for n in range(120)]})
    why = dict.fromkeys(frame.columns, "an identifier, by its name")
    assert person_column(frame, why) == "email"
    assert person_column(frame, {"ticket": why["ticket"]}) == "ticket"
    assert person_column(frame, {}) is None


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["a", "b", None])), min_size=20, max_size=60))
def test_rows_with_equal_inputs_share_a_group_and_others_do_not(rows: list[tuple[int, str | None]]) -> None:
    X = pd.DataFrame(rows, columns=["number", "kind"])
    groups, told = fold_groups(X, X, {}, None, None)
    equal = X.duplicated(keep=False).sum()
    assert (len(told) == 1) == (equal > 0)
    if equal:
        assert told[0].startswith(f"{equal} of {len(X)} rows equal another in all inputs")
    if groups is not None:
        together = groups.groupby(groups).transform("size") > 1
        pd.testing.assert_series_equal(together, X.duplicated(keep=False), check_names=False)
        assert groups.nunique() == len(X.drop_duplicates())


def test_in_a_coarse_table_equal_rows_are_told_and_not_kept_together() -> None:
    X = pd.DataFrame({"kind": np.tile(["a", "b"], 50), "level": np.tile([1, 2, 3, 4, 5], 20)})
    groups, told = fold_groups(X, X, {}, None, None)
    assert groups is None
    assert told == ["100 of 100 rows equal another in all inputs; if some are rows of one person,"
                    " name the person's column with --group."]  # fmt: skip


def test_equal_rows_that_groups_or_time_part_are_told() -> None:
    X = pd.DataFrame({"number": [*range(50), 0, 1]})
    frame = X.assign(site=[*("abcde" * 10), "a", "c"], when=range(52))
    groups, told = fold_groups(frame, X, {}, "site", None)
    assert list(groups) == list(frame["site"])
    assert told[0].startswith("4 of 52 rows equal another in all inputs, 2 of them one of another group")
    groups, told = fold_groups(frame, X, {}, None, "when")
    assert groups is None
    assert "a later fold may test a row on its twin" in told[0]
