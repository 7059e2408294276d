"""Sentiment: how customers sounded and what they answered. Only customers' words, unless asked for otherwise."""

from collections.abc import Mapping

import numba
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
    out = np.full(len(means), np.nan)
    _median_slopes(means, out)
    return out


@numba.njit(cache=True, nogil=True)
def _median_slopes(means: Floats, out: Floats) -> None:
    weeks = means.shape[1]
    rises = np.empty(weeks * (weeks - 1) // 2)
    for row in range(len(means)):
        found, known = 0, 0
        for late in range(weeks):
            known += not np.isnan(means[row, late])
            for early in range(late + 1, weeks):
                rise = (means[row, late] - means[row, early]) / (early - late)
                if not np.isnan(rise):
                    rises[found] = rise
                    found += 1
        if known >= MIN_WEEKS:
            out[row] = np.median(rises[:found])
