"""Speed, memory and differences of explanations: tables against LightGBM's `pred_contrib` and shap's `TreeExplainer`.

Run from the repository: make bench-explain, or python -m benchmarks.explain [ROWS]. Every way explains the same rows by
the same boosters, in a process of its own, on all cores, one after another; read the times as ratios. shap hands
LightGBM's boosters to `pred_contrib`; its own code, one thread, is timed too, on fewer rows and scaled up (it misreads
sets of categories, so its differences are not looked at). Prints a table and writes benchmarks/explain.json.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

ROWS = 100_000
TRAINED_ON = 20_000
FEATURES, CATEGORICAL = 90, (88, 89)
BOOSTERS = 5
BOOSTING = {
    "objective": "binary", "num_leaves": 8, "learning_rate": 0.03, "min_data_in_leaf": 100, "lambda_l2": 20.0,
    "feature_fraction": 0.4, "bagging_fraction": 0.7, "bagging_freq": 1,
}  # fmt: skip
FOREST = {
    "objective": "regression", "boosting": "rf", "num_leaves": 32, "max_depth": 8, "min_data_in_leaf": 30,
    "feature_fraction": 0.4, "bagging_fraction": 0.6, "bagging_freq": 1,
}  # fmt: skip
ROUNDS, FOREST_TREES = 150, 100
SHAP_ROWS = 5_000  # for its own code
REPEATS = 3  # of the quick way; the others run once
SOME_ROWS = 200  # to warm up with, and one by one

Floats = npt.NDArray[np.float64]
Boosters = list[tuple[lgb.Booster, float]]


def main() -> None:
    rows = int(float(sys.argv[1])) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _make(folder, rows)
        found = {"rows": rows, "features": FEATURES, "trees": BOOSTERS * ROUNDS + FOREST_TREES, "cores": os.cpu_count()}
        for state in ("compiling", "compiled"):  # of what Numba keeps in this folder
            found |= {f"first_batch_{state}_s": _run("first", folder, NUMBA_CACHE_DIR=name)["s"]}
        for way in ("tables", "lightgbm", "shap", "shap_own"):
            found |= {f"{way}_{key}": value for key, value in _run(way, folder).items()}
        found |= {f"single_row_{key}": value for key, value in _run("single", folder).items()}
        for way in ("lightgbm", "shap", "shap_own"):
            for unit in ("s", "cpu_s"):
                found[f"{way} / tables, {unit}"] = found[f"{way}_{unit}"] / found[f"tables_{unit}"]
        ours, lightgbm, shap = (np.load(folder / f"{way}.npy") for way in ("tables", "lightgbm", "shap"))
        found["difference_to_lightgbm"] = float(abs(ours - lightgbm).max())
        found["difference_to_shap"] = float(abs(ours[:, :-1] - shap).max())
    for key, value in found.items():
        print(f"{key:28}{value:>16,}" if isinstance(value, int) else f"{key:28}{value:>16,.4g}")
    path = Path(__file__).with_name("explain.json")
    path.write_text(json.dumps({key: float(f"{value:.4g}") for key, value in found.items()}, indent=2) + "\n")


def _make(folder: Path, rows: int) -> None:
    """Correlated features with nulls and two categorical columns, a noisy outcome, and the boosters."""
    rng = np.random.default_rng(7)
    total = rows + TRAINED_ON
    X = 0.7 * rng.normal(size=(total, 12)) @ rng.normal(size=(12, FEATURES)) + rng.normal(size=(total, FEATURES))
    for column, categories in zip(CATEGORICAL, (12, 40), strict=True):
        X[:, column] = rng.integers(0, categories, total)
    odds = 0.1 * X[:, :20] @ rng.normal(size=20) + 0.5 * (X[:, CATEGORICAL[0]] % 3 == 1) - 2
    y = (rng.random(total) < 1 / (1 + np.exp(-odds))).astype(float)
    X[rng.random(X.shape) < 0.08] = np.nan
    np.save(folder / "rows.npy", X[TRAINED_ON:])
    settings = {"feature_pre_filter": False, "verbosity": -1}  # boosters ask for leaves of different sizes
    data = lgb.Dataset(X[:TRAINED_ON], y[:TRAINED_ON], categorical_feature=list(CATEGORICAL), params=settings)
    for seed in range(BOOSTERS):
        how = BOOSTING | {"seed": seed, "verbosity": -1}
        lgb.train(how, data, ROUNDS).save_model(folder / f"{seed}.txt")
    lgb.train(FOREST | {"seed": BOOSTERS, "verbosity": -1}, data, FOREST_TREES).save_model(folder / f"{BOOSTERS}.txt")


def _read(folder: Path) -> tuple[Boosters, Floats]:
    """The boosters with equal shares, and the rows."""
    names = [folder / f"{seed}.txt" for seed in range(BOOSTERS + 1)]
    return [(lgb.Booster(model_file=name), 1 / len(names)) for name in names], np.load(folder / "rows.npy")


def _run(way: str, folder: Path, **environment: str) -> dict[str, float]:
    """One way in a process of its own."""
    words = [sys.executable, "-m", "benchmarks.explain", "--way", way, str(folder)]
    ended = subprocess.run(words, capture_output=True, text=True, check=True, env=os.environ | environment)
    return dict(json.loads(ended.stdout.splitlines()[-1]))


def _run_here(way: str, folder: Path) -> dict[str, float]:
    boosters, rows = _read(folder)
    if way == "first":
        return {"s": _seconds(lambda: _explain("tables", boosters, rows[:SOME_ROWS]))}
    if way == "single":
        return _single(boosters, rows)
    _explain(way, boosters, rows[:SOME_ROWS])  # imports, and loads what is compiled
    asked = rows[:SHAP_ROWS] if way == "shap_own" else rows
    took = []
    for _ in range(REPEATS if way == "tables" else 1):
        began = time.perf_counter(), time.process_time()
        found = _explain(way, boosters, asked)
        took.append((time.perf_counter() - began[0], time.process_time() - began[1]))
    peak = _peak_mib()
    np.save(folder / f"{way}.npy", found)
    s, cpu_s = (seconds * len(rows) / len(asked) for seconds in min(took))
    return {"s": s, "cpu_s": cpu_s, "peak_mib": peak}


def _explain(way: str, boosters: Boosters, rows: Floats) -> Floats:
    """Contributions of all boosters together; for the tables, with reading the boosters and making the tables."""
    if way == "tables":
        from training.contributions.exact import Trees, contributions

        return contributions(Trees.of(boosters), rows)
    explain = _by_lightgbm if way == "lightgbm" else _by_shap
    *boosted, (forest, share) = boosters  # a forest's contributions add up to a sum over its trees, not their mean
    weighted = [*boosted, (forest, share / FOREST_TREES)]
    return sum(factor * explain(booster, rows, way) for booster, factor in weighted)


def _by_lightgbm(booster: lgb.Booster, rows: Floats, way: str) -> Floats:
    return np.asarray(booster.predict(rows, pred_contrib=True, num_threads=os.cpu_count()))


def _by_shap(booster: lgb.Booster, rows: Floats, way: str) -> Floats:
    import shap

    explainer = shap.TreeExplainer(booster, feature_perturbation="tree_path_dependent")
    if way == "shap_own":
        explainer.model.model_type = "internal"  # what makes it leave LightGBM aside
    return np.asarray(explainer.shap_values(rows, check_additivity=False))


def _single(boosters: Boosters, rows: Floats) -> dict[str, float]:
    """Median milliseconds of one row: by LightGBM, and by tables that are there."""
    from training.contributions.exact import Trees, contributions

    trees, found = Trees.of(boosters), {}
    for name in ("lightgbm_ms", "tables_ms"):
        contributions(trees, rows if name == "tables_ms" else rows[:1])  # many rows make the tables
        took = [_seconds(lambda at=at: contributions(trees, rows[at : at + 1])) for at in range(SOME_ROWS)]
        found[name] = 1_000 * statistics.median(took)
    again = Trees.of(boosters)
    return found | {
        "reading_ms": 1_000 * _seconds(lambda: Trees.of(boosters)),
        "making_ms": 1_000 * _seconds(lambda: again.tables),
    }


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _peak_mib() -> float:
    """Most memory that this process held (not `ru_maxrss`, which begins with what the parent held)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    if sys.argv[1:2] == ["--way"]:
        print(json.dumps(_run_here(sys.argv[2], Path(sys.argv[3]))))
    else:
        main()
