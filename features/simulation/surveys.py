"""Quarterly surveys: seven items of a work scale, each 0, 25, .. 100; the exhausted answer less often.

The items' texts are their owner's and are not here. Points count as scored: what the instrument asks in reverse has
been turned.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.simulation.people import agent_ids

__all__ = ["ITEMS", "LEAST_ITEMS", "answer", "answer_chance", "is_wave", "next_wave", "share_at_least", "wave_rows"]

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

EVERY_WEEKS, FIRST_WEEK, OPEN_DAYS = 13, 5, 10
ITEMS = tuple(f"item_{number}" for number in range(1, 8))
LEAST_ITEMS = 4
# points of the latent answer: mean, per unit of exhaustion, of the occasion (all items), of the item
MEAN, PER_EXHAUSTION, OCCASION_SD, ITEM_SD = 44.0, 13.0, 10.0, 14.0
LOADINGS = np.array([1.10, 1.05, 0.90, 1.00, 1.10, 0.95, 0.90])
OFFSETS = np.array([6.0, -4.0, -2.0, 4.0, 2.0, -5.0, -1.0])
SKIPPED, BROKEN_OFF = 0.02, 0.03
ANSWER, ANSWER_PER_EXHAUSTION = 0.36, -0.25
_STEP = 25


def is_wave(week: int) -> bool:
    return week % EVERY_WEEKS == FIRST_WEEK


def next_wave(week: npt.ArrayLike) -> Numbers:
    """The first week of a wave at or after some weeks."""
    found: Numbers = np.asarray(week) + (FIRST_WEEK - np.asarray(week)) % EVERY_WEEKS
    return found


def answer_chance(exhaustion: Floats) -> Floats:
    """Probability of answering a wave."""
    found: Floats = 1 / (1 + np.exp(-ANSWER - ANSWER_PER_EXHAUSTION * exhaustion))
    return found


def answer(rng: np.random.Generator, exhaustion: Floats) -> tuple[Floats, Floats]:
    """What everyone would answer: items, shape (people, 7), with NaN where skipped, and score, NaN below 4 items."""
    n = len(exhaustion)
    occasion = PER_EXHAUSTION * exhaustion + rng.normal(0, OCCASION_SD, n)
    latent = MEAN + OFFSETS + LOADINGS * occasion[:, None] + rng.normal(0, ITEM_SD, (n, len(ITEMS)))
    items = np.clip(np.round(latent / _STEP), 0, 4) * _STEP
    reached = np.where(rng.random(n) < BROKEN_OFF, rng.integers(1, len(ITEMS), n), len(ITEMS))
    skipped = (rng.random(items.shape) < SKIPPED) | (np.arange(len(ITEMS)) >= reached[:, None])
    items[skipped] = np.nan
    answered = (~skipped).sum(axis=1)
    score = np.nansum(items, axis=1) / np.maximum(answered, 1)
    return items, np.where(answered >= LEAST_ITEMS, score, np.nan)


def wave_rows(
    rng: np.random.Generator, week: int, monday: pd.Timestamp, who: Numbers, exhaustion: Floats
) -> pd.DataFrame:
    """One row per agent on the job, with what was or would have been answered; `answered` rows are submitted."""
    items, score = answer(rng, exhaustion)
    chance = answer_chance(exhaustion)
    moment = pd.to_timedelta(rng.integers(0, OPEN_DAYS * 86_400, len(who)), unit="s")
    rows = pd.DataFrame({"agent_id": agent_ids(who), "wave": f"W{week // EVERY_WEEKS:02d}", "week": week,
                         "submitted_at": monday + moment})  # fmt: skip
    return rows.assign(
        answer_chance=chance,
        answered=rng.random(len(who)) < chance,
        score=score.round(2),
        **dict(zip(ITEMS, items.T, strict=True)),
    )


def share_at_least(points: float, exhaustion: Floats) -> Floats:
    """Probability that the score of a complete survey reaches some points, given exhaustion, shape (n,).

    Exact: given exhaustion and occasion the items are independent, so their sum is a convolution.
    """
    from scipy.stats import norm

    nodes, weights = np.polynomial.hermite_e.hermegauss(15)
    occasion = PER_EXHAUSTION * exhaustion[:, None] + OCCASION_SD * nodes
    latent = MEAN + OFFSETS + LOADINGS * occasion[..., None]
    edges = _STEP * (np.arange(4) + 0.5)
    below = norm.cdf((edges - latent[..., None]) / ITEM_SD)
    each = np.diff(np.concatenate([np.zeros_like(below[..., :1]), below, np.ones_like(below[..., :1])], axis=-1))
    total = np.ones((*occasion.shape, 1))
    for item in range(len(ITEMS)):
        longer = np.zeros((*occasion.shape, total.shape[-1] + 4))
        for value in range(5):
            longer[..., value : value + total.shape[-1]] += total * each[..., item, value, None]
        total = longer
    needed = int(np.ceil(points * len(ITEMS) / _STEP - 1e-9))
    found: Floats = total[..., needed:].sum(axis=-1) @ weights / weights.sum()
    return found
