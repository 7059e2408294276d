"""How often intervals of effects hold the truth, on invented programs; beside them, the naive look before and after.

Run from the repository: make bench-effects, or python -m benchmarks.effects [RUNS]. For each design as many programs
with an effect and as many without one. Prints a table and writes benchmarks/effects.json.
"""

import json
import sys
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.programs import Lottery, lottery, rollout
from training.effects.effect import Estimate
from training.effects.randomized import complier_effect, intention_to_treat
from training.effects.staggered import staggered_effect
from training.effects.wedge import wedge_effect

EFFECT, RUNS = -6.0, 200


class Found(NamedTuple):
    """One program: whether the interval and the naive one held the truth, how far off, whether it seemed to help."""

    held: float
    off: float
    helpful: float
    naive_held: float
    naive_off: float


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    rows = []
    with ProcessPoolExecutor(2) as pool:
        for name, one in DESIGNS.items():
            with_effect = np.array(list(pool.map(partial(one, EFFECT), range(runs), chunksize=10)))
            without = np.array(list(pool.map(partial(one, 0.0), range(runs, 2 * runs), chunksize=10)))
            held, off, _, naive_held, naive_off = with_effect.mean(axis=0)
            rows.append({
                "design": name, "runs": runs, "coverage": held, "coverage_no_effect": without[:, 0].mean(),
                "bias": off / abs(EFFECT), "bias_error": with_effect[:, 1].std() / abs(EFFECT) / np.sqrt(runs),
                "called_helpful_no_effect": without[:, 2].mean(), "power": with_effect[:, 2].mean(),
                "naive_coverage": naive_held, "naive_bias": naive_off / abs(EFFECT),
            })  # fmt: skip
            print(json.dumps({key: v if isinstance(v, str) else round(float(v), 4) for key, v in rows[-1].items()}))
    table = pd.DataFrame(rows).round(4)
    Path(__file__).with_name("effects.json").write_text(json.dumps(table.to_dict("records"), indent=2) + "\n")


def by_lot(effect: float, seed: int) -> Found:
    """Intention to treat."""
    found = lottery(np.random.default_rng(seed), effect)
    return _found(intention_to_treat(found.y, found.offered, found.before), found.true, _before_after(found))


def by_instrument(effect: float, seed: int) -> Found:
    """Those who accept."""
    found = lottery(np.random.default_rng(seed), effect)
    estimate = complier_effect(found.y, found.offered, found.accepted, found.before)
    return _found(estimate, found.true_accepted, _before_after(found))


def by_wedge(effect: float, seed: int) -> Found:
    """Teams in an order drawn by lot, the whole effect at once."""
    panel, true = rollout(np.random.default_rng(seed), effect)
    return _found(wedge_effect(panel), true, _teams_before_after(panel))


def by_teams(effect: float, seed: int) -> Found:
    """Teams one after another; the effect grows, and is larger for those who begin earlier."""
    panel, true = rollout(np.random.default_rng(seed), effect, growing=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _found(staggered_effect(panel).overall, true, _teams_before_after(panel))


DESIGNS: dict[str, Callable[[float, int], Found]] = {
    "randomized, intention to treat": by_lot,
    "randomized, those who accept": by_instrument,
    "stepped wedge": by_wedge,
    "staggered": by_teams,
}


def _found(estimate: Estimate, true: float, naive: tuple[float, float]) -> Found:
    middle, error = naive
    return Found(
        float(estimate.low <= true <= estimate.high), estimate.estimate - true, float(estimate.high < 0),
        float(abs(middle - true) <= 1.96 * error), middle - true,
    )  # fmt: skip


def _before_after(found: Lottery) -> tuple[float, float]:
    """Mean change of those who were offered it, and its standard error."""
    change = (found.y - found.before)[found.offered == 1]
    change = change[np.isfinite(change)]
    return float(change.mean()), float(change.std() / np.sqrt(len(change)))


def _teams_before_after(panel: pd.DataFrame) -> tuple[float, float]:
    """Mean change of the teams that began, and its standard error."""
    begun = panel[panel["begins"] > 0]
    after = begun["period"] >= begun["begins"]
    change = begun[after].groupby("team")["y"].mean() - begun[~after].groupby("team")["y"].mean()
    return float(change.mean()), float(change.std() / np.sqrt(len(change)))


if __name__ == "__main__":
    main()
