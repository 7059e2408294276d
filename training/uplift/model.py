"""The benefit that an offer is expected to bring, person by person; in plain files."""

import json
from dataclasses import dataclass
from pathlib import Path

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd

from features.catalog import contract_version
from features.errors import ContractError, InputError
from training.columns import Columns

__all__ = ["BenefitModel"]

Floats = npt.NDArray[np.float64]
_TREES, _ABOUT = "benefit.txt", "benefit.json"


@dataclass(frozen=True)
class BenefitModel:
    """Trees that predict the benefit of an offer; columns are those of the feature frame.

    Parameters
    ----------
    outcome, unit
        What is better by so much, and in which unit; more is better, whatever the outcome.
    contract
        Contract version of the features that it read.
    """

    trees: lgb.Booster
    columns: Columns
    outcome: str
    unit: str
    contract: str

    def predict(self, X: pd.DataFrame) -> Floats:
        """The expected benefit of an offer, shape (n,).

        Raises
        ------
        InputError
            A column is absent.
        """
        absent = [name for name in self.columns.names if name not in X]
        if absent:
            raise InputError(f"X lacks {len(absent)} columns of the model of benefit, among them '{absent[0]}'.")
        return np.asarray(self.trees.predict(self.columns.native(X), num_threads=1))

    def save(self, folder: Path) -> Path:
        """Write LightGBM's own text and a JSON file into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.texts().items():
            (folder / name).write_text(content, encoding="utf-8")
        return folder

    def texts(self) -> dict[str, str]:
        """The content of its files, by name."""
        about = {
            "outcome": self.outcome, "unit": self.unit, "contract_version": self.contract,
            "features": self.columns.names, "categories": self.columns.categories,
        }  # fmt: skip
        return {_TREES: self.trees.model_to_string(), _ABOUT: json.dumps(about, indent=1)}

    @classmethod
    def load(cls, folder: Path) -> "BenefitModel":
        """Read what `save` wrote.

        Raises
        ------
        ContractError
            The files are not whole, or the features have been defined otherwise since.
        """
        try:
            about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
            trees = lgb.Booster(model_str=(folder / _TREES).read_text(encoding="utf-8"))
        except (OSError, ValueError, lgb.basic.LightGBMError) as error:
            raise ContractError(f"{folder} does not hold a whole model of benefit: {error}") from error
        if about["contract_version"] != contract_version():
            raise ContractError(
                f"{folder}: the model of benefit read features of contract {about['contract_version']}, this code makes"
                f" {contract_version()}; run `respite uplift` again."
            )
        columns = Columns(about["features"], about["categories"])
        return cls(trees, columns, about["outcome"], about["unit"], about["contract_version"])
