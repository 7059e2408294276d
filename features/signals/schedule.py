"""Schedule: rests, stability of start times, uneven days, late changes, nights, breaks."""

import numpy as np

from features.signals import Floats, Window, ratio
from features.weeks import WINDOWS

__all__ = ["signals"]

MIN_DAYS = 5


def signals(window: Window) -> dict[str, Floats]:
    """The schedule signals of a window."""
    work, name = window.work, window.name
    worked = work.total("worked_s", name)
    paid = work.total("paid_s", name)
    shifts = work.total("shifts", name)
    return {
        "quick_returns": work.counted(work.quick_returns, name),
        "start_sd": _spread_of_starts(window),
        "schedule_regularity": work.regularity(name) if window.weeks == 4 else np.full(len(worked), np.nan),
        "load_cv": _uneven_days(window),
        "late_change_rate": ratio(work.total("late_7", name), shifts),
        "late_change_rate_14": ratio(work.total("late_14", name), shifts),
        "notice_days": work.median_notice(name),
        "backward_rotations": work.counted(work.backward_rotations, name),
        "night_share": ratio(work.total("night_s", name), worked),
        "weekend_share": ratio(work.counted(work.weekends, name), work.days(name)),
        "max_consecutive_days": _longest_run(window),
        "split_days": np.where(np.isnan(shifts), np.nan, work.counted(work.split, name)),
        "missed_break_rate": ratio(work.total("break_missed_s", name), work.total("break_entitled_s", name)),
        "long_stretch": window.total("long_stretches"),
        "adherence": ratio(work.total("adhered_s", name), work.total("scheduled_s", name)),
        "after_hours_share": ratio(paid - work.total("adhered_s", name), paid),
        "remote_share": ratio(work.total("remote_s", name), work.total("remote_known_s", name)),
    }


def _spread_of_starts(window: Window) -> Floats:
    """Circular standard deviation of the hours at which working days start."""
    angle = window.work.start_h[:, window.work.window(window.name)] * (2 * np.pi / 24)
    days = window.work.days(window.name)
    cosine, sine = (ratio(np.nansum(part, axis=1), days) for part in (np.cos(angle), np.sin(angle)))
    length = np.minimum(np.hypot(cosine, sine), 1.0)
    length = np.where(length >= 1 - 1e-12, 1.0, length)  # equal starts have a spread of zero, not of rounding
    spread = 24 / (2 * np.pi) * np.sqrt(np.maximum(-2 * np.log(np.maximum(length, 1e-300)), 0))
    return np.where(days >= MIN_DAYS, spread, np.nan)


def _uneven_days(window: Window) -> Floats:
    """SD / mean of the hours of working days."""
    hours = window.work.hours[:, window.work.window(window.name)]
    days = window.work.days(window.name)
    mean = ratio(np.nansum(hours, axis=1), days)
    squares = np.nansum((hours - mean[:, None]) ** 2, axis=1)
    return np.where(days >= MIN_DAYS, ratio(np.sqrt(ratio(squares, np.maximum(days - 1, 0))), mean), np.nan)


def _longest_run(window: Window) -> Floats:
    low, high = WINDOWS[window.name]
    longest = window.work.run_lengths[:, low:high].max(axis=1)
    return np.where(longest > 0, longest, np.nan)
