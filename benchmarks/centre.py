"""A large centre for benchmarks: people and shifts of the simulation, with contacts drawn in SQL.

2 % of the contacts are recorded up to three days late and 0.3 % are corrected within ten days, as in the simulation.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from features.home import Home
from features.raw import next_batch
from features.simulation import Centre, simulate
from features.simulation.files import as_stored
from features.tables import TABLES

_CONTACTS = """
    WITH worked AS (
        SELECT shift_id, s.agent_id, a.queue, scheduled_start, scheduled_end, utc_offset_s FROM shifts s
        JOIN first_posts a USING (agent_id) WHERE actual_start IS NOT NULL AND s.day >= {first} AND s.day < {end}
    ), drawn AS (
        SELECT *, i, (hash(shift_id, i) >> 10)::BIGINT AS a, (hash(i, shift_id) >> 10)::BIGINT AS b,
               (hash(shift_id, i, 1) >> 10)::BIGINT AS c
        FROM worked, range({per_shift}) r(i)
    ), timed AS (
        SELECT *, scheduled_start + ((27000 / {per_shift} * i + a % (9000 / {per_shift})::BIGINT)::BIGINT)
               * INTERVAL 1 SECOND AS started_at,
               (9000 / {per_shift} + b % (15000 / {per_shift})::BIGINT)::BIGINT AS talk
        FROM drawn
    )
    SELECT 'C' || substr(shift_id, 2) || lpad(i::VARCHAR, 3, '0') AS contact_id, agent_id,
           CASE WHEN a % 100 < 92 THEN queue
                ELSE ['billing', 'technical', 'orders', 'retention'][(1 + a % 4)::INT] END AS queue,
           ['voice', 'chat', 'email'][(1 + b % 3)::INT] AS channel, started_at,
           started_at + talk * INTERVAL 1 SECOND AS ended_at, talk::DOUBLE AS talk_s, (a % 30)::DOUBLE AS hold_s,
           (c % 60)::DOUBLE AS acw_s, a % 100 < 8 AS escalated, b % 100 < 9 AS transferred, c % 100 < 3 AS complaint,
           a % 1000 < 15 AS abusive, b % 100 < 80 AS resolved,
           CASE WHEN c % 100 < 12 THEN (1 + b % 5)::DOUBLE END AS csat,
           CASE WHEN a % 100 >= 94 THEN (b % 11)::DOUBLE END AS nps, NULL::DOUBLE AS ces,
           NULL::VARCHAR AS customer_text,
           CASE WHEN a % 100 < 85 THEN (c % 2000) / 1000.0 - 1 END AS sentiment, NULL::DOUBLE AS agent_sentiment,
           ended_at + CASE WHEN b % 100 < 2 THEN 3600 + a % 255600 ELSE 0 END * INTERVAL 1 SECOND AS recorded_at,
           utc_offset_s, (started_at + to_seconds(utc_offset_s))::DATE AS day, 1::BIGINT AS sign,
           CASE WHEN c % 1000 < 3 THEN recorded_at + (86400 + b % 777600) * INTERVAL 1 SECOND END AS corrected_at
    FROM timed"""
# the first version is taken back when the correction comes
_LEDGER = """
    SELECT * EXCLUDE (corrected_at) FROM drawn UNION ALL
    SELECT * EXCLUDE (corrected_at) REPLACE (corrected_at AS recorded_at, -1 AS sign)
    FROM drawn WHERE corrected_at IS NOT NULL UNION ALL
    SELECT * EXCLUDE (corrected_at) REPLACE (corrected_at AS recorded_at, NOT escalated AS escalated)
    FROM drawn WHERE corrected_at IS NOT NULL"""


def make(root: Path, agents: int, contacts: float, days: int = 365) -> tuple[Home, date]:
    """A home with everything that was recorded in the first `days` - 1 days, and the date of the last day.

    `add_day` appends what was recorded on that last day.
    """
    home = Home(root)
    tables = simulate(Centre(agents=agents, days=days)).tables
    last = Centre().start + timedelta(days=days - 1)
    with duckdb.connect() as db:
        db.execute("SET threads = 2; SET preserve_insertion_order = false; SET memory_limit = '8GB'")
        for name, frame in tables.items():
            arrow = as_stored(frame, TABLES[name])
            if name == "shifts":
                db.register("all_shifts", arrow)
                db.execute("CREATE TABLE every_shift AS FROM all_shifts")
                _copy(
                    db,
                    f"SELECT * FROM every_shift WHERE recorded_at < DATE '{last}' ORDER BY day, agent_id",
                    home,
                    name,
                )
            else:
                pq.write_table(arrow, next_batch(home, name))
        db.execute(
            f"CREATE VIEW shifts AS FROM every_shift; CREATE VIEW first_posts AS "
            f"SELECT agent_id, arg_min(queue, valid_from) AS queue FROM '{home.batches('agents')[0]}' GROUP BY 1"
        )
        worked = db.execute("SELECT count(*) FROM shifts WHERE actual_start IS NOT NULL").fetchall()[0][0]
        per_shift = max(1, round(contacts / worked))
        for day in range(0, days, 28):  # in pieces, so that drawing needs little memory
            first, end = (Centre().start + timedelta(days=number) for number in (day, day + 28))
            db.execute(
                "CREATE OR REPLACE TEMP TABLE drawn AS "
                + _CONTACTS.format(per_shift=per_shift, first=f"DATE '{first}'", end=f"DATE '{end}'")
            )
            _copy(
                db,
                f"SELECT * FROM ({_LEDGER}) WHERE recorded_at < DATE '{last}' ORDER BY day, agent_id",
                home,
                "contacts",
            )
            new = f"recorded_at >= DATE '{last}' AND recorded_at < DATE '{last + timedelta(days=1)}'"
            db.execute(
                f"INSERT INTO late_contacts FROM ({_LEDGER}) WHERE {new}"
                if day
                else f"CREATE TEMP TABLE late_contacts AS FROM ({_LEDGER}) WHERE {new}"
            )
        for name, rows in (("contacts", "late_contacts"), ("shifts", f"every_shift WHERE {new}")):
            db.execute(f"COPY (FROM {rows} ORDER BY day, agent_id) TO '{root}/{name}-new.parquet'")
    return home, last


def add_day(home: Home) -> None:
    """Append what was recorded on the last day."""
    for name in ("contacts", "shifts"):
        (home.root / f"{name}-new.parquet").replace(next_batch(home, name))


def _copy(db: Any, query: str, home: Home, name: str) -> None:
    db.execute(f"COPY ({query}) TO '{next_batch(home, name)}' (FORMAT parquet, COMPRESSION zstd)")
