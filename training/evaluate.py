"""How good a score is, in numbers that a decision about outreach needs.

AUROC: how often a random positive ranks above a random negative. AUPRC: precision over all cut-offs; read it beside
the base rate. Brier: mean squared error of the probability; skill is what it saves against the base rate. Lift: how
much denser positives are among the highest scores than overall. Log-loss: mean surprise at what came true, in nats.
"""

from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from features.errors import InputError
from training.calibration import calibration_line
from training.evaluation.resampling import advantage
from training.evaluation.weighted import ranks

__all__ = ["Metrics", "auroc_advantage", "evaluate", "reliability", "selected", "top_share"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Metrics:
    """Measures of one score on one block of rows."""

    rows: int
    positives: int
    base_rate: float
    mean_score: float
    auroc: float
    auprc: float
    brier: float
    brier_skill: float
    log_loss: float
    calibration_slope: float
    calibration_intercept: float
    lift_top: float
    precision_top: float

    def as_dict(self) -> dict[str, float]:
        return {name: float(value) for name, value in asdict(self).items()}


def evaluate(y: Floats, p: Floats, outreach_share: float = 0.1) -> Metrics:
    """Measure probabilities `p` against what came true.

    Raises
    ------
    InputError
        The block holds one class only, so that no ranking can be measured.
    """
    if len(np.unique(y)) < 2:
        raise InputError("The test block holds only one class; give more dates, or a more frequent outcome.")
    base = float(y.mean())
    precision = float(y[top_share(p, outreach_share)].mean()) if ranks(p) else base
    line = calibration_line(y, p) if ranks(p) else None
    brier = float(brier_score_loss(y, p))
    return Metrics(
        rows=len(y),
        positives=int(y.sum()),
        base_rate=base,
        mean_score=float(p.mean()),
        auroc=float(roc_auc_score(y, p)),
        auprc=float(average_precision_score(y, p)),
        brier=brier,
        brier_skill=1 - brier / (base * (1 - base)),
        log_loss=float(log_loss(y, p)),
        calibration_slope=line.slope if line else 0.0,
        calibration_intercept=line.intercept if line else 0.0,
        lift_top=precision / base,
        precision_top=precision,
    )


def top_share(p: Floats, share: float) -> npt.NDArray[np.int64]:
    """Rows with the highest scores, as many as outreach can reach; ties in the order of rows."""
    count = max(1, round(share * len(p)))
    return np.argsort(-p, kind="stable")[:count]


def selected(p: Floats, share: float, dates: npt.ArrayLike | None = None) -> npt.NDArray[np.bool_]:
    """Which rows outreach reaches: the top share of all rows or, with `dates`, of the rows of each date."""
    chosen = np.zeros(len(p), dtype=bool)
    blocks = [np.arange(len(p))] if dates is None else pd.Series(p).groupby(np.asarray(dates)).indices.values()
    for rows in blocks:
        chosen[rows[top_share(p[rows], share)]] = True
    return chosen


def reliability(y: Floats, p: Floats, bins: int = 10) -> pd.DataFrame:
    """Mean score, observed share and count in bins of about equal size; columns score, observed, rows."""
    groups = pd.qcut(pd.Series(p).rank(method="first"), min(bins, len(p)), labels=False)
    table = pd.DataFrame({"score": p, "observed": y, "group": groups}).groupby("group")
    return table.agg(score=("score", "mean"), observed=("observed", "mean"), rows=("score", "size"))


def auroc_advantage(
    y: Floats, p: Floats, other: Floats, agents: npt.ArrayLike, repeats: int = 200, seed: int = 7
) -> tuple[float, float, float]:
    """AUROC of `p` minus that of `other`, and a 95 % interval by resampling agents with all their rows."""
    return advantage(y, p, other, agents, "auroc", repeats, seed)
