"""A model as files: the same in a process that never saw it fitted, and refused in a sentence where it is not whole."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.catalog import contract_version
from features.errors import ContractError
from training import RiskModel
from training.config import Recipe
from training.files import FORMAT, about, load_model
from training.hazard import CAUSES, Spells
from training.turnover import TurnoverModel

INPUTS = ["commute", "calls", "site", "noise"]
ELSEWHERE = """
import sys, json
from pathlib import Path
import pandas as pd
from training.files import load_model
folder = Path(sys.argv[1])
model, rows = load_model(folder / "model"), pd.read_parquet(folder / "rows.parquet")
explanation = model.explain(rows)
print(json.dumps({
    "p": model.predict_proba(rows)[:, 1].tolist(), "interval": model.predict_interval(rows).tolist(),
    "values": explanation.values.tolist(), "base": explanation.base.tolist(), "unlike": model.unlike(rows),
    "details": model.details_, "outcome": model.outcome,
}))
"""


@pytest.fixture
def risk(people: pd.DataFrame, tiny: Recipe) -> RiskModel:
    model = RiskModel("leaving", tiny).fit(people[INPUTS], people["left"])
    model.details_ = {"base_rate": 0.4}
    return model.calibrate(people[INPUTS], people["left"])


@pytest.fixture
def turnover(people: pd.DataFrame, tiny: Recipe) -> TurnoverModel:
    rng = np.random.default_rng(3)
    day = rng.geometric(np.where(people["left"], 0.02, 0.005)) + 13
    spells = Spells(day, np.where(day >= 200, "", np.where(people["commute"] > 30, *CAUSES)))
    return TurnoverModel(recipe=tiny).fit(people[INPUTS], spells, np.arange(len(people)))


@pytest.mark.parametrize("kind", ["risk", "turnover"])
def test_a_clean_process_says_the_same(
    kind: str, people: pd.DataFrame, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    model, rows = request.getfixturevalue(kind), people.head(20).assign(site=["Lima", *people["site"][1:20]])
    rows.loc[1, "commute"] = 1e6
    model.save(tmp_path / "model")
    rows.to_parquet(tmp_path / "rows.parquet")
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(tmp_path)], capture_output=True, text=True, check=True,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    found = json.loads(done.stdout)
    np.testing.assert_array_equal(found["p"], model.predict_proba(rows)[:, 1])
    np.testing.assert_array_equal(found["interval"], model.predict_interval(rows))
    np.testing.assert_array_equal(found["values"], model.explain(rows).values)
    np.testing.assert_array_equal(found["base"], model.explain(rows).base)
    assert found["unlike"] == model.unlike(rows)
    assert found["unlike"][1].startswith("commute is 1e+06")
    assert (found["details"], found["outcome"]) == (model.details_, model.outcome)


def test_a_loaded_model_has_everything_that_the_fitted_one_has(risk: RiskModel, tmp_path: Path) -> None:
    loaded = RiskModel.load(risk.save(tmp_path))
    assert loaded.get_params() == risk.get_params()
    assert loaded.line_ == risk.line_
    for name in ("classes_", "weights_", "line_covariance_", "feature_names_in_"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(risk, name))
    for name in ("columns_", "intercept_", "contract_", "details_", "n_features_in_"):
        assert getattr(loaded, name) == getattr(risk, name)
    again = loaded.save(tmp_path / "again")
    for path in sorted(tmp_path.glob("*.*")):
        assert (again / path.name).read_bytes() == path.read_bytes(), path.name


def test_either_kind_is_loaded_as_what_it_is(risk: RiskModel, turnover: TurnoverModel, tmp_path: Path) -> None:
    assert isinstance(load_model(risk.save(tmp_path / "risk")), RiskModel)
    loaded = load_model(turnover.save(tmp_path / "turnover"))
    assert isinstance(loaded, TurnoverModel)
    assert (loaded.bands, loaded.horizon_days, loaded.recipe) == (
        turnover.bands, turnover.horizon_days, turnover.recipe,
    )  # fmt: skip


def test_files_are_plain_text_and_one_for_each_part_that_counts(risk: RiskModel, tmp_path: Path) -> None:
    folder = risk.save(tmp_path / "model")
    expected = {"model.json"} | {
        f"{part}-{number}.txt"
        for number, member in enumerate(risk.members_)
        for part in ("boosting", "forest", "extra_trees")
        if getattr(member, part) is not None
    }
    assert {path.name for path in folder.iterdir()} == expected
    for path in folder.iterdir():
        assert path.read_text(encoding="utf-8").isprintable() is False  # lines of text
    assert about(folder)["features"] == INPUTS


def test_what_an_earlier_model_left_in_the_folder_is_not_read(
    risk: RiskModel, people: pd.DataFrame, tmp_path: Path, tiny: Recipe
) -> None:
    risk.save(tmp_path)
    linear = RiskModel("leaving", tiny.model_copy(update={"boosting": None, "forest": None}))
    linear.fit(people[INPUTS], people["left"]).save(tmp_path)
    loaded = RiskModel.load(tmp_path)
    assert all(member.boosting is None and member.forest is None for member in loaded.members_)
    np.testing.assert_array_equal(loaded.predict_proba(people), linear.predict_proba(people))


def described(folder: Path, **changed: object) -> None:
    """Change what `model.json` says."""
    found = json.loads((folder / "model.json").read_text()) | changed
    (folder / "model.json").write_text(json.dumps(found))


def without(folder: Path, name: str) -> None:
    """Take an entry out of `model.json`."""
    found = json.loads((folder / "model.json").read_text())
    del found[name]
    (folder / "model.json").write_text(json.dumps(found))


def booster(folder: Path) -> Path:
    return min(folder.glob("*-*.txt"))


def half(path: Path) -> None:
    path.write_text(path.read_text()[: path.stat().st_size // 2])


def changed_leaf(folder: Path) -> None:
    head, leaves = booster(folder).read_text().split("leaf_value=", 1)
    booster(folder).write_text(f"{head}leaf_value=9{leaves[1:]}")


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "no booster": (lambda folder: booster(folder).unlink(), "is not as it was written"),
    "an empty booster": (lambda folder: booster(folder).write_text(""), "is not as it was written"),
    "half a booster": (lambda folder: half(booster(folder)), "is not as it was written"),
    "another leaf": (changed_leaf, "is not as it was written"),
    "no description": (lambda folder: (folder / "model.json").unlink(), "No such file"),
    "half a description": (lambda folder: half(folder / "model.json"), "does not hold a whole model"),
    "an empty description": (lambda folder: (folder / "model.json").write_text("{}"), "of another format"),
    "a list": (lambda folder: (folder / "model.json").write_text("[]"), "of another format"),
    "another format": (lambda folder: described(folder, format=FORMAT + 1), f"another format than {FORMAT}"),
    "no kind": (lambda folder: without(folder, "kind"), "model.json has no kind"),
    "no weights": (lambda folder: without(folder, "weights"), "KeyError 'weights'"),
    "a recipe of other settings": (lambda folder: described(folder, recipe={"luck": 1}), "validation error for Recipe"),
    "no range": (lambda folder: described(folder, seen={"low": [1]}), "KeyError 'high'"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_files_that_are_not_whole_are_refused_with_their_place(how: str, risk: RiskModel, tmp_path: Path) -> None:
    folder = risk.save(tmp_path)
    BROKEN[how][0](folder)
    with pytest.raises(ContractError, match=str(tmp_path)) as refused:
        load_model(folder)
    assert BROKEN[how][1] in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("cause", CAUSES)
def test_a_turnover_model_with_half_a_hazard_is_refused(cause: str, turnover: TurnoverModel, tmp_path: Path) -> None:
    folder = turnover.save(tmp_path)
    half(booster(folder / cause))
    with pytest.raises(ContractError, match=f"{cause} does not hold a whole model"):
        load_model(folder)


def test_the_hazards_of_a_turnover_model_are_those_that_it_names(
    turnover: TurnoverModel, people: pd.DataFrame, tmp_path: Path
) -> None:
    """A lost one is missed, and one that an earlier model left in the folder is not read."""
    folder = turnover.save(tmp_path)
    del turnover.causes["involuntary"]
    turnover.save(folder)
    found = load_model(folder)
    assert isinstance(found, TurnoverModel)
    np.testing.assert_array_equal(found.predict_proba(people), turnover.predict_proba(people))
    shutil.rmtree(folder / "voluntary")
    with pytest.raises(ContractError, match="voluntary does not hold a whole model"):
        load_model(folder)


def test_a_model_of_the_other_kind_is_refused(risk: RiskModel, turnover: TurnoverModel, tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="of kind 'risk' where one of kind 'turnover' is read"):
        TurnoverModel.load(risk.save(tmp_path / "risk"))
    with pytest.raises(ContractError, match="of kind 'turnover' where one of kind 'risk' is read"):
        RiskModel.load(turnover.save(tmp_path / "turnover"))


def test_a_model_of_another_contract_is_refused_and_says_what_to_do(
    risk: RiskModel, turnover: TurnoverModel, tmp_path: Path
) -> None:
    for name, model in (("leaving", risk), ("turnover", turnover)):
        folder = model.save(tmp_path / name)
        described(folder, contract_version="1.other")
        with pytest.raises(
            ContractError, match=rf"The {name} model was trained on feature contract 1\.other"
        ) as refused:
            load_model(folder)
        assert f"this code is {contract_version()}; retrain it" in str(refused.value)
