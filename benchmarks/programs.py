"""Invented programs whose effect is known: people or teams over time, with all that makes a naive look go wrong.

People differ, teams differ, time moves on by season and trend, scores wander and come back (regression to the mean),
some people leave before they can answer, not everyone accepts. `effect` is what is to be found; see each function.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["Lottery", "lottery", "rollout"]

Floats = npt.NDArray[np.float64]


class Lottery(NamedTuple):
    """A program by lot among those with the highest scores: outcome after, arm, acceptance, outcome before; (n,).

    `true` is the effect of an offer, `true_accepted` that on those who accept.
    """

    y: Floats
    offered: Floats
    accepted: Floats
    before: Floats
    true: float
    true_accepted: float


def lottery(rng: np.random.Generator, effect: float, people: int = 900, holdout: float = 0.3) -> Lottery:
    """People are chosen because they scored high, then drawn; the score comes back by itself; benefit differs."""
    team = rng.normal(0, 3, 40)[rng.integers(0, 40, 3 * people)]
    lasting = 48 + team + rng.normal(0, 10, 3 * people)
    before = lasting + rng.normal(0, 8, 3 * people)
    chosen = np.argsort(-before)[:people]
    lasting, before = lasting[chosen], before[chosen]
    offered = (rng.random(people) >= holdout).astype(float)
    willing = rng.random(people) < 1 / (1 + np.exp(-(0.6 + 0.03 * (lasting - lasting.mean()))))
    accepted = offered * willing
    gain = effect * (1 + 0.5 * rng.normal(0, 1, people))
    y = lasting + 1.5 + rng.normal(0, 8, people) + gain * accepted
    stayed = rng.random(people) > 0.12  # leaves no answer; not for the program's sake
    before = np.where(rng.random(people) < 0.1, np.nan, before)
    kept = stayed
    return Lottery(
        y[kept], offered[kept], accepted[kept], before[kept],
        float(effect * willing.mean()), effect,
    )  # fmt: skip


def rollout(
    rng: np.random.Generator, effect: float, teams: int = 32, periods: int = 12, first: int = 4, steps: int = 5,
    growing: bool = False, worst_first: bool = False,
) -> tuple[pd.DataFrame, float]:  # fmt: skip
    """A panel of team means (team, period, y, begins) and the mean effect over treated team-periods.

    Each step is a period later; a group of teams never begins within the panel. `growing`: half of the effect at once,
    the rest over four periods, and earlier groups benefit more. `worst_first`: teams begin in the order of how they
    stand, not by lot.
    """
    level = 50 + rng.normal(0, 4, teams)
    season = 2 * np.sin(2 * np.pi * np.arange(periods) / 13) + 0.4 * np.arange(periods)
    wander = np.zeros((teams, periods))
    for at in range(1, periods):
        wander[:, at] = 0.6 * wander[:, at - 1] + rng.normal(0, 1.0, teams)
    noise = rng.normal(0, 12, (teams, periods)) / np.sqrt(rng.integers(8, 15, teams))[:, None]
    y = level[:, None] + season + wander + noise
    groups = rng.permutation(teams) % (steps + 1)
    if worst_first:
        groups = (np.argsort(np.argsort(-y[:, :first].mean(axis=1))) * (steps + 1)) // teams
    begins = np.where(groups < steps, first + groups, 0)
    within = (begins[:, None] > 0) & (np.arange(1, periods + 1) >= begins[:, None])
    size = np.full((teams, periods), effect)
    if growing:
        since = np.clip(np.arange(1, periods + 1) - begins[:, None], 0, 4)
        size = effect * (0.5 + 0.125 * since) * (1.3 - 0.15 * groups)[:, None]
    y = y + np.where(within, size, 0.0)
    at = pd.MultiIndex.from_product([range(teams), range(1, periods + 1)], names=["team", "period"])
    panel = pd.DataFrame({"y": y.ravel(), "begins": np.repeat(begins, periods)}, index=at).reset_index()
    true = float(size[within].mean())
    return panel, true
