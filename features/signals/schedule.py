"""Schedule: rests, stability of start times, uneven days, late changes, nights, breaks."""

import numpy as np

from features.signals import Floats, Window, ratio

__all__ = ["signals"]

MIN_DAYS = 5


def signals(window: Window) -> dict[str, Floats]:
    """The schedule signals of a window."""
    work, name = window.work, window.name
    worked = work.total("worked_s", name)
    paid = work.total("paid_s", name)
    shifts = work.total("shifts", name)
    return {
        "quick_returns": work.counted("quick_returns", name),
        "start_sd": _spread_of_starts(window),
        "schedule_regularity": work.regularity(name) if window.weeks == 4 else np.full(len(worked), np.nan),
        "load_cv": _uneven_days(window),
        "late_change_rate": ratio(work.total("late_7", name), shifts),
        "late_change_rate_14": ratio(work.total("late_14", name), shifts),
        "notice_days": work.median_notice[name],
        "backward_rotations": work.counted("backward_rotations", name),
        "night_share": ratio(work.total("night_s", name), worked),
        "weekend_share": ratio(work.counted("weekends", name), work.days(name)),
        "max_consecutive_days": _longest_run(window),
        "split_days": np.where(np.isnan(shifts), np.nan, work.counted("split", name)),
        "missed_break_rate": ratio(work.total("break_missed_s", name), work.total("break_entitled_s", name)),
        "long_stretch": window.total("long_stretches"),
        "adherence": ratio(work.total("adhered_s", name), work.total("scheduled_s", name)),
        "after_hours_share": ratio(paid - work.total("adhered_s", name), paid),
        "remote_share": ratio(work.total("remote_s", name), work.total("remote_known_s", name)),
    }


def _spread_of_starts(window: Window) -> Floats:
    """Circular standard deviation of the hours at which working days start."""
    days = window.work.days(window.name)
    cosine, sine = (ratio(window.work.weeks(part, window.name).sum(axis=0), days) for part in ("cosine", "sine"))
    length = np.minimum(np.hypot(cosine, sine), 1.0)
    length = np.where(length >= 1 - 1e-12, 1.0, length)  # equal starts have a spread of zero, not of rounding
    spread = 24 / (2 * np.pi) * np.sqrt(np.maximum(-2 * np.log(np.maximum(length, 1e-300)), 0))
    return np.where(days >= MIN_DAYS, spread, np.nan)


def _uneven_days(window: Window) -> Floats:
    """SD / mean of the hours of working days."""
    days = window.work.days(window.name)
    mean = ratio(window.work.weeks("hours", window.name).sum(axis=0), days)
    variance = ratio(window.work.hours_apart[window.name], np.maximum(days - 1, 0))
    return np.where(days >= MIN_DAYS, ratio(np.sqrt(variance), mean), np.nan)


def _longest_run(window: Window) -> Floats:
    longest = window.work.weeks("longest_run", window.name).max(axis=0)
    return np.where(longest > 0, longest, np.nan)
