"""A `RiskModel` as files that can be read without it: `model.json`, and LightGBM's own text for every booster."""

import hashlib
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
    boosters = {}
    for number, member in enumerate(model.members_):
        for part in _BOOSTERS:
            booster = getattr(member, part)
            if booster is not None:
                name = f"{part}-{number}.txt"
                booster.save_model(str(folder / name))
                boosters[name] = _digest(folder / name)
    found = {
        "format": FORMAT,
        "kind": "risk",
        "outcome": model.outcome,
        "classes": model.classes_.tolist(),
        "features": model.columns_.names,
        "categories": model.columns_.categories,
        "recipe": model.recipe.model_dump() if model.recipe else None,
        "boosters": boosters,
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


def about(folder: Path, kind: str | None = None) -> dict[str, Any]:
    """What `model.json` of a folder says, checked against this code and, where it is named, the kind of model.

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
    if missing := {"kind", "outcome", "contract_version"} - set(found):
        raise ContractError(f"{folder} does not hold a whole model: model.json has no {', '.join(sorted(missing))}.")
    if kind not in (None, found["kind"]):
        raise ContractError(f"{folder} holds a model of kind '{found['kind']}' where one of kind '{kind}' is read.")
    if found["contract_version"] not in (None, contract_version()):
        raise ContractError(
            f"The {found['outcome']} model was trained on feature contract {found['contract_version']}, this code"
            f" is {contract_version()}; retrain it, or run the code it was trained with."
        )
    return found


def read_model(folder: Path) -> "RiskModel":
    """Read what `write_model` wrote.

    Raises
    ------
    ContractError
        The model was trained on features that this code defines otherwise, or its files are not whole.
    """
    found = about(folder, "risk")
    try:
        return _model(folder, found)
    except (KeyError, TypeError, ValueError, lgb.basic.LightGBMError) as error:
        what = str(error).splitlines()[0]
        raise ContractError(
            f"{folder} does not hold a whole model: model.json, {type(error).__name__} {what}."
        ) from error


def _model(folder: Path, found: dict[str, Any]) -> "RiskModel":
    from training.model import RiskModel

    model = RiskModel(found["outcome"], Recipe(**found["recipe"]) if found["recipe"] else None)
    model.classes_ = np.array(found["classes"])
    model.columns_ = Columns(found["features"], found["categories"])
    boosters = {name: _booster(folder / name, digest) for name, digest in found["boosters"].items()}
    model.members_ = [
        Member(
            SignedLogistic.from_dict(parts["linear"]) if parts["linear"] else None,
            **{part: boosters.get(f"{part}-{number}.txt") for part in _BOOSTERS},
        )
        for number, parts in enumerate(found["members"])
    ]
    model.weights_, model.intercept_ = np.array(found["weights"]), found["intercept"]
    line = found["calibration"]
    model.line_, model.line_covariance_ = Line(line["slope"], line["intercept"]), np.array(line["covariance"])
    model.seen_, model.contract_ = Seen.from_dict(found["seen"]), found["contract_version"]
    model.details_ = found["details"]
    model.n_features_in_, model.feature_names_in_ = len(found["features"]), np.array(found["features"], dtype=object)
    return model


def _booster(path: Path, digest: str) -> lgb.Booster:
    """A booster whose file is as it was written: half a file would not fail in LightGBM but end the process."""
    if not path.is_file() or _digest(path) != digest:
        raise ContractError(f"{path.parent} does not hold a whole model: {path.name} is not as it was written.")
    return lgb.Booster(model_file=str(path))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
