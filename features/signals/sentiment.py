"""Sentiment: how customers sounded, per agent and window. Only customers' words, never the agent's."""

from typing import Any

import ibis

from features.catalog import MIN_CONTACTS
from features.signals import AGENT
from features.unknown import ratio

__all__ = ["per_window", "slope"]

SLOPE_WEEKS = 8
MIN_WEEKS = 4


def per_window(days: Any) -> dict[str, Any]:
    """Tone, share of negative contacts, time spent with unhappy customers, longest run of hard contacts."""
    scored = days.sentiment_n.sum()
    known = ibis.greatest(scored, days.abusive_n.sum())
    return {
        "sentiment_mean": _of_enough(scored, days.sentiment_sum.sum() / scored),
        "negative_share": _of_enough(scored, days.negative.sum() / scored),
        "emotional_load": _of_enough(scored, ratio(days.emotional_load_h.sum(), days.logged_s.sum() / 3600)),
        "hard_run": _of_enough(known, days.hard_run.max()),
    }


def slope(days: Any) -> Any:
    """Theil-Sen slope of the weekly mean over 8 weeks, per (as_of, agent_id); null under 4 weeks with contacts."""
    recent = days.filter(days.week < SLOPE_WEEKS, days.sentiment_n > 0)
    weeks = recent.group_by([*AGENT, "week"]).agg(
        mean=recent.sentiment_sum.sum() / recent.sentiment_n.sum(), n=recent.sentiment_n.sum()
    )
    other = weeks.view()
    pairs = weeks.join(
        other,
        [weeks.as_of == other.as_of, weeks.agent_id == other.agent_id, weeks.week > other.week],
        rname="{name}_later",
    )
    # `week` counts backwards from as_of, so the smaller number is the later week
    rise = (pairs.mean_later - pairs.mean) / (pairs.week - pairs.week_later)
    found = pairs.mutate(rise=rise).group_by(AGENT).agg(middle=ibis._.rise.median(), pairs=ibis._.count())
    least = MIN_WEEKS * (MIN_WEEKS - 1) // 2
    return found.select(*AGENT, sentiment_slope=ibis.ifelse(found.pairs >= least, found.middle, ibis.null()))


def _of_enough(n: Any, value: Any) -> Any:
    return ibis.ifelse(n >= MIN_CONTACTS, value, ibis.null())
