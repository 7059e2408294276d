"""Events as the loops and windows of the rollup read them: the part that runs where the events are.

Expressions in Ibis, so that DuckDB, Spark and a warehouse say the same:

- `contact_rows`: what of contacts counts; `features.days` makes agent-day facts of them.
- `shift_rows`: what each version of a shift adds up to, and when it held; `features.shifts` makes states of days.

Sums are taken over whole multiples of a power of two, so that they are exact, and the same in every order.
"""

from typing import Any

import ibis

from features.unknown import positive, ratio

__all__ = ["FLAGS", "LATE_MOVE_S", "LATE_NOTICE_DAYS", "NUMBERS", "WORK_SUMS", "contact_rows", "shift_rows"]

LATE_NOTICE_DAYS = (7, 14)
LATE_MOVE_S = 30 * 60
NIGHT_FROM_H, NIGHT_TO_H = 23, 6
# what values are rounded to, so that sums are exact
_SECONDS = 2.0**28
FLAGS = ("escalated", "transferred", "complaint", "abusive", "resolved")
NUMBERS = ("talk_s", "hold_s", "acw_s", "sentiment", "csat", "nps", "ces", "agent_sentiment")
WORK_SUMS = (
    "shifts", *(f"late_{days}" for days in LATE_NOTICE_DAYS), "worked_s", "paid_s", "aux_s", "night_s", "remote_s",
    "remote_known_s", "break_entitled_s", "break_missed_s", "scheduled_s", "adhered_s",
)  # fmt: skip
_STATE = ("agent_id", "day", "known_on")


def contact_rows(contacts: Any) -> Any:
    """Every version of a contact, and every version that is taken back, as the loops need them.

    Columns: `agent_id`, `queue`, `day`, `sign`, `utc_offset_s`, the times, `FLAGS` and `NUMBERS`; unknown is null.
    """
    keys = ("agent_id", "queue", "day", "sign", "utc_offset_s")
    times = ("started_at", "ended_at", "recorded_at")
    return contacts.select(*keys, *times, *FLAGS, *NUMBERS)


def _exact(value: Any, unit: float) -> Any:
    """A value rounded to a whole multiple of 1 / unit, so that sums over it are exact whatever their order.

    Adding and taking away 1.5 x 2^52 / unit pushes the smaller bits out of a double's 53.
    """
    push = 1.5 * 2.0**52 / unit
    return value + push - push


def _seconds(moment: Any) -> Any:
    """Whole seconds since 1970; engines differ in whether they keep the fraction."""
    return moment.epoch_seconds().cast("float64").floor().cast("int64")


def shift_rows(shifts: Any) -> Any:
    """Every version of a shift: on which of the agent's days it lies, from when until when it held, what it adds up to.

    Columns: `agent_id`, `day`, `known_on`, `replaced_on` (null for what still holds), `notice` in days, and, NaN or
    null where the shift was not worked: `start_s`, `end_s` (UTC seconds), `segment` (begin and length of the work in
    seconds from the local midnight, as one whole number: begin x 2^20 + length), and `WORK_SUMS`.
    """
    rows = _timed(_with_late_changes(shifts))
    versions = ibis.window(group_by="shift_id", order_by=["recorded_at", "published_at", "known_on"])
    missed = positive(rows.break_entitled_s - rows.break_taken_s)
    worked = {
        "worked_s": rows.worked,
        "paid_s": rows.span,
        "aux_s": _exact(rows.aux_s, _SECONDS),
        "night_s": rows.night,
        "remote_s": rows.worked * rows.remote.cast("float64"),
        "remote_known_s": ibis.ifelse(rows.remote.notnull(), rows.worked, ibis.null()),
        "break_entitled_s": ibis.ifelse(rows.taken, _exact(rows.break_entitled_s, _SECONDS), ibis.null()),
        "break_missed_s": _exact(missed, _SECONDS),
        "scheduled_s": rows.scheduled,
        "adhered_s": rows.adhered,
        "start_s": rows.start_s.cast("float64"),
        "end_s": rows.end_s.cast("float64"),
    }
    unknown = float("nan")
    return rows.select(
        *_STATE, "notice",
        replaced_on=rows.recorded_at.lead().over(versions).date(),
        shifts=ibis.literal(1.0),
        **{f"late_{days}": rows[f"late_{days}"].cast("float64") for days in LATE_NOTICE_DAYS},
        **{name: ibis.ifelse(rows.on, value, ibis.null()).fill_null(unknown) for name, value in worked.items()},
        segment=ibis.ifelse(rows.on, rows.segment, ibis.null()).fill_null(-1),
    )  # fmt: skip


def _timed(shifts: Any) -> Any:
    start = shifts.actual_start.fill_null(shifts.scheduled_start)
    start_s = _seconds(start)
    # whoever came after the scheduled end, with no end on record, worked no time
    end_s = ibis.greatest(_seconds(shifts.actual_end.fill_null(shifts.scheduled_end)), start_s)
    planned_s, until_s = _seconds(shifts.scheduled_start), _seconds(shifts.scheduled_end)
    span = (end_s - start_s).cast("float64")
    worked = span - shifts.break_taken_s.fill_null(0)
    local_s = start_s + shifts.utc_offset_s
    clock_s = local_s % 86_400
    return shifts.mutate(
        # cancelled shifts stay in their day, so that the change counts, but nothing was worked
        day=(start + shifts.utc_offset_s.as_interval("s")).date(),
        # a shift counts once it has begun (or ended, where that is on record), however early it was published
        known_on=ibis.greatest(shifts.recorded_at, start, shifts.actual_end.fill_null(start)).date(),
        on=shifts.actual_start.notnull() & ~shifts.cancelled.fill_null(False),
        start_s=start_s,
        end_s=end_s,
        span=span,
        worked=_exact(worked, _SECONDS),
        night=_exact(night_seconds(clock_s.cast("float64") / 3600, span) * ratio(worked, span), _SECONDS),
        taken=shifts.break_taken_s.notnull(),
        scheduled=(until_s - planned_s).cast("float64"),
        adhered=positive(ibis.least(end_s, until_s) - ibis.greatest(start_s, planned_s)).cast("float64"),
        notice=(planned_s - _seconds(shifts.published_at)).cast("float64") / 86_400,
        segment=clock_s * 2**20 + ibis.least(end_s - start_s, 2**20 - 1),
    )


def _with_late_changes(shifts: Any) -> Any:
    """Mark versions of a shift that was added, moved by 30 minutes or cancelled with too little notice.

    The mark stays on all later versions: a shift that moved late has moved late.
    """
    order = ["recorded_at", "published_at"]
    versions = ibis.window(group_by="shift_id", order_by=order)
    before = shifts.scheduled_start.lag().over(versions)
    first, starts = before.isnull(), _seconds(shifts.scheduled_start)
    moved = (starts - _seconds(before)).abs() >= LATE_MOVE_S
    cancelled = shifts.cancelled.fill_null(False)
    dropped = cancelled & ~cancelled.lag().over(versions).fill_null(False)
    notice_s = ibis.ifelse(first, starts, ibis.least(starts, _seconds(before))) - _seconds(shifts.published_at)
    changed = first | moved.fill_null(False) | dropped
    upto = ibis.window(group_by="shift_id", order_by=order, preceding=None, following=0)
    marked = shifts.mutate(
        **{f"now_{days}": (changed & (notice_s < days * 86_400)).cast("int64") for days in LATE_NOTICE_DAYS}
    )
    return marked.mutate(**{f"late_{days}": marked[f"now_{days}"].max().over(upto) for days in LATE_NOTICE_DAYS}).drop(
        *(f"now_{days}" for days in LATE_NOTICE_DAYS)
    )


def night_seconds(start_h: Any, span_s: Any) -> Any:
    """Seconds of a stretch that fall into 23:00-06:00 local time; a stretch is shorter than a day."""
    end_h = start_h + span_s / 3600
    late, early = (NIGHT_FROM_H, NIGHT_TO_H + 24), (0, NIGHT_TO_H)
    return 3600 * (_overlap(start_h, end_h, *late) + _overlap(start_h, end_h, *early))


def _overlap(start: Any, end: Any, low: float, high: float) -> Any:
    return positive(ibis.ifelse(end < high, end, high) - ibis.ifelse(start > low, start, low))
