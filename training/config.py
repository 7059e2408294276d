"""What is predicted, how far ahead, and how a model is grown. Every default lives here."""

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from features.errors import ConfigError, InputError
from features.signals.context import BURNOUT_INSTRUMENT, BURNOUT_SCALE

__all__ = ["OUTCOMES", "Boosting", "Forest", "Gates", "OutcomeConfig", "Recipe", "outcome_config"]

SMALL_TABLE = 5_000


class Boosting(BaseModel):
    """How LightGBM boosts: small trees and strong shrinkage, which noisy outcomes want (decision record 5)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trees: int = Field(120, ge=1)
    leaves: int = Field(4, ge=2)
    learning_rate: float = Field(0.03, gt=0, le=1)
    rows_per_leaf: int = Field(100, ge=1)
    l2: float = Field(20.0, ge=0)
    feature_share: float = Field(0.4, gt=0, le=1)
    row_share: float = Field(0.7, gt=0, le=1)


class Forest(BaseModel):
    """How LightGBM grows a random forest; `features_per_split` in multiples of the square root of their number."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trees: int = Field(40, ge=1)
    leaves: int = Field(32, ge=2)
    depth: int = Field(8, ge=1)
    rows_per_leaf: int = Field(50, ge=1)
    features_per_split: float = Field(2.0, gt=0)
    row_share: float = Field(0.632, gt=0, lt=1)


class Recipe(BaseModel):
    """How a `RiskModel` is made: parts that are stacked, and how many members each leave one share of people out.

    `linear_c`: inverse strength of the linear part's penalty. `extra_trees`: a second forest, which tries one random
    threshold a feature (Geurts, Ernst and Wehenkel, 2006, Extremely randomized trees). A part that is None is left out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    members: int = Field(5, ge=2)
    linear_c: float | None = Field(0.1, gt=0)
    boosting: Boosting | None = Boosting()
    forest: Forest | None = Forest()
    extra_trees: Forest | None = None
    seed: int = 7

    @classmethod
    def for_rows(cls, rows: int) -> "Recipe":
        """Small tables want more members, full-grown forests and a strong penalty (decision record 11)."""
        if rows >= SMALL_TABLE:
            return cls()
        boosting = Boosting(trees=600, leaves=3, rows_per_leaf=max(3, min(40, rows // 100)), l2=5.0)
        forest = Forest(trees=20, leaves=1024, depth=64, rows_per_leaf=1, row_share=0.9)
        extra_trees = forest.model_copy(update={"features_per_split": 4.0})
        return cls(members=20, linear_c=0.03, boosting=boosting, forest=forest, extra_trees=extra_trees)


class OutcomeConfig(BaseModel):
    """One outcome: its label, its horizon, and the blocks of time that training uses.

    `gap_days`: what happens this soon after the as-of date counts neither way, so that no one is scored on the days
    between a decision and its date. `instrument`, `version`, `scale` and `threshold` define burnout and are kept with
    the model. `horizons`: those that a turnover model speaks of; `horizon_days` is the main one. `folds`: rolling
    origins. `landmark_weeks`: hazards are fitted on every so many weeks' rows, since those between say the same again.
    `contact`: who answers questions about the model; it stands on the model card. `labels_after_outreach`: whether
    labels that came about after an offer are left out and people held out stand for them (decision 16), or count as
    they are; `offer_lasts_days`: how long an offer goes on to change what comes, as long as six weekly messages take.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Literal["burnout", "turnover"]
    horizon_days: int = Field(90, ge=1)
    horizons: tuple[int, ...] = ()
    gap_days: int = Field(0, ge=0)
    min_history_days: int = Field(28, ge=0)
    folds: int = Field(2, ge=1)
    train_share: float = Field(0.4, gt=0, lt=1)
    calibration_share: float = Field(0.25, gt=0, lt=1)
    landmark_weeks: int = Field(1, ge=1)
    outreach_share: float = Field(0.1, gt=0, lt=1)
    labels_after_outreach: Literal["weighted", "as they are"] = "weighted"
    offer_lasts_days: int = Field(42, ge=0, le=730)
    contact: str | None = None
    instrument: str = BURNOUT_INSTRUMENT
    version: str = "1"
    scale: str = BURNOUT_SCALE
    threshold: float = 50.0
    recipe: Recipe = Recipe()


class Gates(BaseModel):
    """What a model has to show before it may score anyone (domain reference, section 3).

    `least_stability`: rank correlation of what moves the score between retrainings with other seeds. A
    group that outreach reaches less than four-fifths as often as another fails it where chance does not explain that.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    least_lift: float = 2.0
    least_slope: float = 0.8
    most_slope: float = 1.2
    least_skill: float = 0.0
    most_additivity_error: float = 1e-6
    least_stability: float = 0.7


OUTCOMES: dict[str, OutcomeConfig] = {
    "burnout": OutcomeConfig(name="burnout"),
    "turnover": OutcomeConfig(name="turnover", gap_days=14, horizons=(30, 90, 180), landmark_weeks=4),
}


def outcome_config(name: str, file: Path | None = None) -> OutcomeConfig:
    """The configuration of an outcome by name, with what a YAML file sets otherwise.

    Raises
    ------
    InputError
        There is no such outcome.
    ConfigError
        The file is not there, or sets what it may not.
    """
    if name not in OUTCOMES:
        raise InputError(f"--outcome {name}: the outcomes are {', '.join(OUTCOMES)}.")
    if file is None:
        return OUTCOMES[name]
    try:
        given = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        if not isinstance(given, dict):
            raise TypeError(f"it holds {given!r} where names with values are wanted")
        return OutcomeConfig.model_validate(_merged(OUTCOMES[name].model_dump(), given))
    except OSError as error:
        raise ConfigError(f"--config {file}: {error.strerror}.") from error
    except (yaml.YAMLError, TypeError) as error:
        raise ConfigError(f"--config {file}: not a YAML file of settings: {str(error).splitlines()[0]}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"--config {file}, {'.'.join(map(str, first['loc']))}: {first['msg']}.") from error


def _merged(defaults: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Defaults with what is given in their place, level by level."""
    return defaults | {
        name: _merged(defaults[name], value)
        if isinstance(value, dict) and isinstance(defaults.get(name), dict)
        else value
        for name, value in given.items()
    }
