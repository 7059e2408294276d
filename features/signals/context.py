"""Context: who is on the roster, time on the job, attention from the team lead, absences, leavers, the last survey.

Small tables, so local SQL: `grid` has one row (_row, as_of, agent_id) per roster row.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd

__all__ = ["BURNOUT_INSTRUMENT", "BURNOUT_SCALE", "POST", "context", "find_roster"]

BURNOUT_INSTRUMENT, BURNOUT_SCALE = "cbi", "work"
NEW_HIRE_DAYS = 90
CHECK_IN_CAP_DAYS = 180
ABSENCE_DAYS = 90
BRADFORD_DAYS = 364
SURVEY_DAYS = 200
LEAVER_DAYS = 90
MANAGER_DAYS = 180
POST = ("team_id", "manager_id", "site_id", "queue", "employment_type")


def find_roster(db: Any, dates: Sequence[date]) -> pd.DataFrame:
    """Who was employed as of each date, and where, by the versions that were known then; in order of date and agent.

    Leaves the tables `posts` (each agent's latest known post per date, leavers included) and `roster` in `db`.
    """
    days = ", ".join(f"DATE '{day}'" for day in dates)
    db.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE posts AS
        SELECT d.as_of, a.* FROM (SELECT unnest([{days}]) AS as_of) d JOIN agents a
        ON a.valid_from::DATE < d.as_of AND a.recorded_at::DATE < d.as_of
        QUALIFY row_number() OVER (PARTITION BY d.as_of, a.agent_id
                                   ORDER BY a.valid_from DESC, a.recorded_at DESC) = 1"""
    )
    db.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE notices AS
        SELECT d.as_of, e.* FROM (SELECT unnest([{days}]) AS as_of) d JOIN exits e ON e.recorded_at::DATE < d.as_of
        QUALIFY row_number() OVER (PARTITION BY d.as_of, e.agent_id, e.notice_on ORDER BY e.recorded_at DESC) = 1"""
    )
    db.execute(
        """
        CREATE OR REPLACE TEMP TABLE roster AS
        SELECT p.* EXCLUDE (recorded_at, valid_to) FROM posts p
        WHERE (p.valid_to IS NULL OR p.valid_to::DATE >= p.as_of) AND NOT EXISTS (
            FROM notices e WHERE e.as_of = p.as_of AND e.agent_id = p.agent_id
            AND e.last_day < p.as_of AND e.last_day >= p.valid_from::DATE)
        ORDER BY p.as_of, p.agent_id"""
    )
    return db.execute("FROM roster ORDER BY as_of, agent_id").fetch_df()  # type: ignore[no-any-return]


def context(db: Any) -> pd.DataFrame:
    """The context signals, one row per roster row in its order; `roster`, `posts` and `notices` are there."""
    parts = [_JOB, _CHECK_INS, _ABSENCES, _SURVEYS, _LEAVERS, _MANAGERS]
    frames = [db.execute(f"SELECT * EXCLUDE (as_of, agent_id) FROM ({sql}) ORDER BY as_of, agent_id").fetch_df()
              for sql in parts]  # fmt: skip
    found: pd.DataFrame = pd.concat(frames, axis=1).astype("float64")
    return found


# SQL's greatest() skips nulls, which would read an unknown hire date as today
_EMPLOYED = "(CASE WHEN {hired} > {t} THEN 0 ELSE {t} - {hired} END)"

_JOB = f"""
    SELECT as_of, agent_id, ln(1 + {_EMPLOYED.format(hired="hire_date", t="as_of")}) AS tenure,
           CASE WHEN hire_date IS NOT NULL THEN ((as_of - hire_date) <= {NEW_HIRE_DAYS})::INT END AS new_hire,
           count(*) OVER (PARTITION BY as_of, manager_id) AS span,
           count(*) OVER (PARTITION BY as_of, team_id) AS team_size
    FROM roster"""

# null while nobody's check-ins are on record yet
_CHECK_INS = f"""
    SELECT r.as_of, r.agent_id, CASE WHEN (SELECT min(held_at::DATE) FROM check_ins) < r.as_of THEN least(
        coalesce(r.as_of - max(c.held_at::DATE), {CHECK_IN_CAP_DAYS}),
        coalesce({_EMPLOYED.format(hired="any_value(r.hire_date)", t="r.as_of")}, {CHECK_IN_CAP_DAYS}),
        {CHECK_IN_CAP_DAYS})
        END AS one_to_one_gap
    FROM roster r LEFT JOIN check_ins c ON c.agent_id = r.agent_id AND c.held_at::DATE < r.as_of
    GROUP BY r.as_of, r.agent_id"""

# by the versions known; null while no absence is on record
_ABSENCES = f"""
    WITH known AS (
        SELECT r.as_of, r.agent_id, a.start_on, a.end_on, a.planned FROM roster r JOIN absences a
        ON a.agent_id = r.agent_id AND a.recorded_at::DATE < r.as_of AND a.start_on < r.as_of
        AND a.start_on >= r.as_of - {BRADFORD_DAYS}
        QUALIFY row_number() OVER (PARTITION BY r.as_of, r.agent_id, a.start_on ORDER BY a.recorded_at DESC) = 1
    ), first AS (SELECT min(greatest(recorded_at::DATE, start_on)) AS day FROM absences)
    SELECT r.as_of, r.agent_id,
           CASE WHEN any_value(f.day) < r.as_of THEN
               count(*) FILTER (NOT k.planned AND k.start_on >= r.as_of - {ABSENCE_DAYS}) END AS unplanned_spells,
           CASE WHEN any_value(f.day) < r.as_of THEN pow(count(*) FILTER (NOT k.planned), 2) * coalesce(
               sum(least(k.end_on, r.as_of - 1) - k.start_on + 1) FILTER (NOT k.planned), 0) END AS bradford
    FROM roster r CROSS JOIN first f LEFT JOIN known k ON k.as_of = r.as_of AND k.agent_id = r.agent_id
    GROUP BY r.as_of, r.agent_id"""

_SURVEYS = f"""
    SELECT r.as_of, r.agent_id, arg_max(s.score, s.submitted_at) AS last_survey_score
    FROM roster r LEFT JOIN surveys s ON s.agent_id = r.agent_id AND s.submitted_at::DATE < r.as_of
    AND r.as_of - s.submitted_at::DATE <= {SURVEY_DAYS}
    AND lower(s.instrument) = '{BURNOUT_INSTRUMENT}' AND lower(s.scale) = '{BURNOUT_SCALE}'
    GROUP BY r.as_of, r.agent_id"""

# teammates who gave notice, and who is or was a teammate; leaving the agent out
_LEAVERS = f"""
    WITH left_team AS (
        SELECT DISTINCT n.as_of, n.agent_id, p.team_id FROM notices n JOIN posts p USING (as_of, agent_id)
        WHERE n.kind = 'voluntary' AND n.notice_on < n.as_of AND n.notice_on >= n.as_of - {LEAVER_DAYS}
    ), everyone AS (
        SELECT as_of, team_id, agent_id FROM roster UNION SELECT as_of, team_id, agent_id FROM left_team
    ), size AS (SELECT as_of, team_id, count(*) AS people FROM everyone GROUP BY ALL),
    gone AS (SELECT as_of, team_id, count(*) AS leavers FROM left_team GROUP BY ALL)
    SELECT r.as_of, r.agent_id,
           CASE WHEN (SELECT min(recorded_at::DATE) FROM exits) < r.as_of THEN
               (coalesce(g.leavers, 0) - (l.agent_id IS NOT NULL)::INT) / nullif(s.people - 1, 0) END AS team_quit_rate
    FROM roster r JOIN size s USING (as_of, team_id) LEFT JOIN gone g USING (as_of, team_id)
    LEFT JOIN left_team l ON l.as_of = r.as_of AND l.agent_id = r.agent_id AND l.team_id = r.team_id"""

_MANAGERS = f"""
    SELECT r.as_of, r.agent_id, (any_value(r.manager_id) <> arg_max(a.manager_id, (a.valid_from, a.recorded_at)))::INT
           AS manager_change
    FROM roster r LEFT JOIN agents a ON a.agent_id = r.agent_id AND a.recorded_at::DATE < r.as_of
    AND a.valid_from::DATE <= r.as_of - {MANAGER_DAYS}
    GROUP BY r.as_of, r.agent_id"""
