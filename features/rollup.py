"""Events become agent-day facts that remember when they were known.

A fact row is the *state* of one agent-day as it was known at the end of one UTC day (`known_on`), and holds until a
later record changed it (`superseded_on`, null while it stands). A snapshot as of T therefore takes

    day < T  and  known_on < T  and  (superseded_on is null or superseded_on >= T)

and so never sees a late record or a correction before it was made, for any kind of fact: sums, but also a longest
run or a median, which sums of increments could not correct. `day` is the agent's local day.
"""

from typing import Any

import ibis

from features.engine import SourceTables
from features.unknown import positive, ratio

__all__ = ["contact_days", "night_seconds", "visible", "work_days"]

HARD_GAP_S = 600
LATE_NOTICE_DAYS = 7
LATE_MOVE_S = 30 * 60
NIGHT_FROM_H, NIGHT_TO_H = 23, 6
_DAY = ("agent_id", "day")
_STATE = ("agent_id", "day", "known_on")


def visible(facts: Any, as_of: Any) -> Any:
    """The one condition of every snapshot: happened *and* known before `as_of`, and not yet corrected by then."""
    return (
        (facts.day < as_of) & (facts.known_on < as_of) & (facts.superseded_on.isnull() | (facts.superseded_on >= as_of))
    )


def contact_days(tables: SourceTables) -> Any:
    """Agent-day facts from contacts: volumes, handling, escalations, customers' words, and the day's clock."""
    contacts = tables["contacts"]
    local = contacts.started_at + contacts.utc_offset_s.as_interval("s")
    handled = contacts.talk_s + contacts.hold_s.fill_null(0) + contacts.acw_s.fill_null(0)
    rows = contacts.mutate(
        day=local.date(),
        known_on=ibis.greatest(contacts.recorded_at, contacts.ended_at).date(),
        handle_s=handled,
        start_h=_clock_hours(local),
        hard=(contacts.sentiment <= -0.5).fill_null(False) | contacts.abusive.fill_null(False),
    )
    states = _states(rows, "contact_id", "recorded_at")
    hard_runs = _longest_hard_run(states)
    hours = states.handle_s / 3600
    facts = states.group_by(_STATE).agg(
        contacts=states.contact_id.count().cast("float64"),
        handle_s=states.handle_s.sum(),
        acw_s=states.acw_s.sum(),
        log_handle_sum=states.handle_s.log().sum(where=states.handle_s > 0),
        log_handle_sq=(states.handle_s.log() ** 2).sum(where=states.handle_s > 0),
        log_handle_n=(states.handle_s > 0).cast("float64").sum(),
        **{f"{flag}_n": states[flag].count().cast("float64") for flag in _FLAGS},
        **{flag: states[flag].cast("float64").sum() for flag in _FLAGS},
        sentiment_n=states.sentiment.count().cast("float64"),
        sentiment_sum=states.sentiment.sum(),
        negative=(states.sentiment <= -0.5).cast("float64").sum(),
        emotional_load_h=(positive(-states.sentiment) * hours).sum(),
        csat_n=states.csat.count().cast("float64"),
        csat_top2=(states.csat >= 4).cast("float64").sum(),
        first_start=states.started_at.min(),
        last_end=states.ended_at.max(),
        start_h=states.start_h.min(),
    )
    return _with_validity(facts.left_join(hard_runs, _STATE).drop("agent_id_right", "day_right", "known_on_right"))


_FLAGS = ("escalated", "transferred", "complaint", "abusive")


def work_days(tables: SourceTables) -> Any:
    """Agent-day facts of working time from shifts: hours, breaks, nights, remote work, and late changes."""
    shifts = _with_late_changes(tables["shifts"])
    start = shifts.actual_start.fill_null(shifts.scheduled_start)
    end = shifts.actual_end.fill_null(shifts.scheduled_end)
    offset = shifts.utc_offset_s.as_interval("s")
    span = (end.epoch_seconds() - start.epoch_seconds()).cast("float64")
    worked = span - shifts.break_taken_s.fill_null(0)
    rows = shifts.mutate(
        # cancelled shifts stay in their day, so that the change counts, but nothing was worked
        day=(start + offset).date(),
        # a shift counts once it has begun (or ended, where that is on record), however early it was published
        known_on=ibis.greatest(shifts.recorded_at, start, shifts.actual_end.fill_null(start)).date(),
        on=shifts.actual_start.notnull() & ~shifts.cancelled.fill_null(False),
        start=start,
        end=end,
        worked=worked,
        night=night_seconds(_clock_hours(start + offset), span) * ratio(worked, span),
        taken=shifts.break_taken_s.notnull(),
        start_h=_clock_hours(start + offset),
    )
    states = _states(rows, "shift_id", "recorded_at")
    on = states.on
    facts = states.group_by(_STATE).agg(
        shifts=states.shift_id.count().cast("float64"),
        late_changes=states.late_change.cast("float64").sum(),
        worked_s=states.worked.sum(where=on),
        aux_s=states.aux_s.sum(where=on),
        night_s=states.night.sum(where=on),
        remote_s=states.worked.sum(where=on & states.remote.fill_null(False)),
        break_entitled_s=states.break_entitled_s.sum(where=on & states.taken),
        break_missed_s=positive(states.break_entitled_s - states.break_taken_s).sum(where=on),
        work_start=states.start.min(where=on),
        work_end=states.end.max(where=on),
        work_start_h=states.start_h.min(where=on),
    )
    return _with_validity(facts)


def _states(rows: Any, id_column: str, order: str) -> Any:
    """Repeat the records of an agent-day for every day on which that agent-day became known differently.

    A record is part of a state from the day it became known until the day a later version of it did. Most
    agent-days have one state, so the join that repeats costs little.
    """
    versions = ibis.window(group_by=id_column, order_by=[order, "known_on"])
    rows = rows.mutate(replaced_on=rows[order].lead().over(versions).date())
    changes = rows.select(*_DAY, "known_on").union(
        rows.filter(rows.replaced_on.notnull()).select(*_DAY, known_on="replaced_on"), distinct=True
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


def _with_validity(facts: Any) -> Any:
    following = ibis.window(group_by=_DAY, order_by="known_on")
    return facts.mutate(superseded_on=facts.known_on.lead().over(following))


def _longest_hard_run(states: Any) -> Any:
    """Longest run of hard contacts (negative or abusive) with no gap of ten minutes, per state of a day."""
    in_order = ibis.window(group_by=_STATE, order_by=["started_at", "contact_id"])
    gap = states.started_at.epoch_seconds() - states.ended_at.lag().over(in_order).epoch_seconds()
    broken = states.mutate(breaks=(~states.hard | (gap >= HARD_GAP_S).fill_null(True)).cast("int64"))
    upto = ibis.window(group_by=_STATE, order_by=["started_at", "contact_id"], preceding=None, following=0)
    numbered = broken.mutate(run=broken.breaks.sum().over(upto))
    runs = numbered.group_by(*_STATE, "run").agg(length=numbered.hard.cast("float64").sum())
    return runs.group_by(_STATE).agg(hard_run=runs.length.max())


def _with_late_changes(shifts: Any) -> Any:
    """Mark versions of a shift that was added, moved by 30 minutes or cancelled with less than 7 days' notice.

    The mark stays on all later versions: a shift that moved late has moved late.
    """
    versions = ibis.window(group_by="shift_id", order_by=["recorded_at", "published_at"])
    before = shifts.scheduled_start.lag().over(versions)
    told = shifts.published_at.epoch_seconds()
    first = before.isnull()
    moved = (shifts.scheduled_start.epoch_seconds() - before.epoch_seconds()).abs() >= LATE_MOVE_S
    dropped = shifts.cancelled.fill_null(False)
    affected = ibis.least(shifts.scheduled_start.epoch_seconds(), before.epoch_seconds())
    notice_s = ibis.ifelse(first, shifts.scheduled_start.epoch_seconds(), affected) - told
    late = (first | moved.fill_null(False) | dropped) & (notice_s < LATE_NOTICE_DAYS * 86_400)
    marked = shifts.mutate(late_now=late.cast("int64"))
    upto = ibis.window(group_by="shift_id", order_by=["recorded_at", "published_at"], preceding=None, following=0)
    return marked.mutate(late_change=marked.late_now.max().over(upto)).drop("late_now")


def _clock_hours(local: Any) -> Any:
    """Hours since local midnight, 0-24."""
    return local.hour() + local.minute() / 60.0 + local.second() / 3600.0


def night_seconds(start_h: Any, span_s: Any) -> Any:
    """Seconds of a stretch that fall into 23:00-06:00 local time; a stretch is shorter than a day."""
    end_h = start_h + span_s / 3600
    late, early = (NIGHT_FROM_H, NIGHT_TO_H + 24), (0, NIGHT_TO_H)
    return 3600 * (_overlap(start_h, end_h, *late) + _overlap(start_h, end_h, *early))


def _overlap(start: Any, end: Any, low: float, high: float) -> Any:
    return positive(ibis.ifelse(end < high, end, high) - ibis.ifelse(start > low, start, low))
