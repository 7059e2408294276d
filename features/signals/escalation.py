"""Escalation: how often contacts go up, are handed on, or turn into complaints and abuse."""

from features.signals import Floats, Window, enough, ratio

__all__ = ["signals"]


def signals(window: Window) -> dict[str, Floats]:
    """Rates smoothed toward the queue, and the excess over what the contact queues bring."""
    abusive = window.total("abusive_n")
    return {
        "escalation_rate": window.smoothed("escalated", "escalated_n"),
        "escalation_excess": _excess(window),
        "transfer_rate": window.smoothed("transferred", "transferred_n"),
        "complaint_rate": window.smoothed("complaint", "complaint_n"),
        "abuse_per_100": enough(abusive, 100 * ratio(window.total("abusive"), abusive)),
    }


def _excess(window: Window) -> Floats:
    """Share escalated less the share that the contact queues make one expect."""
    queues = window.queues
    rate = ratio(queues.of_all("escalated"), queues.of_all("escalated_n"))
    expected = queues.per_row(queues.sums["escalated_n"] * rate, len(window.roster))
    known = window.total("escalated_n")
    return enough(known, ratio(window.total("escalated") - expected, known))
