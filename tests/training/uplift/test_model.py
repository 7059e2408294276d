"""A model of benefit in plain files."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.catalog import contract_version
from features.errors import ContractError, InputError
from training.columns import Columns
from training.uplift import BenefitModel
from training.uplift.learner import Trial, benefit_trees


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    return pd.DataFrame({"load": rng.normal(size=300), "queue": rng.choice(["care", "sales"], 300)})


@pytest.fixture(scope="module")
def model(frame: pd.DataFrame) -> BenefitModel:
    rng, columns = np.random.default_rng(3), Columns.of(frame)
    offered = (rng.random(300) < 0.5).astype(float)
    gain = offered * 10 * (frame["queue"] == "care") + rng.normal(0, 1, 300)
    trial = Trial(columns.native(frame), gain.to_numpy(), offered, tuple(columns.categorical))
    return BenefitModel(benefit_trees(trial, 0), columns, "csat", "rating points", contract_version())


def test_what_was_saved_says_the_same(model: BenefitModel, frame: pd.DataFrame, tmp_path: Path) -> None:
    again = BenefitModel.load(model.save(tmp_path / "kept"))
    np.testing.assert_allclose(again.predict(frame), model.predict(frame), rtol=1e-12)
    assert (again.outcome, again.unit, again.columns) == ("csat", "rating points", model.columns)
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == ["benefit.json", "benefit.txt"]


def test_those_who_gain_more_are_expected_to(model: BenefitModel, frame: pd.DataFrame) -> None:
    told = model.predict(frame)
    assert told[frame["queue"] == "care"].min() > told[frame["queue"] == "sales"].max()


def test_a_column_that_is_absent_is_named(model: BenefitModel, frame: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="among them 'load'"):
        model.predict(frame[["queue"]])


def test_other_features_are_refused(model: BenefitModel, tmp_path: Path) -> None:
    path = model.save(tmp_path) / "benefit.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"contract_version": "1900.1"}))
    with pytest.raises(ContractError, match=r"contract 1900\.1.*run `respite uplift` again"):
        BenefitModel.load(tmp_path)


@pytest.mark.parametrize("name", ["benefit.json", "benefit.txt"])
def test_files_that_are_not_whole_are_refused(name: str, model: BenefitModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    (tmp_path / name).write_text("{")
    with pytest.raises(ContractError, match="does not hold a whole model"):
        BenefitModel.load(tmp_path)
