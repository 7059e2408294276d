"""A `RiskModel` as files that can be read without it: `model.json`, and LightGBM's own text for every booster."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lightgbm as lgb
import numpy as np

from features.catalog import contract_version
from features.errors import ContractError
from training.calibration import Line
from training.columns import Columns
from training.config import Recipe
from training.linear import SignedLogistic
from training.novelty import Seen
from training.parts import PARTS, Member

if TYPE_CHECKING:
    from training.model import RiskModel
    from training.turnover import TurnoverModel

__all__ = ["FORMAT", "about", "load_model", "read_model", "write_model"]

FORMAT = 3
_BOOSTERS = PARTS[1:]


def write_model(model: "RiskModel", folder: Path) -> Path:
    """Write a fitted model into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, member in enumerate(model.members_):
        for part in _BOOSTERS:
            booster = getattr(member, part)
            path = folder / f"{part}-{number}.txt"
            path.unlink(missing_ok=True)  # another model's, if the folder held one
            if booster is not None:
                booster.save_model(str(path))
    found = {
        "format": FORMAT,
        "kind": "risk",
        "outcome": model.outcome,
        "classes": model.classes_.tolist(),
        "features": model.columns_.names,
        "categories": model.columns_.categories,
        "recipe": model.recipe.model_dump() if model.recipe else None,
        "members": [{"linear": m.linear and m.linear.as_dict()} for m in model.members_],
        "weights": model.weights_.tolist(),
        "intercept": model.intercept_,
        "calibration": model.line_._asdict() | {"covariance": model.line_covariance_.tolist()},
        "seen": model.seen_.as_dict(),
        "contract_version": model.contract_,
        "details": model.details_,
    }
    (folder / "model.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
    return folder


def load_model(folder: Path) -> "RiskModel | TurnoverModel":
    """The model in a folder, of either kind.

    Raises
    ------
    ContractError
        The model was trained on features that this code defines otherwise, or its files are not whole.
    """
    from training.model import RiskModel
    from training.turnover import TurnoverModel

    found = about(folder)
    return TurnoverModel.load(folder) if found["kind"] == "turnover" else RiskModel.load(folder)


def about(folder: Path) -> dict[str, Any]:
    """What `model.json` of a folder says, checked against this code.

    Raises
    ------
    ContractError
        It is not whole, of another format, or of other features than this code defines.
    """
    try:
        found = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ContractError(f"{folder} does not hold a whole model: {error}") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ContractError(f"{folder} holds a model of another format than {FORMAT}; this code cannot read it.")
    if found["contract_version"] not in (None, contract_version()):
        raise ContractError(
            f"The {found['outcome']} model was trained on feature contract {found['contract_version']}, this code"
            f" is {contract_version()}; retrain it, or run the code it was trained with."
        )
    return found


def read_model(folder: Path) -> "RiskModel":
    """Read what `write_model` wrote."""
    from training.model import RiskModel

    found = about(folder)
    model = RiskModel(found["outcome"], Recipe(**found["recipe"]) if found["recipe"] else None)
    model.classes_ = np.array(found["classes"])
    model.columns_ = Columns(found["features"], found["categories"])
    model.members_ = [_member(folder, number, parts) for number, parts in enumerate(found["members"])]
    model.weights_, model.intercept_ = np.array(found["weights"]), found["intercept"]
    line = found["calibration"]
    model.line_, model.line_covariance_ = Line(line["slope"], line["intercept"]), np.array(line["covariance"])
    model.seen_, model.contract_ = Seen.from_dict(found["seen"]), found["contract_version"]
    model.details_ = found["details"]
    model.n_features_in_, model.feature_names_in_ = len(found["features"]), np.array(found["features"], dtype=object)
    return model


def _member(folder: Path, number: int, parts: dict[str, Any]) -> Member:
    paths = {part: folder / f"{part}-{number}.txt" for part in _BOOSTERS}
    try:
        boosters = {part: lgb.Booster(model_file=str(path)) if path.exists() else None for part, path in paths.items()}
    except lgb.basic.LightGBMError as error:
        raise ContractError(f"{folder} does not hold a whole model: {error}") from error
    return Member(SignedLogistic.from_dict(parts["linear"]) if parts["linear"] else None, **boosters)
