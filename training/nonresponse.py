"""Who does not answer a survey differs from who does: weights for those who did, and what if the silent fare worse.

Not answering is never a feature: that would coerce people to answer. Source: Groves and Peytcheva (2008), The impact
of nonresponse rates on nonresponse bias.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.baselines import logistic
from training.calibration import logit

__all__ = ["response_weights", "sensitivity"]

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
RESPONSE_INPUTS = ("tenure", "site_id", "queue", "start_sd", "night_share", "weekend_share")
TRIMMED = (0.01, 0.99)
SHIFTS = (0.0, 5.0, 10.0)


def response_weights(frame: pd.DataFrame, responded: Mask, fitted_on: Mask) -> Floats:
    """Weight of every row: how many people a response stands for, shape (n,), with mean 1 over the responses.

    w = 1 / p, with p = P(respond | tenure, site, queue, shift pattern) by logistic regression on some of the rows,
    trimmed at the 1st and 99th percentile. Where everyone or no one responded all weights are 1.
    """
    inputs = frame[[name for name in RESPONSE_INPUTS if name in frame and frame[name].notna().any()]]
    if responded[fitted_on].all() or not responded[fitted_on].any():
        return np.ones(len(frame))
    usable = [name for name in inputs if inputs[name][fitted_on].notna().any()]
    answers = logistic().fit(inputs[usable][fitted_on], responded[fitted_on].astype(int))
    p = answers.predict_proba(inputs[usable])[:, 1]
    least, most = np.quantile(p[responded & fitted_on], TRIMMED)
    weights = 1 / np.clip(p, least, most)
    return np.asarray(weights / weights[responded & fitted_on].mean())


def sensitivity(
    scores: Floats, p: Floats, threshold: float, weights: Floats, seed: int = 7, shifts: tuple[float, ...] = SHIFTS
) -> pd.DataFrame:
    """How common the outcome would be, and how far off the model, if those who were silent fare worse.

    Parameters
    ----------
    scores
        Survey score of each row, NaN for those who did not answer.
    p, weights
        The model's probability and the weight of each row.

    Returns
    -------
    frame
        One row for the answers as they are, one for the weighted answers, and one per shift: everyone who did not
        answer gets the score of answerers with the same probability (a line through the log-odds, and its residuals)
        plus so many points. Columns assumed, prevalence, mean_score (of the model), gap (prevalence - mean_score).
    """
    answered = ~np.isnan(scores)
    above = scores[answered] >= threshold
    rows = [
        ("those who answered", above.mean(), p[answered].mean()),
        (
            "those who answered, weighted",
            np.average(above, weights=weights[answered]),
            np.average(p[answered], weights=weights[answered]),
        ),
    ]
    line = np.polyfit(logit(p[answered]), scores[answered], 1)
    left = scores[answered] - np.polyval(line, logit(p[answered]))
    drawn = np.random.default_rng(seed).choice(left, (~answered).sum())
    for shift in shifts:
        silent = np.polyval(line, logit(p[~answered])) + drawn + shift >= threshold
        rows.append((f"everyone, the silent {shift:+g} points", np.append(above, silent).mean(), p.mean()))
    table = pd.DataFrame(rows, columns=["assumed", "prevalence", "mean_score"])
    return table.assign(gap=table["prevalence"] - table["mean_score"])
