"""Schedule: rests, stability of start times, uneven days, late changes, nights, breaks."""

import math
from typing import Any

import ibis

from features.signals import AGENT, over_agent
from features.unknown import at_most, ratio

__all__ = ["per_day", "per_window", "position_in_run"]

QUICK_RETURN_H = 11
SAME_SHIFT_H = 2  # work that goes on within two hours is a segment of the same shift
MIN_DAYS = 5


def per_day(days: Any) -> dict[str, Any]:
    """Rest before the day's work, and the stretch of working days without a gap that the day is in."""
    worked_days = ibis.window(group_by=[*AGENT, "worked"], order_by="day")
    rest_h = (days.work_start.epoch_seconds() - days.work_end.lag().over(worked_days).epoch_seconds()) / 3600
    quick = (rest_h >= SAME_SHIFT_H) & (rest_h < QUICK_RETURN_H) & days.worked
    so_far = days.worked.cast("int64").sum().over(over_agent("day", preceding=None, following=0))
    return {"quick_return": quick.fill_null(False).cast("float64"), "stretch": -days.age - so_far}


def position_in_run(days: Any) -> Any:
    """Which working day in a row this is, 1 for the first; null for days without work."""
    run = ibis.window(group_by=[*AGENT, "worked", "stretch"], order_by="day")
    return ibis.ifelse(days.worked, ibis.row_number().over(run) + 1, ibis.null()).cast("float64")


def per_window(days: Any) -> dict[str, Any]:
    """The schedule signals of one window; spreads need five working days."""
    on = days.worked
    n = on.cast("int64").sum()
    angle = days.work_start_h * (2 * math.pi / 24)
    r = (angle.cos().mean(where=on) ** 2 + angle.sin().mean(where=on) ** 2).sqrt()
    spread = 24 / (2 * math.pi) * (-2 * at_most(r + 1e-12, 1.0).ln()).sqrt() + 0.0  # never -0
    cv = ratio(days.worked_s.std(where=on, how="sample"), days.worked_s.mean(where=on))
    worked_s = days.worked_s.sum()
    return {
        "quick_returns": ibis.ifelse(n > 0, days.quick_return.sum(), ibis.null()),
        "start_sd": ibis.ifelse(n >= MIN_DAYS, spread, ibis.null()),
        "load_cv": ibis.ifelse(n >= MIN_DAYS, cv, ibis.null()),
        "late_change_rate": ratio(days.late_changes.sum(), days.shifts.sum()),
        "night_share": ratio(days.night_s.sum(), worked_s),
        "weekend_share": ratio((on & (days.day.day_of_week.index() >= 5)).cast("float64").sum(), n),
        "max_consecutive_days": days.position_in_run.max(),
        "missed_break_rate": ratio(days.break_missed_s.sum(), days.break_entitled_s.sum()),
    }
