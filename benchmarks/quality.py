"""How well models rank people and how true their probabilities are: ours beside what a practitioner would try first.

Run from the repository: make bench-quality, or python -m benchmarks.quality [TABLE ...]. Tables are those of
../shared/data; 5 folds twice, the same for all. Every table is run twice: with people kept together, which says how a
model does on new people and is the honest figure, and with rows split freely, as published figures are, which rewards
recognizing people again. Prints tables and, where no table is named, writes
benchmarks/quality.json.

Ours may not be below the best of the others by more than one standard error of the paired difference in AUROC, and its
Brier score must be best or second.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score
from threadpoolctl import threadpool_limits

from benchmarks.lightgbm_share import lightgbm_shares
from benchmarks.paired import OURS, Measured, Verdict, judge
from benchmarks.peers import PEERS
from benchmarks.people_tables import SCHEMES, SHARED, PeopleTable, folds, people_tables
from training import RiskModel

Floats = npt.NDArray[np.float64]
MEASURES = ("auroc", "ap", "brier", "log_loss")
HONEST = SCHEMES[0]


def main() -> None:
    if not SHARED.is_dir():
        sys.exit(f"{SHARED} is not there; this benchmark reads the tables in it.")
    wanted = sys.argv[1:]
    rows: list[dict[str, Any]] = []
    verdicts: list[Verdict] = []
    with threadpool_limits(1, "blas"):  # threads of BLAS only wait for one another on tables this small
        for table in people_tables():
            for scheme in SCHEMES if not wanted or table.name in wanted else ():
                measured = {name: _measured(table, scheme, name) for name in (*PEERS, OURS)}
                verdicts.append({"table": table.name, "folds": scheme, **judge(measured)})
                rows += [{"table": table.name, "folds": scheme, **_row(*named)} for named in measured.items()]
                _print(table, scheme, measured, verdicts[-1])
        shares = lightgbm_shares()
    for name, share in shares.items():
        print(
            f"training on {name}: {share['fit_s']:.1f} s, {share['fit / LightGBM']:.2f} times the LightGBM fits in it"
        )
    found = {"models": rows, "verdicts": verdicts, "training": shares}
    if not wanted:
        Path(__file__).with_suffix(".json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def _measured(table: PeopleTable, scheme: str, name: str) -> Measured:
    """Every measure on every fold."""
    found: Measured = {measure: [] for measure in MEASURES}
    for train, test in folds(table, scheme):
        p = _ours(table, scheme, train, test) if name == OURS else PEERS[name](*_blocks(table, train, test))
        y = table.y[test]
        values = roc_auc_score(y, p), average_precision_score(y, p), brier_score_loss(y, p), log_loss(y, p)
        for measure, value in zip(found, values, strict=True):
            found[measure].append(float(value))
    return found


def _ours(table: PeopleTable, scheme: str, train: npt.NDArray[np.int64], test: npt.NDArray[np.int64]) -> Floats:
    """As `respite train --table` fits: told who is who where people are kept together, else nothing."""
    X, y, later = _blocks(table, train, test)
    groups = table.person[train] if scheme == HONEST else None
    return np.asarray(RiskModel(table.name).fit(X, y, groups=groups).predict_proba(later)[:, 1])


def _blocks(
    table: PeopleTable, train: npt.NDArray[np.int64], test: npt.NDArray[np.int64]
) -> tuple[pd.DataFrame, npt.NDArray[np.int64], pd.DataFrame]:
    return table.X.iloc[train], table.y[train], table.X.iloc[test]


def _row(name: str, measured: Measured) -> dict[str, Any]:
    return {"model": name, **{measure: round(float(np.mean(values)), 4) for measure, values in measured.items()}}


def _print(table: PeopleTable, scheme: str, measured: dict[str, Measured], verdict: Verdict) -> None:
    kind = "honest" if scheme == HONEST else "people are recognized again"
    print(f"\n{table.name}, {len(table.y):,} rows, {scheme} ({kind})")
    print(f"{'model':22}{'AUROC':>8}{'AP':>8}{'Brier':>8}{'log-loss':>10}")
    for name, values in sorted(measured.items(), key=lambda item: -float(np.mean(item[1]["auroc"]))):
        auroc, ap, brier, loss = (float(np.mean(values[measure])) for measure in MEASURES)
        print(f"{name:22}{auroc:8.4f}{ap:8.4f}{brier:8.4f}{loss:10.4f}")
    print(
        f"ours against {verdict['best_of_others']}: AUROC {verdict['auroc_difference']:+.4f}, standard error"
        f" {verdict['standard_error']:.4f} (corrected {verdict['corrected_error']:.4f}), Brier no."
        f" {verdict['brier_rank']}: {'met' if verdict['met'] else 'NOT met'}"
    )


if __name__ == "__main__":
    main()
