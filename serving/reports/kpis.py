"""Key figures of the organization by month: service from the agent-day facts, people from their records.

Months are whole ones. A figure of a month is left out where fewer than the minimum of people are behind it.
"""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import duckdb
import pandas as pd

from features.fact_files import Facts
from features.home import Home
from features.raw import sql_files
from training.config import OUTCOMES

__all__ = ["KPIS", "Kpi", "monthly_kpis"]


class Kpi(NamedTuple):
    """How a figure is called, from what it comes, and its format."""

    name: str
    about: str
    shown: str


KPIS: Mapping[str, Kpi] = {
    "csat": Kpi("CSAT", "share of ratings of 4 or 5 of 5", "{:.0%}"),
    "nps": Kpi("NPS", "share of 9 and 10 less that of 0 to 6, in points", "{:+z.0f}"),
    "ces": Kpi("CES", "mean effort from 1 to 7", "{:.2f}"),
    "fcr": Kpi("FCR", "share of contacts that are recorded as resolved", "{:.0%}"),
    "aht_s": Kpi("AHT", "mean of talk, hold and after-call work in seconds", "{:.0f}"),
    "absenteeism": Kpi("Absenteeism", "unplanned days of absence among days on the roster", "{:.1%}"),
    "turnover": Kpi("Turnover", "voluntary leavers of a month among the mean headcount", "{:.1%}"),
    "burnout": Kpi("Burnout prevalence", "share of answered surveys in the exhausted range", "{:.0%}"),
}


def monthly_kpis(home: Home, until: date, months: int, minimum: int) -> pd.DataFrame:
    """The figures of `KPIS` by month (columns), of the last whole months before a date, oldest first (index).

    What a home has no data for is not known (NaN).
    """
    last = pd.Timestamp(until).to_period("M")
    starts = [(last - back).start_time.date() for back in range(months, 0, -1)]
    with duckdb.connect() as db:
        db.execute("CREATE TABLE months AS SELECT unnest($1::DATE[]) AS month", [starts])
        parts = [_service(db, home, minimum), _people(db, home, minimum), _surveys(db, home, minimum)]
    found = pd.DataFrame(index=pd.DatetimeIndex(starts), columns=list(KPIS), dtype=float)
    for part in parts:
        part.index = pd.DatetimeIndex(part.index)
        found.update(part)
    return found


def _service(db: duckdb.DuckDBPyConnection, home: Home, minimum: int) -> pd.DataFrame:
    files = [str(home.facts / name) for name in Facts.load(home).files["increments"].values()]
    if not files:
        return pd.DataFrame()
    return _monthly(
        db,
        f"""
        SELECT month, sum(csat) / sum(csat_n) AS csat, 100 * sum(nps) / sum(nps_n) AS nps, sum(ces) / sum(ces_n) AS ces,
               sum(resolved) / sum(resolved_n) AS fcr, sum(handle_s) / sum(contacts) AS aht_s
        FROM months JOIN read_parquet({files!r}, union_by_name = true) ON date_trunc('month', day) = month
        GROUP BY month HAVING count(DISTINCT agent_id) >= {minimum}""",
    )


def _people(db: duckdb.DuckDBPyConnection, home: Home, minimum: int) -> pd.DataFrame:
    agents = sql_files(home, "agents")
    if agents is None:
        return pd.DataFrame()
    absences = sql_files(home, "absences")
    exits = sql_files(home, "exits")
    away = f"SELECT agent_id, start_on, end_on FROM {absences} WHERE NOT planned" if absences else None
    left = f"SELECT DISTINCT agent_id, last_day FROM {exits} WHERE kind = 'voluntary'" if exits else None
    overlap = "date_diff('day', greatest(start_on, month), least(end_on + 1, ended))"
    return _monthly(
        db,
        f"""
        WITH posts AS (
            SELECT agent_id, valid_from::DATE AS first, valid_to::DATE AS last FROM {agents}
            QUALIFY row_number() OVER (PARTITION BY agent_id, valid_from ORDER BY recorded_at DESC) = 1),
        spans AS (SELECT month, (month + INTERVAL 1 MONTH)::DATE AS ended FROM months),
        roster AS (
            SELECT month, ended - month AS days, count(DISTINCT agent_id) AS people,
                   sum(date_diff('day', greatest(first, month), least(coalesce(last, ended), ended))) AS on_roster
            FROM spans JOIN posts ON first < ended AND (last IS NULL OR last > month) GROUP BY month, ended),
        away AS ({_counted(away, overlap, "start_on < ended AND end_on >= month")}),
        gone AS ({_counted(left, "1", "last_day >= month AND last_day < ended")})
        SELECT month, {"coalesce(away.value, 0) / on_roster" if away else "NULL"} AS absenteeism,
               {"coalesce(gone.value, 0) * days / on_roster" if left else "NULL"} AS turnover
        FROM roster LEFT JOIN away USING (month) LEFT JOIN gone USING (month) WHERE people >= {minimum}""",
    )


def _counted(rows: str | None, value: str, when: str) -> str:
    """The sum of a value over the rows of each month."""
    if rows is None:
        return "SELECT NULL::DATE AS month, 0.0 AS value"
    return f"SELECT month, sum({value}) AS value FROM spans JOIN ({rows}) ON {when} GROUP BY month"


def _surveys(db: duckdb.DuckDBPyConnection, home: Home, minimum: int) -> pd.DataFrame:
    surveys, config = sql_files(home, "surveys"), OUTCOMES["burnout"]
    if surveys is None:
        return pd.DataFrame()
    return _monthly(
        db,
        f"""
        SELECT month, avg((score >= {config.threshold})::INT) AS burnout
        FROM months JOIN {surveys} ON date_trunc('month', submitted_at) = month
        WHERE lower(instrument) = '{config.instrument}' AND lower(scale) = '{config.scale}'
        GROUP BY month HAVING count(DISTINCT agent_id) >= {minimum}""",
    )


def _monthly(db: duckdb.DuckDBPyConnection, query: str) -> pd.DataFrame:
    found: pd.DataFrame = db.execute(query).df()
    return found.astype({name: float for name in found.columns if name != "month"}).set_index("month")
