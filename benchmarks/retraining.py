"""Three retrainings while the highest scored get support: does the score still say what comes without it?

Run from the repository: make bench-retraining, or python -m benchmarks.retraining [REPEATS]. Prints a table and writes
benchmarks/retraining.json: for each way to treat labels after outreach the calibration slope, and the mean predicted
over the mean true risk of the top tenth, on fresh people whose risk without support is known. Once turns come by later
scores, which know more than the row's signals (so it is where plans are weekly), once by the row's own score.
"""

import json
import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.after_outreach import AfterOutreach, after_outreach
from training.calibration import calibration_line, logit, sigmoid
from training.config import Boosting, Recipe
from training.model import RiskModel

Floats = npt.NDArray[np.float64]
Way = Literal["as they are", "covariate", "left out", "weighted"]
Turns = Literal["later scores", "own score"]
WAYS: tuple[Way, ...] = ("as they are", "covariate", "left out", "weighted")
TURNS: tuple[Turns, ...] = ("later scores", "own score")
RECIPE = Recipe(members=3, linear_c=1.0, boosting=Boosting(rows_per_leaf=50), forest=None)
REPEATS, ROUNDS, PEOPLE, FRESH = 10, 3, 20_000, 20_000
TURN_SHARE, HOLDOUT, RELIEF, LATER_SD = 0.25, 0.1, 1.5, 0.8
DAY = pd.Timestamp("2026-01-05")
_NODES, _SHARES = np.polynomial.hermite_e.hermegauss(21)


class People(NamedTuple):
    """Signals on the as-of date, the log-odds that follow from them, and what came to people later; (n, 6), (n,), (n,).

    What comes later is in nobody's signals yet, moves the outcome, and moves the scores by which turns come.
    """

    X: pd.DataFrame
    log_odds: Floats
    later: Floats

    @property
    def risk(self) -> Floats:
        """The true probability without support of who has such signals, over all that may come later."""
        given = sigmoid(self.log_odds[:, None] + LATER_SD * _NODES)
        return np.asarray(given @ (_SHARES / _SHARES.sum()))


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else REPEATS
    with ProcessPoolExecutor(2) as pool:
        asked = list(product(TURNS, WAYS, range(repeats)))
        found = pd.concat(list(pool.map(rounds, *zip(*asked, strict=True))), ignore_index=True)
    of = found.groupby(["turns", "way", "round"], sort=False)
    table = pd.concat([of.mean(), of["slope"].agg(["min", "max"]).add_prefix("slope_")], axis=1)
    table = table.drop(columns="seed").round(3).reset_index()
    print(table.to_string(index=False))
    about = {"repeats": repeats, "people": PEOPLE, "turn_share": TURN_SHARE, "holdout": HOLDOUT, "relief": RELIEF}
    kept = json.dumps(about | {"rounds": table.to_dict("records")}, indent=2)
    Path(__file__).with_name("retraining.json").write_text(kept + "\n", encoding="utf-8")


def rounds(by: Turns, way: Way, seed: int, people: int = PEOPLE, number: int = ROUNDS) -> pd.DataFrame:
    """One history: a first model of a time without outreach (round 0), then retrainings on what outreach left behind.

    Returns
    -------
    frame
        Columns turns, way, seed, round, slope, top_tenth (mean predicted over mean true risk of the top tenth).
    """
    rng = np.random.default_rng(seed)
    first = population(rng, people)
    y = outcomes(rng, first, np.zeros(people, dtype=bool))
    model, found = RiskModel("outcome", RECIPE).fit(first.X, y), []
    for at in range(number + 1):
        if at:
            model = retrained(by, way, model, rng, people)
        fresh = measured(model, population(rng, FRESH))
        found.append({"turns": by, "way": way, "seed": seed, "round": at, **fresh})
    return pd.DataFrame(found)


def population(rng: np.random.Generator, n: int) -> People:
    """Six signals, four of which matter: two in a line, two together and only when they are high."""
    X = pd.DataFrame(rng.normal(size=(n, 6)), columns=[f"signal_{place}" for place in range(6)])
    a, b, c, d = (X[f"signal_{place}"].to_numpy() for place in range(4))
    log_odds = -1.6 + 0.8 * a + 0.5 * b + 0.7 * np.maximum(c, 0) + 0.5 * (c > 0) * np.maximum(d, 0)
    return People(X, log_odds, rng.normal(0, LATER_SD, n))


def outcomes(rng: np.random.Generator, people: People, offered: npt.NDArray[np.bool_]) -> Floats:
    """What came true; an offer lowers the log-odds, by more for some than for others."""
    relief = RELIEF * rng.uniform(0.5, 1.5, len(offered)) * offered
    return (rng.random(len(offered)) < sigmoid(people.log_odds + people.later - relief)).astype(float)


def turns(by: Turns, rng: np.random.Generator, model: RiskModel, people: People) -> pd.DataFrame:
    """The table `outreach` of a round: who scores highest, each with an arm by lot."""
    score = logit(_predicted(model, people.X)) + (people.later if by == "later scores" else 0.0)
    chosen = np.argsort(-score)[: round(TURN_SHARE * len(score))]
    arm = np.where(rng.random(len(chosen)) < HOLDOUT, "holdout", "offer")
    return pd.DataFrame(
        {"agent_id": chosen.astype(str), "offered_at": DAY + pd.Timedelta(days=20), "action": "care", "arm": arm}
    )


def retrained(by: Turns, way: Way, model: RiskModel, rng: np.random.Generator, n: int) -> RiskModel:
    """A round: people are scored and reached, outcomes come, and the next model is fitted on them."""
    people = population(rng, n)
    frame = pd.DataFrame({"as_of": DAY, "agent_id": np.arange(n).astype(str)})
    ends = frame["as_of"] + pd.Timedelta(days=90)
    after = after_outreach(frame, turns(by, rng, model, people), ends, lasts_days=42)
    return _fitted(way, people.X, outcomes(rng, people, after.offered), after)


def measured(model: RiskModel, fresh: People) -> dict[str, float]:
    """How predictions and true risks without support go together."""
    p, risk = _predicted(model, fresh.X), fresh.risk
    top = np.argsort(-risk)[: len(risk) // 10]
    return {"slope": calibration_line(risk, p).slope, "top_tenth": float(p[top].mean() / risk[top].mean())}


def _fitted(way: Way, X: pd.DataFrame, y: Floats, after: AfterOutreach) -> RiskModel:
    model, kept = RiskModel("outcome", RECIPE), ~after.offered
    if way == "as they are":
        return model.fit(X, y)
    if way == "covariate":
        return model.fit(X.assign(offered=after.offered.astype(float)), y)
    return model.fit(X[kept], y[kept], after.weight[kept] if way == "weighted" else None)


def _predicted(model: RiskModel, X: pd.DataFrame) -> Floats:
    """Probabilities; where the model reads offers, of nobody being offered anything."""
    given = X.assign(offered=0.0) if "offered" in model.feature_names else X
    return np.asarray(model.predict_proba(given)[:, 1])


if __name__ == "__main__":
    main()
