"""Settings: frozen, refusing what they do not know, with the defaults that the documentation names."""

from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from features.errors import ConfigError, InputError
from training.config import OUTCOMES, SMALL_TABLE, Boosting, Forest, Gates, OutcomeConfig, Recipe, outcome_config


@pytest.mark.parametrize(
    "kind", [Boosting, Forest, Recipe, Gates, lambda **more: OutcomeConfig(name="burnout", **more)]
)
def test_an_unknown_setting_is_refused(kind: type) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        kind(trees_=5)


@pytest.mark.parametrize("setting", [Boosting(), Forest(), Recipe(), Gates(), OUTCOMES["burnout"]])
def test_a_setting_cannot_be_changed(setting: BaseModel) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setting.seed = 8  # type: ignore[attr-defined]


def test_the_defaults_are_those_of_the_domain_reference() -> None:
    burnout, turnover = OUTCOMES["burnout"], OUTCOMES["turnover"]
    assert (burnout.horizon_days, burnout.gap_days) == (90, 0)
    assert (turnover.horizon_days, turnover.gap_days, turnover.horizons) == (90, 14, (30, 90, 180))
    assert (burnout.instrument, burnout.scale, burnout.threshold) == ("cbi", "work", 50)
    assert Gates() == Gates(
        least_lift=2, least_slope=0.8, most_slope=1.2, least_skill=0, most_additivity_error=1e-6, least_stability=0.7
    )


@pytest.mark.parametrize(
    "change",
    [{"horizon_days": 0}, {"train_share": 1.0}, {"outreach_share": 0}, {"name": "luck"}, {"folds": 0},
     {"landmark_weeks": 0}, {"recipe": {"members": 1}}, {"recipe": {"linear_c": 0}},
     {"recipe": {"boosting": {"leaves": 1}}}, {"recipe": {"forest": {"row_share": 1.0}}}],
)  # fmt: skip
def test_a_setting_out_of_its_range_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        OutcomeConfig.model_validate({"name": "burnout"} | change)


@pytest.mark.parametrize("recipe", [Recipe(), Recipe.for_rows(300), Recipe(boosting=None, linear_c=None, seed=3)])
def test_a_recipe_is_whole_after_its_way_through_json(recipe: Recipe) -> None:
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe


def test_a_small_table_gets_more_members_and_smaller_leaves_than_a_large_one() -> None:
    small, large = Recipe.for_rows(SMALL_TABLE - 1), Recipe.for_rows(SMALL_TABLE)
    assert large == Recipe()
    assert small.members > large.members
    assert small.boosting is not None
    assert large.boosting is not None
    assert small.boosting.rows_per_leaf < large.boosting.rows_per_leaf
    sizes = [Recipe.for_rows(rows).boosting for rows in (10, 400, 1000, 4999)]
    assert [size.rows_per_leaf for size in sizes if size] == [3, 4, 10, 40]


def test_an_outcome_is_found_by_its_name() -> None:
    assert outcome_config("burnout") is OUTCOMES["burnout"]
    with pytest.raises(InputError, match="--outcome luck: the outcomes are burnout, turnover"):
        outcome_config("luck")


def test_a_file_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "burnout.yaml"
    file.write_text("threshold: 60\nrecipe:\n  boosting:\n    trees: 7\n")
    found, usual = outcome_config("burnout", file), OUTCOMES["burnout"]
    assert usual.recipe.boosting is not None
    boosting = usual.recipe.boosting.model_copy(update={"trees": 7})
    recipe = usual.recipe.model_copy(update={"boosting": boosting})
    assert found == usual.model_copy(update={"threshold": 60.0, "recipe": recipe})
    file.write_text("")
    assert outcome_config("burnout", file) == usual


REFUSED = {
    "threshhold: 60": r"burnout\.yaml, threshhold: Extra inputs are not permitted",
    "recipe: {boosting: {trees: 0}}": r"burnout\.yaml, recipe\.boosting\.trees: Input should be greater than or equal",
    "recipe: [": r"burnout\.yaml: not a YAML file of settings",
    "just words": r"burnout\.yaml: not a YAML file of settings",
    "- a\n- list": r"burnout\.yaml: not a YAML file of settings",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_file_that_sets_what_it_may_not_is_refused_in_a_sentence(text: str, tmp_path: Path) -> None:
    file = tmp_path / "burnout.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=REFUSED[text]) as refused:
        outcome_config("burnout", file)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: No such file"):
        outcome_config("burnout", tmp_path / "none.yaml")
