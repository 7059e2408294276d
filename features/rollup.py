"""Events become agent-day facts that remember when they were known: the part that runs where the events are.

Two kinds of facts come out, as Ibis expressions, so that DuckDB, Spark and a warehouse compute the same:

- `increments`: sums and counts per agent, day, contact queue and the UTC day on which the contacts became known.
  They add up: what was known before T is the sum of the increments with `known_on < T`. A correction is two
  increments, one that takes the earlier version back. The day's contacts come along as a list of whole numbers
  (`numbers`), from which `features.days` makes the facts that depend on their order.
- `work_states`: what was known of a day's work. A state holds from `known_on` until `superseded_on`.

Sums are taken over whole multiples of a power of two, so that they are exact, and the same on every engine and in
every order.
"""

from typing import Any

import ibis

from features.unknown import positive, ratio

__all__ = ["BUSY_BITS", "LATE_MOVE_S", "LATE_NOTICE_DAYS", "increments", "work_states"]

LATE_NOTICE_DAYS = (7, 14)
LATE_MOVE_S = 30 * 60
NIGHT_FROM_H, NIGHT_TO_H = 23, 6
HARD_SCORE = -0.5
BUSY_BITS = 23  # a contact's busy seconds within the list: up to 97 days
OFFSET_BITS = 11  # minutes from UTC to the agent's clock, plus 14 hours
EARLIEST_S = 14 * 3600  # a local day begins at most 14 hours before the UTC day of the same date
USUAL_HANDLE_S = 300.0  # logarithms are taken of multiples of it, so that their squares stay small and sums fine
# what values are rounded to, so that sums are exact: 97 days in seconds, scores, logarithms
_SECONDS, _SCORES, _LOGS = 2.0**28, 2.0**38, 2.0**32
_FLAGS = ("escalated", "transferred", "complaint", "abusive", "resolved")
_STATE = ("agent_id", "day", "known_on")


def increments(contacts: Any) -> Any:
    """Sums per (agent_id, day, known_on, queue), and the contacts as whole numbers.

    A number holds, from the low bits on: whether the contact is taken back, the minutes from UTC to the agent's clock
    (`OFFSET_BITS`), whether it was hard, its busy seconds (`BUSY_BITS`), and when it began: seconds after the
    UTC midnight of its local day's date, plus 14 hours.
    """
    rows = _prepared(contacts)
    return _summed(rows.filter(rows.sign > 0), 1).union(_summed(rows.filter(rows.sign < 0), -1))


def _prepared(contacts: Any) -> Any:
    start_s = _seconds(contacts.started_at)
    handle_s = contacts.talk_s + contacts.hold_s.fill_null(0) + contacts.acw_s.fill_null(0)
    busy_end = contacts.ended_at.epoch_seconds().cast("float64") + contacts.acw_s.fill_null(0)
    hard = (contacts.sentiment <= HARD_SCORE).fill_null(False) | contacts.abusive.fill_null(False)
    busy_s = ibis.least(busy_end.floor().cast("int64") - start_s, 2**BUSY_BITS - 1)
    begin_s = start_s - _seconds(contacts.day.cast("timestamp")) + EARLIEST_S
    minutes = ((contacts.utc_offset_s + EARLIEST_S) / 60).floor().cast("int64")
    return contacts.select(
        "agent_id", "day", "sign", "queue", "acw_s", "sentiment", "agent_sentiment", "csat", "nps", "ces", *_FLAGS,
        known_on=ibis.greatest(contacts.recorded_at, contacts.ended_at).date(),
        handle_s=handle_s,
        log_s=(ibis.ifelse(handle_s > 0, handle_s, ibis.null()) / USUAL_HANDLE_S).ln(),
        number=((begin_s * 2**BUSY_BITS + busy_s) * 2 + hard.cast("int64")) * 2**OFFSET_BITS + minutes,
    )  # fmt: skip


def _summed(rows: Any, sign: int) -> Any:
    """Sums over rows that count (sign 1) or are taken back (-1)."""
    score = rows.sentiment
    counts = {
        "contacts": rows.count(),
        "log_n": rows.log_s.count(),
        **{f"{flag}_n": rows[flag].count() for flag in _FLAGS},
        **{flag: _how_many(rows[flag]) for flag in _FLAGS},
        "sentiment_n": score.count(),
        "negative": _how_many(score <= HARD_SCORE),
        "csat_n": rows.csat.count(),
        "csat": _how_many(rows.csat >= 4),
        "nps_n": rows.nps.count(),
        "nps": _how_many(rows.nps >= 9) - _how_many(rows.nps <= 6),
        "ces_n": rows.ces.count(),
        "agent_sentiment_n": rows.agent_sentiment.count(),
    }
    sums = {
        "handle_s": _exact(rows.handle_s, _SECONDS),
        "acw_s": _exact(rows.acw_s, _SECONDS),
        "unhappy_s": _exact(ibis.ifelse(score < 0, -score * rows.handle_s, 0.0), _SECONDS),
        "log_sum": _exact(rows.log_s, _LOGS),
        "log_square": _exact(rows.log_s * rows.log_s, _LOGS),
        "sentiment": _exact(score, _SCORES),
        "ces": _exact(rows.ces, _SCORES),
        "agent_sentiment": _exact(rows.agent_sentiment, _SCORES),
    }
    values = {name: sign * value.cast("float64") for name, value in counts.items()}
    values |= {name: sign * value.sum() for name, value in sums.items()}  # null where nothing is known
    numbers = rows.number * 2 + int(sign < 0)
    return rows.group_by(*_STATE, "queue").agg(**values, numbers=numbers.collect())


def _how_many(test: Any) -> Any:
    return test.cast("int32").sum().fill_null(0)


def _exact(value: Any, unit: float) -> Any:
    """A value rounded to a whole multiple of 1 / unit, so that sums over it are exact whatever their order.

    Adding and taking away 1.5 x 2^52 / unit pushes the smaller bits out of a double's 53.
    """
    push = 1.5 * 2.0**52 / unit
    return value + push - push


def _seconds(moment: Any) -> Any:
    """Whole seconds since 1970; engines differ in whether they keep the fraction."""
    return moment.epoch_seconds().cast("float64").floor().cast("int64")


def work_states(shifts: Any) -> Any:
    """States of an agent's day from shifts: hours, breaks, nights, remote work, notice, and late changes.

    `segments` lists the day's worked shifts as begin and length, in seconds from the local midnight, packed into one
    whole number (begin x 2^20 + length); `notices` lists the notice of each shift in days.
    """
    states = _states(_timed(_with_late_changes(shifts)))
    on = states.on
    missed = positive(states.break_entitled_s - states.break_taken_s)
    facts = states.group_by(_STATE).agg(
        shifts=states.shift_id.count().cast("float64"),
        **{f"late_{days}": states[f"late_{days}"].sum().cast("float64") for days in LATE_NOTICE_DAYS},
        notices=states.notice.collect().sort(),
        worked_s=states.worked.sum(where=on),
        paid_s=states.span.sum(where=on),
        aux_s=_exact(states.aux_s, _SECONDS).sum(where=on),
        night_s=states.night.sum(where=on),
        remote_s=(states.worked * states.remote.cast("float64")).sum(where=on),
        remote_known_s=states.worked.sum(where=on & states.remote.notnull()),
        break_entitled_s=_exact(states.break_entitled_s, _SECONDS).sum(where=on & states.taken),
        break_missed_s=_exact(missed, _SECONDS).sum(where=on),
        scheduled_s=states.scheduled.sum(where=on),
        adhered_s=states.adhered.sum(where=on),
        segments=states.segment.collect(where=on).sort(),
        work_start=states.start_s.min(where=on),
        work_end=states.end_s.max(where=on),
    )
    following = ibis.window(group_by=("agent_id", "day"), order_by="known_on")
    return facts.mutate(superseded_on=facts.known_on.lead().over(following))


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


def _states(rows: Any) -> Any:
    """Repeat the shifts of an agent-day for every day on which that agent-day became known differently.

    A version is part of a state from the day it became known until the day a later version of it did.
    """
    versions = ibis.window(group_by="shift_id", order_by=["recorded_at", "published_at", "known_on"])
    rows = rows.mutate(replaced_on=rows.recorded_at.lead().over(versions).date())
    changes = rows.select(*_STATE).union(
        rows.filter(rows.replaced_on.notnull()).select("agent_id", "day", known_on="replaced_on"), distinct=True
    )
    records = rows.rename(recorded_on="known_on")
    joined = changes.left_join(
        records,
        [
            changes.agent_id == records.agent_id,
            changes.day == records.day,
            records.recorded_on <= changes.known_on,
            records.replaced_on.isnull() | (records.replaced_on > changes.known_on),
        ],
    )
    return joined.drop("agent_id_right", "day_right")


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
