"""What a retraining found on months that its models had not seen: pure functions of folds, no files and no MLflow."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import spearmanr

from training.config import OutcomeConfig
from training.evaluate import Metrics, evaluate
from training.evaluation.decision_curve import decision_curve
from training.evaluation.over_time import by_month
from training.evaluation.resampling import Interval, advantage, intervals
from training.explain import Explanation
from training.fairness.comparison import Audit, audit
from training.rolling import SCORES, Fold, pooled
from training.task import Model, Task

__all__ = ["Findings", "advantages", "explained", "findings", "stability"]

Floats = npt.NDArray[np.float64]
EXPLAINED_ROWS = 2000
BEATEN = ("tenure_only", "last_score_only", "signals_only", "logistic", "prevalence")
MEASURES = ("auroc", "log_loss", "brier")


@dataclass(frozen=True)
class Findings:
    """Numbers of the pooled test rows.

    `measured`: metrics per score; `uncertain`: 95 % intervals of the model's; `advantages`: over each other score, by
    measure; `months`, `curve`: predicted beside actual, and net benefit; `fairness`: the audit.
    """

    tested: pd.DataFrame
    measured: dict[str, Metrics]
    uncertain: dict[str, Interval]
    advantages: dict[str, dict[str, Interval]]
    months: pd.DataFrame
    curve: pd.DataFrame
    fairness: Audit


def findings(folds: list[Fold], config: OutcomeConfig, protected: pd.DataFrame | None) -> Findings:
    """Measure every score on the test rows of all origins together."""
    tested = pooled(folds)
    y, p, agents = tested["y"].to_numpy(), tested["model"].to_numpy(), tested["agent_id"]
    scores = [name for name in SCORES if name in tested]
    return Findings(
        tested,
        {name: evaluate(y, tested[name].to_numpy(), config.outreach_share) for name in scores},
        intervals(y, p, agents, outreach_share=config.outreach_share),
        {name: advantages(tested, name) for name in BEATEN if name in tested},
        by_month(y, p, tested["as_of"], agents),
        decision_curve(y, p),
        audit(protected, y, p, agents, config.outreach_share, tested["as_of"]),
    )


def advantages(tested: pd.DataFrame, other: str) -> dict[str, Interval]:
    """By how much the model is better than another score on the same rows, by measure (paired bootstrap by agent)."""
    y, p, beside = (tested[name].to_numpy(dtype=float) for name in ("y", "model", other))
    return {name: advantage(y, p, beside, tested["agent_id"], name) for name in MEASURES}  # type: ignore[arg-type]


def explained(model: Model, X: pd.DataFrame, seed: int) -> tuple[Explanation, float]:
    """Contributions for some of the rows, and the largest difference between what they add up to and the log-odds."""
    rows = np.sort(np.random.default_rng(seed).permutation(len(X))[:EXPLAINED_ROWS])
    explanation = model.explain(X.iloc[rows])
    p = model.predict_proba(X.iloc[rows])[:, 1]
    return explanation, float(np.abs(explanation.log_odds - np.log(p / (1 - p))).max())


def stability(task: Task, fold: Fold, columns: list[str], X: pd.DataFrame, seeds: int = 2) -> float:
    """Mean rank correlation of what moves the score between the model and retrainings with other seeds."""
    recipes = [
        task.config.recipe.model_copy(update={"seed": task.config.recipe.seed + 1000 * n}) for n in range(1, seeds + 1)
    ]
    models = [fold.model, *(task.fit(fold.split, columns, recipe) for recipe in recipes)]
    found = [model.explain(X).importance().sort_index().to_numpy() for model in models]
    return float(np.mean([_rank_correlation(one, other) for one, other in combinations(found, 2)]))


def _rank_correlation(one: Floats, other: Floats) -> float:
    """Spearman's; of a model that nothing moves it is 1 with another such model and 0 with any other."""
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return float(np.ptp(one) == np.ptp(other))
    return float(spearmanr(one, other).statistic)
