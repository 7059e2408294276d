"""Escalation: how often contacts go up, are handed on, or turn into complaints and abuse."""

from typing import Any

import ibis

from features.catalog import MIN_CONTACTS
from features.signals import among_queue, smoothed
from features.unknown import ratio

__all__ = ["against_peers", "per_window"]

_COUNTED = ("escalated", "transferred", "complaint", "abusive")


def per_window(days: Any) -> dict[str, Any]:
    """How many contacts were marked, and for how many it is known whether they were."""
    known = {f"{name}_n": days[f"{name}_n"].sum() for name in _COUNTED}
    return known | {name: days[name].sum() for name in _COUNTED}


def against_peers(windows: Any) -> dict[str, Any]:
    """Rates smoothed toward the queue, and the excess over what the queue brings."""
    queue = among_queue()
    expected = ratio(windows.escalated.sum().over(queue), windows.escalated_n.sum().over(queue))
    return {
        "escalation_rate": smoothed(windows, "escalated"),
        "escalation_excess": _known(windows, "escalated", ratio(windows.escalated, windows.escalated_n) - expected),
        "transfer_rate": smoothed(windows, "transferred"),
        "complaint_rate": smoothed(windows, "complaint"),
        "abuse_per_100": _known(windows, "abusive", 100 * ratio(windows.abusive, windows.abusive_n)),
    }


def _known(windows: Any, part: str, value: Any) -> Any:
    return ibis.ifelse(windows[f"{part}_n"] >= MIN_CONTACTS, value, ibis.null())
