"""The model: exact explanations, plain files, refusals in one sentence, and expected directions that hold."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from features.catalog import CATALOG, contract_version, feature_names
from features.errors import ContractError, InputError
from training import RiskModel
from training.calibration import logit
from training.config import Growth

SMALL = Growth(trees=40, rows_per_leaf=10)
INPUTS = ["commute", "calls", "site", "noise"]


@pytest.fixture
def model(people: pd.DataFrame) -> RiskModel:
    return RiskModel("leaving", SMALL).fit(people[INPUTS], people["left"])


@pytest.fixture(scope="module")
def signals() -> pd.DataFrame:
    """Random rows of the catalog's columns, some of them null."""
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.normal(size=(1500, len(feature_names()))), columns=feature_names())
    return frame.mask(rng.random(frame.shape) < 0.05)


def model_of(signals: pd.DataFrame, outcome: str) -> RiskModel:
    """A model of an outcome that every signal moves a little, and some against what is expected of them."""
    rng = np.random.default_rng(3)
    odds = signals.fillna(0) @ rng.normal(size=signals.shape[1]) / 3
    y = rng.random(len(signals)) < 1 / (1 + np.exp(-odds))
    return RiskModel(outcome, Growth(trees=120, rows_per_leaf=20)).fit(signals, y)


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


@pytest.mark.parametrize("calibrated", [False, True])
def test_base_and_contributions_are_the_log_odds(model: RiskModel, people: pd.DataFrame, calibrated: bool) -> None:
    if calibrated:
        model.calibrate(people.sample(frac=0.5, random_state=1), people["left"].sample(frac=0.5, random_state=1))
        assert model.line_ != (1.0, 0.0)
    explanation = model.explain(people)
    shown = model.predict_proba(people)[:, 1]
    np.testing.assert_allclose(explanation.base + explanation.values.sum(axis=1), logit(shown), atol=1e-6)
    np.testing.assert_allclose(explanation.probability, shown, atol=1e-9)


@pytest.mark.parametrize("outcome", ["burnout", "turnover"])
def test_a_signal_moves_the_score_only_the_way_that_is_expected(outcome: str, signals: pd.DataFrame) -> None:
    model, rows = model_of(signals, outcome), signals.head(200)
    before = model.predict_proba(rows)[:, 1]
    for entry in CATALOG:
        way = entry.direction(outcome)
        if way:
            after = model.predict_proba(rows.assign(**{entry.name: rows[entry.name] + 1.5}))[:, 1]
            assert (way * (after - before) >= -1e-12).all(), entry.name


def test_a_signal_without_an_expected_way_is_free(signals: pd.DataFrame) -> None:
    y = signals["occupancy"].fillna(0) < 0
    model = RiskModel("burnout", SMALL).fit(signals, y)
    low, high = model.predict_proba(signals.head(2).assign(occupancy=[-2.0, 2.0]))[:, 1]
    assert low > high


def test_saved_and_loaded_it_says_the_same_from_two_plain_files(
    model: RiskModel, people: pd.DataFrame, tmp_path: Path
) -> None:
    model.calibrate(people, people["left"])
    model.details_ = {"base_rate": 0.4}
    folder = model.save(tmp_path / "model")
    assert sorted(path.name for path in folder.iterdir()) == ["booster.txt", "model.json"]
    loaded = RiskModel.load(folder)
    np.testing.assert_array_equal(loaded.predict_proba(people), model.predict_proba(people))
    np.testing.assert_array_equal(loaded.explain(people).values, model.explain(people).values)
    assert (loaded.outcome, loaded.growth, loaded.details_) == ("leaving", SMALL, {"base_rate": 0.4})


def test_the_same_seed_gives_the_same_trees(people: pd.DataFrame, tmp_path: Path) -> None:
    texts = []
    for name in ("one", "two"):
        folder = RiskModel("leaving", SMALL).fit(people[INPUTS], people["left"]).save(tmp_path / name)
        texts.append((folder / "booster.txt").read_text())
    assert texts[0] == texts[1]


def test_the_order_of_columns_and_further_columns_do_not_matter(model: RiskModel, people: pd.DataFrame) -> None:
    turned = people[[*reversed(INPUTS), "left"]].assign(more=1)
    np.testing.assert_array_equal(model.predict_proba(turned), model.predict_proba(people[INPUTS]))


def test_one_row_says_what_it_says_among_others(model: RiskModel, people: pd.DataFrame) -> None:
    together = model.predict_proba(people.head(5))[:, 1]
    alone = [model.predict_proba(people.iloc[[i]])[0, 1] for i in range(5)]
    np.testing.assert_allclose(alone, together, rtol=0, atol=1e-12)


def test_a_category_that_was_not_seen_counts_as_missing(model: RiskModel, people: pd.DataFrame) -> None:
    rows = people.head(20)
    unseen, missing = rows.assign(site="Lima"), rows.assign(site=None)
    np.testing.assert_array_equal(model.predict_proba(unseen), model.predict_proba(missing))


def test_a_missing_column_is_refused_by_name(model: RiskModel, people: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="leaving model needs columns that are missing: calls"):
        model.predict_proba(people.drop(columns="calls"))


def test_text_in_a_number_is_refused_by_name(model: RiskModel, people: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="Column 'commute' holds text"):
        model.predict_proba(people.assign(commute="far"))


@pytest.mark.parametrize("target", [0, 1, 2])
def test_a_target_that_is_not_0_and_1_is_refused(people: pd.DataFrame, target: int) -> None:
    with pytest.raises(InputError, match="must hold both 0 and 1"):
        RiskModel("leaving").fit(people[INPUTS], np.full(len(people), target))


def test_before_fitting_there_is_nothing_to_predict(people: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(NotFittedError):
        RiskModel().predict_proba(people)
    with pytest.raises(NotFittedError):
        RiskModel().save(tmp_path)


def test_the_contract_is_kept_only_where_the_columns_are_the_catalogs(model: RiskModel, signals: pd.DataFrame) -> None:
    assert model.contract_ is None
    assert model_of(signals, "burnout").contract_ == contract_version()


def test_a_model_of_another_contract_is_refused(signals: pd.DataFrame, tmp_path: Path) -> None:
    folder = model_of(signals, "burnout").save(tmp_path)
    about = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(about | {"contract_version": "1.other"}))
    with pytest.raises(ContractError, match=r"trained on feature contract 1\.other, this code is .*; retrain it"):
        RiskModel.load(folder)


BROKEN = {
    "no booster": lambda folder: (folder / "booster.txt").unlink(),
    "no description": lambda folder: (folder / "model.json").unlink(),
    "half a description": lambda folder: (folder / "model.json").write_text('{"outcome": '),
    "an empty description": lambda folder: (folder / "model.json").write_text("{}"),
    "an empty booster": lambda folder: (folder / "booster.txt").write_text(""),
    "another format": lambda folder: (folder / "model.json").write_text(
        (folder / "model.json").read_text().replace('"format": 1', '"format": 99')
    ),
}


@pytest.mark.parametrize("how", BROKEN)
def test_files_that_are_not_whole_are_refused_in_a_sentence(how: str, model: RiskModel, tmp_path: Path) -> None:
    folder = model.save(tmp_path)
    BROKEN[how](folder)
    with pytest.raises(ContractError, match=str(tmp_path)):
        RiskModel.load(folder)


def test_it_is_a_scikit_learn_estimator() -> None:
    model = RiskModel("turnover", SMALL)
    assert model.get_params() == {"outcome": "turnover", "growth": SMALL}
    copy = clone(model)
    assert copy is not model
    assert copy.get_params() == model.get_params()
    assert model.set_params(outcome="burnout").outcome == "burnout"


def test_an_array_is_taken_as_it_is() -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(200, 2))
    model = RiskModel(growth=SMALL).fit(X, X[:, 0] > 0)
    assert model.feature_names_in_ == ["x0", "x1"]
    assert ((model.predict_proba(X)[:, 1] > 0.5) == (X[:, 0] > 0)).mean() > 0.9


def test_the_caller_s_frame_is_left_as_it_was(people: pd.DataFrame) -> None:
    before = people.copy()
    RiskModel("leaving", SMALL).fit(people[INPUTS], people["left"]).explain(people)
    pd.testing.assert_frame_equal(people, before)
