"""How MLflow loads a model of Respite: `mlflow.pyfunc.load_model` and `spark_udf` come in here.

What goes in: the columns of the model, one row a person, nulls where nothing is known. What comes out: for burnout, and
for any table of people, one probability a row; for turnover a column for each horizon, `p30`, `p90` and `p180`: the
probability that the agent gives notice within so many days.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.files import load_model
from training.model import RiskModel
from training.turnover import TurnoverModel

__all__ = ["Predictor"]

Output = npt.NDArray[np.float64] | pd.DataFrame


class Predictor:
    """A model as MLflow wants it: with one method, which needs nothing but a frame."""

    def __init__(self, model: RiskModel | TurnoverModel) -> None:
        self.model = model

    def predict(self, model_input: pd.DataFrame) -> Output:
        """Probabilities, shape (n,), or a frame of them, shape (n, horizons).

        Raises
        ------
        InputError
            A column of the model is absent.
        """
        rows = model_input.copy()  # in one piece: MLflow hands over a block for every column
        if isinstance(self.model, RiskModel):
            return self.model.predict_proba(rows)[:, 1]
        p = self.model.incidence(rows)[0]
        names = [f"p{horizon}" for horizon in self.model.bands.ends]
        return pd.DataFrame(p, columns=names, index=model_input.index)


def _load_pyfunc(path: str) -> Predictor:
    """MLflow's entry point: `path` is the folder that the model was saved in."""
    return Predictor(load_model(Path(path)))
