"""Sentiment: how customers sounded and what they answered. Only customers' words, unless asked for otherwise."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from features.signals import Floats, Window, enough, ratio

__all__ = ["signals", "slopes"]

MIN_ANSWERS = 10
MIN_WEEKS = 4


def signals(window: Window) -> dict[str, Floats]:
    """Tone, share of negative contacts, time spent with unhappy customers, longest hard run, customers' answers."""
    scored, abusive = window.total("sentiment_n"), window.total("abusive_n")
    load = ratio(window.total("unhappy_s") / 3600, window.logged_s / 3600)
    own = window.total("agent_sentiment_n")
    return {
        "sentiment_mean": enough(scored, ratio(window.total("sentiment"), scored)),
        "negative_share": enough(scored, ratio(window.total("negative"), scored)),
        "emotional_load": enough(scored, load),
        "hard_run": enough(np.maximum(scored, abusive), window.total("hard_run")),
        "csat": window.smoothed("csat", "csat_n", MIN_ANSWERS),
        "nps": window.smoothed("nps", "nps_n", MIN_ANSWERS),
        "fcr": window.smoothed("resolved", "resolved_n", MIN_ANSWERS),
        "ces": window.smoothed("ces", "ces_n", MIN_ANSWERS),
        "agent_sentiment": enough(own, ratio(window.total("agent_sentiment"), own)),
    }


def slopes(weekly: Mapping[str, Floats]) -> dict[str, Floats]:
    """Theil-Sen slopes per week of the weekly means, shape (rows, 8) with the last week first."""
    names = {"sentiment": "sentiment", "csat": "csat", "nps": "nps", "resolved": "fcr", "ces": "ces"}
    return {f"{name}_slope": _theil_sen(weekly[answer]) for answer, name in names.items()}


def _theil_sen(means: Floats) -> Floats:
    """The median slope between all pairs of weeks; NaN under 4 weeks."""
    pairs = combinations(range(means.shape[1]), 2)
    rises = np.stack([(means[:, late] - means[:, early]) / (early - late) for late, early in pairs], axis=1)
    known = (~np.isnan(means)).sum(axis=1) >= MIN_WEEKS
    out = np.full(len(means), np.nan)
    out[known] = np.nanmedian(rises[known], axis=1)
    return out
