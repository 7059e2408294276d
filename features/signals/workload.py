"""Workload: how dense, how long and how unevenly shared the work is."""

from typing import Any

import ibis

from features.catalog import WINDOW_DAYS
from features.signals import AGENT, among_queue, enough_contacts
from features.unknown import at_most, positive, ratio

__all__ = ["against_peers", "per_day", "per_window"]

_WEEK_S = 3600.0


def per_day(days: Any) -> dict[str, Any]:
    """Overtime of the week, carried by the week's first day on record so that sums count it once."""
    week = ibis.window(group_by=[*AGENT, "week"], order_by="day")
    whole_week = ibis.window(group_by=[*AGENT, "week"])
    hours = days.worked_s.sum().over(whole_week) / _WEEK_S
    excess = positive(hours - days.contracted_h_week)
    return {"overtime_h": ibis.ifelse(ibis.row_number().over(week) == 0, excess, 0 * excess)}


def per_window(days: Any) -> dict[str, Any]:
    """Sums that the ratios need, and the ratios that need no peers."""
    handle, logged = days.handle_s.sum(), days.logged_s.sum()
    return {
        "contacts": days.contacts.sum().fill_null(0.0),
        "log_handle_sum": days.log_handle_sum.sum(),
        "log_handle_sq": days.log_handle_sq.sum(),
        "log_handle_n": days.log_handle_n.sum(),
        "logged_h": logged / 3600,
        "contacts_per_hour": ratio(days.contacts.sum(), logged / 3600),
        "occupancy": at_most(ratio(handle, logged), 1.0),
        "acw_share": ratio(days.acw_s.sum(), handle),
        "overtime": days.overtime_h.sum() / (WINDOW_DAYS / 7),
    }


def against_peers(windows: Any) -> dict[str, Any]:
    """Handling time against the queue, load against the team."""
    queue = among_queue()
    n = windows.log_handle_n.sum().over(queue)
    mean = ratio(windows.log_handle_sum.sum().over(queue), n)
    variance = ratio(windows.log_handle_sq.sum().over(queue), n) - mean**2
    own_mean = ratio(windows.log_handle_sum, windows.log_handle_n)
    z = ratio(own_mean - mean, positive(variance).sqrt())
    team = ibis.window(group_by=["as_of", "team_id", "block"])
    return {
        "handle_time_z": enough_contacts(windows, z),
        "team_load_share": enough_contacts(windows, ratio(windows.contacts, windows.contacts.mean().over(team))),
        **{name: enough_contacts(windows, windows[name]) for name in ("contacts_per_hour", "acw_share")},
    }
