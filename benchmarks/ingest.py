"""What reading, mapping and judging an export cost beside DuckDB's bare reader.

Run from the repository: python -m benchmarks.ingest [CONTACTS]. Prints a table and writes benchmarks/ingest.json.

An export of 2 million contacts in CSV.gz, in the contract's columns. `bare` makes a table of its texts, which is what
DuckDB's reader can do; `judged` types every cell and tries every rule; `whole` is the whole ingest, which also looks up
what is there already, puts rows in order and writes Parquet. With `1 bad row in 1,000`, rows are kept apart and their
lines told. Times are the best of five rounds, CPU seconds those of the same round.
"""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb

from features.home import Home
from features.ingest import ingest
from features.ingest.exports import open_export
from features.ingest.judge import Judge
from features.ingest.mapping import load_mapping
from features.ingest.sources import workspace
from features.tables import TABLES

ROUNDS = 5
BAD = "CASE WHEN i % 1000 = 0 THEN 'ten' ELSE talk::VARCHAR END"
AGENTS = (
    "COPY (SELECT 'A' || i AS agent_id, DATE '2024-01-01' AS valid_from, 'T1' AS team_id, 'M1' AS manager_id,"
    " 'S1' AS site_id, 'Europe/Berlin' AS timezone, 'q' AS queue, 'full-time' AS employment_type"
    " FROM range(400) t(i)) TO '{path}' (HEADER)"
)
CONTACTS = """COPY (
    SELECT 'C' || i AS contact_id, 'A' || (i * 7919) % 400 AS agent_id,
           ['billing', 'tech', 'sales'][1 + i % 3] AS queue, ['voice', 'chat', 'email'][1 + (i // 3) % 3] AS channel,
           strftime(start, '%Y-%m-%d %H:%M:%S') AS started_at,
           strftime(start + to_seconds(talk + hold), '%Y-%m-%d %H:%M:%S') AS ended_at,
           {talk} AS talk_s, hold AS hold_s, talk // 5 AS acw_s, i % 13 = 0 AS escalated, i % 17 = 0 AS transferred,
           CASE WHEN i % 5 = 0 THEN 1 + (i // 5) % 5 END AS csat
    FROM (SELECT i, TIMESTAMP '2025-01-01' + to_seconds((i * 37) % 31000000) AS start, 60 + (i * 131) % 900 AS talk,
                 (i * 17) % 100 AS hold FROM range({contacts}) t(i))
) TO '{path}' (HEADER, COMPRESSION gzip)"""


def main() -> None:
    contacts = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    with tempfile.TemporaryDirectory() as folder:
        good, bad = Path(folder) / "good", Path(folder) / "bad"
        _write(good, contacts, "talk")
        _write(bad, contacts, BAD)
        steps = {
            "bare": lambda: _bare(good / "contacts.csv.gz"),
            "judged": lambda: _judged(good / "contacts.csv.gz"),
            "whole": lambda: _whole(good),
            "1 bad row in 1,000": lambda: _whole(bad),
        }
        found = _measured(steps)
    found |= {"contacts": contacts, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}
    for name, value in found.items():
        print(f"{name:34}{value:>14,}")
    Path(__file__).with_suffix(".json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def _write(folder: Path, contacts: int, talk: str) -> None:
    folder.mkdir()
    with duckdb.connect() as db:
        db.execute(AGENTS.format(path=folder / "agents.csv"))
        db.execute(CONTACTS.format(path=folder / "contacts.csv.gz", contacts=contacts, talk=talk))


def _bare(path: Path) -> None:
    with duckdb.connect() as db:
        db.execute(f"CREATE TABLE bare AS FROM read_csv('{path}', all_varchar = true)")


def _judged(path: Path) -> None:
    table = TABLES["contacts"]
    with workspace() as db:
        export = open_export(db, path, "csv")
        expressions = {column.name: column.name for column in table.columns if column.name in export.columns}
        judge = Judge(table, expressions, {}, False, path.name)
        judge.bind(db, export.shape())
        export.read(lambda rows: db.execute(f"CREATE OR REPLACE TABLE judged AS {judge.select(rows)}"))


def _whole(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as home:
        ingest(load_mapping("contract"), folder, Home(Path(home)))


def _measured(steps: dict[str, Callable[[], None]]) -> dict[str, Any]:
    """Seconds of each step, in turns so that whatever else the machine does meets all of them."""
    best: dict[str, tuple[float, float]] = {}
    for name in _turns(list(steps)):
        wall, cpu = time.perf_counter(), time.process_time()
        steps[name]()
        took = (time.perf_counter() - wall, time.process_time() - cpu)
        best[name] = min(best.get(name, took), took)
    seconds = {f"{name}, s": round(wall, 2) for name, (wall, _) in best.items()}
    cpu_seconds = {f"{name}, CPU s": round(cpu, 2) for name, (_, cpu) in best.items()}
    ratio = {f"{name} / bare": round(wall / best["bare"][0], 2) for name, (wall, _) in best.items() if name != "bare"}
    return seconds | cpu_seconds | ratio


def _turns(names: list[str]) -> Iterator[str]:
    for _ in range(ROUNDS):
        yield from names


if __name__ == "__main__":
    main()
