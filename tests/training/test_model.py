"""The model: exact explanations, expected directions that hold, honest intervals, and what may not change a fit."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

from features.catalog import CATALOG, contract_version, feature_names
from features.errors import InputError
from training import RiskModel
from training.calibration import sigmoid
from training.config import Boosting, Forest, Recipe
from training.parts import PARTS

INPUTS = ["commute", "calls", "site", "noise"]
FEW = Recipe(members=2, boosting=Boosting(trees=8, rows_per_leaf=5, l2=1.0), forest=Forest(trees=4, leaves=8))


def not_kept(estimator: BaseEstimator) -> dict[str, str]:
    """As scikit-learn says of its own bagging and random forests."""
    why = "rows are drawn for trees and folds, so that a row of weight 2 is not drawn as two rows are"
    return {"check_sample_weight_equivalence_on_dense_data": why}


@parametrize_with_checks([RiskModel(recipe=FEW)], expected_failed_checks=not_kept)  # type: ignore[misc]
@pytest.mark.filterwarnings("ignore:invalid value encountered in cast:RuntimeWarning")  # scikit-learn casts infinity
def test_scikit_learn_s_checks_of_estimators_pass(estimator: BaseEstimator, check: Any) -> None:
    check(estimator)


@pytest.fixture
def model(people: pd.DataFrame, tiny: Recipe) -> RiskModel:
    return RiskModel("leaving", tiny).fit(people[INPUTS], people["left"])


@pytest.fixture(scope="module")
def signals() -> pd.DataFrame:
    """Random rows of the catalog's columns, some of them null."""
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.normal(size=(900, len(feature_names()))), columns=feature_names())
    return frame.mask(rng.random(frame.shape) < 0.05)


def against(signals: pd.DataFrame, outcome: str) -> np.ndarray:
    """An outcome that every signal moves, all of them against what is expected."""
    rng = np.random.default_rng(3)
    ways = np.array([-entry.direction(outcome) or rng.choice([-1, 1]) for entry in CATALOG])
    odds = signals.fillna(0).to_numpy() @ (ways * rng.exponential(size=len(ways))) / 5
    return np.asarray(rng.random(len(signals)) < sigmoid(odds))


def alone(recipe: Recipe, part: str) -> Recipe:
    """The recipe with one of its parts."""
    others = [other.replace("linear", "linear_c") for other in PARTS if other != part]
    return recipe.model_copy(update=dict.fromkeys(others))


def test_probabilities_are_between_0_and_1_and_add_up(model: RiskModel, people: pd.DataFrame) -> None:
    found = model.predict_proba(people)
    assert found.shape == (len(people), 2)
    assert ((found > 0) & (found < 1)).all()
    np.testing.assert_allclose(found.sum(axis=1), 1)
    np.testing.assert_array_equal(model.predict(people), found[:, 1] >= 0.5)


def test_it_learns_what_moves_the_outcome(model: RiskModel, people: pd.DataFrame) -> None:
    row = people.head(1).assign(calls=20.0, site="Porto", noise=0.0)
    low, high = model.predict_proba(pd.concat([row.assign(commute=10.0), row.assign(commute=50.0)]))[:, 1]
    assert high > low + 0.1
    porto, leeds = model.predict_proba(pd.concat([row, row.assign(site="Leeds")]))[:, 1]
    assert leeds > porto


@pytest.mark.parametrize("part", ["stack", *PARTS])
@pytest.mark.parametrize("calibrated", [False, True])
@pytest.mark.parametrize("count", [1, 9, 400])
def test_base_and_contributions_are_the_log_odds(
    part: str, calibrated: bool, count: int, people: pd.DataFrame, tiny: Recipe
) -> None:
    """For few rows and for batches, which are explained in two ways; with categories and nulls."""
    model = RiskModel("leaving", tiny if part == "stack" else alone(tiny, part)).fit(people[INPUTS], people["left"])
    if calibrated:
        some = people.sample(frac=0.5, random_state=1)
        model.calibrate(some, some["left"])
        assert model.line_ != (1.0, 0.0)
    explanation, shown = model.explain(people.head(count)), model.predict_proba(people.head(count))[:, 1]
    np.testing.assert_allclose(
        explanation.base + explanation.values.sum(axis=1), np.log(shown / (1 - shown)), rtol=0, atol=1e-9
    )
    np.testing.assert_allclose(explanation.probability, shown, rtol=0, atol=1e-12)
    assert explanation.names == INPUTS
    assert np.ptp(explanation.base) < 1e-12  # one base for everyone


def test_a_row_is_explained_alone_as_among_others(model: RiskModel, people: pd.DataFrame) -> None:
    together = model.explain(people).values
    few = RiskModel("leaving", model.recipe).fit(people[INPUTS], people["left"])  # never asked for a batch
    for place in range(5):
        np.testing.assert_allclose(few.explain(people.iloc[[place]]).values[0], together[place], atol=1e-9)


def test_a_column_that_no_part_uses_contributes_nothing(people: pd.DataFrame, tiny: Recipe) -> None:
    frame = people[INPUTS].assign(same=3.0, never=np.nan, word="x")
    explanation = RiskModel("leaving", tiny).fit(frame, people["left"]).explain(frame)
    assert not explanation.values[:, 4:].any()
    assert (np.abs(explanation.values[:, :1]) > 0).any()


@pytest.mark.parametrize("part", ["stack", *PARTS])
@pytest.mark.parametrize("outcome", ["burnout", "turnover"])
def test_a_signal_moves_the_score_only_the_way_that_is_expected(
    outcome: str, part: str, signals: pd.DataFrame, tiny: Recipe
) -> None:
    """In every constrained signal, whatever the other signals are, on data that speak against all of them."""
    recipe = tiny if part == "stack" else alone(tiny, part)
    model, rows = RiskModel(outcome, recipe).fit(signals, against(signals, outcome)), signals.head(12)
    before = model.predict_proba(rows)[:, 1]
    bound = [entry for entry in CATALOG if entry.direction(outcome)]
    for step in (0.2, 3.0):
        raised = pd.concat([rows.assign(**{entry.name: rows[entry.name] + step}) for entry in bound])
        moved = model.predict_proba(raised)[:, 1].reshape(len(bound), len(rows)) - before
        for entry, by in zip(bound, moved, strict=True):
            assert (entry.direction(outcome) * by >= -1e-12).all(), entry.name
    assert len(bound) > 60


def test_a_signal_without_an_expected_way_is_free(signals: pd.DataFrame, tiny: Recipe) -> None:
    for way in (-1, 1):
        y = way * signals["occupancy"].fillna(0) > 0
        model = RiskModel("burnout", tiny).fit(signals[["occupancy", "quick_returns"]], y)
        low, high = model.predict_proba(signals.head(2).assign(occupancy=[-2.0, 2.0]))[:, 1]
        assert way * (high - low) > 0.3


def test_a_signal_that_holds_words_or_nothing_has_no_direction(signals: pd.DataFrame, tiny: Recipe) -> None:
    y = signals["occupancy"].fillna(0) > 0
    for column in (pd.Series([None] * len(signals), dtype=object), pd.Series(["a", "b", None] * (len(signals) // 3))):
        frame = signals[["occupancy", "quick_returns"]].assign(quick_returns=column)
        found = RiskModel("burnout", tiny).fit(frame, y).predict_proba(frame)[:, 1]
        assert np.mean((found > 0.5) == y) > 0.8


def files_of(model: RiskModel, folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in model.save(folder).iterdir()}


def test_the_same_seed_gives_the_same_files_to_the_byte(people: pd.DataFrame, tiny: Recipe, tmp_path: Path) -> None:
    one, again, other = (
        files_of(RiskModel("leaving", recipe).fit(people[INPUTS], people["left"]), tmp_path / str(place))
        for place, recipe in enumerate([tiny, tiny, tiny.model_copy(update={"seed": 8})])
    )
    assert one == again
    assert one != other


def test_a_model_that_is_fitted_again_forgets_what_it_was(
    model: RiskModel, people: pd.DataFrame, tiny: Recipe, tmp_path: Path
) -> None:
    before = files_of(model, tmp_path / "before")
    model.explain(people)
    model.calibrate(people, people["left"]).fit(people[["commute"]], 1 - people["left"])
    np.testing.assert_allclose(model.explain(people).probability, model.predict_proba(people)[:, 1], atol=1e-12)
    model.fit(people[INPUTS], people["left"])
    assert files_of(model, tmp_path / "after") == before


def test_what_people_are_called_does_not_change_a_fit(people: pd.DataFrame, tiny: Recipe, tmp_path: Path) -> None:
    agent = np.random.default_rng(1).integers(0, 90, len(people))
    renamed = np.random.default_rng(2).permutation([f"Agent {number:02d}" for number in range(90)])[agent]
    one, other = (
        files_of(RiskModel("leaving", tiny).fit(people[INPUTS], people["left"], groups=names), tmp_path / str(place))
        for place, names in enumerate([agent, renamed])
    )
    assert one == other


def test_the_order_of_rows_moves_a_fit_no_more_than_a_seed_does(people: pd.DataFrame, tiny: Recipe) -> None:
    """Not to the byte: folds and the rows of a tree are drawn by place."""
    shuffled = people.sample(frac=1, random_state=1)
    found = [RiskModel("leaving", tiny).fit(rows[INPUTS], rows["left"]) for rows in (people, shuffled)]
    found.append(RiskModel("leaving", tiny.model_copy(update={"seed": 8})).fit(people[INPUTS], people["left"]))
    first, order, seed = (model.predict_proba(people)[:, 1] for model in found)
    assert np.abs(order - first).mean() < 2 * np.abs(seed - first).mean()
    assert np.corrcoef(order, first)[0, 1] > 0.95


def test_the_order_of_rows_and_columns_and_further_columns_do_not_matter_to_scores(
    model: RiskModel, people: pd.DataFrame
) -> None:
    shuffled = people.sample(frac=1, random_state=1)
    turned = shuffled[[*reversed(INPUTS), "left"]].assign(more=1)
    np.testing.assert_array_equal(model.predict_proba(turned), model.predict_proba(people[INPUTS])[shuffled.index])
    np.testing.assert_array_equal(model.predict_interval(turned), model.predict_interval(people)[shuffled.index])
    np.testing.assert_allclose(model.explain(turned).values, model.explain(people).values[shuffled.index], atol=1e-12)


def test_one_row_says_what_it_says_among_others(model: RiskModel, people: pd.DataFrame) -> None:
    together = model.predict_proba(people.head(5))[:, 1]
    single = [model.predict_proba(people.iloc[[i]])[0, 1] for i in range(5)]
    np.testing.assert_allclose(single, together, rtol=0, atol=1e-12)


def test_a_category_that_was_not_seen_counts_as_missing(model: RiskModel, people: pd.DataFrame) -> None:
    rows = people.head(20)
    unseen, missing = rows.assign(site="Lima"), rows.assign(site=None)
    np.testing.assert_array_equal(model.predict_proba(unseen), model.predict_proba(missing))


@pytest.mark.parametrize("together", [False, True])
def test_rows_of_one_person_do_not_vouch_for_one_another(together: bool) -> None:
    """Chance alone, four rows a person: a forest knows them all again, and is not believed where it may not."""
    rng = np.random.default_rng(7)
    X, y = np.repeat(rng.normal(size=(150, 4)), 4, axis=0), np.repeat(rng.integers(0, 2, 150), 4)
    recipe = Recipe(members=4, linear_c=None, boosting=None, forest=Forest(trees=20, leaves=256, rows_per_leaf=1))
    groups = None if together else np.arange(600)  # equal rows are one person's where nothing is said
    forest = RiskModel("luck", recipe).fit(X, y, groups=groups).weights_[2]
    assert bool(forest < 2.0) is together


def test_parts_without_weight_are_left_out(tiny: Recipe) -> None:
    rng = np.random.default_rng(8)
    X = rng.normal(size=(600, 3))
    model = RiskModel("line", tiny).fit(X, rng.random(600) < sigmoid(X @ [2.0, -2.0, 1.0]))
    assert (model.weights_ >= 0).all()
    assert model.weights_[0] > 0
    assert (model.weights_ == 0).any()  # a line needs no trees
    for place, part in enumerate(PARTS):
        for member in model.members_:
            assert (getattr(member, part) is None) is bool(model.weights_[place] == 0)


@pytest.mark.parametrize("linear_c", [None, 1.0])
def test_with_too_few_of_a_class_a_single_line_speaks(linear_c: float | None, tiny: Recipe) -> None:
    rng = np.random.default_rng(8)
    X, y = rng.normal(size=(200, 2)), np.arange(200) < 9
    model = RiskModel("rare", tiny.model_copy(update={"linear_c": linear_c})).fit(X, y)
    assert len(model.members_) == 1
    assert model.weights_.tolist() == [1, 0, 0, 0]
    assert model.predict_proba(X)[:, 1].mean() == pytest.approx(9 / 200, abs=0.01)


def test_rows_count_as_often_as_their_weight_says(people: pd.DataFrame, tiny: Recipe) -> None:
    weight = np.where(people["left"] == 1, 3.0, 1.0)
    found = RiskModel("leaving", tiny).fit(people[INPUTS], people["left"], weight).predict_proba(people)[:, 1]
    assert np.average(found, weights=weight) == pytest.approx(np.average(people["left"], weights=weight), abs=0.05)


def test_calibration_follows_a_later_block(model: RiskModel, people: pd.DataFrame) -> None:
    rarer = people[(people["left"] == 0) | (np.arange(len(people)) % 3 == 0)]
    before = model.predict_proba(rarer)[:, 1].mean()
    after = model.calibrate(rarer, rarer["left"]).predict_proba(rarer)[:, 1].mean()
    true = rarer["left"].mean()
    assert abs(after - true) < 0.5 * abs(before - true)  # 290 people move the level most of the way, not all of it


def straight(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, outcomes, and the true probabilities that they were drawn by."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3))
    p = sigmoid(X @ [0.8, -0.5, 0.0] - 0.7)
    return X, (rng.random(n) < p).astype(int), p


@pytest.mark.parametrize("calibrated", [False, True])
def test_an_interval_holds_its_probability_and_widens_with_the_level(calibrated: bool, tiny: Recipe) -> None:
    X, y, _ = straight(600, 1)
    model = RiskModel(recipe=tiny).fit(X[:400], y[:400])
    if calibrated:
        model.calibrate(X[400:], y[400:])
    p = model.predict_proba(X)[:, 1]
    narrow, wide = (model.predict_interval(X, level) for level in (0.5, 0.95))
    for found in (narrow, wide):
        assert ((found[:, 0] > 0) & (found[:, 0] < p) & (p < found[:, 1]) & (found[:, 1] < 1)).all()
    assert ((wide[:, 0] < narrow[:, 0]) & (narrow[:, 1] < wide[:, 1])).all()


def test_doubt_is_that_of_the_members_and_of_the_line(tiny: Recipe) -> None:
    """By hand: the jackknife's variance is (g - 1) / g times the squared distances; the line's comes from its draws."""
    X, y, _ = straight(600, 2)
    model = RiskModel(recipe=tiny).fit(X[:400], y[:400])
    members = [np.log(p / (1 - p)) for p in sigmoid(model.margins(X)).T]
    variance = sum((2 / 3) * (member - np.mean(members, axis=0)) ** 2 for member in members)
    low, high = model.predict_interval(X, 0.9).T
    reach = (np.log(high / (1 - high)) - np.log(low / (1 - low))) / 2
    np.testing.assert_allclose(reach, 1.6448536 * np.sqrt(variance), rtol=1e-6)
    model.calibrate(X[400:], y[400:])
    line = model.line_
    drawn = np.random.default_rng(5).multivariate_normal(line, model.line_covariance_, 20_000)
    around = (drawn[:, :1] * np.mean(members, axis=0)[None, :50] + drawn[:, 1:]).var(axis=0)
    low, high = model.predict_interval(X[:50], 0.9).T
    reach = (np.log(high / (1 - high)) - np.log(low / (1 - low))) / 2
    np.testing.assert_allclose(reach, 1.6448536 * np.sqrt(variance[:50] * line.slope**2 + around), rtol=0.03)


def test_intervals_shrink_with_more_people_and_not_with_more_rows_of_each(tiny: Recipe) -> None:
    def width(people: int, rows: int) -> float:
        X, y, _ = straight(people, 3)
        given = [np.repeat(part, rows, axis=0) for part in (X, y, np.arange(people))]
        half = people * rows // 2
        first, later = ([part[:half] for part in given], [part[half:] for part in given])
        model = RiskModel(recipe=tiny).fit(first[0], first[1], groups=first[2])
        model.calibrate(later[0], later[1], groups=later[2])
        return float(np.diff(model.predict_interval(straight(300, 4)[0]), axis=1).mean())

    few, many, repeated = width(300, 1), width(3000, 1), width(300, 10)
    assert many < few / 2
    assert repeated > few / 1.5


def test_intervals_hold_the_true_probability_about_as_often_as_they_say(tiny: Recipe) -> None:
    held = []
    for seed in range(12):
        X, y, p = straight(1000, seed)
        model = RiskModel(recipe=tiny).fit(X[:400], y[:400]).calibrate(X[400:600], y[400:600])
        for level in (0.5, 0.9):
            low, high = model.predict_interval(X[600:], level).T
            held.append((level, ((low <= p[600:]) & (p[600:] <= high)).mean()))
    found = pd.DataFrame(held, columns=["level", "share"]).groupby("level")["share"].mean()
    assert 0.35 < found[0.5] < 0.75
    assert 0.8 < found[0.9] < 0.99


def test_what_is_told_at_once_is_what_each_question_says(model: RiskModel, people: pd.DataFrame) -> None:
    found, apart = model.tell(people), model.explain(people)
    np.testing.assert_array_equal(found.explanations[0].values, apart.values)
    np.testing.assert_array_equal(found.explanations[0].base, apart.base)
    np.testing.assert_array_equal(found.intervals[0], model.predict_interval(people))
    assert found.unlike == model.unlike(people)


def test_rows_of_training_are_not_unlike_it_and_others_are_told(model: RiskModel, people: pd.DataFrame) -> None:
    assert model.unlike(people) == [None] * len(people)
    far, bare = people.head(1).assign(commute=900.0), people.head(1).assign(commute=np.nan, noise=np.nan)
    assert str(model.unlike(far)[0]).startswith("commute is 900, seen between ")
    assert model.unlike(bare) == ["most of what is always known is unknown here"]


def test_a_missing_column_is_refused_by_name(model: RiskModel, people: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="model needs columns that are missing: calls"):
        model.predict_proba(people.drop(columns="calls"))


def test_text_in_a_number_is_refused_by_name(model: RiskModel, people: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="Column 'commute' holds text"):
        model.predict_proba(people.assign(commute="far"))


def test_before_fitting_there_is_nothing_to_predict(people: pd.DataFrame, tmp_path: Path) -> None:
    for ask in ("predict_proba", "predict", "predict_interval", "explain", "margins", "unlike"):
        with pytest.raises(NotFittedError):
            getattr(RiskModel(), ask)(people)
    with pytest.raises(NotFittedError):
        RiskModel().save(tmp_path)


def test_the_contract_is_kept_only_where_the_columns_are_the_catalogs(model: RiskModel, signals: pd.DataFrame) -> None:
    assert model.contract_ is None
    some = signals[["occupancy", "tenure"]]
    assert RiskModel("burnout", FEW).fit(some, against(signals, "burnout")).contract_ == contract_version()


def test_parameters_are_kept_and_cloned(tiny: Recipe) -> None:
    model = RiskModel("turnover", tiny)
    assert model.get_params() == {"outcome": "turnover", "recipe": tiny}
    copy = clone(model)
    assert copy is not model
    assert copy.get_params() == model.get_params()
    assert model.set_params(outcome="burnout").outcome == "burnout"
    assert RiskModel().recipe is None


def test_classes_keep_their_names(people: pd.DataFrame, tiny: Recipe) -> None:
    model = RiskModel("leaving", tiny).fit(people[INPUTS], people["left"].map({0: "stays", 1: "went"}))
    assert model.classes_.tolist() == ["stays", "went"]
    assert set(model.predict(people)) == {"stays", "went"}
    plain = RiskModel("leaving", tiny).fit(people[INPUTS], people["left"])
    np.testing.assert_array_equal(model.predict_proba(people), plain.predict_proba(people))


def test_the_caller_s_frame_is_left_as_it_was(people: pd.DataFrame, tiny: Recipe) -> None:
    before = people.copy()
    RiskModel("leaving", tiny).fit(people[INPUTS], people["left"]).explain(people)
    pd.testing.assert_frame_equal(people, before)
