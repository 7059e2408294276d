"""How often an order by expected benefit is said to be better than one by risk, on invented trials, and rightly so.

Run from the repository: make bench-uplift, or python -m benchmarks.uplift [RUNS [PEOPLE]]. Everyone has 60 signals
with gaps, of which four make the risk; a lot holds out 30 %. The benefit is the same for everyone, or depends on a
signal that has nothing to do with risk, or on the one that weighs most in it. Prints a table and writes
benchmarks/uplift.json.
"""

import json
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.uplift.learner import Trial, out_of_sample, scores_of
from training.uplift.ranking import area, worth

Floats = npt.NDArray[np.float64]
Kind = Literal["the same for everyone", "by a signal apart from risk", "by the risk itself"]
KINDS: tuple[Kind, ...] = ("the same for everyone", "by a signal apart from risk", "by the risk itself")
RUNS, PEOPLE, SIGNALS, HELD_OUT, BENEFIT, NOISE = 100, 1000, 60, 0.3, 6.0, 10.0


class Invented(NamedTuple):
    """A trial, the score that an order by risk goes by, and the true benefit of each person."""

    trial: Trial
    risk: Floats
    benefit: Floats


def main() -> None:
    runs, people = (
        int(sys.argv[place]) if len(sys.argv) > place else known for place, known in ((1, RUNS), (2, PEOPLE))
    )
    rows = []
    with ProcessPoolExecutor(2) as pool:
        for kind in KINDS:
            found = np.array(list(pool.map(partial(one, kind, people), range(runs))))
            estimated, truly, best, shown, held, average_held = found.mean(axis=0)
            rows.append({
                "benefit": kind, "runs": runs, "people": people, "gain": estimated, "true_gain": truly,
                "best_gain": best, "gain_shown": shown, "gain_covered": held, "average_covered": average_held,
            })  # fmt: skip
            print(json.dumps({key: v if isinstance(v, str) else round(float(v), 3) for key, v in rows[-1].items()}))
    table = pd.DataFrame(rows).round(4)
    Path(__file__).with_name("uplift.json").write_text(json.dumps(table.to_dict("records"), indent=2) + "\n")


def one(kind: Kind, people: int, seed: int) -> tuple[float, ...]:
    """The gain as estimated, as it truly is for this order, and at best; whether it is shown, and what is covered."""
    made = invented(np.random.default_rng(seed), kind, people)
    place = out_of_sample(made.trial, seed)
    found = worth(scores_of(made.trial, seed).benefit, place, made.risk, seed)
    by_risk = area(made.benefit, made.risk)
    truly, best = area(made.benefit, place) - by_risk, area(made.benefit, made.benefit) - by_risk
    held = found.gain.low <= truly <= found.gain.high
    average = found.average.low <= made.benefit.mean() <= found.average.high
    return found.gain.estimate, truly, best, float(found.gain.low > 0), float(held), float(average)


def invented(rng: np.random.Generator, kind: Kind, people: int) -> Invented:
    """People with signals, of whom a tenth is not known, and an outcome of which less is better."""
    Z = rng.normal(size=(people, SIGNALS))
    bad = 48 + 6 * Z[:, 0] + 3 * Z[:, 1] + 2 * (Z[:, 2] > 0) * Z[:, 3]
    leads = {"the same for everyone": 0.0, "by a signal apart from risk": Z[:, 5], "by the risk itself": Z[:, 0]}[kind]
    benefit = BENEFIT * (1 + np.tanh(2 * leads)) * np.ones(people)
    offered = (rng.random(people) >= HELD_OUT).astype(float)
    gain = -bad + benefit * offered + rng.normal(0, NOISE, people)
    X = np.where(rng.random(Z.shape) < 0.1, np.nan, Z)
    return Invented(Trial(X, gain, offered), bad + rng.normal(0, 3, people), benefit)


if __name__ == "__main__":
    main()
