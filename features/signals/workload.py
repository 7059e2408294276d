"""Workload: how dense, how long and how unevenly shared the work is."""

import numpy as np

from features.signals import Floats, Window, enough, ratio

__all__ = ["signals"]

_NO_SPREAD = 0.01  # handling times that differ by less than 1 % are all the same


def signals(window: Window) -> dict[str, Floats]:
    """The workload signals of a window; H is talk + hold + after-call work."""
    n, handle = window.total("contacts"), window.total("handle_s")
    paid = window.work.total("paid_s", window.name)
    return {
        "contacts_per_hour": enough(n, ratio(n, window.logged_s / 3600)),
        "occupancy": np.minimum(ratio(handle, window.logged_s), 1.0),
        "occupancy_excess": enough(n, ratio(window.total("excess_s") / 1800, window.total("half_hours"))),
        "utilization": np.minimum(ratio(handle, paid), 1.0),
        "log_aht_z": enough(window.total("log_n"), _handling_time(window)),
        "acw_share": enough(n, ratio(window.total("acw_s"), handle)),
        "gap_median": enough(n, window.total("gap_median")),
        "concurrency": enough(n, ratio(window.total("busy_s"), window.total("union_s"))),
        "team_load_share": enough(n, ratio(n, _team_mean(window))),
        "overtime": _overtime(window),
    }


def _handling_time(window: Window) -> Floats:
    """Mean ln H against what the contact queues make one expect, in SD of those queues."""
    queues, rows = window.queues, len(window.roster)
    n, total, square = (queues.of_all(name) for name in ("log_n", "log_sum", "log_square"))
    mean = ratio(total, n)
    variance = np.maximum(ratio(square, n) - mean**2, 0)
    expected, spread = (queues.per_row(queues.sums["log_n"] * x, rows) for x in (mean, variance))
    own = window.total("log_n")
    deviation = np.sqrt(ratio(spread, own))
    return ratio(ratio(window.total("log_sum") - expected, own), np.where(deviation > _NO_SPREAD, deviation, 0.0))


def _team_mean(window: Window) -> Floats:
    """Mean contacts of the team; whoever had none counts."""
    return window.team.mean(np.nan_to_num(window.total("contacts")))


def _overtime(window: Window) -> Floats:
    """Mean over the window's weeks of the hours worked beyond the contract."""
    weekly = np.nan_to_num(window.work.weeks("worked_s", window.name)) / 3600
    contract = window.roster["contracted_h_week"].to_numpy(dtype=float)
    seen = (window.work.days(window.name) > 0) | ~np.isnan(window.total("contacts"))
    return np.where(seen, np.maximum(weekly - contract, 0).mean(axis=0), np.nan)
