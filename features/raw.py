"""Where the rows of the contract are kept: every ingest adds one file to its table and changes none.

A correction of a contact does not touch the earlier version (`sign` 1). It comes with a row that takes that version
back (`sign` -1) from the correction's `recorded_at` on, so that sums over what was known by some day need no look at
the versions. Where a version comes late that lies between two others, a row puts back what was taken back (`sign` 2).
"""

import json
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.home import Home
from features.tables import TABLES, Table

__all__ = ["append", "count", "next_batch", "reach", "remember_reach", "rows", "sql_files"]


def sql_files(home: Home, name: str) -> str | None:
    """A table's files as a DuckDB relation, or None where there are none."""
    files = ", ".join(_text(path) for path in home.batches(name))
    return f"read_parquet([{files}], union_by_name = true)" if files else None


def next_batch(home: Home, name: str) -> Path:
    """The path of the file that the next ingest of a table writes."""
    home.table(name).mkdir(parents=True, exist_ok=True)
    newest = max((int(path.stem) for path in home.batches(name)), default=0)
    return home.table(name) / f"{newest + 1:06d}.parquet"


def rows(home: Home, name: str, columns: Iterable[str] | None = None) -> pd.DataFrame:
    """The rows of a table as they came, every version, in the order of their key; empty where there are none."""
    table = TABLES[name]
    wanted = list(columns) if columns else [name for name in table.stored if name not in ("day", "sign")]
    files = sql_files(home, name)
    if files is None:
        return pd.DataFrame(columns=wanted)
    plus = "WHERE sign = 1" if table.ledger else ""
    with duckdb.connect() as db:
        query = f"SELECT {', '.join(wanted)} FROM {files} {plus} ORDER BY {', '.join(table.key)}"
        found: pd.DataFrame = db.sql(query).to_arrow_table().to_pandas()
    return found


def count(home: Home, name: str) -> int:
    """How many rows of a table count today: what was taken back by a correction does not."""
    files = sql_files(home, name)
    if files is None:
        return 0
    with duckdb.connect() as db:
        found = db.execute(f"SELECT {'sum(sign)' if TABLES[name].ledger else 'count(*)'} FROM {files}").fetchone()
    return int(found[0] or 0) if found else 0


def reach(home: Home, name: str, first: str, last: str) -> tuple[Any, Any] | None:
    """The least value of one column of a table and the greatest of another; None where the table has no rows."""
    least = [low for path in home.batches(name) if (low := _ends(path, first)[0]) is not None]
    most = [high for path in home.batches(name) if (high := _ends(path, last)[1]) is not None]
    remembered = _remembered(home, name).get(first)
    if least and remembered:
        least.append(datetime.fromisoformat(remembered))
    return (min(least), max(most)) if least else None


def remember_reach(home: Home, name: str, first: str, value: datetime) -> None:
    """Keep the least value of a column of a table when older rows are deleted, since facts of them are kept."""
    part = home.table(name) / ".reach.part"
    part.write_text(json.dumps(_remembered(home, name) | {first: value.isoformat()}), encoding="utf-8")
    os.replace(part, home.table(name) / "reach.json")


def _remembered(home: Home, name: str) -> dict[str, str]:
    path = home.table(name) / "reach.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def _ends(path: Path, column: str) -> tuple[Any, Any]:
    """Least and greatest value of a column of a file, by the file's own statistics where it has them."""
    about = pq.read_metadata(path)
    at = about.schema.to_arrow_schema().get_field_index(column)
    groups = [about.row_group(number) for number in range(about.num_row_groups)]
    known = [group.column(at).statistics for group in groups if group.num_rows]
    if known and all(one is not None and one.has_min_max for one in known):
        return min(one.min for one in known), max(one.max for one in known)
    ends = pc.min_max(pq.read_table(path, columns=[column]).column(column)).as_py()
    return ends["min"], ends["max"]


def append(db: Any, table: Table, home: Home) -> int:
    """Add the rows of `typed` (the contract's columns and `_line`) that are new to a table of `home`.

    Rows that are there already, or come twice, are duplicates. Rows with the key of another row and other content go
    to `rejects` (_line, _rule, _reason).

    Returns
    -------
    int
        How many rows were duplicates.
    """
    _add_clock(db, table, home)
    _find_touched(db, table, home)
    duplicates = _resolve(db, table)
    _write(db, table, home)
    return duplicates


def _columns(table: Table, prefix: str = "") -> str:
    return ", ".join(f"{prefix}{column.name}" for column in table.columns)


def _add_clock(db: Any, table: Table, home: Home) -> None:
    """Make `timed`: with seconds from UTC to the agent's clock at that time, once, and the agent's local day.

    So no engine needs to know time zones later.
    """
    at = table.offset_at
    if not at:
        db.execute("CREATE TABLE timed AS FROM typed")
        return
    db.execute(
        f"""
        CREATE TABLE timed AS
        WITH posts AS (SELECT agent_id, valid_from, max(timezone) AS timezone FROM {sql_files(home, "agents")}
                       GROUP BY ALL),
        first AS (SELECT agent_id, arg_min(timezone, valid_from) AS timezone FROM posts GROUP BY 1),
        zoned AS (
            SELECT t.*, coalesce(p.timezone, f.timezone) AS _zone
            FROM typed t ASOF LEFT JOIN posts p ON t.agent_id = p.agent_id AND t.{at} >= p.valid_from
            JOIN first f ON t.agent_id = f.agent_id
        ), clocked AS (
            SELECT * EXCLUDE (_zone),
                   (epoch(timezone(_zone, timezone('UTC', {at}))) - epoch({at}))::BIGINT AS utc_offset_s
            FROM zoned
        )
        SELECT *, ({at} + to_seconds(utc_offset_s))::DATE AS day FROM clocked"""
    )


def _find_touched(db: Any, table: Table, home: Home) -> None:
    """Make `touched`: what of the new rows has more than one version, with those already there; and `stored`."""
    keys = ", ".join(table.version_of)
    there = sql_files(home, table.name) or "(SELECT * FROM timed LIMIT 0)"
    db.execute(
        f"CREATE TABLE touched AS SELECT {keys} FROM timed GROUP BY ALL HAVING count(*) > 1"
        f" UNION SELECT {keys} FROM timed SEMI JOIN {there} USING ({keys})"
    )
    db.execute(f"CREATE TABLE stored AS SELECT * FROM {there} SEMI JOIN touched USING ({keys})")


def _resolve(db: Any, table: Table) -> int:
    """Make `fresh`: the rows to write; duplicates are counted, conflicts go to `rejects`."""
    keys, columns = ", ".join(table.version_of), _columns(table)
    derived = "utc_offset_s, day" if table.offset_at else ""
    kept = ", ".join(filter(None, [columns, derived]))
    once = f"SELECT {columns}, min(_line) AS _line, count(*) AS _times" + "".join(
        f", arg_min({name}, _line) AS {name}"
        for name in derived.split(", ")
        if name  # as stored, where it is
    )
    plus = "WHERE sign = 1" if table.ledger and _has_sign(db) else ""
    db.execute(
        f"CREATE TABLE once AS {once} FROM (SELECT _line, {kept} FROM timed SEMI JOIN touched USING ({keys})"
        f" UNION ALL SELECT 0, {kept} FROM stored {plus}) GROUP BY {columns}"
    )
    duplicates = db.execute("SELECT coalesce(sum(_times), 0)::BIGINT - count(*) FROM once").fetchone()[0]
    db.execute(
        f"CREATE TABLE ranked AS SELECT *, row_number() OVER (PARTITION BY {', '.join(table.key)}"
        f" ORDER BY _line, {columns}) AS _rank FROM once"
    )
    _reject_conflicts(db, table)
    fresh = f"SELECT {kept}{', 1::TINYINT AS sign' if table.ledger else ''} FROM timed ANTI JOIN touched USING ({keys})"
    if table.ledger:
        fresh += f" UNION ALL {_ledger_changes(kept, keys, _has_sign(db))}"
    else:
        fresh += f" UNION ALL SELECT {kept} FROM ranked WHERE _rank = 1 AND _line > 0"
    db.execute(f"CREATE TABLE fresh AS {fresh}")
    return int(duplicates)


def _has_sign(db: Any) -> bool:
    return any(row[0] == "sign" for row in db.execute("DESCRIBE stored").fetchall())


def _reject_conflicts(db: Any, table: Table) -> None:
    shown = " || ' ' || ".join(f"coalesce({name}::VARCHAR, '')" for name in table.key)
    db.execute(
        "INSERT INTO rejects SELECT _line, 'same key, other content',"
        f" '{' '.join(table.key)} ' || {shown} || ' is there already with other content; a correction"
        f" needs {'a later recorded_at' if table.versioned else 'its own key'}' FROM ranked WHERE _rank > 1"
    )


def _ledger_changes(kept: str, keys: str, signed: bool) -> str:
    """New versions, and what changes in which versions are taken back and when.

    A version that was taken back too late, because the one between came after, is put back (`sign` 2) and taken back
    anew.
    """
    version = kept.replace("recorded_at", "following AS recorded_at")
    stored = f"UNION ALL SELECT {kept}, CASE sign WHEN -1 THEN 1 ELSE -1 END FROM stored WHERE sign <> 1"
    return f"""
        SELECT {kept}, 1::TINYINT AS sign FROM ranked WHERE _rank = 1 AND _line > 0 UNION ALL
        SELECT {kept}, CASE WHEN sum(sign) < 0 THEN -1 ELSE 2 END::TINYINT AS sign FROM (
            WITH versions AS (SELECT {kept}, lead(recorded_at) OVER (PARTITION BY {keys} ORDER BY recorded_at)
                              AS following FROM ranked WHERE _rank = 1)
            SELECT {version}, -1 AS sign FROM versions WHERE following IS NOT NULL {stored if signed else ""}
        ) GROUP BY {kept} HAVING sum(sign) <> 0"""


def _write(db: Any, table: Table, home: Home) -> None:
    """Write the batch whole or not at all; nothing is written where nothing is new."""
    if not db.execute("SELECT count(*) FROM fresh").fetchone()[0] and home.batches(table.name):
        return
    target = next_batch(home, table.name)
    part = target.with_suffix(".part")
    order = ", ".join(
        filter(None, ["day, agent_id" if table.offset_at else "", *table.key, "sign" if table.ledger else ""])
    )
    db.execute(f"COPY (FROM fresh ORDER BY {order}) TO {_text(part)} (FORMAT parquet, COMPRESSION zstd)")
    os.replace(part, target)


def _text(value: object) -> str:
    """A value as a SQL string literal."""
    return "'" + str(value).replace("'", "''") + "'"
