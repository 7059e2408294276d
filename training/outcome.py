"""One retraining of an outcome: rolling origins, honest comparisons, explanations, and a registered model."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.errors import ContractError, InputError
from features.home import Home
from features.raw import rows
from training.baselines import baseline_predictions
from training.config import OutcomeConfig
from training.decision_curve import decision_curve
from training.evaluate import Metrics, evaluate
from training.explain import Explanation
from training.fairness import Audit, audit
from training.lead_time import LeadTime, lead_time
from training.model import RiskModel
from training.nonresponse import sensitivity
from training.over_time import by_month
from training.resampling import Interval, advantage, intervals
from training.split import TimeSplit, unseen, unseen_sites
from training.task import BurnoutTask, Task, model_columns
from training.turnover import TurnoverModel

__all__ = ["Findings", "Fold", "find", "folds_of"]

Floats = npt.NDArray[np.float64]
EXPLAINED_ROWS = 2000
LAST_SCORE = "last_survey_score"
_COMPARED = ("tenure_only", "last_score_only", "signals_only", "logistic", "prevalence")


@dataclass(frozen=True)
class Fold:
    """One origin: its blocks, the model, and what everyone said of the test rows (columns of `scores`)."""

    split: TimeSplit
    model: RiskModel | TurnoverModel
    tested: pd.DataFrame  # agent_id, as_of, site_id, y, and a column per score


@dataclass(frozen=True)
class Findings:
    """What a retraining found on months that its models had not seen.

    `measured`: metrics per score; `margins_of_error`: 95 % intervals of the model's; `advantages`: over each baseline,
    by measure; `unseen`: the model on agents and on sites that training had not seen.
    """

    measured: dict[str, Metrics]
    margins_of_error: dict[str, Interval]
    advantages: dict[str, dict[str, Interval]]
    unseen: dict[str, Metrics]
    months: pd.DataFrame
    curve: pd.DataFrame
    lead: LeadTime | None
    fairness: Audit
    explanation: Explanation
    additivity_error: float
    stability: float
    sensitivity: pd.DataFrame | None = None
    champion: dict[str, Interval] = field(default_factory=dict)
