"""Context: time on the job, attention from the team lead, short-notice absences, the last survey."""

from typing import Any

import ibis

from features.engine import SourceTables
from features.signals import AGENT
from features.unknown import positive

__all__ = ["BURNOUT_INSTRUMENT", "BURNOUT_SCALE", "context"]

BURNOUT_INSTRUMENT, BURNOUT_SCALE = "cbi", "work"
NEW_HIRE_DAYS = 90
CHECK_IN_CAP_DAYS = 180
ABSENCE_DAYS = 90
SURVEY_DAYS = 200


def context(roster: Any, tables: SourceTables) -> Any:
    """One row per (as_of, agent_id) with the context signals; `roster` has as_of, agent_id and hire_date."""
    base = roster.select(*AGENT, "hire_date")
    days = base.as_of.delta(base.hire_date, unit="day").cast("float64")
    found = base.select(
        *AGENT,
        tenure=(1 + positive(days)).ln(),
        new_hire=(days <= NEW_HIRE_DAYS).cast("float64"),
    )
    for part in (_check_ins, _absences, _surveys):
        values = part(base, tables)
        found = found.left_join(values, AGENT).drop("as_of_right", "agent_id_right")
    return found


def _check_ins(base: Any, tables: SourceTables) -> Any:
    """Days since the last check-in; null while nobody's check-ins are on record yet."""
    held = tables["check_ins"]
    on = held.held_at.date()
    first = held.select(on=on).agg(first=ibis._.on.min())
    seen = base.left_join(held.select("agent_id", on=on), "agent_id").drop("agent_id_right")
    last = seen.group_by(*AGENT, "hire_date").agg(last=seen.on.max(where=seen.on < seen.as_of))
    on_the_job = positive(ibis._.as_of.delta(ibis._.hire_date, unit="day")).fill_null(CHECK_IN_CAP_DAYS)
    since_last = ibis._.as_of.delta(ibis._.last, unit="day").fill_null(CHECK_IN_CAP_DAYS)
    gap = ibis.least(since_last, on_the_job, CHECK_IN_CAP_DAYS)
    known = last.cross_join(first)
    return known.select(*AGENT, one_to_one_gap=ibis.ifelse(known.first < known.as_of, gap.cast("float64"), ibis.null()))


def _absences(base: Any, tables: SourceTables) -> Any:
    """Unplanned spells begun in the last 90 days, by the version known; null while no absence is on record."""
    spells = tables["absences"]
    known_on = spells.recorded_at.date()
    spells = spells.select("agent_id", "start_on", "planned", "recorded_at", known_on=known_on)
    first = spells.agg(first=ibis.greatest(spells.known_on, spells.start_on).min())
    seen = base.left_join(spells, "agent_id").drop("agent_id_right")
    seen = seen.filter((seen.known_on < seen.as_of) & (seen.start_on < seen.as_of))
    latest = ibis.window(group_by=[*AGENT, "start_on"], order_by=ibis.desc("recorded_at"))
    seen = seen.mutate(version=ibis.row_number().over(latest))
    recent = (seen.version == 0) & ~seen.planned & (seen.as_of.delta(seen.start_on, unit="day") <= ABSENCE_DAYS)
    counted = seen.group_by(AGENT).agg(spells=recent.cast("float64").sum())
    every = base.select(*AGENT).left_join(counted, AGENT).drop("as_of_right", "agent_id_right").cross_join(first)
    return every.select(
        *AGENT,
        unplanned_spells=ibis.ifelse(every.first < every.as_of, every.spells.fill_null(0.0), ibis.null()),
    )


def _surveys(base: Any, tables: SourceTables) -> Any:
    """The latest submitted score of the configured instrument and scale."""
    surveys = tables["surveys"]
    surveys = surveys.filter(
        surveys.instrument.lower() == BURNOUT_INSTRUMENT, surveys.scale.lower() == BURNOUT_SCALE
    ).select("agent_id", "score", "submitted_at", on=ibis._.submitted_at.date())
    seen = base.left_join(surveys, "agent_id").drop("agent_id_right")
    age = seen.as_of.delta(seen.on, unit="day")
    seen = seen.filter((age >= 1) & (age <= SURVEY_DAYS))
    return seen.group_by(AGENT).agg(last_survey_score=seen.score.argmax(seen.submitted_at))
