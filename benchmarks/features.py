"""What remembering when facts were known costs: the rollup with states against one that knows no versions.

Run from the repository: python -m benchmarks.features [AGENTS]. Prints a table and writes benchmarks/features.json.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import ibis

from features.engine import connected, source_tables
from features.home import Home
from features.rollup import contact_days
from features.simulation import Centre, simulate, write


def main() -> None:
    agents = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    with tempfile.TemporaryDirectory() as folder, connected() as connection:
        home = Home(Path(folder))
        rows = write(simulate(Centre(agents=agents)), home)["contacts"]
        tables = source_tables(connection, home)
        contacts = connection.create_table("kept", tables["contacts"], temp=True)
        took = {"plain": [], "states": []}
        for _ in range(3):
            began = time.perf_counter()
            connection.create_table("plain", _plain(contacts), temp=True, overwrite=True)
            took["plain"].append(time.perf_counter() - began)
            began = time.perf_counter()
            connection.create_table("states", contact_days({"contacts": contacts}), temp=True, overwrite=True)
            took["states"].append(time.perf_counter() - began)
        plain, states = min(took["plain"]), min(took["states"])
        days = connection.table("plain").count().execute()
        kept = connection.table("states").count().execute()
    found = {
        "contacts": rows,
        "agent_days": int(days),
        "states_per_agent_day": round(int(kept) / int(days), 3),
        "plain_s": round(plain, 2),
        "states_s": round(states, 2),
        "ratio": round(states / plain, 2),
    }
    for name, value in found.items():
        print(f"{name:24}{value:>14,}")
    Path(__file__).with_suffix(".json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def _plain(contacts: ibis.Table) -> ibis.Table:
    """The same sums by agent and day, as if every record had been known at once and never corrected."""
    local = contacts.started_at + contacts.utc_offset_s.as_interval("s")
    handle = contacts.talk_s + contacts.hold_s.fill_null(0) + contacts.acw_s.fill_null(0)
    rows = contacts.mutate(day=local.date(), handle_s=handle, hours=handle / 3600)
    return rows.group_by("agent_id", "day").agg(
        contacts=rows.count(),
        handle_s=rows.handle_s.sum(),
        acw_s=rows.acw_s.sum(),
        log_handle_sum=rows.handle_s.log().sum(where=rows.handle_s > 0),
        log_handle_sq=(rows.handle_s.log() ** 2).sum(where=rows.handle_s > 0),
        **{flag: rows[flag].cast("float64").sum() for flag in ("escalated", "transferred", "complaint", "abusive")},
        sentiment_sum=rows.sentiment.sum(),
        negative=(rows.sentiment <= -0.5).cast("float64").sum(),
        emotional_load_h=(ibis.greatest(-rows.sentiment, 0.0) * rows.hours).sum(),
        csat_top2=(rows.csat >= 4).cast("float64").sum(),
        first_start=rows.started_at.min(),
        last_end=rows.ended_at.max(),
    )


if __name__ == "__main__":
    main()
