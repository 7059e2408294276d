"""From a feature frame to a model that can be trusted with a decision about support.

An *outcome* is what is predicted: burnout (a survey score at or above the threshold) or turnover (notice given by the
agent). The *horizon* is how far ahead. A *margin* is a model's raw log-odds, a *contribution* a feature's part of it.
The *challenger* is the newest registered version, the *champion* the one that scores.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.config import OutcomeConfig
    from training.evaluate import Metrics
    from training.explain import Explanation
    from training.model import RiskModel
    from training.outcome import train_outcome
    from training.promotion import Decision, decide
    from training.table import train_table

__all__ = [
    "Decision",
    "Explanation",
    "Metrics",
    "OutcomeConfig",
    "RiskModel",
    "decide",
    "train_outcome",
    "train_table",
]

_MODULE = {
    "Decision": "promotion",
    "Explanation": "explain",
    "Metrics": "evaluate",
    "OutcomeConfig": "config",
    "RiskModel": "model",
    "decide": "promotion",
    "train_outcome": "outcome",
    "train_table": "table",
}


def __getattr__(name: str) -> Any:
    """Import on first use: the command line needs none of LightGBM, shap and MLflow for `--help`."""
    if name in _MODULE:
        return getattr(import_module(f"training.{_MODULE[name]}"), name)
    raise AttributeError(f"module 'training' has no attribute '{name}'")
