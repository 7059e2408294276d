"""Speed and memory of the feature pipeline: 20 million contacts to weekly snapshots of the full catalog.

Run from the repository: make bench-features, or python -m benchmarks.features [CONTACTS [AGENTS]]. Every figure of one
run comes from the same machine and hour and is read as a ratio to the bare scan that groups the same file by agent
and day. Prints a table and writes benchmarks/features.json. Takes about 10 GB of disk for 100 million contacts.
"""

import json
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import duckdb

from benchmarks.centre import add_day, make
from benchmarks.pandas_version import signals_in_pandas
from features.home import Home

REPEATS = 3


def main() -> None:
    contacts = float(sys.argv[1]) if len(sys.argv) > 1 else 20e6
    agents = int(sys.argv[2]) if len(sys.argv) > 2 else max(20, round(contacts / 10_000))
    with tempfile.TemporaryDirectory() as folder:
        home, last = make(Path(folder), agents, contacts)
        found = {"agents": agents, "contacts": _count(home), "bare_scan_s": _bare(home)}
        found |= _build(home, "full", None)
        add_day(home)
        found |= _build(home, "day", last + timedelta(days=1))
        if contacts <= 20e6:
            began = time.perf_counter()
            signals_in_pandas(home)
            found["pandas_s"] = time.perf_counter() - began
    found |= {
        "full / bare": found["full_s"] / found["bare_scan_s"],
        "day / full": found["day_s"] / found["full_s"],
    }
    if "pandas_s" in found:
        found["pandas / full"] = found["pandas_s"] / found["full_s"]
    for name, value in found.items():
        print(f"{name:20}{value:>16,.3f}" if isinstance(value, float) else f"{name:20}{value:>16,}")
    path = Path(__file__).with_name(f"features-{contacts / 1e6:.0f}m.json")
    path.write_text(json.dumps({name: round(value, 3) for name, value in found.items()}, indent=2) + "\n")


def _files(home: Home) -> str:
    return f"read_parquet('{home.table('contacts')}/*.parquet')"


def _count(home: Home) -> int:
    with duckdb.connect() as db:
        return int(db.execute(f"SELECT count(*) FROM {_files(home)} WHERE sign = 1").fetchall()[0][0])


def _bare(home: Home) -> float:
    """The quickest of a few scans that group the same file by agent and day: a count and two sums."""
    took = []
    with duckdb.connect() as db:
        for _ in range(REPEATS):
            began = time.perf_counter()
            db.execute(
                "CREATE OR REPLACE TEMP TABLE bare AS SELECT agent_id, started_at::DATE AS day, count(*) AS n,"
                f" sum(talk_s) AS talk_s, sum(acw_s) AS acw_s FROM {_files(home)} GROUP BY ALL"
            )
            took.append(time.perf_counter() - began)
    return min(took)


def _build(home: Home, name: str, day: date | None) -> dict[str, float]:
    """Time and peak memory of a build in a process of its own, imports and compilation excluded from the time."""
    words = [sys.executable, "-m", "benchmarks.features", "--build", str(home.root), str(day or "")]
    ended = subprocess.run(words, capture_output=True, text=True, check=True)
    took, peak = json.loads(ended.stdout.splitlines()[-1])
    return {f"{name}_s": took, f"{name}_peak_mib": peak}


def _build_here(root: str, day: str) -> None:
    from features.frame import build, write_features
    from features.simulation import Centre, simulate

    small = Centre(agents=10, days=35)
    build(simulate(small).frames(), [small.start + timedelta(days=30)])  # loads what is compiled
    began = time.perf_counter()
    write_features(Home(Path(root)), [date.fromisoformat(day)] if day else None)
    took = time.perf_counter() - began
    print(json.dumps([took, _peak_mib()]))


def _peak_mib() -> float:
    """Most memory that this process held (not `ru_maxrss`, which begins with what the parent held)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    if sys.argv[1:2] == ["--build"]:
        _build_here(*sys.argv[2:4])
    else:
        main()
