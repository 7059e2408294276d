"""Ours against the best of the others on the same folds."""

from typing import Any

import numpy as np

from benchmarks.people_tables import FOLDS

__all__ = ["OURS", "Measured", "Verdict", "judge"]

Measured = dict[str, list[float]]
Verdict = dict[str, Any]
OURS = "ours"


def judge(measured: dict[str, Measured]) -> Verdict:
    """Ours against the best of the others: mean difference in AUROC over folds, its standard errors, rank of Brier.

    Parameters
    ----------
    measured
        By model, lists of `auroc` and `brier`, one value a fold, the same folds for all; the model "ours" is judged.

    Notes
    -----
    The plain standard error takes folds for independent, which they are not; the corrected one, which is larger, does
    not. Source: Nadeau and Bengio (2003), Inference for the generalization error.
    """
    others = {name: values for name, values in measured.items() if name != OURS}
    best = max(others, key=lambda name: float(np.mean(others[name]["auroc"])))
    difference = np.subtract(measured[OURS]["auroc"], others[best]["auroc"])
    spread, count = float(difference.std(ddof=1)), len(difference)
    error = spread / np.sqrt(count)
    brier = 1 + sum(np.mean(values["brier"]) < np.mean(measured[OURS]["brier"]) for values in others.values())
    return {
        "best_of_others": best,
        "auroc_difference": round(float(difference.mean()), 4),
        "standard_error": round(float(error), 4),
        "corrected_error": round(spread * float(np.sqrt(1 / count + 1 / (FOLDS - 1))), 4),
        "brier_rank": int(brier),
        "met": bool(difference.mean() >= -error and brier <= 2),
    }
