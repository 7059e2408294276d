"""Facts become the feature frame: one row per agent and `as_of`, from what had happened and was known by then."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import ibis
import pandas as pd

from features.catalog import (
    BASELINE_DAYS,
    CATALOG,
    MIN_PEERS,
    WINDOW_DAYS,
    feature_names,
    own_usual,
    peer_usual,
)
from features.engine import SourceTables
from features.rollup import night_seconds, visible
from features.signals import AGENT, WINDOW, context, escalation, schedule, sentiment, workload

__all__ = ["CONTEXT", "keep", "snapshot"]

CONTEXT = ("team_id", "manager_id", "site_id", "queue", "employment_type")
_HISTORY_DAYS = WINDOW_DAYS + BASELINE_DAYS
_OWN_BLOCKS = 2
_REST_DAYS = 14  # read besides, so that the oldest day knows the rest before it


def snapshot(connection: Any, tables: SourceTables, contacts: Any, work: Any, dates: Sequence[date]) -> pd.DataFrame:
    """The frame for a few dates, from facts that are already rolled up."""
    roster = keep(connection, "roster", _roster(connection, tables, dates))
    days = keep(connection, "days", _with_runs(_agent_days(roster, contacts, work)))
    windows = keep(connection, "windows", _windows(days, roster))
    compared = keep(connection, "compared", _against_past(windows))
    frame = _against_peers(compared.left_join(sentiment.slope(days), AGENT).drop("as_of_right", "agent_id_right"))
    frame = frame.left_join(context.context(roster, tables), AGENT).drop("as_of_right", "agent_id_right")
    return _tidy(frame.to_pandas())


def keep(connection: Any, name: str, expression: Any) -> Any:
    """Compute an expression once; what builds on it reads the result."""
    return connection.create_table(name, expression, temp=True, overwrite=True)


def _roster(connection: Any, tables: SourceTables, dates: Sequence[date]) -> Any:
    """Who was employed as of each date, and where, by the versions that were known then."""
    agents, exits = tables["agents"], tables["exits"]
    spine = connection.create_table(
        "dates",
        pd.DataFrame({"as_of": pd.to_datetime(list(dates))}),
        schema=ibis.schema({"as_of": "date"}),
        temp=True,
        overwrite=True,
    )
    known = spine.cross_join(agents)
    known = known.filter((known.valid_from.date() < known.as_of) & (known.recorded_at.date() < known.as_of))
    latest = ibis.window(group_by=AGENT, order_by=[ibis.desc("valid_from"), ibis.desc("recorded_at")])
    known = known.mutate(version=ibis.row_number().over(latest))
    posts = known.filter((known.version == 0) & (known.valid_to.isnull() | (known.valid_to.date() >= known.as_of)))
    posts = posts.drop("version", "recorded_at", "valid_to")
    left = posts.select(*AGENT, "valid_from").join(exits, "agent_id")
    left = left.filter(left.recorded_at.date() < left.as_of)
    latest = ibis.window(group_by=[*AGENT, "notice_on"], order_by=ibis.desc("recorded_at"))
    left = left.mutate(version=ibis.row_number().over(latest))
    gone = left.filter((left.version == 0) & (left.last_day < left.as_of) & (left.last_day >= left.valid_from.date()))
    employed = posts.anti_join(gone.select(*AGENT).distinct(), AGENT)
    shifts = tables["shifts"]
    begun = ibis.greatest(shifts.recorded_at, shifts.scheduled_start, shifts.actual_end.fill_null(shifts.scheduled_end))
    first_shift = shifts.agg(first_shift=begun.min().date())
    roster = employed.cross_join(first_shift)
    return roster.mutate(shifts_known=(roster.first_shift < roster.as_of).fill_null(False)).drop("first_shift")


def _agent_days(roster: Any, contacts: Any, work: Any) -> Any:
    """One row per (as_of, agent_id, day) of the last 112 days. Without shifts, a day's contacts stand in for them."""
    seen = _seen(roster, contacts)
    worked = _seen(roster, work)
    both = seen.outer_join(worked, (*AGENT, "day"))
    both = both.mutate(**{name: both[name].fill_null(both[f"{name}_right"]) for name in (*AGENT, "day")}).drop(
        "as_of_right", "agent_id_right", "day_right"
    )
    posts = roster.select(*AGENT, "contracted_h_week", "shifts_known")
    days = both.inner_join(posts, AGENT)
    span = (days.last_end.epoch_seconds() - days.first_start.epoch_seconds()).cast("float64")
    from_shifts = days.shifts_known
    days = days.mutate(
        age=days.as_of.delta(days.day, unit="day"),
        worked_s=ibis.ifelse(from_shifts, days.worked_s, span),
        logged_s=ibis.ifelse(from_shifts, days.worked_s - days.aux_s.fill_null(0.0), span),
        work_start=ibis.ifelse(from_shifts, days.work_start, days.first_start),
        work_end=ibis.ifelse(from_shifts, days.work_end, days.last_end),
        night_s=ibis.ifelse(from_shifts, days.night_s, night_seconds(days.start_h, span)),
        work_start_h=ibis.ifelse(from_shifts, days.work_start_h, days.start_h),
    )
    days = days.mutate(block=(days.age - 1) // WINDOW_DAYS, week=(days.age - 1) // 7, worked=days.work_start.notnull())
    return days.mutate(**workload.per_day(days), **schedule.per_day(days))


def _with_runs(days: Any) -> Any:
    return days.mutate(position_in_run=schedule.position_in_run(days))


def _seen(roster: Any, facts: Any) -> Any:
    """The facts of each roster row's last 112 days that were visible as of its date."""
    joined = roster.select(*AGENT).inner_join(facts, "agent_id")
    recent = joined.as_of.delta(joined.day, unit="day") <= _HISTORY_DAYS + _REST_DAYS
    return joined.filter(visible(joined, joined.as_of) & recent).drop("known_on", "superseded_on")


def _windows(days: Any, roster: Any) -> Any:
    """Every signal per (as_of, agent_id, block); everyone on the roster has a block 0."""
    values: dict[str, Any] = {}
    for family in (workload, escalation, schedule, sentiment):
        values |= family.per_window(days)
    found = days.filter(days.age <= _HISTORY_DAYS).group_by(WINDOW).agg(**values)
    blocks = roster.select(*AGENT, block=ibis.literal(0, "int64")).union(found.select(*WINDOW), distinct=True)
    windows = blocks.left_join(found, WINDOW).drop("as_of_right", "agent_id_right", "block_right")
    posts = roster.select(*AGENT, *CONTEXT)
    windows = windows.inner_join(posts, AGENT).mutate(contacts=ibis._.contacts.fill_null(0.0))
    peers: dict[str, Any] = {}
    for compared in (workload, escalation):
        peers |= compared.against_peers(windows)
    return windows.mutate(**peers)


def _windowed() -> list[str]:
    """Raw features that exist per window, and so have an own past and peers."""
    skipped = {"sentiment_slope"}
    return [
        entry.name
        for entry in CATALOG
        if entry.version == "raw" and entry.family != "context" and entry.name not in skipped
    ]


def _against_past(windows: Any) -> Any:
    """Block 0 beside the mean and variance of the three blocks before it, one row per (as_of, agent_id)."""
    now, before = windows.block == 0, windows.block > 0
    values: dict[str, Any] = {}
    for name in _windowed():
        column = windows[name].cast("float64")
        values[name] = column.max(where=now)
        values[own_usual(name)] = column.mean(where=before)
        values[f"{name}__n"] = column.count(where=before)
        values[f"{name}__var"] = column.var(where=before, how="sample")
    context_columns = {name: windows[name].max(where=now) for name in CONTEXT}
    wide = windows.group_by(AGENT).agg(**context_columns, **values)
    return wide.mutate(
        **{
            own_usual(name): ibis.ifelse(wide[f"{name}__n"] >= _OWN_BLOCKS, wide[own_usual(name)], ibis.null())
            for name in _windowed()
        }
    )


def _against_peers(frame: Any) -> Any:
    """Own z (change in units of the queue's usual month-to-month change) and peer z (distance from colleagues)."""
    queue = ibis.window(group_by=["as_of", "queue"])
    values: dict[str, Any] = {}
    for name in _windowed():
        column = frame[name]
        enough = column.count().over(queue) >= MIN_PEERS
        values[peer_usual(name)] = ibis.ifelse(enough, column.mean().over(queue), ibis.null())
    for entry in CATALOG:
        if entry.version == "own_z" and entry.basis:
            within = frame[f"{entry.basis}__var"].mean().over(queue).sqrt()
            change = frame[entry.basis] - frame[own_usual(entry.basis)]
            values[entry.name] = ibis.ifelse(within > 1e-12, change / within, ibis.null())
        if entry.version == "peer_z" and entry.basis:
            column = frame[entry.basis]
            spread = column.std(how="sample").over(queue)
            enough = (column.count().over(queue) >= MIN_PEERS) & (spread > 1e-12)
            values[entry.name] = ibis.ifelse(enough, (column - column.mean().over(queue)) / spread, ibis.null())
    return frame.mutate(**values)


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """The contract's columns in its order and types, then the usual values that sentences quote."""
    names = feature_names()
    usual = [column for name in _windowed() for column in (own_usual(name), peer_usual(name))]
    out = frame[[*AGENT, *CONTEXT, *names, *usual]].copy()
    out["as_of"] = pd.to_datetime(out["as_of"])
    out[[*names, *usual]] = out[[*names, *usual]].astype("float64")
    return out.sort_values(list(AGENT), ignore_index=True).copy()
