"""How much of what could be known the models know: beside the oracle and the correctly specified parametric model.

Run from the repository: python -m benchmarks.known_truth [SEEDS], a part of make bench-quality. Centres are simulated
into folders that are deleted. On later months, a score's *gain* is the log-loss that it saves against the prevalence;
its share of the oracle's gain is printed for every score. Ours has to reach 0.95 of the gain of the parametric model:
the simulator's own form, fitted on what can be observed of its drivers (`benchmarks.parametric`).
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss, roc_auc_score

from benchmarks.parametric import exact_drivers, observed_drivers, parametric
from features.frame import write_features
from features.home import Home
from features.simulation import Centre, Truth, oracle, simulate, write
from training.config import OUTCOMES
from training.rolling import fit_fold
from training.task import model_columns, task_of

__all__ = ["known_truth"]

AGENTS, DAYS, SEEDS = 1_000, 540, 3
ENOUGH = 0.95
SCORES = (
    "oracle", "parametric, exact drivers", "parametric", "model", "signals_only", "last_score_only", "logistic",
    "tenure_only",
)  # fmt: skip
_TRUTH = {"burnout": "burnout", "turnover": "voluntary_90"}


def main() -> None:
    found = known_truth(int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS)
    Path(__file__).with_suffix(".json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def known_truth(seeds: int) -> dict[str, Any]:
    """Gains of every score on both outcomes, over some centres; printed as they are found."""
    tested: dict[str, list[pd.DataFrame]] = {name: [] for name in OUTCOMES}
    for seed in range(1, seeds + 1):
        print(f"{AGENTS:,} agents, {DAYS} days, seed {seed}", file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            home = Home(Path(folder))
            write(simulate(Centre(agents=AGENTS, days=DAYS, seed=seed)), home)
            write_features(home)
            for name in OUTCOMES:
                tested[name].append(_tested(home, name).assign(seed=seed))
    return {name: _summary(name, pd.concat(frames, ignore_index=True)) for name, frames in tested.items()}


def _tested(home: Home, name: str) -> pd.DataFrame:
    """Test rows of every origin with the probabilities of every score."""
    task, truth = task_of(home, OUTCOMES[name]), Truth.read(home)
    observed, exact = observed_drivers(home, task.frame), exact_drivers(truth, task.frame)
    foreseen = oracle(truth, task.frame, gap_days=task.config.gap_days)[_TRUTH[name]].to_numpy()
    frames = []
    for split in task.splits():
        known = split.test & ~np.isnan(task.y)
        fold = fit_fold(task, split, model_columns()).tested
        fold["oracle"] = foreseen[known]
        fold["parametric"] = parametric(task, split, observed)[known]
        fold["parametric, exact drivers"] = parametric(task, split, exact)[known]
        frames.append(fold)
    found = pd.concat(frames, join="inner", ignore_index=True)
    return found[found["oracle"].notna()]


def _summary(name: str, tested: pd.DataFrame) -> dict[str, Any]:
    """Gains over the prevalence, pooled and by centre."""
    rows = {score: _measured(tested, score) for score in SCORES if score in tested}
    best, bar = rows["oracle"]["gain"], rows["parametric"]["gain"]
    print(f"\n{name}: {len(tested):,} rows, base rate {tested['y'].mean():.3f}")
    print(f"{'score':28}{'AUROC':>8}{'gain':>9}{'of oracle':>11}{'of parametric':>15}")
    for score, row in rows.items():
        row |= {"of_oracle": row["gain"] / best, "of_parametric": row["gain"] / bar}
        print(f"{score:28}{row['auroc']:8.3f}{row['gain']:9.4f}{row['of_oracle']:11.2f}{row['of_parametric']:15.2f}")
    by_seed = {
        int(seed): _measured(rows_of, "model")["gain"] / _measured(rows_of, "parametric")["gain"]
        for seed, rows_of in tested.groupby("seed")
    }
    told = ", ".join(f"{ratio:.2f}" for ratio in by_seed.values())
    share = rows["model"]["of_parametric"]
    print(f"ours: {share:.2f} of the parametric model's gain ({told}): {'met' if share >= ENOUGH else 'NOT met'}")
    return {"rows": len(tested), "scores": rows, "of_parametric_by_seed": by_seed, "met": bool(share >= ENOUGH)}


def _measured(tested: pd.DataFrame, score: str) -> dict[str, float]:
    y = tested["y"].to_numpy()
    loss = {name: float(log_loss(y, tested[name])) for name in (score, "prevalence")}
    return {"auroc": float(roc_auc_score(y, tested[score])), "gain": loss["prevalence"] - loss[score]}


if __name__ == "__main__":
    main()
