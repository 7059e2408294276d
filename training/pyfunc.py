"""MLflow's door to a model: `mlflow.pyfunc.load_model` calls `_load_pyfunc` with the folder of the model's files."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.files import load_model

__all__: list[str] = []


class _Scorer:
    """What MLflow sees: a frame in, one probability a row out, at the main horizon."""

    def __init__(self, folder: Path) -> None:
        self.model = load_model(folder)

    def predict(self, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> npt.NDArray[np.float64]:
        return np.asarray(self.model.predict_proba(model_input)[:, 1])


def _load_pyfunc(path: str) -> _Scorer:
    return _Scorer(Path(path))
